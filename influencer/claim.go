package influencer

import (
	"errors"
	"time"
)

// ClaimOrder says which accounts a claim may take, and for how long.
type ClaimOrder struct {
	Platform  Platform
	Purpose   Purpose       // goes into the refs
	BatchSize int           // accounts a batch, at most
	Limit     int           // accounts in all, at most
	Lease     time.Duration // how long nobody else may claim them
	At        time.Time     // what is due at this time

	// All takes accounts that are not due as well, in the order of their ids, from
	// the one after AfterID.
	All     bool
	AfterID int64

	// Resyncs takes only accounts that a resync waits for, the smallest resync
	// first, whether or not they are due.
	Resyncs bool

	NIPs       []NIP   // only these people's accounts; empty means anybody's
	AccountIDs []int64 // only these accounts; empty means any
}

// ErrStale means that a batch is no longer ours: its lease ran out and a later
// claim took it over, or it was recorded or released. Nothing was changed, and
// there is nothing left to do.
var ErrStale = errors.New("the batch is no longer ours")

// Claimed is what a claim got.
type Claimed struct {
	Refs   []BatchRef
	More   bool  // the limit was reached, and another claim may find more
	LastID int64 // with All: AfterID of the next claim

	// Withheld says why what is wanted was left alone: the month's budget is
	// spent. It is nil when it did not come to that.
	Withheld *Failure
}
