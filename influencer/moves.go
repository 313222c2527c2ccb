package influencer

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
)

// Event names what a move means to the world outside, for the outbox.
type Event string

// The events. None of them carries a number that was not measured.
const (
	EventGranted          Event = "granted"           // the person is an influencer now
	EventAwaitingApproval Event = "awaiting_approval" // qualifies, waits
	EventWithdrawn        Event = "withdrawn"         // no longer qualifies while waiting
	EventGraceStarted     Event = "grace_started"
	EventRecovered        Event = "recovered"
	EventRevoked          Event = "revoked"
	EventSuspended        Event = "suspended"
	EventSuspensionEnded  Event = "suspension_ended"
	EventReinstated       Event = "reinstated"
	EventBlocked          Event = "blocked"
	EventUnblocked        Event = "unblocked"
)

// Condition is when a row of the table of moves applies.
type Condition string

// Conditions of the rule, and those that are an admin's act.
const (
	WhenQualifies     Condition = "qualifies"       // approval automatic
	WhenQualifiesHold Condition = "qualifies_hold"  // approval manual
	WhenBelow         Condition = "requirements_no" // the requirements fail
	WhenInactive      Condition = "activity_no"     // only the activity fails
	WhenSuspensionEnd Condition = "suspension_over"
	OnSuspend         Condition = "suspend"
	OnReinstate       Condition = "reinstate"
	OnBlock           Condition = "block"
	OnUnblock         Condition = "unblock"
	OnApprove         Condition = "approve"
)
