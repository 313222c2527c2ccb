package influencer

import "time"

// AccountState says what stands between us and an account's numbers.
type AccountState string

// The states of an account. Only a reading, a typed failure of that one account
// or an admin's act moves an account from one to another; a failure of the whole
// platform moves none.
const (
	StatePending        AccountState = "pending"         // never read
	StateOK             AccountState = "ok"              // the newest attempt gave a reading
	StateGone           AccountState = "gone"            // the platform says there is no such account
	StateSuspended      AccountState = "suspended"       // the platform has suspended it
	StatePrivate        AccountState = "private"         // its owner hides it
	StateNeedsConsent   AccountState = "needs_consent"   // no token that may read it
	StateCredentialDead AccountState = "credential_dead" // the account's own token has died
	StateUnreadable     AccountState = "unreadable"      // the platform has no way to read it
	StateConflict       AccountState = "conflict"        // the handle belongs to another external id now
)

// AccountStates lists every state, in the order of the documentation.
func AccountStates() []AccountState {
	return []AccountState{StatePending, StateOK, StateGone, StateSuspended, StatePrivate,
		StateNeedsConsent, StateCredentialDead, StateUnreadable, StateConflict}
}

// Account is one profile of a person on a platform. Times are UTC; a zero time
// means never, a nil number means unknown.
type Account struct {
	ID         int64
	PersonID   int64
	Platform   Platform
	Handle     string
	ExternalID string // the platform's own id, pinned at the first good reading; "" before
	State      AccountState
	StateSince time.Time

	// The newest good reading's numbers: what the rule and the dashboards show.
	Counts
	ObservedAt time.Time // the first read that saw exactly these numbers
	SyncedAt   time.Time // the last read that saw them
	Reads      int       // how many reads saw them, at least 1 once read

	NextDueAt   time.Time // when the planner wants it read again
	AttemptedAt time.Time // the last attempt, good or not
	Failures    int       // attempts failed in a row, not counting platform-wide trouble
	Error       string    // what the last attempt met; "" after a good one. Never holds a secret
}

// Counts is what one look at an account shows. Every member may be unknown:
// nil, or a zero time for LastActiveAt.
type Counts struct {
	Followers    *int64    `json:"followers,omitzero"`
	Friends      *int64    `json:"friends,omitzero"`
	Following    *int64    `json:"following,omitzero"`
	Posts        *int64    `json:"posts,omitzero"`
	LastActiveAt time.Time `json:"last_active_at,omitzero"` // the newest post's time
}

// Metric returns the count that m names, nil when it is unknown.
func (c Counts) Metric(m Metric) *int64 {
	if m == Friends {
		return c.Friends
	}
	return c.Followers
}

// SameNumbers tells whether two looks show the same thing, member by member.
func (c Counts) SameNumbers(d Counts) bool {
	return equal(c.Followers, d.Followers) && equal(c.Friends, d.Friends) &&
		equal(c.Following, d.Following) && equal(c.Posts, d.Posts) && c.LastActiveAt.Equal(d.LastActiveAt)
}

func equal(a, b *int64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}

// Reading is what an account showed from ObservedAt to LastSeenAt: the same
// numbers read again extend a reading, other numbers begin a new one.
type Reading struct {
	AccountID  int64     `json:"account_id,omitzero"`
	ObservedAt time.Time `json:"observed_at"`    // first read that saw these numbers
	LastSeenAt time.Time `json:"last_seen_at"`   // last read that saw them
	Reads      int       `json:"reads,omitzero"` // how many reads saw them, at least 1
	// Between holds up to maxBetween times of reads strictly between the first
	// and the last, oldest first, so that spaced confirmations can be counted.
	Between []time.Time `json:"between,omitzero"`
	Counts
	Suspect bool   `json:"suspect,omitzero"` // a drop too steep to believe before another read agrees
	Source  string `json:"source,omitzero"`  // which API answered, for example "x/v2"
}

// maxBetween is how many read times a reading keeps besides its first and last:
// with those two, as many as the largest confirm of a policy.
const maxBetween = maxConfirm - 2
