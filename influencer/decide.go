package influencer

import "time"

// Skew is how far ahead of now a platform's or another machine's clock may be
// before its times are taken for false.
const Skew = 5 * time.Minute

// Decide says where a person stands under the policy at now, and whether the
// status moves. It is a pure function: the same input gives the same verdict.
//
// A requirement is met when an account on its platform shows a value at or above
// the line in its newest good reading: not suspect, metric known, last seen
// within EvidenceMaxAge. It is not met when there is no such account or every
// one is proven below. All else is unknown, and unknown moves nothing.
func Decide(p Policy, e Evidence, now time.Time) Verdict {
	j := newJudge(&p, &e, now)
	v := Verdict{Requirements: make([]RequirementResult, len(p.Requirements))}
	results := make([]AccountResult, 0, len(e.Accounts))
	met, unknown := 0, 0
	for i, r := range p.Requirements {
		results = j.requirement(r, results, &v.Requirements[i])
		switch v.Requirements[i].Answer {
		case Yes:
			met++
		case Unknown:
			unknown++
		}
	}
	requirements := combine(p.Match.Needed(len(p.Requirements)), met, unknown)
	v.Activity = j.activity()
	v.Qualifies = both(requirements, v.Activity)
	v.Move = j.move(requirements, v.Activity)
	if j.rules() {
		v.Doubtful = doubtful(v.Requirements)
	}
	v.Used = j.used
	return v
}

// combine answers whether at least needed requirements are met. It is unknown
// only where the unknown ones could still change the answer.
func combine(needed, met, unknown int) Answer {
	switch {
	case met >= needed:
		return Yes
	case met+unknown < needed:
		return No
	default:
		return Unknown
	}
}

func both(a, b Answer) Answer {
	switch {
	case a == No || b == No:
		return No
	case a == Yes && b == Yes:
		return Yes
	default:
		return Unknown
	}
}

// judge holds what a decision looks at, and keeps track of what it used: of each
// account the readings down to the oldest one looked at.
type judge struct {
	p      *Policy
	e      *Evidence
	now    time.Time
	holder bool
	used   Evidence
}

func newJudge(p *Policy, e *Evidence, now time.Time) judge {
	j := judge{p: p, e: e, now: now, holder: e.Standing.Underlying().Holds()}
	j.used = Evidence{Standing: e.Standing, Accounts: make([]AccountEvidence, len(e.Accounts)), FrozenUntil: e.FrozenUntil}
	copy(j.used.Accounts, e.Accounts)
	for i := range j.used.Accounts {
		j.used.Accounts[i].Readings = nil
	}
	return j
}

// use notes that the first n readings of account i mattered.
func (j *judge) use(i, n int) {
	if n > len(j.used.Accounts[i].Readings) {
		j.used.Accounts[i].Readings = j.e.Accounts[i].Readings[:n:n]
	}
}

func (j *judge) stale(r *Reading) bool { return j.now.Sub(r.LastSeenAt) > j.p.EvidenceMaxAge }

func (j *judge) future(t time.Time) bool { return t.Sub(j.now) > Skew }

// gone tells whether the platform has said long enough that the account is no
// more, or suspended. Before that, its last good reading counts while fresh.
func (j *judge) gone(a *AccountEvidence) bool {
	return (a.State == StateGone || a.State == StateSuspended) &&
		!a.StateSince.IsZero() && j.now.Sub(a.StateSince) >= j.p.GoneAfter
}

func doubtful(results []RequirementResult) []int64 {
	var ids []int64
	for i := range results {
		if results[i].Answer == Unknown {
			ids = appendUnconfirmed(ids, results[i].Accounts)
		}
	}
	return ids
}

func appendUnconfirmed(ids []int64, accounts []AccountResult) []int64 {
	for i := range accounts {
		if accounts[i].Why == WhyUnconfirmed && !containsID(ids, accounts[i].AccountID) {
			ids = append(ids, accounts[i].AccountID)
		}
	}
	return ids
}

func containsID(ids []int64, id int64) bool {
	for _, have := range ids {
		if have == id {
			return true
		}
	}
	return false
}

// rules tells whether the rule may move the status: not while a block or a
// suspension lies over it, and not of who has left the service.
func (j *judge) rules() bool {
	s := &j.e.Standing
	switch {
	case s.Left != "", s.Status == StatusBlocked:
		return false
	case s.Status == StatusSuspended:
		return !s.Until.IsZero() && !j.now.Before(s.Until)
	default:
		return true
	}
}

// move walks the table of moves. When a suspension's date has come, the person
// is decided again from the status held before; if nothing moves, that status
// returns.
func (j *judge) move(requirements, activity Answer) *Move {
	if !j.rules() {
		return nil
	}
	s := &j.e.Standing
	facts := j.facts(requirements, activity)
	row := ruleRow(s.Underlying(), facts)
	to := s.Underlying()
	if row == nil {
		row = ruleRow(s.Status, facts)
	} else {
		to = row.To
	}
	if row == nil {
		return nil
	}
	return &Move{From: s.Status, To: to, Reason: row.Reason}
}

func (j *judge) facts(requirements, activity Answer) Condition {
	s := &j.e.Standing
	facts := pick(j.p.Approval == Manual, ApprovalManual, ApprovalAutomatic) |
		pick(j.p.Grace > 0, WithGrace, WithoutGrace) |
		pick(s.FirstGrantedAt.IsZero(), NeverHeld, HeldOnce) |
		pick(j.now.Before(s.graceStart().Add(j.p.Grace)), 0, GraceOver) |
		pick(s.Status == StatusSuspended, SuspensionOver, 0) |
		pick(j.e.frozen(j.now), 0, GrantsOpen)
	switch {
	case requirements == No:
		facts |= FailsLine
	case activity == No:
		facts |= FailsActivity
	case requirements == Yes && activity == Yes:
		facts |= Qualifies
	}
	return facts
}

func pick(is bool, yes, no Condition) Condition {
	if is {
		return yes
	}
	return no
}
