package worker

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// tally counts the observations of a read.
func tally(seen []influencer.Observation) (read, failed, untried int) {
	for _, o := range seen {
		switch {
		case o.Untried:
			untried++
		case o.Failure != nil:
			failed++
		default:
			read++
		}
	}
	return read, failed, untried
}

func targets(n int) influencer.Request {
	var req influencer.Request
	for i := range n {
		req.Targets = append(req.Targets, influencer.Target{AccountID: int64(i + 1)})
	}
	return req
}

// TestABatchOfSeveralCalls: what was read before the platform closed is kept, and
// nobody is blamed for the rest.
func TestABatchOfSeveralCalls(t *testing.T) {
	t.Parallel()
	refused := &influencer.Failure{Kind: influencer.RateLimited}
	for _, c := range []struct {
		name          string
		closes        int // the call that is refused, from 1; 0 none
		read, untried int
		whole         bool
	}{
		{name: "all well", read: 25},
		{name: "the first is refused", closes: 1, whole: true},
		{name: "the third is refused", closes: 3, read: 20, untried: 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := &platform{size: 10, answer: func(_ context.Context, call int, req influencer.Request) ([]influencer.Observation, error) {
				if len(req.Targets) > 10 {
					t.Errorf("a call of %d targets", len(req.Targets))
				}
				if call == c.closes {
					return nil, refused
				}
				return good(req), nil
			}}
			core := &core{callTimeout: time.Minute, now: time.Now, log: quiet()}
			seen, err := core.call(t.Context(), x, targets(25))
			read, failed, untried := tally(seen)
			if read != c.read || failed != 0 || untried != c.untried || (err != nil) != c.whole {
				t.Errorf("%d read, %d failed, %d untried, %v", read, failed, untried, err)
			}
		})
	}
}

// TestSlowCallsEndABatch: no call begins when half of the time is over.
func TestSlowCallsEndABatch(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			return good(req), pause(ctx, 6*time.Second)
		}}
		core := &core{callTimeout: 20 * time.Second, now: time.Now, log: quiet()}
		began := time.Now()
		seen, err := core.call(t.Context(), x, targets(50))
		if read, _, untried := tally(seen); err != nil || read != 20 || untried != 30 || time.Since(began) > 20*time.Second {
			t.Errorf("%d read, %d untried after %v, %v", read, untried, time.Since(began), err)
		}
	})
}
