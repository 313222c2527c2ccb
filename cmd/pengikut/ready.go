package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/store"
	"github.com/pengikut/pengikut/web"
	"github.com/pengikut/pengikut/worker"
)

// maxSkew is how far the clocks of this machine and of the database may be apart:
// leases last a minute, and the time of a reading decides what it proves.
const maxSkew = 30 * time.Second

// checks are what must be well before requests make sense. Each tells of one
// thing; those that ask the database are silent about one that does not answer,
// since the first of them says so.
func (h *house) checks(w *worker.Worker, queue redis.UniversalClient) []web.Check {
	all := []web.Check{
		h.probe("database", h.store.Ping),
		h.probe("schema", h.whileAnswering(h.store.CheckSchema)),
		h.probe("policy", h.whileAnswering(h.hasPolicy)),
	}
	if h.speed == 0 { // a demo's clock is nobody else's
		all = append(all, h.probe("clock", h.whileAnswering(h.clockAgrees)))
	}
	if !h.config.EmbeddedQueue() { // one inside the process is as well as the process
		all = append(all, h.probe("queue", func(ctx context.Context) error { return queue.Ping(ctx).Err() }))
	}
	if w != nil {
		all = append(all, h.probe("worker", w.Running))
	}
	return all
}

// whileAnswering asks the database only while it answers at all.
func (h *house) whileAnswering(ask func(context.Context) error) func(context.Context) error {
	return func(ctx context.Context) error {
		if !h.answers(ctx) {
			return nil
		}
		return ask(ctx)
	}
}

func (h *house) answers(ctx context.Context) bool { return h.store.Ping(ctx) == nil }

// trouble is a problem whose text anybody may read.
type trouble string

func (t trouble) Error() string { return string(t) }

func (h *house) hasPolicy(ctx context.Context) error {
	p, err := h.store.CurrentPolicy(ctx)
	if err == nil && p.Version == 0 {
		err = errors.New("version 0")
	}
	if err != nil {
		return fmt.Errorf("%w: %w", trouble("no policy can be read, so nobody is decided"), err)
	}
	return nil
}

func (h *house) clockAgrees(ctx context.Context) error {
	ahead, err := h.store.ClockAhead(ctx)
	if err != nil {
		return err
	}
	if ahead.Abs() <= maxSkew {
		return nil
	}
	words := "ahead of"
	if ahead < 0 {
		words = "behind"
	}
	return trouble(fmt.Sprintf("this machine's clock is %s %s the database's", ahead.Abs().Round(time.Second), words))
}

// probe makes a readiness check that tells anybody no more than what is wrong, and
// nothing of hosts and users; what exactly was said goes to the log.
func (h *house) probe(name string, ask func(context.Context) error) web.Check {
	return web.Check{Name: name, Probe: func(ctx context.Context) error {
		err := ask(ctx)
		var known trouble
		var schema *store.SchemaError
		switch {
		case err == nil || errors.Is(err, context.DeadlineExceeded):
			return err
		case errors.As(err, &known):
			return known
		case errors.As(err, &schema):
			return fmt.Errorf("the database has schema %d, this program needs %d", schema.Have, schema.Want)
		case errors.Is(err, worker.ErrNotRunning):
			return errors.New("does not run yet: it waits for the queue")
		}
		h.log.WarnContext(ctx, "not ready", "check", name, "error", err)
		return errors.New("does not answer")
	}}
}
