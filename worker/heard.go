package worker

import (
	"context"
	"errors"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// CallDone tells how one Read of a connector went, for metrics.
type CallDone struct {
	Platform influencer.Platform
	Purpose  influencer.Purpose
	Accounts int                    // asked for
	Took     time.Duration          // on the wall
	Failure  influencer.FailureKind // why it failed as a whole; "" when it was answered
}

// heard lets tell hear of every Read, except those that an interruption of ours
// ended or that panicked. A nil tell hears nothing.
func heard(all map[influencer.Platform]Connector, tell func(CallDone)) map[influencer.Platform]Connector {
	if tell == nil {
		return all
	}
	out := make(map[influencer.Platform]Connector, len(all))
	for p, c := range all {
		out[p] = heardConnector{c, p, tell}
	}
	return out
}

type heardConnector struct {
	Connector
	platform influencer.Platform
	tell     func(CallDone)
}

func (h heardConnector) Read(ctx context.Context, req influencer.Request) ([]influencer.Observation, error) {
	began := time.Now()
	seen, err := h.Connector.Read(ctx, req)
	if !errors.Is(err, context.Canceled) {
		h.tell(CallDone{Platform: h.platform, Purpose: req.Purpose, Accounts: len(req.Targets), Took: time.Since(began), Failure: kindOf(err)})
	}
	return seen, err
}

// kindOf is the kind of a failed Read; what is no typed failure is taken for an
// outage, as [core.whole] does.
func kindOf(err error) influencer.FailureKind {
	var f *influencer.Failure
	switch {
	case err == nil:
		return ""
	case errors.As(err, &f):
		return f.Kind
	}
	return influencer.Unavailable
}
