package influencer

import "time"

// Purpose says why a read is made, for budgets and for who is served first.
type Purpose string

// Planned reads come from the schedule, manual ones from a person's order.
const (
	PurposePlanned Purpose = "planned"
	PurposeManual  Purpose = "manual"
)

// Target is one account as a connector needs to know it.
type Target struct {
	AccountID  int64
	Handle     string
	ExternalID string // "" until pinned; when known, the connector asks by it
	Token      Secret // the account's own token, "" where there is none to use

	TokenAt   time.Time // when the token was stored; zero without one
	TokenDead *Failure  // why a stored token is not to be used, nil when none is kept back
}

// Request is one order to a connector: at most its batch size of targets, all
// pinned or all not, so that one HTTP call can carry them.
type Request struct {
	Purpose Purpose
	Targets []Target
}

// Observation is what a connector has to say of one target: either Counts with
// the account's rule metric known and a nil Failure, or a Failure. It is never
// a guess.
type Observation struct {
	AccountID  int64
	Untried    bool   // nobody asked: the batch's reading ended before; all else is empty
	ExternalID string // the platform's id as answered, "" when it gave none
	Handle     string // the handle as the platform spells it now, "" when it gave none
	Counts     Counts
	Private    bool     // the owner hides posts, yet the counts could be read
	Source     string   // which API answered, for example "x/v2"
	Failure    *Failure // why there are no counts

	// TokenAt is the target's, set by who made the read: a token that was stored
	// later is not the one that was refused.
	TokenAt time.Time
}

// BatchRef names a claimed batch of accounts and the fence that the claim got.
// A later claim of the same batch carries a higher fence, which makes every
// earlier ref stale.
type BatchRef struct {
	ID       int64
	Platform Platform
	Fence    int64
	Purpose  Purpose
	Size     int // accounts in the batch
}

// Recorded counts what one Record wrote.
type Recorded struct {
	Read    int  // accounts with a good or suspect reading
	Failed  int  // accounts with a typed failure
	Moved   int  // statuses moved
	Held    int  // losses that the breaker holds back
	Suspect int  // of Read, how many readings were set aside as suspect
	Stale   bool // the lease was no longer ours: nothing was written

	// Refused is why the whole batch was not believed, nil when it was. Then the
	// batch was released as if the platform had failed so.
	Refused *Failure
}

// PlatformHealth is how a platform as a whole fared at the last attempt.
type PlatformHealth struct {
	Platform  Platform
	Kind      FailureKind // "" while it is well
	Detail    string      // for a person; never holds a secret
	Since     time.Time   // when this kind of trouble began, or the last good answer
	Until     time.Time   // no call before this time; zero when there is none
	Failures  int         // whole-platform failures in a row
	UpdatedAt time.Time
}
