package main

import (
	"context"
	"time"
)

// ways are the two ways to S: this machine's database, and the API of a service
// elsewhere. A command is written once, against S.
type ways[S any] struct {
	may   access // an embedded database that is not there
	here  func(*house) S
	there func(*remote) S
}

// with hands do the S that the configuration names, with its clock, and closes what
// is behind it after.
func with[S any](ctx context.Context, a *app, w ways[S], do func(ctx context.Context, s S, now time.Time) error) error {
	return a.eitherFor(ctx, w.may, func(ctx context.Context, h *house) error { return do(ctx, w.here(h), h.now()) },
		func(ctx context.Context, r *remote) error { return do(ctx, w.there(r), a.now()) })
}
