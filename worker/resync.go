package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// tendEvery is between two looks at what resyncs wait for in vain.
const tendEvery = 5 * time.Second

// tendResyncs ends what no read will come of.
func tendResyncs(ctx context.Context, r Resyncs, on []influencer.Platform, now func() time.Time) error {
	if err := r.TendResyncs(ctx, on, now()); err != nil {
		return fmt.Errorf("tend resyncs: %w", err)
	}
	return nil
}

// planManual claims what resyncs wait for on a platform. over says that the plan
// ends with it: the platform is probed, or there is more of it than can be read
// now, and planned reads come after.
func (p *planner) planManual(ctx context.Context, platform influencer.Platform, h influencer.PlatformHealth) (did planned, over bool, err error) {
	if p.resyncs == nil {
		return planned{}, false, nil
	}
	wait, err := p.resyncs.ResyncsWait(ctx, platform, p.now())
	if err != nil || !wait {
		return planned{}, false, err
	}
	gate := p.manualGate(h)
	if gate == gateClosed {
		return planned{why: "closed"}, true, nil
	}
	claim, why, err := p.order(ctx, platform, gate, influencer.PurposeManual)
	if err != nil || why != "" {
		return planned{why: why}, true, err
	}
	did, err = p.claim(ctx, claim, gate)
	return did, did.more || gate == gateProbe && did.batches > 0, err
}

// manualGate is the gate for what persons ordered. Where it is we who hold
// planned reads back, to leave them a rest of the limit, the platform is still
// asked how much that is.
func (p *planner) manualGate(h influencer.PlatformHealth) gate {
	g := p.gate(h)
	if g == gateClosed && h.Kind == influencer.RateLimited && h.Failures == 0 {
		return gateOpen
	}
	return g
}
