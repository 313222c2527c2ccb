package influencer

import (
	"math/bits"
	"slices"
	"time"
)

// Weighing is one look at an account against what is stored of it.
type Weighing struct {
	Newest *Reading  // the newest stored reading of all; nil when there is none
	Good   *Reading  // the newest one that is not suspect; nil when there is none
	Seen   Counts    // what the look showed
	At     time.Time // when
	Source string    // which API answered
	Metric Metric    // what the rule counts on this platform
}

// Weighed is what becomes of the look.
type Weighed struct {
	Row        Reading  // the row to store; its AccountID is Newest's. Row.Suspect says that it does not count yet
	Extends    bool     // Row replaces Newest, whose ObservedAt it keeps; else Row is new
	Vindicated bool     // Newest was suspect and is good now: clear its mark (done in Row when Extends)
	Refused    *Failure // the look cannot be true: store nothing, take it as this failure
}

// Weigh says what becomes of one look at an account: a new reading, the newest
// one extended because it shows the same numbers, or nothing because it cannot
// be true. It is a pure function.
//
// A drop to 0, or by more than the policy's share from its floor or more, is
// more often a platform's slip than the truth. Such a look becomes a suspect
// reading, which no decision uses. The next look at least ConfirmGap later that
// agrees with it, neither far below nor far above, makes both good; one that
// shows no such drop leaves it marked for ever. The newest post's time never
// moves back, nor back to unknown, when a post is deleted or a platform leaves
// the field out.
func Weigh(p Policy, w Weighing) Weighed {
	if refused := refuse(w); refused != nil {
		return Weighed{Refused: refused}
	}
	suspect, vindicated := p.judgeDrop(w)
	seen := w.Seen
	seen.LastActiveAt = w.lastActive(vindicated)
	if w.Newest != nil && w.Newest.SameNumbers(seen) {
		row := extend(*w.Newest, w.At, p.ConfirmGap)
		row.Suspect = suspect
		return Weighed{Row: row, Extends: true, Vindicated: w.Newest.Suspect && !suspect}
	}
	return Weighed{Row: begin(w, seen, suspect), Vindicated: vindicated}
}

// refuse finds what cannot be true. The metric that the rule counts is never
// taken for unknown once an answer came: a field that vanished is the platform's
// change or a slip of ours, not a fact about the account.
func refuse(w Weighing) *Failure {
	if w.Seen.Metric(w.Metric) == nil {
		return &Failure{Kind: Malformed, Detail: "the answer has no " + string(w.Metric)}
	}
	for _, n := range []*int64{w.Seen.Followers, w.Seen.Friends, w.Seen.Following, w.Seen.Posts} {
		if n != nil && *n < 0 {
			return &Failure{Kind: Malformed, Detail: "the answer has a count below 0"}
		}
	}
	return nil
}

// judgeDrop tells whether the look is suspect, and whether it vindicates the
// newest reading. Agreement goes both ways: 300 after a suspect 0 does not make
// the 0 true.
func (p Policy) judgeDrop(w Weighing) (suspect, vindicated bool) {
	seen := w.Seen.Metric(w.Metric)
	if w.Good == nil || !p.suspectDrop(w.Good.Metric(w.Metric), seen) {
		return false, false
	}
	doubted := w.Newest
	if doubted == nil || !doubted.Suspect {
		return true, false
	}
	before := doubted.Metric(w.Metric)
	if before == nil || p.suspectDrop(before, seen) || p.suspectDrop(seen, before) {
		return true, false
	}
	vindicated = w.At.Sub(doubted.ObservedAt) >= p.ConfirmGap
	return !vindicated, vindicated
}

// suspectDrop tells whether a fall from one value to another is too steep to
// believe at once. An unknown value shows no fall.
func (p Policy) suspectDrop(from, to *int64) bool {
	if from == nil || to == nil || *to >= *from {
		return false
	}
	return *to == 0 || *from >= p.Suspect.From && exceeds(*from-*to, *from, p.Suspect.Drop)
}

// exceeds tells whether part is more than share of whole, neither below 0,
// without overflow.
func exceeds(part, whole int64, share Share) bool {
	partHigh, partLow := bits.Mul64(uint64(part), uint64(Whole))
	high, low := bits.Mul64(uint64(whole), uint64(share))
	return partHigh > high || partHigh == high && partLow > low
}

// lastActive merges the newest post's time with what good readings knew. A time
// in the future is no evidence, and would otherwise stick for ever.
func (w Weighing) lastActive(vindicated bool) time.Time {
	last := w.Seen.LastActiveAt
	if last.Sub(w.At) > Skew {
		last = time.Time{}
	}
	if w.Good != nil {
		last = latest(last, w.Good.LastActiveAt)
	}
	if vindicated {
		last = latest(last, w.Newest.LastActiveAt)
	}
	return last
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// begin makes a new row. It begins after the newest one ended, also when another
// machine's clock ran ahead: the order of arrival is kept.
func begin(w Weighing, seen Counts, suspect bool) Reading {
	row := Reading{ObservedAt: w.At, Reads: 1, Counts: seen, Suspect: suspect, Source: w.Source}
	if w.Newest != nil {
		row.AccountID = w.Newest.AccountID
		row.ObservedAt = latest(row.ObservedAt, w.Newest.LastSeenAt.Add(time.Microsecond))
	}
	row.LastSeenAt = row.ObservedAt
	return row
}

// extend adds one more read of the same numbers to a reading.
func extend(r Reading, at time.Time, gap time.Duration) Reading {
	r.Reads = max(r.Reads, 1) + 1
	r.Between = slices.Clone(r.Between)
	if !at.After(r.LastSeenAt) {
		return r
	}
	r.Between = thin(r.ObservedAt, append(r.Between, r.LastSeenAt), at, gap)
	r.LastSeenAt = at
	return r
}

// thin keeps at most maxBetween of the read times between the first and the
// last, so that as many reads as a policy can ask for stay at least gap apart,
// and the kept ones spread over the whole stretch. It changes between.
func thin(first time.Time, between []time.Time, last time.Time, gap time.Duration) []time.Time {
	kept, before := between[:0], first
	for _, t := range between {
		if t.After(before) && t.Sub(before) >= gap {
			kept, before = append(kept, t), t
		}
	}
	for len(kept) > maxBetween {
		i := crowded(first, kept, last, gap)
		kept = slices.Delete(kept, i, i+1)
	}
	if len(kept) == 0 {
		return nil
	}
	return kept
}

// crowded picks the time to drop: the newest when the last read is less than gap
// after it, else the one whose neighbours are closest together.
func crowded(first time.Time, between []time.Time, last time.Time, gap time.Duration) int {
	newest := len(between) - 1
	if last.Sub(between[newest]) < gap {
		return newest
	}
	times := append(append([]time.Time{first}, between...), last)
	drop, least := newest, times[newest+2].Sub(times[newest])
	for i := range newest {
		if span := times[i+2].Sub(times[i]); span < least {
			drop, least = i, span
		}
	}
	return drop
}
