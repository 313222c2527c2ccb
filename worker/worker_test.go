package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hibiken/asynq"

	"github.com/pengikut/pengikut/influencer"
)

func TestEveryDueAccountIsReadOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 950)
		store.add(influencer.Facebook, 10_001, 30)
		x, fb := &platform{size: 100}, &platform{size: 1}
		conns := map[influencer.Platform]Connector{influencer.X: x, influencer.Facebook: fb}
		for range 3 {
			launch(t, Options{Redis: client, Store: store, Connectors: conns})
		}
		advance(30 * time.Second)
		if once, more := store.readings(); once != 980 || more != 0 {
			t.Errorf("%d accounts read once, %d more often; want 980 and 0", once, more)
		}
		if x.called() != 10 || fb.called() != 30 {
			t.Errorf("%d and %d calls, want 10 and 30", x.called(), fb.called())
		}
	})
}

func TestBacklogFlowsWithoutTheClock(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 20_000)
		x := &platform{size: 100, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			return good(req), pause(ctx, 100*time.Millisecond)
		}}
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x), Tick: time.Hour, MaxBatches: 20})
		advance(time.Minute)
		if once, more := store.readings(); once != 20_000 || more != 0 {
			t.Errorf("%d accounts read once, %d more often; want all with one slot of an hour", once, more)
		}
		if store.peak() > 40 {
			t.Errorf("%d batches stood at once, want the bound of 20 and those under way", store.peak())
		}
	})
}

func TestTickBoundsWhatWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 5_000)
		slow := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			return good(req), pause(ctx, 10*time.Second)
		}}
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, slow), MaxBatches: 20, ClaimLease: time.Hour, Concurrency: 2})
		advance(2 * time.Minute)
		if store.peak() > 20+2+1 {
			t.Errorf("%d batches stood at once, want 20 waiting and 2 under way", store.peak())
		}
		if slow.peak() > 2 {
			t.Errorf("%d calls at once, want at most 2", slow.peak())
		}
	})
}

func TestEmptiedRedisLosesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 2_000)
		x := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			return good(req), pause(ctx, time.Second)
		}}
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x)})
		advance(10 * time.Second)
		mini.FlushAll()
		if once, _ := store.readings(); once == 0 || once == 2_000 {
			t.Fatalf("%d accounts read before the flush; it is not in the middle", once)
		}
		advance(3 * time.Minute)
		if once, more := store.readings(); once != 2_000 || more != 0 {
			t.Errorf("%d accounts read once, %d more often; want 2000 and 0", once, more)
		}
	})
}

func TestLostTaskIsClaimedAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 10)
		lost, err := store.Claim(t.Context(), influencer.ClaimOrder{Platform: influencer.X, BatchSize: 10, Limit: 10,
			Lease: time.Minute, At: time.Now()}) // its process died before it enqueued anything
		if err != nil || len(lost.Refs) != 1 {
			t.Fatal(lost, err)
		}
		x := &platform{size: 10}
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x)})
		advance(50 * time.Second)
		if x.called() != 0 {
			t.Error("read under another's lease")
		}
		advance(20 * time.Second)
		if once, _ := store.readings(); once != 10 {
			t.Errorf("%d accounts read after the lease, want 10", once)
		}
	})
}

func TestFailedEnqueueGivesTheClaimBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 100)
		w, err := New(Options{Redis: client, Store: store, Connectors: only(influencer.X, &platform{size: 10}), Calls: 1, Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		store.fault = func(op string) error {
			if op == "claim" {
				mini.SetError("LOADING not yet")
			}
			return nil
		}
		if _, err := w.planner.plan(t.Context(), influencer.X); err == nil {
			t.Error("no error although nothing could be enqueued")
		}
		if store.standing() != 0 || len(store.released) != 10 || store.released[0] != nil {
			t.Errorf("%d batches stand, %d given back; want 0 and 10, without blame", store.standing(), len(store.released))
		}
	})
}

func TestDeadWorkersBatchIsTakenOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 10)
		hang := make(chan struct{})
		x := &platform{size: 10}
		x.answer = func(_ context.Context, call int, req influencer.Request) ([]influencer.Observation, error) {
			if call == 1 {
				<-hang // deaf to its context: to the rest of the world as good as dead
			}
			return good(req), nil
		}
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x)})
		advance(3 * time.Minute)
		if once, more := store.readings(); once != 10 || more != 0 {
			t.Fatalf("%d accounts read once, %d more often; want 10 and 0", once, more)
		}
		close(hang) // the late answer meets a fence
		synctest.Wait()
		advance(time.Minute)
		if once, more := store.readings(); once != 10 || more != 0 || store.stale == 0 {
			t.Errorf("%d once, %d more often, %d stale; the late answer was written", once, more, store.stale)
		}
	})
}

func TestErrorsOfTheDatabaseNeverReachTheArchive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 50)
		store.fault = func(op string) error {
			if op == "record" || op == "decide" {
				return errors.New("the disk is full")
			}
			return nil
		}
		w, _ := launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, &platform{size: 10})})
		advance(4 * time.Minute)
		for _, q := range mustQueues(t, w) {
			if q.Archived != 0 {
				t.Errorf("queue %s: %d tasks archived", q.Name, q.Archived)
			}
		}
		store.mu.Lock()
		store.fault = nil
		store.mu.Unlock()
		advance(2 * time.Minute)
		if once, more := store.readings(); once != 50 || more != 0 {
			t.Errorf("%d accounts read once, %d more often after the disk was freed", once, more)
		}
	})
}

