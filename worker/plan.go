package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"github.com/pengikut/pengikut/influencer"
)

// planner turns due accounts into sync tasks, never more at a time than the
// bounds say, however many are due.
type planner struct {
	claims      Claimer
	resyncs     Resyncs // may be nil
	health      Health
	room        Headroom // may be nil
	core        *core    // gives back what could not be enqueued
	queue       *queue
	calls       int           // per batch
	maxAccounts int           // accounts a plan
	maxBatches  int           // batches waiting in a platform's queue
	lease       time.Duration // from the claim to the start of the work
	lost        time.Duration // after which a probe that nobody heard of again is lost
	now         func() time.Time
	log         *slog.Logger

	mu     sync.Mutex
	probed map[influencer.Platform]time.Time
}

// maxManual is how many manual batches wait at a time: few, so that a small order
// need not wait behind a large one that came before it.
const maxManual = 32

// planned is what one plan did.
type planned struct {
	batches  int
	accounts int
	more     bool
	why      string // why nothing, or only a probe, was claimed; "" otherwise
}

func (p *planner) handle(ctx context.Context, t *asynq.Task) error {
	platform := platformOf(t.Type())
	if p.core.connectors[platform] == nil {
		return nil // switched off since the task was made
	}
	did, err := p.plan(ctx, platform)
	if err != nil {
		return final(fmt.Errorf("plan %s: %w", platform, err)) // the next slot is the repetition
	}
	p.log.Debug("planned", "platform", platform, "batches", did.batches, "accounts", did.accounts, "more", did.more, "why", did.why)
	return nil
}

// plan claims what one platform may read now and orders it.
func (p *planner) plan(ctx context.Context, platform influencer.Platform) (planned, error) {
	all, err := p.health.PlatformHealth(ctx)
	if err != nil {
		return planned{}, fmt.Errorf("ask platform health: %w", err)
	}
	h := healthOf(all, platform)
	if did, over, err := p.planManual(ctx, platform, h); over || err != nil {
		return did, err
	}
	gate := p.gate(h)
	if gate == gateClosed {
		return planned{why: "closed"}, nil
	}
	claim, why, err := p.order(ctx, platform, gate, influencer.PurposePlanned)
	if err != nil || why != "" {
		return planned{why: why}, err
	}
	return p.claim(ctx, claim, gate)
}

// claim claims what an order says and enqueues it.
func (p *planner) claim(ctx context.Context, claim influencer.ClaimOrder, gate gate) (planned, error) {
	got, err := p.claims.Claim(ctx, claim)
	if err != nil {
		return planned{}, fmt.Errorf("claim: %w", err)
	}
	did := planned{batches: len(got.Refs), more: got.More && gate == gateOpen}
	if got.Withheld != nil {
		did.why = got.Withheld.Detail
	}
	if gate == gateProbe && len(got.Refs) > 0 {
		p.noteProbe(claim.Platform)
		did.why = "probe"
	}
	for _, ref := range got.Refs {
		did.accounts += ref.Size
	}
	return did, p.enqueue(ctx, got.Refs, did.more, gate == gateProbe)
}

// order says what to claim, or why nothing. What waits in the queues counts as
// much as what will: manual batches, which are served first, against planned ones
// too.
func (p *planner) order(ctx context.Context, platform influencer.Platform, gate gate, why influencer.Purpose) (influencer.ClaimOrder, string, error) {
	one := max(1, p.core.connectors[platform].BatchSize())
	size := one * p.calls
	waiting, ahead, err := p.waiting(platform, why)
	if err != nil {
		return influencer.ClaimOrder{}, "", err
	}
	most := p.maxBatches
	if why == influencer.PurposeManual {
		most = min(most, maxManual)
	}
	limit := min(p.maxAccounts, (most-waiting)*size)
	if limit <= 0 {
		return influencer.ClaimOrder{}, "queue full", nil
	}
	n, err := p.headroom(ctx, platform, why)
	if limit = min(limit, n-(waiting+ahead)*size); limit <= 0 || err != nil {
		return influencer.ClaimOrder{}, "no headroom", err
	}
	if gate == gateProbe {
		limit = min(limit, one)
	}
	return influencer.ClaimOrder{Platform: platform, Purpose: why, Resyncs: why == influencer.PurposeManual, BatchSize: size, Limit: limit,
		Lease: p.lease, At: p.now()}, "", nil
}

// waiting counts the batches that wait in a platform's queue for a purpose, and
// those that go ahead of them.
func (p *planner) waiting(platform influencer.Platform, why influencer.Purpose) (own, ahead int, err error) {
	manual, err := p.queue.waiting(queueManual(platform))
	if err != nil || why == influencer.PurposeManual {
		return manual, 0, err
	}
	own, err = p.queue.waiting(queueSync(platform))
	return own, manual, err
}

// headroom is how many accounts may be read now, those that wait in the queue
// included. When there are none until a time worth telling, that is noted, so
// that everybody sees why nothing is read and the scheduler plans at that time.
func (p *planner) headroom(ctx context.Context, platform influencer.Platform, why influencer.Purpose) (int, error) {
	if p.room == nil {
		return math.MaxInt, nil
	}
	n, until, known := p.room.Headroom(ctx, platform, why)
	switch now := p.now(); {
	case !known:
		return math.MaxInt, nil
	case n > 0 || until.Sub(now) < time.Second:
		return n, nil
	default:
		used := &influencer.Failure{Kind: influencer.RateLimited, Until: until, NotCalled: true, Detail: "the rate limit is used up"}
		return 0, p.health.Hold(ctx, platform, used, now)
	}
}

// enqueue orders the claimed batches. When more is due, the one in the middle
// will plan again: by then half of the claim is done, and the rest keeps the
// workers busy meanwhile. What cannot be enqueued is given back.
func (p *planner) enqueue(ctx context.Context, refs []influencer.BatchRef, more, probe bool) error {
	for i, ref := range refs {
		o := orderOf(ref)
		o.More, o.Probe = more && i == len(refs)/2, probe
		if err := p.queue.sync(ctx, o); err != nil {
			return errors.Join(err, p.giveBack(ctx, refs[i:]))
		}
	}
	return nil
}

// giveBack saves the accounts the wait for the lease's end.
func (p *planner) giveBack(ctx context.Context, refs []influencer.BatchRef) error {
	for _, ref := range refs {
		if err := p.core.giveBack(ctx, ref, nil); err != nil {
			return err // the lease frees the rest
		}
	}
	return nil
}
