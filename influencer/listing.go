package influencer

import (
	"errors"
	"time"
)

// What a question about stored things may meet.
var (
	ErrNotFound = errors.New("not found")
	ErrCursor   = errors.New("the cursor belongs to another list or filter")
)

// Paging asks for one page of a list. Lists walk by key, not by offset: rows
// added meanwhile neither repeat nor skip one.
type Paging struct {
	Cursor string // Page.Next of the page before, "" for the first page
	Limit  int    // rows wanted; 0 means 50, and no page is longer than 500
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	Next  string // cursor of the next page, "" on the last one
}

// PeopleFilter narrows a list of people. A zero field narrows nothing.
type PeopleFilter struct {
	Agency   string   // exactly this agency
	Platform Platform // with an account there
	Statuses []Status // any of these
	// Query is what somebody typed: "@handle" finds that handle, digits find NIPs
	// that begin so, anything else is looked for inside names, in any case.
	Query string
}

// AccountFilter narrows a list of accounts. A zero field narrows nothing.
type AccountFilter struct {
	Platform    Platform
	State       AccountState
	Agency      string
	PersonID    int64
	StaleBefore time.Time // not read since then, or never
	// Problem leaves only accounts that have it. Stale are those whose newest read is
	// older than StaleBefore, or, without that, than what the policy takes as evidence.
	Problem Problem
}

// DecisionFilter narrows a list of decisions. A zero field narrows nothing.
type DecisionFilter struct {
	PersonID int64
	Agency   string
	Since    time.Time // at this time or later
	To       Status
	Reason   Reason
}

// ReadingFilter narrows a walk over readings. A zero field narrows nothing.
type ReadingFilter struct {
	Platform Platform
	Agency   string
	Since    time.Time // last seen then or later
}

// PersonAccounts is a person with all of the person's accounts, by platform and
// then by age.
type PersonAccounts struct {
	Person
	Accounts []Account
	LossHeld *LossHeld // a loss that the breaker holds back; nil when there is none
}

// OwnedAccount is an account with what a list shows of its owner.
type OwnedAccount struct {
	Account
	NIP    NIP
	Name   string
	Agency string
}

// OwnedDecision is a decision with its receipt and what a list shows of whom it
// concerns.
type OwnedDecision struct {
	Decision
	Receipt Receipt
	NIP     NIP
	Name    string
	Agency  string
}

// OwnedReading is a reading with what an export shows of its account.
type OwnedReading struct {
	Reading
	NIP      NIP
	Platform Platform
	Handle   string
}
