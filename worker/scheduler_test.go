package worker

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/influencer"
)

// drain works on the plan and job queues and notes what came, without a worker.
type drain struct {
	mu  sync.Mutex
	ids []string
}

func (d *drain) start(t *testing.T, client redis.UniversalClient) {
	t.Helper()
	s := asynq.NewServerFromRedisClient(client, asynq.Config{Concurrency: 4, Queues: map[string]int{queuePlan: 1, queueJobs: 1},
		Logger: asynqLog{quiet()}, LogLevel: asynq.ErrorLevel})
	err := s.Start(asynq.HandlerFunc(func(ctx context.Context, _ *asynq.Task) error {
		id, _ := asynq.GetTaskID(ctx)
		d.mu.Lock()
		defer d.mu.Unlock()
		d.ids = append(d.ids, id)
		return nil
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
}

func (d *drain) seen() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.ids)
}

func schedulerOnly(client redis.UniversalClient, store Store, tick time.Duration, jobs ...Job) Options {
	return Options{Redis: client, Store: store, Connectors: only(influencer.X, &platform{size: 1}), Tick: tick,
		Jobs: jobs, Roles: Roles{Scheduler: true}}
}

func TestThreeSchedulersMakeEachSlotOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		var d drain
		d.start(t, client)
		store := newMemory(time.Now)
		nightly := Job{Name: "nightly", Every: 5 * time.Minute, Run: func(context.Context) error { return nil }}
		for i := range 3 {
			launch(t, schedulerOnly(client, store, 10*time.Second, nightly))
			advance(time.Duration(i+1) * time.Second)
		}
		advance(20*time.Minute - 8*time.Second)
		ids := d.seen()
		count := map[string]int{}
		for _, id := range ids {
			count[id]++
		}
		plans, nights := 0, 0
		for id, n := range count {
			if n != 1 {
				t.Errorf("slot %s came %d times", id, n)
			}
			switch id[:4] {
			case "plan":
				plans++
			case "job:":
				if len(id) > 11 && id[:11] == "job:nightly" {
					nights++
				}
			}
		}
		if plans < 119 || plans > 121 || nights != 4 {
			t.Errorf("%d plans and %d nights in twenty minutes, want 120 and 4", plans, nights)
		}
	})
}

func TestAStopIsCaughtUpWithOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mini, client := virtualRedis(t)
		var d drain
		d.start(t, client)
		launch(t, schedulerOnly(client, newMemory(time.Now), 10*time.Second))
		// asynq looks for work every half to one and a half seconds: what was made at
		// the minute has come by now, and what is made next comes before another slot.
		advance(time.Minute + 3*time.Second)
		before := len(plansOf(d.seen()))
		mini.SetError("LOADING Redis is away")
		advance(10 * time.Minute)
		mini.SetError("")
		advance(5 * time.Second)
		if n := len(plansOf(d.seen())) - before; n != 1 {
			t.Errorf("%d plans after ten minutes without Redis, want 1", n)
		}
		advance(time.Minute)
		if n := len(plansOf(d.seen())) - before; n < 6 || n > 8 {
			t.Errorf("%d plans a minute later, want about 7", n)
		}
	})
}

func plansOf(ids []string) []string {
	return slices.DeleteFunc(ids, func(id string) bool { return id[:5] != planPrefix })
}

func TestSlotsDoNotPileUpWithoutAWorker(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		w, _ := launch(t, schedulerOnly(client, newMemory(time.Now), 5*time.Second))
		advance(time.Hour)
		for _, q := range mustQueues(t, w) {
			if q.Pending > 2 {
				t.Errorf("queue %s: %d tasks wait after an hour without a worker", q.Name, q.Pending)
			}
		}
	})
}

func TestTurnsFollowAClockThatIsSetBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		var d drain
		d.start(t, client)
		var shift atomic.Int64
		o := schedulerOnly(client, newMemory(time.Now), 10*time.Second)
		o.Now = func() time.Time { return time.Now().Add(time.Duration(shift.Load())) }
		launch(t, o)
		advance(time.Minute)
		shift.Store(int64(-6 * time.Hour))
		before := len(plansOf(d.seen()))
		advance(2 * time.Minute)
		if n := len(plansOf(d.seen())) - before; n < 10 {
			t.Errorf("%d plans in two minutes after the clock was set back, want about 12", n)
		}
	})
}

func TestAnOpeningWindowIsUsedAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		var d drain
		d.start(t, client)
		store := newMemory(time.Now)
		until := time.Now().Add(95 * time.Second)
		store.health[influencer.X] = influencer.PlatformHealth{Platform: influencer.X, Kind: influencer.RateLimited, Until: until}
		for range 2 {
			launch(t, schedulerOnly(client, store, time.Minute))
		}
		advance(95 * time.Second)
		want := fmt.Sprintf("plan:x:open:%d", until.UnixMilli())
		if slices.Contains(d.seen(), want) {
			t.Error("planned before the window opened")
		}
		advance(3 * time.Second)
		opened := slices.DeleteFunc(d.seen(), func(id string) bool { return id != want })
		if len(opened) != 1 {
			t.Errorf("%d plans at the opening, want 1 of two schedulers; all: %v", len(opened), d.seen())
		}
	})
}

func TestJobsRunAndFailedLongOnesAreRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		var mu sync.Mutex
		runs := map[string]int{}
		job := func(name string, every time.Duration) Job {
			return Job{Name: name, Every: every, Run: func(context.Context) error {
				mu.Lock()
				defer mu.Unlock()
				runs[name]++
				return fmt.Errorf("%s is broken", name)
			}}
		}
		done := map[string]int{}
		launch(t, Options{Redis: client, Store: newMemory(time.Now), Jobs: []Job{job("daily", 24*time.Hour), job("often", time.Minute)},
			OnJob: func(d JobDone) { mu.Lock(); defer mu.Unlock(); done[d.Name]++ }})
		advance(5*time.Minute - 10*time.Second)
		mu.Lock()
		defer mu.Unlock()
		if runs["daily"] != 4 || runs["often"] != 5 {
			t.Errorf("ran %v, want daily once and three times more, often once a minute", runs)
		}
		if done["job:often"] != 5 || done["job:decide"] != 5 {
			t.Errorf("told of %v", done)
		}
	})
}
