package main

import (
	"context"
	"time"
)

// ways tells how a command gets S, whatever it works with: made of this machine's
// database, or of the API of the service that PENGIKUT_SERVER names. The command is
// written once, against S, and does not know which it has.
type ways[S any] struct {
	may   access // whether an embedded database that is not there may be made
	here  func(*house) S
	there func(*remote) S
}

// query is an S for commands that ask one thing: a value, or the rows of a list.
type query[V any] func(ctx context.Context, now time.Time) (V, error)

// with opens what the configuration names, runs do with the S made of it and with
// the time there, and closes it.
func with[S any](ctx context.Context, a *app, w ways[S], do func(ctx context.Context, s S, now time.Time) error) error {
	r, err := a.remote()
	if err != nil {
		return err
	}
	if r == nil {
		return a.enter(ctx, w.may, func(ctx context.Context, h *house) error { return do(ctx, w.here(h), h.now()) })
	}
	defer r.http.CloseIdleConnections()
	return do(ctx, w.there(r), a.now())
}

// withAnswer is [with] for one query: do gets its answer.
func withAnswer[V any](ctx context.Context, a *app, w ways[query[V]], do func(ctx context.Context, v V, now time.Time) error) error {
	return with(ctx, a, w, func(ctx context.Context, ask query[V], now time.Time) error {
		v, err := ask(ctx, now)
		if err != nil {
			return err
		}
		return do(ctx, v, now)
	})
}
