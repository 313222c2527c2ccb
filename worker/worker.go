package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/influencer"
)

// Roles says what a process does. The zero value does everything.
type Roles struct {
	Worker    bool // works on tasks
	Scheduler bool // puts periodic tasks into the queue; any number may run
}

// Options are what a Worker is made of. Redis, Store and Connectors are needed,
// a zero value of the others takes the default.
type Options struct {
	Redis      redis.UniversalClient // shared; closed by the caller after Run has returned
	Store      Store
	Connectors map[influencer.Platform]Connector
	Headroom   Headroom  // asked before a claim; nil claims up to the other bounds
	Resyncs    Resyncs   // what persons order; nil for nothing
	Jobs       []Job     // more periodic work
	Webhooks   *Webhooks // sends events out; nil sends none
	Roles      Roles

	Concurrency int           // calls at a time per platform; 8
	Tick        time.Duration // between plans; 5 s, at least 100 ms
	Calls       int           // connector calls that one batch takes, whose results are written together; 3
	CallTimeout time.Duration // of one batch's calls; 20 s
	ClaimLease  time.Duration // how long a claimed batch may wait for a worker; 1 min
	MaxAccounts int           // accounts claimed by one plan; 20,000
	MaxBatches  int           // batches waiting per platform; 200

	Logger  *slog.Logger     // slog.Default
	Now     func() time.Time // time.Now
	Speed   float64          // how many times faster than the wall Now runs; 0 means 1. All durations here are the wall's
	OnBatch func(BatchDone)  // called after each batch, by several goroutines; must be quick
	OnJob   func(JobDone)    // called after each periodic task, likewise
	OnCall  func(CallDone)   // called after each Read of a connector, likewise
}

// JobDone tells how a periodic task went, for metrics.
type JobDone struct {
	Name string        // "plan:x", "job:decide"
	Took time.Duration // on the wall
	Err  error
}

// Periodic is a task that the schedule knows.
type Periodic struct {
	Name  string        // as in [JobDone]
	Every time.Duration // on the wall
}

// Worker schedules, plans and reads. Make it with New, then call Run once.
type Worker struct {
	opts     Options
	queue    *queue
	planner  *planner
	syncer   *syncer
	jobs     map[string]Job // by task type
	deliver  *deliverer     // nil sends nothing
	inflight inflight
	running  atomic.Bool
}

// New checks the options. It calls nobody.
func New(o Options) (*Worker, error) {
	if err := o.check(); err != nil {
		return nil, fmt.Errorf("worker: %w", err)
	}
	o = o.withDefaults()
	fast := speed(o.Speed)
	c := &core{batches: o.Store, connectors: heard(o.Connectors, o.OnCall), callTimeout: o.CallTimeout,
		lease: fast.data(o.CallTimeout + writeTimeout + 20*time.Second), now: o.Now, log: o.Logger}
	q := newQueue(o.Redis, o.CallTimeout+writeTimeout+5*time.Second)
	w := &Worker{opts: o, queue: q, jobs: map[string]Job{},
		planner: &planner{claims: o.Store, resyncs: o.Resyncs, health: o.Store, room: o.Headroom, core: c, queue: q, calls: o.Calls, maxAccounts: o.MaxAccounts,
			maxBatches: o.MaxBatches, lease: fast.data(o.ClaimLease), lost: fast.data(q.taskTimeout), now: o.Now, log: o.Logger, probed: map[influencer.Platform]time.Time{}},
		syncer: &syncer{core: c, walls: newWalls(o.Now), queue: q, tell: o.OnBatch},
	}
	if o.Webhooks != nil {
		w.deliver = newDeliverer(*o.Webhooks, q, fast, o.Logger)
	}
	for _, j := range append(w.ownJobs(), o.Jobs...) {
		if j.Timeout <= 0 {
			j.Timeout = time.Minute
		}
		w.jobs[jobPrefix+j.Name] = j
	}
	return w, nil
}

func (w *Worker) ownJobs() []Job {
	jobs := []Job{
		{Name: "decide", Every: decideEvery, Timeout: 10 * time.Minute,
			Run: func(ctx context.Context) error { return decideDue(ctx, w.opts.Store, w.opts.Now) }},
		{Name: "tidy", Every: tidyEvery,
			Run: func(ctx context.Context) error { return tidy(ctx, w.queue, w.opts.Logger) }},
	}
	if w.deliver != nil {
		jobs = append(jobs, w.deliver.jobs()...)
	}
	if w.opts.Resyncs != nil {
		jobs = append(jobs, Job{Name: "resync", Every: tendEvery, Timeout: 10 * time.Minute,
			Run: func(ctx context.Context) error { return tendResyncs(ctx, w.opts.Resyncs, w.platforms(), w.opts.Now) }})
	}
	return jobs
}

