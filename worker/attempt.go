package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

const maxTries = 3

// backoff is the wait before the second and the third try.
var backoff = [...]time.Duration{2 * time.Second, 5 * time.Second}

// attempt reads one batch for a run: passing failures are tried twice more, and
// a rate gate that opens in time is waited for.
type attempt struct {
	run  *run
	ref  influencer.BatchRef
	conn Connector

	got   map[int64]influencer.Observation // empty until the first answer, then one for each target
	tries int
	waits int
}

// read is an asker.
func (a *attempt) read(ctx context.Context, req influencer.Request) ([]influencer.Observation, error) {
	a.got = make(map[int64]influencer.Observation, len(req.Targets))
	rest := req.Targets
	for {
		a.run.called()
		seen, err := a.run.core.call(ctx, a.conn, influencer.Request{Purpose: req.Purpose, Targets: rest})
		for _, o := range seen {
			a.got[o.AccountID] = o
		}
		if err == nil {
			if rest = a.untried(req.Targets); len(rest) > 0 {
				continue // the call's time was over, and it read some: the others now
			}
			rest = a.again(req.Targets)
		}
		if len(rest) == 0 {
			return a.all(req), nil
		}
		goOn, why := a.prepare(ctx, err)
		if goOn {
			continue
		}
		if len(a.got) > 0 { // the first answer told of all; a later refusal takes nothing back
			return a.all(req), nil
		}
		return nil, why
	}
}

// prepare waits for the next try; false with the reason when there is none.
func (a *attempt) prepare(ctx context.Context, err error) (bool, error) {
	var f *influencer.Failure
	switch {
	case err != nil && !errors.As(err, &f):
		return false, err // interrupted
	case f != nil && f.Kind == influencer.RateLimited && f.Until.After(a.run.o.Now()):
		return a.waitFor(ctx, f)
	case f != nil && !passing(f.Kind) && f.Kind != influencer.RateLimited:
		return false, f // dead: no second try cures it
	}
	if a.tries++; a.tries >= maxTries || pause(a.run.over, backoff[a.tries-1]) != nil {
		return false, err
	}
	return true, nil
}

// untried lists the targets that no call has come to.
func (a *attempt) untried(targets []influencer.Target) []influencer.Target {
	var rest []influencer.Target
	for _, t := range targets {
		if a.got[t.AccountID].Untried {
			rest = append(rest, t)
		}
	}
	return rest
}

// again lists the targets whose failure may have passed.
func (a *attempt) again(targets []influencer.Target) []influencer.Target {
	var rest []influencer.Target
	for _, t := range targets {
		if f := a.got[t.AccountID].Failure; f != nil && passing(f.Kind) {
			rest = append(rest, t)
		}
	}
	return rest
}

func (a *attempt) all(req influencer.Request) []influencer.Observation {
	seen := make([]influencer.Observation, len(req.Targets))
	for i, t := range req.Targets {
		seen[i] = a.got[t.AccountID]
	}
	return seen
}

// waitFor waits until the rate gate opens, renewing the lease. Each wait of the
// same batch is at least twice as long as the one before, so that a platform
// which always says "in a second" cannot keep us calling.
func (a *attempt) waitFor(ctx context.Context, f *influencer.Failure) (bool, error) {
	now := a.run.o.Now()
	opens := f.Until.Add(jitter(a.ref.Platform, f.Until))
	if floor := now.Add(a.run.speed.data(time.Second << min(a.waits, 12))); opens.Before(floor) {
		opens = floor
	}
	a.waits++
	if opens.After(a.run.deadline) {
		return false, f
	}
	for {
		left := opens.Sub(a.run.o.Now())
		if left <= 0 {
			return true, nil
		}
		a.run.tell(opens)
		if pause(a.run.over, min(a.run.speed.wall(left), runLease/3)) != nil {
			if ctx.Err() != nil {
				return false, ctx.Err()
			}
			return false, f
		}
		if _, err := a.run.core.batches.Begin(ctx, a.ref, a.run.core.lease); err != nil {
			return false, fmt.Errorf("renew the lease of batch %d: %w", a.ref.ID, err)
		}
	}
}

func (r *run) called() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.sum.Calls++
}
