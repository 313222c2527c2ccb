package influencer

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// seenThen is one look as it was when it was made.
type seenThen struct {
	at      time.Time
	account int
	counts  Counts
}

// genLooks draws reads of some accounts over weeks, no two at one moment. Nobody
// takes a post back: what a look shows of it is what later ones know.
func genLooks(t *rapid.T, accounts int) []seenThen {
	now, posted := at, make([]time.Time, accounts)
	var out []seenThen
	for range rapid.IntRange(1, 20).Draw(t, "looks") {
		now = now.Add(rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 2 * time.Hour, day, 3 * day, 20 * day}).Draw(t, "pause"))
		n := rapid.SampledFrom([]int64{0, 100, 449, 451, 499, 501, 900}).Draw(t, "count")
		account := rapid.IntRange(0, accounts-1).Draw(t, "account")
		posted[account] = latest(posted[account], now.Add(-genAge(t, "posted")))
		out = append(out, seenThen{now, account, Counts{Followers: &n, Friends: &n, LastActiveAt: posted[account]}})
	}
	return out
}

// life is a person as the service would keep one: every reading, and a decision at
// every look and act.
type life struct {
	p        Policy
	standing Standing
	accounts []AccountHistory
	steps    []Step
	evidence []Evidence // of each step
}

func (l *life) look(s seenThen) {
	a := &l.accounts[s.account]
	w := Weighing{Seen: s.counts, At: s.at, Metric: a.Metric}
	n := len(a.Readings)
	if n > 0 {
		w.Newest = &a.Readings[n-1]
	}
	for i := n - 1; i >= 0 && w.Good == nil; i-- {
		if !a.Readings[i].Suspect {
			w.Good = &a.Readings[i]
		}
	}
	got := Weigh(l.p, w)
	got.Row.AccountID = a.AccountID
	if got.Vindicated {
		a.Readings[n-1].Suspect = false
	}
	if got.Extends {
		a.Readings[n-1] = got.Row
	} else {
		a.Readings = append(a.Readings, got.Row)
	}
	l.decide(s.at)
}

func (l *life) decide(now time.Time) {
	e := Evidence{Standing: l.standing}
	for _, a := range l.accounts {
		state := StatePending
		if len(a.Readings) > 0 {
			state = StateOK
		}
		readings := slices.Clone(a.Readings)
		slices.Reverse(readings)
		e.Accounts = append(e.Accounts, AccountEvidence{AccountID: a.AccountID, Platform: a.Platform, State: state, Readings: readings})
	}
	v := Decide(l.p, e, now)
	if v.Move == nil {
		return
	}
	l.standing = l.standing.After(*v.Move, l.p, now)
	l.steps, l.evidence = append(l.steps, Step{now, *v.Move}), append(l.evidence, v.Used)
}

func (l *life) act(p PastAct) {
	e := Evidence{Standing: l.standing, Act: &p.Action}
	if m, after, err := Act(e, p.At); err == nil {
		l.standing, l.steps, l.evidence = after, append(l.steps, Step{p.At, m}), append(l.evidence, e)
		if p.Action.Kind.Opens() {
			l.decide(p.At)
		}
	}
}

// live lets a person live through looks and acts under a policy, the end of a
// grace or suspension decided in its moment.
func live(p Policy, accounts []AccountHistory, looks []seenThen, acts []PastAct, until time.Time) *life {
	l := &life{p: p, standing: Standing{Status: StatusNone}, accounts: slices.Clone(accounts)}
	for i := 0; i <= len(looks); i++ {
		next := until
		if i < len(looks) {
			next = looks[i].at
		}
		for len(acts) > 0 && acts[0].At.Before(next) {
			l.ripen(acts[0].At)
			l.act(acts[0])
			acts = acts[1:]
		}
		if l.ripen(next); i < len(looks) {
			l.look(looks[i])
		}
	}
	l.ripen(until.Add(time.Nanosecond))
	return l
}

// ripen decides what ends before a moment.
func (l *life) ripen(until time.Time) {
	for {
		end := time.Time{}
		switch s := l.standing; s.Status {
		case StatusGrace:
			end = s.graceStart().Add(l.p.Grace)
		case StatusSuspended:
			end = s.Until
		}
		if end.IsZero() || !end.Before(until) {
			return
		}
		before := len(l.steps)
		if l.decide(end); len(l.steps) == before {
			return
		}
	}
}

