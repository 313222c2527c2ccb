package influencer

import (
	"fmt"
	"time"
)

// Freeze stops new grants between two times, as before an election: who does not
// hold the status is neither granted it nor put in the queue for it, by the rule
// or by an admin. A recovery within the grace, a loss and every other act of an
// admin go on. No decision is ever made because of a freeze; it only fails to be
// made.
type Freeze struct {
	ID      int64
	Agency  string    // whose people, "" for all
	From    time.Time // first moment
	Until   time.Time // first moment after it, as it was ordered
	Note    string    // why
	Actor   string    // who ordered it
	AddedAt time.Time
	EndedAt time.Time // when somebody ended it before Until; zero otherwise
}

// End is when the freeze ends, or ended.
func (f Freeze) End() time.Time {
	if !f.EndedAt.IsZero() && f.EndedAt.Before(f.Until) {
		return f.EndedAt
	}
	return f.Until
}

// In tells whether the freeze is in force at a time.
func (f Freeze) In(at time.Time) bool { return !at.Before(f.From) && at.Before(f.End()) }

// FreezeState tells where a freeze stands.
type FreezeState string

// The states of a freeze.
const (
	FreezePlanned FreezeState = "planned"
	FreezeInForce FreezeState = "in_force"
	FreezeOver    FreezeState = "over"
)

// State is the freeze's state at a time.
func (f Freeze) State(now time.Time) FreezeState {
	switch {
	case !now.Before(f.End()):
		return FreezeOver
	case now.Before(f.From):
		return FreezePlanned
	}
	return FreezeInForce
}

// Check tells whether the freeze can be ordered at now. The error is
// [ErrIllegalAct].
func (f Freeze) Check(now time.Time) error {
	switch {
	case f.Until.IsZero():
		return fmt.Errorf("%w: a freeze needs its end", ErrIllegalAct)
	case !f.Until.After(now), !f.Until.After(f.From):
		return fmt.Errorf("%w: the end of a freeze must lie in the future, and after its begin", ErrIllegalAct)
	case f.Note == "":
		return fmt.Errorf("%w: a freeze needs a reason", ErrIllegalAct)
	}
	return checkWords("reason", f.Note)
}

// FrozenUntil is until when new grants of an agency's people are frozen at a time
// by any of the freezes; zero when they are not.
func FrozenUntil(freezes []Freeze, agency string, at time.Time) time.Time {
	var until time.Time
	for _, f := range freezes {
		if (f.Agency == "" || f.Agency == agency) && f.In(at) && f.End().After(until) {
			until = f.End()
		}
	}
	return until
}
