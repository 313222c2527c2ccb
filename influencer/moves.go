package influencer

import (
	"slices"
	"strings"
)

// Reason is a code for why a status is what it is; see [Moves] for which moves
// give it.
type Reason string

// The reasons.
const (
	ReasonQualifies      Reason = "qualifies"       // first award
	ReasonReturned       Reason = "returned"        // award after a loss
	ReasonAwaitsApproval Reason = "awaits_approval" // qualifies, an admin must approve
	ReasonApproved       Reason = "approved"        // an admin approved
	ReasonRecovered      Reason = "recovered"       // qualifies again within the grace
	ReasonBelowLine      Reason = "below_line"      // the requirements are not met
	ReasonInactive       Reason = "inactive"        // no post within the window
	ReasonSuspended      Reason = "suspended"       // an admin suspended
	ReasonSuspensionOver Reason = "suspension_over" // the suspension's date came, the status before returns
	ReasonReinstated     Reason = "reinstated"      // an admin ended the suspension
	ReasonBlocked        Reason = "blocked"         // an admin blocked, with a legal basis
	ReasonUnblocked      Reason = "unblocked"       // an admin ended the block
	ReasonUnapproved     Reason = "unapproved"      // an admin took the approval back
	ReasonLeft           Reason = "left"            // is no longer in the service
	ReasonRejoined       Reason = "rejoined"        // is in the service again
)

// Event names what a move means to the world outside, for the outbox.
type Event string

// The events.
const (
	EventGranted          Event = "granted"           // the person is an influencer now
	EventAwaitingApproval Event = "awaiting_approval" // qualifies, waits for an admin
	EventWithdrawn        Event = "withdrawn"         // no longer qualifies while waiting
	EventGraceStarted     Event = "grace_started"
	EventRecovered        Event = "recovered"
	EventRevoked          Event = "revoked"
	EventSuspended        Event = "suspended"
	EventSuspensionEnded  Event = "suspension_ended"
	EventReinstated       Event = "reinstated"
	EventBlocked          Event = "blocked"
	EventUnblocked        Event = "unblocked"
	EventUnapproved       Event = "unapproved" // is no influencer any more, waits for an admin again
	EventLeft             Event = "left"       // left the service without holding the status; who held it is revoked
	EventRejoined         Event = "rejoined"
)

// Condition is a set of facts that must all hold for the rule to move a status.
type Condition uint16

// The facts.
const (
	Qualifies         Condition = 1 << iota // requirements and activity hold
	FailsLine                               // the requirements are not met
	FailsActivity                           // only the activity fails
	ApprovalAutomatic                       // approval is automatic
	ApprovalManual                          // approval is manual
	WithGrace                               // the policy gives a grace
	WithoutGrace                            // the policy gives none
	GraceOver                               // the grace under way has lasted as long as the policy gives
	HeldOnce                                // the status was granted before
	NeverHeld                               // it never was
	SuspensionOver                          // the suspension's date has come
	GrantsOpen                              // no freeze of new grants is in force
	Serving                                 // the person is in the service
	HasLeft                                 // the person has left it
)

var factNames = [...]string{"qualifies", "requirements not met", "requirements not failed, inactive",
	"approval automatic", "approval manual", "grace above 0", "grace 0", "grace over",
	"granted before", "never granted", "its date has come", "no freeze", "in the service", "has left the service"}

