package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hibiken/asynq"
)

// server is one asynq server. Each platform has its own, with slots of its own:
// a platform that answers slowly must not keep the others waiting.
type server = *asynq.Server

func (w *Worker) servers(base context.Context) []server {
	platforms := w.platforms()
	all := []server{w.server(base, len(platforms)+len(w.jobs)+2, map[string]int{queuePlan: 2, queueJobs: 1})}
	for _, p := range platforms {
		all = append(all, w.server(base, w.opts.Concurrency, map[string]int{queueManual(p): 2, queueSync(p): 1}))
	}
	if w.deliver != nil {
		all = append(all, w.server(base, deliverSlots, map[string]int{queueDeliver: 1}))
	}
	return all
}

func (w *Worker) server(base context.Context, slots int, queues map[string]int) server {
	return asynq.NewServerFromRedisClient(w.opts.Redis, asynq.Config{
		Concurrency:       slots,
		BaseContext:       func() context.Context { return base },
		TaskCheckInterval: min(200*time.Millisecond, w.opts.Tick/2),
		RetryDelayFunc:    retryDelay,
		IsFailure:         func(err error) bool { return !errors.Is(err, asynq.ErrLeaseExpired) },
		Queues:            queues,
		StrictPriority:    true, // what a person ordered goes before what the clock ordered
		ErrorHandler:      asynq.ErrorHandlerFunc(w.taskFailed),
		Logger:            asynqLog{w.opts.Logger},
		LogLevel:          asynq.InfoLevel,
		ShutdownTimeout:   w.opts.CallTimeout + 5*time.Second,
		JanitorInterval:   2 * time.Second, // 100 ended tasks each; the default of 8 s falls behind a tick of 100 ms
	})
}

// retryDelay is short: only trouble of our own comes back through the queue, and
// a batch whose lease has run out meanwhile ends at its fence.
func retryDelay(n int, err error, _ *asynq.Task) time.Duration {
	if errors.Is(err, asynq.ErrLeaseExpired) {
		return 0 // the worker died with it; nothing says that the next will fail
	}
	return time.Second << min(n, 5)
}

func (w *Worker) taskFailed(ctx context.Context, t *asynq.Task, err error) {
	id, _ := asynq.GetTaskID(ctx)
	var crash *PanicError
	switch {
	case errors.As(err, &crash):
		w.opts.Logger.Error("task panicked", "task", id, "type", t.Type(), "what", crash.What, "stack", string(crash.Stack))
	case errors.Is(err, context.Canceled):
		w.opts.Logger.Info("task interrupted", "task", id, "type", t.Type())
	default:
		w.opts.Logger.Error("task failed", "task", id, "type", t.Type(), "error", err)
	}
}

// ProcessTask is asynq's entrance; it is not for others to call.
func (w *Worker) ProcessTask(ctx context.Context, t *asynq.Task) (err error) {
	w.inflight.enter()
	defer w.inflight.leave()
	defer func() {
		if crash := caught(recover()); crash != nil {
			err = crash
		}
		err = settle(ctx, err)
	}()
	if strings.HasPrefix(t.Type(), syncPrefix) {
		return w.syncer.handle(ctx, t)
	}
	if w.deliver != nil && strings.HasPrefix(t.Type(), deliverPrefix) {
		return w.deliver.handle(ctx, t)
	}
	began := time.Now()
	err = w.periodic(ctx, t)
	w.opts.OnJob(JobDone{Name: t.Type(), Took: time.Since(began), Err: err})
	return err
}

func (w *Worker) periodic(ctx context.Context, t *asynq.Task) error {
	if strings.HasPrefix(t.Type(), planPrefix) {
		return w.planner.handle(ctx, t)
	}
	j, ok := w.jobs[t.Type()]
	if !ok {
		return final(fmt.Errorf("nobody knows the task %q", t.Type()))
	}
	err := j.Run(ctx)
	if err != nil && j.Every < 10*time.Minute && ctx.Err() == nil {
		return final(err) // the next slot is the repetition
	}
	return err
}

func startAll(servers []server, h asynq.Handler) error {
	for _, s := range servers {
		if err := s.Start(h); err != nil {
			return err
		}
	}
	return nil
}

// stop ends the servers: no new tasks first, then the ones under way. The Redis
// client must outlive it; asynq panics on one that was closed too early.
func (w *Worker) stop(servers []server, abort context.CancelFunc) {
	each(servers, (*asynq.Server).Stop)
	each(servers, (*asynq.Server).Shutdown)
	abort()
	if !w.inflight.wait(5 * time.Second) { // a result that is being written may finish
		w.opts.Logger.Warn("stopped with tasks still running; their fences keep them from writing late")
	}
}

func each(servers []server, do func(server)) {
	var all sync.WaitGroup
	for _, s := range servers {
		all.Go(func() { do(s) })
	}
	all.Wait()
}

// inflight counts handlers. asynq leaves those that do not end in time running
// behind its back.
type inflight struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // closed when n falls to 0; nil unless somebody waits
}

func (f *inflight) enter() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n++
}

func (f *inflight) leave() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.n--; f.n == 0 && f.idle != nil {
		close(f.idle)
		f.idle = nil
	}
}

// wait returns true when no handler runs, false after d.
func (f *inflight) wait(d time.Duration) bool {
	f.mu.Lock()
	if f.n == 0 {
		f.mu.Unlock()
		return true
	}
	if f.idle == nil {
		f.idle = make(chan struct{})
	}
	idle := f.idle
	f.mu.Unlock()
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-idle:
		return true
	case <-t.C:
		return false
	}
}