func mustQueues(t *testing.T, w *Worker) []QueueInfo {
	t.Helper()
	all, err := w.Queues(t.Context())
	if err != nil || len(all) == 0 {
		t.Fatalf("queues: %v, %v", all, err)
	}
	return all
}

func TestPanicsAreContained(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 30)
		x := &platform{size: 10, answer: func(_ context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			if req.Targets[0].AccountID == 1 {
				panic("Authorization: Bearer sekrit")
			}
			return good(req), nil
		}}
		var out strings.Builder
		log := &lockedWriter{w: &out}
		jobs := 0
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x), Logger: log.logger(),
			Jobs: []Job{{Name: "bad", Every: time.Minute, Run: func(context.Context) error { jobs++; panic("sekrit") }}}})
		advance(2*time.Minute + time.Second)
		if once, _ := store.readings(); once != 20 || len(store.failed) != 10 {
			t.Errorf("%d read and %d failed, want 20 and the crashing batch's 10", once, len(store.failed))
		}
		if h := store.health[influencer.X]; h.Kind != "" {
			t.Errorf("the platform counts as %q", h.Kind)
		}
		if jobs < 2 {
			t.Errorf("the panicking job ran %d times, want once a minute", jobs)
		}
		if text := log.text(); strings.Contains(text, "sekrit") || !strings.Contains(text, "panicked") {
			t.Errorf("the log hides the panic or tells its value:\n%s", text)
		}
	})
}

func TestManualReadsGoFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 60)
		var order []influencer.Purpose
		x := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			order = append(order, req.Purpose)
			return good(req), pause(ctx, time.Second)
		}}
		w, err := New(Options{Redis: client, Store: store, Connectors: only(influencer.X, x), Concurrency: 1, Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		for _, purpose := range []influencer.Purpose{influencer.PurposePlanned, influencer.PurposeManual} {
			got, err := store.Claim(t.Context(), influencer.ClaimOrder{Platform: influencer.X, Purpose: purpose, BatchSize: 10, Limit: 30, Lease: time.Hour, At: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			if err := w.planner.enqueue(t.Context(), got.Refs, false, false); err != nil {
				t.Fatal(err)
			}
		}
		launch(t, w.opts)
		advance(20 * time.Second)
		want := []influencer.Purpose{influencer.PurposeManual, influencer.PurposeManual, influencer.PurposeManual,
			influencer.PurposePlanned, influencer.PurposePlanned, influencer.PurposePlanned}
		if strings.Join(texts(order), " ") != strings.Join(texts(want), " ") {
			t.Errorf("read in the order %v", order)
		}
	})
}

func texts(ps []influencer.Purpose) []string {
	var out []string
	for _, p := range ps {
		out = append(out, string(p))
	}
	return out
}

func TestTidyEmptiesAGrowingArchive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		q := newQueue(client, time.Minute)
		id := int64(0)
		archive := func(n int) {
			for range n {
				id++
				if err := q.sync(t.Context(), order{ID: id, Platform: influencer.X, Fence: 1}); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := q.inspector.ArchiveAllPendingTasks(queueSync(influencer.X)); err != nil {
				t.Fatal(err)
			}
			if err := tidy(t.Context(), q, quiet()); err != nil {
				t.Fatal(err)
			}
		}
		archive(tidyAbove)
		if all, err := q.all(); err != nil || all[0].Archived != tidyAbove {
			t.Fatalf("%v, %v: an operator should see %d tasks", all, err, tidyAbove)
		}
		archive(1)
		if all, err := q.all(); err != nil || all[0].Archived != 0 {
			t.Errorf("%v, %v: want an empty archive", all, err)
		}
	})
}

func TestDecideGoesOnUntilNobodyMoves(t *testing.T) {
	t.Parallel()
	store := newMemory(time.Now)
	store.decidable = 1_700
	if err := decideDue(t.Context(), store, time.Now); err != nil || store.decidable != 0 {
		t.Errorf("%v, %d left", err, store.decidable)
	}
}

func TestNewRefusesBadOptions(t *testing.T) {
	t.Parallel()
	_, err := New(Options{Tick: time.Millisecond, Jobs: []Job{{Name: "decide", Every: time.Minute, Run: func(context.Context) error { return nil }}}})
	for _, want := range []string{"redis client", "tick 1ms", `job "decide"`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not mention %q", err, want)
		}
	}
}

func TestSettleNeverArchives(t *testing.T) {
	t.Parallel()
	plain := errors.New("plain")
	if err := settle(t.Context(), plain); !errors.Is(err, asynq.RevokeTask) || !errors.Is(err, plain) {
		t.Errorf("the last try ends as %v, want revoked", err)
	}
	if err := settle(t.Context(), &PanicError{What: "x"}); !errors.Is(err, asynq.RevokeTask) {
		t.Errorf("a panic ends as %v, want revoked", err)
	}
	if err := settle(t.Context(), nil); err != nil {
		t.Error(err)
	}
}