func (o Options) check() error {
	var errs []error
	if o.Redis == nil || o.Store == nil {
		errs = append(errs, errors.New("needs a redis client and a store"))
	}
	if o.Tick != 0 && o.Tick < 100*time.Millisecond {
		errs = append(errs, fmt.Errorf("tick %s is under 100ms", o.Tick))
	}
	seen := map[string]bool{"decide": true, "tidy": true, "deliver": true, "prune-deliveries": true, "resync": true}
	for _, j := range o.Jobs {
		if j.Name == "" || seen[j.Name] || j.Every < 100*time.Millisecond || j.Run == nil {
			errs = append(errs, fmt.Errorf("job %q needs a name of its own, an interval of at least 100ms and a function", j.Name))
		}
		seen[j.Name] = true
	}
	return errors.Join(errs...)
}

func (o Options) withDefaults() Options {
	if o.Roles == (Roles{}) {
		o.Roles = Roles{Worker: true, Scheduler: true}
	}
	orElse(&o.Concurrency, 8)
	orElse(&o.Tick, 5*time.Second)
	orElse(&o.Calls, 3)
	orElse(&o.CallTimeout, 20*time.Second)
	orElse(&o.ClaimLease, time.Minute)
	orElse(&o.MaxAccounts, 20_000)
	orElse(&o.MaxBatches, 200)
	orElse(&o.Logger, slog.Default())
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnBatch == nil {
		o.OnBatch = func(BatchDone) {}
	}
	if o.OnJob == nil {
		o.OnJob = func(JobDone) {}
	}
	return o
}

func orElse[T comparable](v *T, otherwise T) {
	var zero T
	if *v == zero {
		*v = otherwise
	}
}

// Run works until ctx ends, then stops within about CallTimeout plus ten
// seconds: it claims no more, lets calls under way finish, and gives back to the
// queue what does not. It waits for a Redis that is not there yet. The error is
// a mistake in the options.
func (w *Worker) Run(ctx context.Context) error {
	if !w.awaitRedis(ctx) {
		return nil
	}
	var servers []server
	if w.opts.Roles.Worker {
		hard, abort := context.WithCancel(context.WithoutCancel(ctx))
		defer abort()
		if w.deliver != nil {
			w.deliver.halt = ctx.Done()
		}
		servers = w.servers(hard)
		defer w.stop(servers, abort)
		if err := startAll(servers, w); err != nil {
			return fmt.Errorf("worker: %w", err)
		}
	}
	w.running.Store(true)
	defer w.running.Store(false)
	if w.opts.Roles.Scheduler {
		w.scheduler().run(ctx)
	}
	<-ctx.Done()
	return nil
}

// ErrNotRunning says that Run has not begun, or that Redis never answered it.
var ErrNotRunning = errors.New("the worker does not run")

// Running says nil while Run works; it asks nobody, Redis neither.
func (w *Worker) Running(context.Context) error {
	if !w.running.Load() {
		return ErrNotRunning
	}
	return nil
}

// Queues lists what waits and what is under way.
func (w *Worker) Queues(ctx context.Context) ([]QueueInfo, error) { return Queues(ctx, w.opts.Redis) }

func (w *Worker) scheduler() *scheduler {
	s := &scheduler{queue: w.queue, health: w.opts.Store, now: w.opts.Now, log: w.opts.Logger, speed: speed(w.opts.Speed), tick: w.opts.Tick,
		opened: map[influencer.Platform]time.Time{}}
	for _, p := range w.platforms() {
		s.table = append(s.table, planLine(p, s.speed.data(w.opts.Tick), w.queue.taskTimeout))
	}
	for _, name := range slices.Sorted(maps.Keys(w.jobs)) {
		s.table = append(s.table, jobLine(w.jobs[name]))
	}
	return s
}

// Periodic lists what the scheduler orders again and again.
func (w *Worker) Periodic() []Periodic {
	var all []Periodic
	for _, p := range w.scheduler().table {
		all = append(all, Periodic{p.name, speed(w.opts.Speed).wall(p.every)})
	}
	return all
}

func (w *Worker) platforms() []influencer.Platform {
	return slices.Sorted(maps.Keys(w.opts.Connectors))
}

// awaitRedis waits until Redis answers; false when ctx ended first.
func (w *Worker) awaitRedis(ctx context.Context) bool {
	wait := 100 * time.Millisecond
	for tries := 0; ; tries++ {
		err := w.opts.Redis.Ping(ctx).Err()
		if err == nil {
			if tries > 0 {
				w.opts.Logger.Info("redis answers")
			}
			return true
		}
		if tries == 0 {
			w.opts.Logger.Warn("redis does not answer; waiting for it", "error", err)
		}
		if pause(ctx, wait) != nil {
			return false
		}
		wait = min(2*wait, 5*time.Second)
	}
}
