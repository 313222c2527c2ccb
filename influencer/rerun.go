package influencer

import (
	"slices"
	"time"
)

// History is what is recorded of one person between two times: enough to ask what
// another rule would have done meanwhile.
//
// It is less than what was known then. Of an account's state only the present one
// and its beginning are kept: before that the account is taken for readable. Of
// reads that saw the same numbers only some times are kept, so a loss that needs
// several reads may come later than it would have.
type History struct {
	Since, Until time.Time // Since is zero for the whole history
	Standing     Standing  // at Since
	Agency       string
	Accounts     []AccountHistory
	Acts         []PastAct   // an admin's, oldest first
	Freezes      []Freeze    // of new grants, of all agencies
	Decided      []time.Time // further moments at which the rule was asked
}

// AccountHistory is what is recorded of one account.
type AccountHistory struct {
	AccountID  int64
	Platform   Platform
	Handle     string
	State      AccountState // now
	StateSince time.Time
	AddedAt    time.Time
	Metric     Metric      // what the rule counts on the platform, by which drops are judged
	Readings   []Reading   // oldest first
	Seen       []time.Time // further times of reads, as decisions kept them
}

// PastAct is an admin's act as it was ordered.
type PastAct struct {
	At     time.Time
	Action Action
}

// Step is one move of a history.
type Step struct {
	At   time.Time
	Move Move
}

// Rerun tells what a rule would have done with a recorded history: it lets the
// person be read as the person was, weighs each look anew, and decides at each,
// and where time alone decides. Admins' acts are done again where the person's
// standing allows them. It is a pure function. The breaker holds nothing back.
func Rerun(p Policy, h History) ([]Step, Standing) {
	r := rerun{p: p, h: &h, standing: h.Standing, accounts: make([]rerunAccount, len(h.Accounts))}
	looks := h.looks()
	acts, decided := h.Acts, slices.Clone(h.Decided)
	slices.SortFunc(decided, time.Time.Compare)
	for len(looks) > 0 && !looks[0].at.After(h.Since) {
		r.look(looks[0])
		looks = looks[1:]
	}
	if r.now = h.Since; !h.Since.IsZero() {
		r.decide(h.Since)
	}
	for {
		at := h.Until
		if len(looks) > 0 {
			at = earliest(at, looks[0].at)
		}
		if len(acts) > 0 {
			at = earliest(at, acts[0].At)
		}
		if len(decided) > 0 {
			at = earliest(at, decided[0])
		}
		r.wait(at)
		asked, last := r.due(at), len(looks)+len(acts)+len(decided) == 0
		for ; len(looks) > 0 && looks[0].at.Equal(at); looks, asked = looks[1:], true {
			r.look(looks[0])
		}
		for ; len(decided) > 0 && !decided[0].After(at); decided, asked = decided[1:], true {
		}
		if asked {
			r.decide(at)
		}
		for ; len(acts) > 0 && !acts[0].At.After(at); acts = acts[1:] {
			r.act(acts[0])
		}
		if last {
			return r.steps, r.standing
		}
	}
}

// look is one read of an account.
type look struct {
	at      time.Time
	account int // in the order of the history
	reading *Reading
}

// looks are all the reads whose times are known, oldest first.
func (h *History) looks() []look {
	var out []look
	for i := range h.Accounts {
		a := &h.Accounts[i]
		for k := range a.Readings {
			r := &a.Readings[k]
			for _, at := range a.times(r) {
				if !at.After(h.Until) {
					out = append(out, look{at, i, r})
				}
			}
		}
	}
	slices.SortStableFunc(out, func(a, b look) int { return a.at.Compare(b.at) })
	return out
}

// times are when a reading's numbers are known to have been seen, oldest first.
func (a *AccountHistory) times(r *Reading) []time.Time {
	times := append(append([]time.Time{r.ObservedAt}, r.Between...), r.LastSeenAt)
	for _, t := range a.Seen {
		if t.After(r.ObservedAt) && t.Before(r.LastSeenAt) {
			times = append(times, t)
		}
	}
	slices.SortFunc(times, time.Time.Compare)
	return slices.CompactFunc(times, time.Time.Equal)
}

// rerun is one history on its way.
type rerun struct {
	p        Policy
	h        *History
	now      time.Time
	standing Standing
	accounts []rerunAccount
	steps    []Step
}

// rerunAccount is an account as the looks so far leave it.
type rerunAccount struct {
	newest *Reading  // of all, suspect or not
	good   []Reading // oldest first
}

