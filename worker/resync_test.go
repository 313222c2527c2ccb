package worker

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// ordered is a store in which resyncs wait for so many accounts of X, with ids
// from 10,001 on.
type ordered struct {
	*memory
	waiting sync.Mutex // plans of one platform may overlap
	waits   int
	tended  []influencer.Platform
}

func (o *ordered) Claim(ctx context.Context, c influencer.ClaimOrder) (influencer.Claimed, error) {
	if c.Resyncs {
		o.waiting.Lock()
		n := min(o.waits, c.Limit)
		o.waits -= n
		o.add(influencer.X, 10_001+int64(o.waits), int64(n))
		o.waiting.Unlock()
		c.AfterID = 10_000
	}
	return o.memory.Claim(ctx, c)
}

func (o *ordered) ResyncsWait(context.Context, influencer.Platform, time.Time) (bool, error) {
	o.waiting.Lock()
	defer o.waiting.Unlock()
	return o.waits > 0, nil
}

func (o *ordered) TendResyncs(_ context.Context, on []influencer.Platform, _ time.Time) error {
	o.waiting.Lock()
	defer o.waiting.Unlock()
	o.tended = on
	return nil
}

// rest is a limit that leaves planned reads less than manual ones.
type rest struct{ planned, manual int }

func (r rest) Headroom(_ context.Context, _ influencer.Platform, why influencer.Purpose) (int, time.Time, bool) {
	if why == influencer.PurposeManual {
		return r.manual, time.Now().Add(time.Hour), true
	}
	return r.planned, time.Now().Add(time.Hour), true
}

func TestResyncsGoBeforeWhatIsDue(t *testing.T) {
	t.Parallel()
	limited := func(failures int) influencer.PlatformHealth {
		return influencer.PlatformHealth{Platform: influencer.X, Kind: influencer.RateLimited, Failures: failures, Until: time.Now().Add(time.Hour)}
	}
	for name, c := range map[string]struct {
		waits  int
		room   rest
		health func() influencer.PlatformHealth
		want   []int // accounts claimed by hand, then by plan
	}{
		"room for both":            {30, rest{95, 100}, nil, []int{30, 65}},
		"room for some":            {300, rest{95, 100}, nil, []int{100, 0}},
		"only the rest is left":    {30, rest{0, 20}, func() influencer.PlatformHealth { return limited(0) }, []int{20, 0}},
		"the platform refuses":     {30, rest{0, 20}, func() influencer.PlatformHealth { return limited(1) }, []int{0, 0}},
		"nothing left for anybody": {30, rest{0, 0}, nil, []int{0, 0}},
		"nobody ordered":           {0, rest{95, 100}, nil, []int{0, 95}},
		"after trouble one goes ahead": {30, rest{95, 100}, func() influencer.PlatformHealth {
			return influencer.PlatformHealth{Platform: influencer.X, Kind: influencer.Forbidden}
		}, []int{10, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, client := virtualRedis(t)
				store := &ordered{memory: newMemory(time.Now), waits: c.waits}
				store.add(influencer.X, 1, 1_000)
				if c.health != nil {
					store.health[influencer.X] = c.health()
				}
				w, err := New(Options{Redis: client, Store: store, Resyncs: store, Connectors: only(influencer.X, &platform{size: 10}), Calls: 1, Headroom: c.room, Logger: quiet()})
				if err != nil {
					t.Fatal(err)
				}
				if _, err := w.planner.plan(t.Context(), influencer.X); err != nil {
					t.Fatal(err)
				}
				got := map[influencer.Purpose]int{}
				for _, b := range store.batches {
					got[b.ref.Purpose] += len(b.ids)
				}
				if got[influencer.PurposeManual] != c.want[0] || got[influencer.PurposePlanned] != c.want[1] {
					t.Errorf("claimed %v, want %v", got, c.want)
				}
			})
		})
	}
}

// TestManualQueueStaysShort so that a small order need not wait behind a large one.
func TestManualQueueStaysShort(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := &ordered{memory: newMemory(time.Now), waits: 5_000}
		x := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			return good(req), pause(ctx, 100*time.Millisecond)
		}}
		launch(t, Options{Redis: client, Store: store, Resyncs: store, Connectors: only(influencer.X, x), Calls: 1})
		advance(2 * time.Minute)
		if once, more := store.readings(); once != 5_000 || more != 0 || store.peak() > 2*maxManual+8 {
			t.Errorf("%d read once, %d more often, %d batches stood at once", once, more, store.peak())
		}
		store.waiting.Lock()
		defer store.waiting.Unlock()
		if len(store.tended) != 1 || store.tended[0] != influencer.X {
			t.Errorf("tended for %v", store.tended)
		}
	})
}
