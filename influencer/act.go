package influencer

import (
	"errors"
	"fmt"
	"time"
)

// ActionKind is a closed list of an admin's acts on one person's status.
type ActionKind string

// The acts.
const (
	ActionSuspend   ActionKind = "suspend"   // until a date, or open; on a suspended person it sets a new date
	ActionReinstate ActionKind = "reinstate" // ends a suspension
	ActionBlock     ActionKind = "block"     // with a legal basis; ends a suspension under way
	ActionUnblock   ActionKind = "unblock"
	ActionApprove   ActionKind = "approve" // grants the status to a person in pending
)

// Action is an admin's act. Who ordered it, why and on what legal basis is for
// the caller to keep with the decision.
type Action struct {
	Kind  ActionKind
	Until time.Time // end of a suspension; zero means open
}

// ErrIllegalAct is what [Act] refuses with: the person's status does not allow
// the act, or its date is wrong.
var ErrIllegalAct = errors.New("not possible")

// Act applies an admin's act to a person's standing. After a reinstate or
// unblock the person is back in the status held before: the caller has the rule
// decide again at once, on the evidence of that moment.
func Act(s Standing, a Action, now time.Time) (Move, Standing, error) {
	row := actionRow(s.Status, a.Kind)
	switch {
	case row == nil:
		return Move{}, s, fmt.Errorf("%w: %s a person who is %s", ErrIllegalAct, a.Kind, s.Status)
	case !a.Until.IsZero() && a.Kind != ActionSuspend:
		return Move{}, s, fmt.Errorf("%w: %s takes no end date", ErrIllegalAct, a.Kind)
	case !a.Until.IsZero() && !a.Until.After(now):
		return Move{}, s, fmt.Errorf("%w: the end of a suspension must lie in the future", ErrIllegalAct)
	}
	m := Move{From: s.Status, To: row.To, Reason: row.Reason}
	if row.To == Former {
		m.To = s.Underlying()
	}
	after := s.After(m, Policy{}, now)
	after.Until = a.Until
	return m, after, nil
}

// After is the standing that m, decided under p at now, leaves behind. The first
// award survives every return, and a grace keeps its start through a suspension
// or block.
func (s Standing) After(m Move, p Policy, now time.Time) Standing {
	after := Standing{
		Status: m.To, Since: now, FirstGrantedAt: s.FirstGrantedAt,
		Reason: m.Reason, ReasonVersion: p.Version,
	}
	switch m.To {
	case StatusActive:
		if after.FirstGrantedAt.IsZero() {
			after.FirstGrantedAt = now
		}
	case StatusGrace:
		after.GraceSince = now
		if s.Underlying() == StatusGrace {
			after.GraceSince = s.graceStart()
		}
	case StatusSuspended, StatusBlocked:
		after.HeldBefore = s.Underlying()
		after.GraceSince = s.GraceSince
	}
	return after
}

// graceStart is when the grace under way began.
func (s Standing) graceStart() time.Time {
	if s.GraceSince.IsZero() {
		return s.Since
	}
	return s.GraceSince
}
