package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hibiken/asynq"

	"github.com/pengikut/pengikut/influencer"
)

// BatchDone tells how one batch went, for metrics.
type BatchDone struct {
	Ref      influencer.BatchRef
	Took     time.Duration                  // on the wall
	Recorded influencer.Recorded            // zero unless the batch was read
	Failed   map[influencer.FailureKind]int // of Recorded.Failed, how many for which reason
	Failure  *influencer.Failure            // why the whole batch was not read
	Stale    bool                           // somebody else had taken it over
	Skipped  bool                           // given back untried, because the platform had just refused others
	Err      error                          // trouble of our own; the batch is tried again
}

// syncer handles sync tasks.
type syncer struct {
	core  *core
	walls *walls
	queue *queue
	tell  func(BatchDone)
}

// handle works on one batch. The error is trouble of our own: a platform's
// failure is noted in the store and ends the task, since the accounts are still
// due and nothing need wait in the queue.
func (s *syncer) handle(ctx context.Context, t *asynq.Task) error {
	o, err := readOrder(t.Payload())
	if err != nil {
		return final(err)
	}
	began := time.Now()
	done := s.batch(ctx, o)
	done.Ref, done.Took = o.ref(), time.Since(began)
	s.tell(done)
	if done.Err == nil && done.Failure == nil && o.More {
		done.Err = s.planNext(ctx, o)
	}
	return done.Err
}

func (s *syncer) batch(ctx context.Context, o order) BatchDone {
	ref := o.ref()
	if !o.Probe && s.walls.stands(ref) {
		return BatchDone{Skipped: true, Err: s.core.giveBack(ctx, ref, nil)}
	}
	res, err := s.core.work(ctx, ref, s.core.call)
	if err != nil || res.stale {
		return BatchDone{Stale: res.stale, Err: err}
	}
	s.walls.note(ref, res.failure)
	if res.failure != nil {
		s.core.log.Warn("batch not read", "platform", ref.Platform, "batch", ref.ID, "kind", res.failure.Kind,
			"code", res.failure.Code, "until", res.failure.Until)
		err = s.core.giveBack(ctx, ref, res.failure)
	}
	return BatchDone{Recorded: res.recorded, Failed: res.failed(), Failure: res.failure, Err: err}
}

// planNext keeps a backlog flowing at the pace of the workers rather than of
// the clock. The batch is done by now, so an error is told and not repeated: the
// next slot plans in any case.
func (s *syncer) planNext(ctx context.Context, o order) error {
	err := s.queue.plan(ctx, o.Platform, fmt.Sprintf("after:%d:%d", o.ID, o.Fence), time.Minute)
	if err != nil {
		return final(err)
	}
	return nil
}

// finalError is an error that no repetition of its task would cure.
type finalError struct{ error }

// Unwrap tells asynq to end the task: neither repeated nor archived.
func (e finalError) Unwrap() []error { return []error{e.error, asynq.RevokeTask} }

func final(err error) error { return finalError{err} }

// settle decides what becomes of a task whose handler failed. Nothing goes into
// asynq's archive, where a task would block its id and only an operator could
// free it: what is to be done again is known in the database.
func settle(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil || errors.Is(err, asynq.RevokeTask) {
		return err
	}
	retried, _ := asynq.GetRetryCount(ctx)
	allowed, _ := asynq.GetMaxRetry(ctx)
	var crash *PanicError
	if retried >= allowed || errors.As(err, &crash) {
		return final(err)
	}
	return err
}
