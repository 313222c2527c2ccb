package influencer

import (
	"errors"
	"fmt"
	"time"
)

// ActionKind is a closed list of an admin's acts on one person.
type ActionKind string

// The acts. All but the last are on the person's status, and rows of the table
// of moves.
const (
	ActionSuspend   ActionKind = "suspend"   // until a date, or open; on a suspended person it sets a new date
	ActionReinstate ActionKind = "reinstate" // ends a suspension
	ActionBlock     ActionKind = "block"     // by a decree with a legal basis; ends a suspension under way
	ActionUnblock   ActionKind = "unblock"
	ActionApprove   ActionKind = "approve"   // grants the status to a person in pending
	ActionUnapprove ActionKind = "unapprove" // takes an approval back: the person waits again
	ActionLeave     ActionKind = "leave"     // the person is no longer in the service
	ActionRejoin    ActionKind = "rejoin"    // takes a leaving back
	ActionMove      ActionKind = "move"      // to another agency or unit; moves no status
)

// ActionKinds lists every act, in the order of the documentation.
func ActionKinds() []ActionKind {
	return []ActionKind{ActionSuspend, ActionReinstate, ActionBlock, ActionUnblock, ActionApprove, ActionUnapprove,
		ActionLeave, ActionRejoin, ActionMove}
}

// Action is an admin's act on a status. Who ordered it and why is for the caller
// to keep with the decision. Its JSON form is part of a stored decision's
// evidence: a key once written keeps its name and meaning.
type Action struct {
	Kind   ActionKind `json:"kind"`
	Until  time.Time  `json:"until,omitzero"`  // end of a suspension; zero means open
	Why    Leaving    `json:"why,omitzero"`    // of leave, which needs one
	Basis  string     `json:"basis,omitzero"`  // legal basis; a block needs one
	Decree string     `json:"decree,omitzero"` // number of the decree; a block needs one
}

// Leaving is why a person is no longer in the service; "" for who is.
type Leaving string

// The ways to leave.
const (
	LeftRetired   Leaving = "retired"
	LeftMoved     Leaving = "moved" // to an employer that is not registered here; between agencies here it is ActionMove
	LeftDeceased  Leaving = "deceased"
	LeftDismissed Leaving = "dismissed"
	LeftEnded     Leaving = "ended" // a contract or term
)

// Leavings lists every way to leave.
func Leavings() []Leaving {
	return []Leaving{LeftRetired, LeftMoved, LeftDeceased, LeftDismissed, LeftEnded}
}

// ErrIllegalAct is what an act is refused with: the person's status does not
// allow it, or something about the order itself is wrong.
var ErrIllegalAct = errors.New("not possible")

// Act applies the act that e.Act orders to the standing of e, and is a pure
// function as [Decide] is; of the evidence it looks at nothing else but whether
// grants are frozen. When the act [ActionKind.Opens] the status to the rule, the
// caller has the rule decide at once, on the evidence of that moment.
func Act(e Evidence, now time.Time) (Move, Standing, error) {
	s := e.Standing
	if e.Act == nil {
		return Move{}, s, fmt.Errorf("%w: the order of the act is not kept", ErrIllegalAct)
	}
	row := actionRow(s.Status, e.Act.Kind, e.actFacts(now))
	if row == nil {
		return Move{}, s, fmt.Errorf("%w: %s", ErrIllegalAct, e.refusal(now))
	}
	if err := e.Act.Check(now); err != nil {
		return Move{}, s, err
	}
	if e.Act.Kind == ActionLeave && s.Left == e.Act.Why {
		return Move{}, s, fmt.Errorf("%w: the person has left already: %s", ErrIllegalAct, s.Left)
	}
	m := Move{From: s.Status, To: row.To, Reason: row.Reason}
	if row.To == Former {
		m.To = s.Underlying()
	}
	return m, s.acted(*e.Act, m, now), nil
}

// Opens tells whether the act hands a status back to the rule.
func (k ActionKind) Opens() bool {
	switch k {
	case ActionReinstate, ActionUnblock, ActionUnapprove, ActionRejoin:
		return true
	}
	return false
}

func (e *Evidence) actFacts(now time.Time) Condition {
	s := &e.Standing
	return pick(s.held(), HeldOnce, NeverHeld) | pick(s.Left == "", Serving, HasLeft) | pick(e.frozen(now), 0, GrantsOpen)
}

// refusal says why no row of the table fits.
func (e *Evidence) refusal(now time.Time) string {
	s, kind := &e.Standing, e.Act.Kind
	switch {
	case kind == ActionSuspend && s.Left != "" && s.Status != StatusBlocked:
		return "suspend a person who has left the service"
	case kind == ActionRejoin && s.Left == "":
		return "rejoin a person who has not left the service"
	case kind == ActionApprove && s.Status == StatusPending && e.frozen(now):
		return "approve while new grants are frozen, until " + English.DateTime(e.FrozenUntil)
	}
	return fmt.Sprintf("%s a person who is %s", kind, s.Status)
}

// acted is the standing after a's move m. A leaving or rejoining that moves no
// status only sets or takes away the mark: since when, and why, the status is
// what it is stays true. Under a block it leaves no award for the block's end to
// bring back.
func (s Standing) acted(a Action, m Move, now time.Time) Standing {
	after := s.After(m, Policy{}, now)
	leaves := a.Kind == ActionLeave
	if m.From == m.To && (leaves || a.Kind == ActionRejoin) {
		after = s
	}
	switch {
	case leaves && s.Left == "":
		after.Left, after.LeftAt = a.Why, now
	case leaves:
		after.Left = a.Why
	case a.Kind == ActionRejoin:
		after.Left, after.LeftAt = "", time.Time{}
	}
	if leaves && m.To == StatusBlocked {
		after.GraceSince, after.HeldBefore = time.Time{}, StatusNone
		if s.held() {
			after.HeldBefore = StatusRevoked
		}
	}
	after.Until = a.Until
	return after
}

// held tells whether the person holds the status or once did.
func (s *Standing) held() bool {
	under := s.Underlying()
	return !s.FirstGrantedAt.IsZero() || under.Holds() || under == StatusRevoked
}

// After is the standing that m, decided under p at now, leaves behind. The first
// award survives every return, and a grace keeps its start through a suspension
// or block.
func (s Standing) After(m Move, p Policy, now time.Time) Standing {
	after := Standing{
		Status: m.To, Since: now, FirstGrantedAt: s.FirstGrantedAt,
		Reason: m.Reason, ReasonVersion: p.Version, Left: s.Left, LeftAt: s.LeftAt,
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