// look weighs one read as [Weigh] did when it was made, under the rule of this
// rerun.
func (r *rerun) look(l look) {
	a, h := &r.accounts[l.account], &r.h.Accounts[l.account]
	w := Weighing{Newest: a.newest, Seen: l.reading.Counts, At: l.at, Source: l.reading.Source, Metric: h.Metric}
	if n := len(a.good); n > 0 {
		good := a.good[n-1]
		w.Good = &good
	}
	weighed := Weigh(r.p, w)
	if weighed.Refused != nil {
		return
	}
	row := weighed.Row
	row.AccountID = h.AccountID
	if weighed.Vindicated && !weighed.Extends {
		cleared := *a.newest
		cleared.Suspect = false
		a.good = append(a.good, cleared)
	}
	wasGood := a.newest != nil && !a.newest.Suspect
	switch {
	case row.Suspect:
	case weighed.Extends && wasGood:
		a.good[len(a.good)-1] = row
	default:
		a.good = append(a.good, row)
	}
	a.newest = &row
}

// wait lets time pass until just before a moment, and decides where that alone may
// do so.
func (r *rerun) wait(until time.Time) {
	for {
		next := r.ripens()
		if next.IsZero() || !next.Before(until) {
			r.now = until
			return
		}
		r.decide(next)
	}
}

// ripe lists the moments at which time alone may decide: the end of a grace, a
// suspension or a freeze, and when an account has been gone for long enough.
func (r *rerun) ripe() []time.Time {
	var out []time.Time
	switch s := &r.standing; s.Status {
	case StatusGrace:
		out = append(out, s.graceStart().Add(r.p.Grace))
	case StatusSuspended:
		out = append(out, s.Until)
	}
	for i := range r.h.Accounts {
		if a := &r.h.Accounts[i]; (a.State == StateGone || a.State == StateSuspended) && !a.StateSince.IsZero() {
			out = append(out, a.StateSince.Add(r.p.GoneAfter))
		}
	}
	for _, f := range r.h.Freezes {
		out = append(out, f.End())
	}
	return out
}

// ripens is the first such moment after now, zero when there is none.
func (r *rerun) ripens() time.Time {
	var next time.Time
	for _, t := range r.ripe() {
		if t.After(r.now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	return next
}

func (r *rerun) due(at time.Time) bool { return slices.ContainsFunc(r.ripe(), at.Equal) }

// decide asks the rule.
func (r *rerun) decide(at time.Time) {
	r.now = at
	if m := Decide(r.p, r.evidence(at), at).Move; m != nil {
		r.standing = r.standing.After(*m, r.p, at)
		r.steps = append(r.steps, Step{at, *m})
	}
}

// act does an admin's act, unless the person does not stand so that it could be
// done.
func (r *rerun) act(p PastAct) {
	e := Evidence{Standing: r.standing, Act: &p.Action, FrozenUntil: FrozenUntil(r.h.Freezes, r.h.Agency, p.At)}
	m, after, err := Act(e, p.At)
	if err != nil {
		return
	}
	r.standing = after
	r.steps = append(r.steps, Step{p.At, m})
	if p.Action.Kind.Opens() {
		r.decide(p.At)
	}
}

// evidence is what the rule would have seen at a time: of each account the newest
// good reading, and older ones where it asks for them.
func (r *rerun) evidence(at time.Time) Evidence {
	e := Evidence{Standing: r.standing, FrozenUntil: FrozenUntil(r.h.Freezes, r.h.Agency, at), Accounts: make([]AccountEvidence, 0, len(r.accounts))}
	for i := range r.accounts {
		h, good := &r.h.Accounts[i], r.accounts[i].good
		if h.AddedAt.After(at) {
			continue
		}
		a := AccountEvidence{AccountID: h.AccountID, Platform: h.Platform, Handle: h.Handle}
		a.State, a.StateSince = h.stateAt(at, len(good) > 0)
		if n := len(good); n > 0 {
			a.Readings = good[n-1 : n : n]
		}
		e.Accounts = append(e.Accounts, a)
	}
	for _, id := range NeedsHistory(r.p, e) {
		r.addHistory(&e, id)
	}
	return e
}

// addHistory gives an account its older good readings, newest first.
func (r *rerun) addHistory(e *Evidence, id int64) {
	for i := range r.accounts {
		if r.h.Accounts[i].AccountID != id {
			continue
		}
		good := r.accounts[i].good
		readings := slices.Clone(good[max(0, len(good)-1-HistoryRows):])
		slices.Reverse(readings)
		for k := range e.Accounts {
			if e.Accounts[k].AccountID == id {
				e.Accounts[k].Readings = readings
			}
		}
	}
}

// stateAt is the account's state at a time: the present one since it began, before
// that what the readings say.
func (a *AccountHistory) stateAt(at time.Time, read bool) (AccountState, time.Time) {
	switch {
	case !at.Before(a.StateSince) && (read || a.State != StateOK):
		return a.State, a.StateSince
	case read:
		return StateOK, time.Time{}
	}
	return StatePending, time.Time{}
}