// String lists the facts, for the documentation.
func (c Condition) String() string {
	var names []string
	for i, name := range factNames {
		if c&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Former stands in the table of moves for the status held before a suspension
// or block.
const Former Status = "former"

// MoveRow is one row of the table of moves.
type MoveRow struct {
	Name   string
	From   []Status
	Action ActionKind // the admin's act that makes the move, "" when the rule does
	When   Condition  // what must hold
	To     Status
	Reason Reason
	Event  Event
}

var (
	anyButBlocked = []Status{StatusNone, StatusPending, StatusActive, StatusGrace, StatusSuspended, StatusRevoked}

	// moveTable is every move there is; what is not here does not happen. An
	// unknown answer gives none of the facts, so it moves nothing. A suspension
	// that ends takes first the row of the status held before, if one applies. The
	// rule moves nobody who is blocked, suspended or has left the service.
	// The rows that take a held status away come before those of pending, so that
	// Move.Row finds them first.
	moveTable = []MoveRow{
		{"grant", []Status{StatusNone}, "", Qualifies | GrantsOpen | ApprovalAutomatic, StatusActive, ReasonQualifies, EventGranted},
		{"queue", []Status{StatusNone}, "", Qualifies | GrantsOpen | ApprovalManual, StatusPending, ReasonAwaitsApproval, EventAwaitingApproval},
		{"return", []Status{StatusRevoked}, "", Qualifies | GrantsOpen | ApprovalAutomatic, StatusActive, ReasonReturned, EventGranted},
		{"queue return", []Status{StatusRevoked}, "", Qualifies | GrantsOpen | ApprovalManual, StatusPending, ReasonAwaitsApproval, EventAwaitingApproval},

		{"grace below", []Status{StatusActive}, "", FailsLine | WithGrace, StatusGrace, ReasonBelowLine, EventGraceStarted},
		{"grace inactive", []Status{StatusActive}, "", FailsActivity | WithGrace, StatusGrace, ReasonInactive, EventGraceStarted},
		{"revoke below", []Status{StatusActive}, "", FailsLine | WithoutGrace, StatusRevoked, ReasonBelowLine, EventRevoked},
		{"revoke inactive", []Status{StatusActive}, "", FailsActivity | WithoutGrace, StatusRevoked, ReasonInactive, EventRevoked},

		{"recover", []Status{StatusGrace}, "", Qualifies, StatusActive, ReasonRecovered, EventRecovered},
		{"grace over below", []Status{StatusGrace}, "", FailsLine | GraceOver, StatusRevoked, ReasonBelowLine, EventRevoked},
		{"grace over inactive", []Status{StatusGrace}, "", FailsActivity | GraceOver, StatusRevoked, ReasonInactive, EventRevoked},

		{"release", []Status{StatusPending}, "", Qualifies | GrantsOpen | ApprovalAutomatic | NeverHeld, StatusActive, ReasonQualifies, EventGranted},
		{"release return", []Status{StatusPending}, "", Qualifies | GrantsOpen | ApprovalAutomatic | HeldOnce, StatusActive, ReasonReturned, EventGranted},
		{"withdraw below", []Status{StatusPending}, "", FailsLine | NeverHeld, StatusNone, ReasonBelowLine, EventWithdrawn},
		{"withdraw inactive", []Status{StatusPending}, "", FailsActivity | NeverHeld, StatusNone, ReasonInactive, EventWithdrawn},
		{"withdraw return below", []Status{StatusPending}, "", FailsLine | HeldOnce, StatusRevoked, ReasonBelowLine, EventWithdrawn},
		{"withdraw return inactive", []Status{StatusPending}, "", FailsActivity | HeldOnce, StatusRevoked, ReasonInactive, EventWithdrawn},

		{"suspension over", []Status{StatusSuspended}, "", SuspensionOver, Former, ReasonSuspensionOver, EventSuspensionEnded},

		{"suspend", anyButBlocked, ActionSuspend, Serving, StatusSuspended, ReasonSuspended, EventSuspended},
		{"reinstate", []Status{StatusSuspended}, ActionReinstate, 0, Former, ReasonReinstated, EventReinstated},
		{"block", anyButBlocked, ActionBlock, 0, StatusBlocked, ReasonBlocked, EventBlocked},
		{"unblock", []Status{StatusBlocked}, ActionUnblock, 0, Former, ReasonUnblocked, EventUnblocked},
		{"approve", []Status{StatusPending}, ActionApprove, GrantsOpen, StatusActive, ReasonApproved, EventGranted},
		{"unapprove", []Status{StatusActive, StatusGrace}, ActionUnapprove, 0, StatusPending, ReasonUnapproved, EventUnapproved},

		{"leave holding", []Status{StatusActive, StatusGrace}, ActionLeave, 0, StatusRevoked, ReasonLeft, EventRevoked},
		{"leave suspended", []Status{StatusSuspended}, ActionLeave, HeldOnce, StatusRevoked, ReasonLeft, EventRevoked},
		{"leave after a loss", []Status{StatusRevoked, StatusPending}, ActionLeave, HeldOnce, StatusRevoked, ReasonLeft, EventLeft},
		{"leave", []Status{StatusNone, StatusPending, StatusSuspended}, ActionLeave, NeverHeld, StatusNone, ReasonLeft, EventLeft},
		{"leave blocked", []Status{StatusBlocked}, ActionLeave, 0, StatusBlocked, ReasonLeft, EventLeft},
		{"rejoin", []Status{StatusNone, StatusRevoked}, ActionRejoin, HasLeft, Former, ReasonRejoined, EventRejoined},
		{"rejoin blocked", []Status{StatusBlocked}, ActionRejoin, HasLeft, StatusBlocked, ReasonRejoined, EventRejoined},
	}
)

// Moves returns the table of moves: every move of a status that there is.
func Moves() []MoveRow { return slices.Clone(moveTable) }

// Reasons lists every reason for which a status can move, in the order of the table.
func Reasons() []Reason {
	var out []Reason
	for i := range moveTable {
		if !slices.Contains(out, moveTable[i].Reason) {
			out = append(out, moveTable[i].Reason)
		}
	}
	return out
}

// ruleRow finds the row by which the rule moves a status under these facts.
func ruleRow(from Status, facts Condition) *MoveRow {
	for i := range moveTable {
		row := &moveTable[i]
		if row.Action == "" && facts&row.When == row.When && slices.Contains(row.From, from) {
			return row
		}
	}
	return nil
}

func actionRow(from Status, kind ActionKind, facts Condition) *MoveRow {
	for i := range moveTable {
		row := &moveTable[i]
		if row.Action == kind && kind != "" && facts&row.When == row.When && slices.Contains(row.From, from) {
			return row
		}
	}
	return nil
}

// Row finds the row of the table that the move took. A move that ended a
// suspension gives the row of the status held before, when that moved too. It
// is nil for a move that the table does not have.
func (m Move) Row() *MoveRow {
	for i := range moveTable {
		row := &moveTable[i]
		former := m.From == StatusSuspended && row.Action == ""
		if row.Reason == m.Reason && (row.To == m.To || row.To == Former) && (former || slices.Contains(row.From, m.From)) {
			return row
		}
	}
	return nil
}

// Event is what the move means to the world outside; "" for a move that the
// table does not have.
func (m Move) Event() Event {
	if row := m.Row(); row != nil {
		return row.Event
	}
	return ""
}

// Loss tells whether the rule takes the status away by the move, as the [Breaker]
// counts: withdrawing a person who waits for approval takes nothing away, and
// what an admin orders is no mistake of the rule.
func (m Move) Loss() bool {
	row := m.Row()
	return row != nil && row.Event == EventRevoked && row.Action == ""
}
