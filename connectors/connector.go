package connectors

import (
	"context"

	"github.com/pengikut/pengikut/influencer"
)

// Connector reads accounts of one platform. It is safe for concurrent use.
type Connector interface {
	// Platform names the platform, always the same one.
	Platform() influencer.Platform

	// Metric is the count that the rule looks at on this platform.
	Metric() influencer.Metric

	// BatchSize is the most targets that one Read takes, at least 1.
	BatchSize() int

	// Read asks the platform for every target of the request.
	//
	// A nil error comes with exactly one Observation per target, in any order,
	// whatever the platform answered: duplicates and accounts nobody asked for
	// are dropped, rows in another order are joined by id or, where the account
	// is not pinned, by handle in any case of letters, and an account that the
	// platform passed over in silence is a typed failure. An Observation either
	// knows the metric or has a Failure; a number that was not in the answer
	// stays unknown and never becomes 0. A 0 that the platform did state is
	// passed on as a 0: whether to believe it is for the reader of the history.
	//
	// A non-nil error is an *influencer.Failure for the whole batch and comes
	// with no observations: no account is to blame for it. When ctx ends, Read
	// returns at once with a failure that wraps ctx's error. Where some calls of
	// one Read succeeded before the platform closed, what was read is returned
	// and the rest carries a passing failure, because reads are paid for.
	//
	// An ExternalID that differs from the target's is reported as answered, not
	// judged.
	Read(ctx context.Context, req influencer.Request) ([]influencer.Observation, error)
}
