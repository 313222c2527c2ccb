package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// core reads one batch and writes what it saw: the part that the queue's
// workers and the runner without a queue have in common.
type core struct {
	batches     Batches
	connectors  map[influencer.Platform]Connector
	callTimeout time.Duration // of one Read
	lease       time.Duration // that Begin asks for
	now         func() time.Time
	log         *slog.Logger
}

const (
	writeTimeout = 10 * time.Second // of one result, tries included
	writeTries   = 3
)

// asker puts a request to a connector, once or several times. Its error is an
// *influencer.Failure of the whole batch, or ctx's own.
type asker func(ctx context.Context, conn Connector, req influencer.Request) ([]influencer.Observation, error)

// result is what became of one batch.
type result struct {
	targets  []influencer.Target
	seen     []influencer.Observation // one a target; nil when the batch was not read
	recorded influencer.Recorded
	failure  *influencer.Failure // why the whole batch was not read; the caller gives it back
	stale    bool                // the batch is somebody else's by now
}

// work reads and records one batch. A batch that could not be read comes back
// with a failure and still claimed. The error is the store's, or ctx's when the
// reading was interrupted.
func (c *core) work(ctx context.Context, ref influencer.BatchRef, ask asker) (result, error) {
	conn := c.connectors[ref.Platform]
	if conn == nil {
		return result{failure: &influencer.Failure{Kind: influencer.Forbidden, Detail: "no connector for " + string(ref.Platform)}}, nil
	}
	req, err := c.batches.Begin(ctx, ref, c.lease)
	if errors.Is(err, influencer.ErrStale) {
		return result{stale: true}, nil
	}
	if err != nil {
		return result{}, fmt.Errorf("begin batch %d: %w", ref.ID, err)
	}
	res := result{targets: req.Targets}
	if len(req.Targets) > 0 {
		res.seen, err = ask(ctx, conn, req)
	}
	switch {
	case errors.Is(err, influencer.ErrStale):
		res.stale = true
		return res, nil
	case errors.As(err, &res.failure):
		return res, nil
	case err != nil:
		return res, err
	}
	return c.record(ctx, ref, res)
}

// record outlives ctx: the numbers are read and, on some platforms, paid for.
// Writing twice is harmless, the fence lets one through.
func (c *core) record(ctx context.Context, ref influencer.BatchRef, res result) (result, error) {
	err := persist(ctx, func(ctx context.Context) (err error) {
		res.recorded, err = c.batches.Record(ctx, ref, res.seen, c.now())
		return err
	})
	if errors.Is(err, influencer.ErrStale) {
		err, res.recorded.Stale = nil, true
	}
	if err != nil {
		return res, fmt.Errorf("record batch %d: %w", ref.ID, err)
	}
	res.stale = res.recorded.Stale
	return res, nil
}

// giveBack ends a batch unread. A nil failure means that nobody tried.
func (c *core) giveBack(ctx context.Context, ref influencer.BatchRef, failure *influencer.Failure) error {
	err := persist(ctx, func(ctx context.Context) error {
		return c.batches.Release(ctx, ref, failure, c.now())
	})
	if err != nil && !errors.Is(err, influencer.ErrStale) {
		return fmt.Errorf("release batch %d: %w", ref.ID, err)
	}
	return nil
}

// persist outlives ctx, and tries some times.
func persist(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeTimeout)
	defer cancel()
	for try := 1; ; try++ {
		err := fn(ctx)
		if err == nil || errors.Is(err, influencer.ErrStale) || try == writeTries {
			return err
		}
		if pause(ctx, time.Duration(try)*500*time.Millisecond) != nil {
			return err
		}
	}
}

// pause waits for d, or ctx's end, whose error it returns.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
