package worker

import (
	"context"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Connector reads accounts of one platform.
type Connector interface {
	// BatchSize is how many accounts one Read may carry, at least 1.
	BatchSize() int
	// Read answers with one observation for each target, in any order. An error
	// is an *influencer.Failure and means that the whole batch was not read.
	Read(context.Context, influencer.Request) ([]influencer.Observation, error)
}

// Claimer hands out due accounts in batches.
type Claimer interface {
	// Claim puts due accounts that nobody holds into batches, after batches whose
	// lease ran out, which it takes over.
	Claim(context.Context, influencer.ClaimOrder) (influencer.Claimed, error)
}

// Batches is what is done with a claimed batch. Every method answers
// influencer.ErrStale, or Recorded.Stale, when the fence is no longer ours.
type Batches interface {
	// Begin renews the lease and gives the batch's targets.
	Begin(ctx context.Context, ref influencer.BatchRef, lease time.Duration) (influencer.Request, error)
	// Record writes what was seen and ends the batch, in one transaction.
	Record(ctx context.Context, ref influencer.BatchRef, seen []influencer.Observation, at time.Time) (influencer.Recorded, error)
	// Release ends the batch unread: its accounts stay due, and the failure is
	// noted as the platform's. A nil failure notes nothing: nobody tried.
	Release(ctx context.Context, ref influencer.BatchRef, failure *influencer.Failure, at time.Time) error
}

// Health tells how each platform as a whole fared last.
type Health interface {
	PlatformHealth(context.Context) ([]influencer.PlatformHealth, error)
	// Hold notes until when a platform is not called, and why, though nobody tried.
	Hold(ctx context.Context, p influencer.Platform, why *influencer.Failure, at time.Time) error
}

// Decider makes the moves that time alone brings.
type Decider interface {
	// DecideDue decides up to limit people again whose grace or suspension is
	// over, and says how many of them moved.
	DecideDue(ctx context.Context, at time.Time, limit int) (moved int, err error)
}

// Outbox gives events to the webhooks that want them.
type Outbox interface {
	// RouteEvents gives up to limit new events to webhooks, and says how many.
	RouteEvents(ctx context.Context, limit int) (int, error)
	// DueWebhooks lists those to which something may be sent now.
	DueWebhooks(context.Context) ([]int64, error)
	// PruneDeliveries forgets what is long done; call it again until it says 0.
	PruneDeliveries(context.Context) (int, error)
}

// Deliveries hands out what is to be sent, under a lease.
type Deliveries interface {
	// ClaimDeliveries takes deliveries of a webhook, no more than limit under way
	// whoever sends them, and of one person only the earliest.
	ClaimDeliveries(ctx context.Context, webhook int64, limit int, lease time.Duration) ([]influencer.Outgoing, error)
	// FinishDelivery writes how an attempt went; influencer.ErrStale when the
	// delivery is another worker's by now.
	FinishDelivery(context.Context, influencer.DeliveryRef, influencer.Outcome) error
}

// Sender makes one attempt to send one event.
type Sender interface {
	Send(context.Context, influencer.Outgoing) influencer.Outcome
	Timeout() time.Duration // the longest that Send takes
}

// Resyncs is what persons ordered to be read.
type Resyncs interface {
	// ResyncsWait tells whether a resync waits for accounts of a platform.
	ResyncsWait(ctx context.Context, p influencer.Platform, at time.Time) (bool, error)
	// TendResyncs ends what no read will come of; on are the platforms that are
	// read.
	TendResyncs(ctx context.Context, on []influencer.Platform, at time.Time) error
}

// Store is all that a Worker needs of the database.
type Store interface {
	Claimer
	Batches
	Health
	Decider
}

// Headroom tells how many accounts a platform's rate gate would let through now,
// and when to come back if none; known is false when it cannot say.
type Headroom interface {
	Headroom(context.Context, influencer.Platform, influencer.Purpose) (accounts int, until time.Time, known bool)
}
