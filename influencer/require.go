package influencer

import "time"

// requirement judges one requirement into out. The results of the accounts are
// appended to all, which is returned.
func (j *judge) requirement(r Requirement, all []AccountResult, out *RequirementResult) []AccountResult {
	first := len(all)
	line := j.p.Line(r, j.holder)
	for i := range j.e.Accounts {
		if j.e.Accounts[i].Platform == r.Platform {
			all = append(all, j.account(i, r.Metric, line))
		}
	}
	accounts := all[first:len(all):len(all)]
	*out = RequirementResult{Requirement: r, Line: line, Accounts: accounts}
	out.Answer, out.Why = settle(accounts)
	out.Best = best(accounts)
	return all
}

// settle gives a requirement's answer from its accounts': one above is enough,
// all must be below.
func settle(accounts []AccountResult) (Answer, Why) {
	if len(accounts) == 0 {
		return No, WhyNoAccount
	}
	answer, why := No, WhyGone
	for i := range accounts {
		switch a := &accounts[i]; {
		case a.Answer == Yes:
			return Yes, WhyAbove
		case a.Answer == Unknown && (answer == No || a.Why == WhyUnconfirmed):
			answer, why = Unknown, a.Why
		case answer == No && a.Why == WhyBelow:
			why = WhyBelow
		}
	}
	return answer, why
}

// best is the largest value that counts as of now.
func best(accounts []AccountResult) *int64 {
	var best *int64
	for i := range accounts {
		switch accounts[i].Why {
		case WhyAbove, WhyBelow, WhyUnconfirmed:
			if best == nil || *accounts[i].Value > *best {
				best = accounts[i].Value
			}
		}
	}
	return best
}

// account judges account i against a line.
func (j *judge) account(i int, m Metric, line int64) AccountResult {
	a := &j.e.Accounts[i]
	result := AccountResult{AccountID: a.AccountID}
	n := newestGood(a.Readings, m)
	if n >= 0 {
		j.use(i, n+1)
		result.Value, result.SeenAt = a.Readings[n].Metric(m), a.Readings[n].LastSeenAt
	}
	switch {
	case j.gone(a):
		result.Answer, result.Why = No, WhyGone
	case n < 0:
		result.Answer, result.Why = Unknown, WhyUnread
	case j.future(result.SeenAt):
		// An older reading is not taken in its place: something newer is known
		// to exist.
		result.Answer, result.Why = Unknown, WhyFuture
	case j.stale(&a.Readings[n]):
		result.Answer, result.Why = Unknown, WhyStale
	case *result.Value >= line:
		result.Answer, result.Why = Yes, WhyAbove
	case !j.holder:
		result.Answer, result.Why = No, WhyBelow
	default:
		j.below(i, n, m, line, &result)
	}
	return result
}

// below judges an account whose newest good reading n is below a holder's line:
// proven only when enough reads say so.
func (j *judge) below(i, n int, m Metric, line int64, result *AccountResult) {
	readings := j.e.Accounts[i].Readings
	confirmed, depth := j.confirmations(readings[n:], m, line)
	j.use(i, n+depth)
	result.Confirmed = confirmed
	if confirmed >= j.p.Confirm {
		result.Answer, result.Why = No, WhyBelow
	} else {
		result.Answer, result.Why = Unknown, WhyUnconfirmed
	}
}

// newestGood finds the newest reading that is not suspect and knows the metric;
// -1 when there is none.
func newestGood(readings []Reading, m Metric) int {
	for i := range readings {
		if !readings[i].Suspect && readings[i].Metric(m) != nil {
			return i
		}
	}
	return -1
}

// confirmations counts reads below the line that are pairwise at least
// ConfirmGap apart, up to Confirm of them: back from the newest over an unbroken
// run of good readings below the line. A good reading at or above the line ends
// the run, and so does one too old to prove anything; suspect ones are passed
// over. Taking each time the newest read that is far enough from the one taken
// before finds as many as there can be. depth is how many readings were needed.
func (j *judge) confirmations(readings []Reading, m Metric, line int64) (count, depth int) {
	var taken time.Time
	for i := range readings {
		r := &readings[i]
		value := r.Metric(m)
		if r.Suspect || value == nil {
			continue
		}
		if *value >= line || j.stale(r) {
			return count, depth
		}
		count, taken = spaced(r, j.p.ConfirmGap, count, taken)
		depth = i + 1
		if count >= j.p.Confirm {
			return j.p.Confirm, depth
		}
	}
	return count, depth
}

// spaced goes back over the read times of r, on from count reads of which the
// last taken was at taken.
func spaced(r *Reading, gap time.Duration, count int, taken time.Time) (int, time.Time) {
	take := func(t time.Time) {
		if count == 0 || t.Before(taken) && taken.Sub(t) >= gap {
			count, taken = count+1, t
		}
	}
	take(r.LastSeenAt)
	for i := len(r.Between) - 1; i >= 0; i-- {
		take(r.Between[i])
	}
	take(r.ObservedAt)
	return count, taken
}

// NeedsHistory names the accounts of which Decide wants older readings: the
// person holds the status, the account's newest good reading is below the line,
// the readings given do not confirm that, and no other account meets the
// requirement. With all that [HistoryRows] and EvidenceMaxAge allow given, ask
// no more: what is still unconfirmed stays so. The suspect readings in between
// need not be given.
func NeedsHistory(p Policy, e Evidence) []int64 {
	if p.Confirm <= 1 || !e.Standing.Underlying().Holds() {
		return nil
	}
	var ids []int64
	for _, r := range p.Requirements {
		ids = appendUnproven(ids, &p, &e, r)
	}
	return ids
}

// HistoryRows is how many readings of an account are enough for any decision in
// practice; fewer leave a loss unconfirmed, which takes nothing away.
const HistoryRows = 64

func appendUnproven(ids []int64, p *Policy, e *Evidence, r Requirement) []int64 {
	had, line := len(ids), p.Line(r, true)
	for i := range e.Accounts {
		a := &e.Accounts[i]
		n := -1
		if a.Platform == r.Platform {
			n = newestGood(a.Readings, r.Metric)
		}
		if n < 0 {
			continue
		}
		if *a.Readings[n].Metric(r.Metric) >= line {
			if a.State == StateGone || a.State == StateSuspended {
				continue // it may have been so for GoneAfter, and then it counts as below
			}
			return ids[:had]
		}
		j := judge{p: p, now: a.Readings[n].LastSeenAt}
		if count, _ := j.confirmations(a.Readings[n:], r.Metric, line); count < p.Confirm && !containsID(ids, a.AccountID) {
			ids = append(ids, a.AccountID)
		}
	}
	return ids
}
