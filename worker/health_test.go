package worker

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

func TestARateLimitHoldsNoSlotAndEndsOnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 5_000)
		until := time.Now().Add(5*time.Minute + 2*time.Second)
		var first time.Time
		x := &platform{size: 100, answer: func(_ context.Context, call int, req influencer.Request) ([]influencer.Observation, error) {
			if call > 10 && time.Now().Before(until) {
				return nil, &influencer.Failure{Kind: influencer.RateLimited, Until: until, Code: "429"}
			}
			if time.Now().After(until) && first.IsZero() {
				first = time.Now()
			}
			return good(req), nil
		}}
		w, _ := launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x), Concurrency: 4, Tick: time.Minute})
		advance(2*time.Minute + 10*time.Second)
		refusals := x.called() - 10
		if refusals > 8 {
			t.Errorf("%d calls into the closed gate, want no more than were under way", refusals)
		}
		for _, q := range mustQueues(t, w) {
			if q.Pending+q.Active+q.Retry > 0 {
				t.Errorf("queue %+v: something waits in Redis", q)
			}
		}
		if store.standing() != 0 {
			t.Errorf("%d batches are still claimed", store.standing())
		}
		advance(4 * time.Minute)
		if late := first.Sub(until); first.IsZero() || late > 3*time.Second {
			t.Errorf("the first read came %s after the opening", late)
		}
		if once, more := store.readings(); once != 5_000 || more != 0 {
			t.Errorf("%d read once, %d more often", once, more)
		}
	})
}

func TestAnOutageIsProbedAndNotHammered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 5_000)
		back := time.Now().Add(5 * time.Minute)
		x := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			if time.Now().Before(back) {
				return nil, &influencer.Failure{Kind: influencer.Unavailable, Code: "503"}
			}
			return good(req), nil
		}}
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x)})
		advance(time.Until(back))
		if n := x.called(); n > 15 {
			t.Errorf("%d calls in five minutes of outage, want the first few and a probe each backoff", n)
		}
		advance(5 * time.Minute)
		if once, more := store.readings(); once != 5_000 || more != 0 {
			t.Errorf("%d read once, %d more often after the outage", once, more)
		}
		for id, n := range store.failed {
			t.Fatalf("account %d was blamed %d times for an outage", id, n)
		}
	})
}

func TestALostProbeBlocksNobody(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 100)
		store.health[influencer.X] = influencer.PlatformHealth{Platform: influencer.X, Kind: influencer.Malformed, UpdatedAt: time.Now(), Failures: 1}
		w, err := New(Options{Redis: client, Store: store, Connectors: only(influencer.X, &platform{size: 10}), Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		plan := func() planned {
			did, err := w.planner.plan(t.Context(), influencer.X)
			if err != nil {
				t.Fatal(err)
			}
			return did
		}
		if did := plan(); did.batches != 0 {
			t.Errorf("%+v at once after the failure", did)
		}
		advance(6 * time.Second)
		if did := plan(); did.batches != 1 || did.why != "probe" || did.more {
			t.Errorf("%+v, want one probe", did)
		}
		if did := plan(); did.batches != 0 {
			t.Errorf("%+v while the probe is under way", did)
		}
		mini.FlushAll()
		advance(w.queue.taskTimeout)
		if did := plan(); did.batches != 1 {
			t.Errorf("%+v after the probe was lost, want another", did)
		}
	})
}

