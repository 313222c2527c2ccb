package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

func TestStopLetsACallFinish(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 100)
		x := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			return good(req), pause(ctx, 15*time.Second)
		}}
		_, stop := launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x), Concurrency: 2})
		advance(10 * time.Second)
		began := time.Now()
		stop()
		if took := time.Since(began); took > 10*time.Second {
			t.Errorf("the stop took %s, want no longer than the calls under way", took)
		}
		if once, _ := store.readings(); once != 20 || x.called() != 2 {
			t.Errorf("%d accounts recorded of %d calls, want 20 of 2", once, x.called())
		}
	})
}

func TestStopLeavesADeafCallBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 10)
		hang := make(chan struct{})
		x := &platform{size: 10, answer: func(_ context.Context, call int, req influencer.Request) ([]influencer.Observation, error) {
			if call == 1 {
				<-hang
			}
			return good(req), nil
		}}
		o := Options{Redis: client, Store: store, Connectors: only(influencer.X, x)}
		_, stop := launch(t, o)
		advance(2 * time.Second)
		began := time.Now()
		stop()
		if took := time.Since(began); took > 31*time.Second {
			t.Errorf("the stop took %s, want about 30s", took)
		}
		launch(t, o) // the next process
		advance(5 * time.Minute)
		if once, more := store.readings(); once != 10 || more != 0 {
			t.Errorf("%d read once, %d more often by the next process", once, more)
		}
		close(hang)
		synctest.Wait()
		if once, more := store.readings(); once != 10 || more != 0 || store.stale == 0 {
			t.Errorf("%d read once, %d more often, %d stale: the late answer was written", once, more, store.stale)
		}
	})
}

func TestAnInterruptedCallBlamesNobody(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	store := newMemory(time.Now)
	store.add(influencer.X, 1, 10)
	x := &platform{size: 10, answer: func(ctx context.Context, _ int, _ influencer.Request) ([]influencer.Observation, error) {
		cancel()
		<-ctx.Done()
		return nil, &influencer.Failure{Kind: influencer.Unavailable, Err: ctx.Err()}
	}}
	c := &core{batches: store, connectors: only(influencer.X, x), callTimeout: time.Hour, lease: time.Hour, now: time.Now, log: quiet()}
	got, err := store.Claim(t.Context(), influencer.ClaimOrder{Platform: influencer.X, BatchSize: 10, Limit: 10, Lease: time.Hour, At: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.work(ctx, got.Refs[0], c.call)
	if !errors.Is(err, context.Canceled) || res.failure != nil || len(store.released) != 0 {
		t.Errorf("error %v, failure %v, %d released; want the interruption and nothing else", err, res.failure, len(store.released))
	}
}

func TestACallThatHangsIsAnOutage(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 10)
		x := &platform{size: 10, answer: func(ctx context.Context, _ int, _ influencer.Request) ([]influencer.Observation, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}}
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x)})
		advance(25 * time.Second)
		h := store.health[influencer.X]
		if h.Kind != influencer.Unavailable || len(store.released) != 1 || !strings.Contains(store.released[0].Detail, "20s") {
			t.Errorf("health %+v, released %v", h, store.released)
		}
	})
}

func TestRunWaitsForRedis(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini, client := virtualRedis(t)
		mini.SetError("LOADING Redis is loading the dataset in memory")
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 10)
		var out strings.Builder
		log := &lockedWriter{w: &out}
		w, _ := launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, &platform{size: 10}), Logger: log.logger()})
		advance(time.Minute)
		if err := w.Running(t.Context()); err == nil {
			t.Error("running without Redis")
		}
		if n := strings.Count(log.text(), "level=WARN"); n != 1 {
			t.Errorf("%d warnings in a minute, want 1:\n%s", n, log.text())
		}
		mini.SetError("")
		advance(15 * time.Second)
		if err := w.Running(t.Context()); err != nil {
			t.Error(err)
		}
		if once, _ := store.readings(); once != 10 {
			t.Errorf("%d read, want 10", once)
		}
	})
}

func TestStopWhileRedisIsAway(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini, client := virtualRedis(t)
		_, never := launch(t, Options{Redis: client, Store: newMemory(time.Now)})
		advance(time.Second)
		mini.SetError("LOADING")
		advance(time.Minute)
		began := time.Now()
		never()
		if took := time.Since(began); took > 30*time.Second {
			t.Errorf("the stop took %s", took)
		}
	})
}

func TestARefusingServerIsNotAskedInALoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini, client := virtualRedis(t)
		launch(t, Options{Redis: client, Store: newMemory(time.Now)})
		advance(time.Second)
		mini.SetError("NOAUTH Authentication required.")
		before := mini.CommandCount()
		advance(time.Minute)
		if n := mini.CommandCount() - before; n > 1_000 {
			t.Errorf("%d commands in a minute of refusals", n)
		}
	})
}