func genActs(t *rapid.T, looks []seenThen) []PastAct {
	var acts []PastAct
	now := at.Add(30 * time.Second)
	for range rapid.IntRange(0, 3).Draw(t, "acts") {
		now = now.Add(rapid.SampledFrom([]time.Duration{time.Hour, day, 9 * day}).Draw(t, "acted after"))
		a := whole(rapid.SampledFrom([]ActionKind{ActionSuspend, ActionReinstate, ActionBlock, ActionUnblock}).Draw(t, "act"))
		if a.Kind == ActionSuspend && rapid.Bool().Draw(t, "dated") {
			a.Until = now.Add(2*day + time.Second)
		}
		acts = append(acts, PastAct{now, a})
	}
	last := looks[len(looks)-1].at
	return slices.DeleteFunc(acts, func(a PastAct) bool { return !a.At.Before(last) })
}

// TestRerunTellsWhatAnotherRuleDoes: what a history recorded under one rule says of
// another is what a life under that other one brings. (No number is read so often
// that a time of a read is forgotten.)
func TestRerunTellsWhatAnotherRuleDoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		was, is := genPolicy(t), genPolicy(t)
		was.ConfirmGap = 0 // reads closer together than this are not kept
		accounts := make([]AccountHistory, rapid.IntRange(1, 3).Draw(t, "accounts"))
		for i := range accounts {
			accounts[i] = AccountHistory{AccountID: int64(i + 1), Platform: []Platform{X, Instagram, X}[i], State: StateOK, Metric: Followers}
		}
		looks := genLooks(t, len(accounts))
		acts := genActs(t, looks)
		until := looks[len(looks)-1].at.Add(genAge(t, "end"))
		recorded, truth := live(was, accounts, looks, acts, until), live(is, accounts, looks, acts, until)
		for _, a := range recorded.accounts {
			for _, r := range a.Readings {
				if r.Reads > 2+maxBetween {
					return
				}
			}
		}
		h := History{Until: until, Standing: Standing{Status: StatusNone}, Accounts: recorded.accounts, Acts: acts}
		steps, standing := Rerun(is, h)
		if diff := cmp.Diff(truth.steps, steps); diff != "" {
			t.Fatalf("another life (-lived +told):\n%s", diff)
		}
		if diff := cmp.Diff(truth.standing, standing); diff != "" {
			t.Fatalf("stands otherwise (-lived +told):\n%s", diff)
		}
	})
}

// TestRerunFromTheMiddle begins where the person stood at some moment, under the
// same rule, and finds what was made since. What decisions kept of the reads makes
// up for times that the readings forgot.
func TestRerunFromTheMiddle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := genPolicy(t)
		accounts := []AccountHistory{{AccountID: 1, Platform: X, State: StateOK, Metric: Followers}}
		looks := genLooks(t, 1)
		for i := range looks { // long stretches of the same numbers
			looks[i].counts = looks[i/8*8].counts
		}
		until := looks[len(looks)-1].at.Add(genAge(t, "end"))
		lived := live(p, accounts, looks, nil, until)
		since := looks[rapid.IntRange(0, len(looks)-1).Draw(t, "since")].at
		h := History{Since: since, Until: until, Standing: lived.standing, Accounts: lived.accounts}
		var want []Step
		for i, s := range lived.steps {
			for _, r := range lived.evidence[i].Accounts[0].Readings {
				h.Accounts[0].Seen = append(append(h.Accounts[0].Seen, r.ObservedAt, r.LastSeenAt), r.Between...)
			}
			if !s.At.After(since) {
				continue
			}
			if len(want) == 0 {
				h.Standing = lived.evidence[i].Standing
			}
			want, h.Decided = append(want, s), append(h.Decided, s.At)
		}
		steps, standing := Rerun(p, h)
		if diff := cmp.Diff(want, steps); diff != "" {
			t.Fatalf("told otherwise (-made +told):\n%s\nsince %v\nlived %v\nreadings %+v", diff, since, lived.steps, lived.accounts[0].Readings)
		}
		if diff := cmp.Diff(lived.standing, standing); diff != "" {
			t.Fatalf("stands otherwise (-stands +told):\n%s", diff)
		}
	})
}