func TestOpens(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name string
		h    influencer.PlatformHealth
		want time.Time
	}{
		{"well", influencer.PlatformHealth{UpdatedAt: at}, time.Time{}},
		{"well, with a spent window", influencer.PlatformHealth{UpdatedAt: at, Until: at.Add(time.Hour)}, at.Add(time.Hour)},
		{"told", influencer.PlatformHealth{Kind: influencer.Unavailable, UpdatedAt: at, Until: at.Add(time.Hour), Failures: 9}, at.Add(time.Hour)},
		{"first", influencer.PlatformHealth{Kind: influencer.Unavailable, UpdatedAt: at, Failures: 1}, at.Add(5 * time.Second)},
		{"third", influencer.PlatformHealth{Kind: influencer.Malformed, UpdatedAt: at, Failures: 3}, at.Add(20 * time.Second)},
		{"many", influencer.PlatformHealth{Kind: influencer.Malformed, UpdatedAt: at, Failures: 900}, at.Add(5 * time.Minute)},
	} {
		if got := opens(c.h); !got.Equal(c.want) {
			t.Errorf("%s: opens at %s, want %s", c.name, got, c.want)
		}
	}
}

type fixedRoom int

func (n fixedRoom) Headroom(context.Context, influencer.Platform, influencer.Purpose) (int, time.Time, bool) {
	return int(n), time.Time{}, n >= 0
}

// window is a rate limit of so many accounts until a time, without one after.
type window struct {
	mu    sync.Mutex
	left  int
	until time.Time
}

func (w *window) Headroom(context.Context, influencer.Platform, influencer.Purpose) (int, time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !time.Now().Before(w.until) {
		return 0, time.Time{}, false
	}
	return w.left, w.until, true
}

func (w *window) take(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.left -= n
}

func TestAPlanSaysThatTheBudgetIsSpent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 100)
		budget := 70
		store.budget = &budget
		w, err := New(Options{Redis: client, Store: store, Connectors: only(influencer.X, &platform{size: 10}), Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		did, err := w.planner.plan(t.Context(), influencer.X)
		if err != nil || did.accounts != 70 || did.more || did.why != "the cap is used up" {
			t.Errorf("%+v, %v", did, err)
		}
	})
}

// TestAPlanTakesWhatTheWindowHasLeft: no more is claimed than can be read, the
// platform shows why the rest waits, and the rest is read when the window opens.
func TestAPlanTakesWhatTheWindowHasLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 5_000)
		room := &window{left: 700, until: time.Now().Add(3*time.Minute + 2*time.Second)}
		var early int
		var first time.Time
		x := &platform{size: 100, answer: func(_ context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			room.take(len(req.Targets))
			if time.Now().Before(room.until) {
				early += len(req.Targets)
			} else if first.IsZero() {
				first = time.Now()
			}
			return good(req), nil
		}}
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x), Headroom: room, Concurrency: 1, Tick: time.Minute})
		advance(2 * time.Minute)
		h, _ := store.PlatformHealth(t.Context())
		if len(h) != 1 || h[0].Kind != influencer.RateLimited || !h[0].Until.Equal(room.until) || h[0].Failures != 0 {
			t.Errorf("health %+v", h)
		}
		advance(2 * time.Minute)
		if once, more := store.readings(); once != 5_000 || more != 0 || early != 700 {
			t.Errorf("%d read once, %d more often, %d of them in the first window of 700", once, more, early)
		}
		if late := first.Sub(room.until); late > time.Second {
			t.Errorf("read again %s after the window opened", late)
		}
		if len(store.released) > 0 {
			t.Errorf("%d batches were claimed in vain", len(store.released))
		}
	})
}

func TestHeadroomBoundsTheClaim(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		for room, want := range map[fixedRoom]int{-1: 1_000, 0: 0, 35: 35, 5_000: 1_000} {
			store := newMemory(time.Now)
			store.add(influencer.X, 1, 1_000)
			client.FlushAll(t.Context())
			w, err := New(Options{Redis: client, Store: store, Connectors: only(influencer.X, &platform{size: 10}), Headroom: room, Logger: quiet()})
			if err != nil {
				t.Fatal(err)
			}
			did, err := w.planner.plan(t.Context(), influencer.X)
			if err != nil || did.accounts != want {
				t.Errorf("headroom %d: %d accounts claimed, want %d (%v)", room, did.accounts, want, err)
			}
		}
	})
}
