package worker

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"slices"

	"github.com/pengikut/pengikut/influencer"
)

// PanicError is a panic that was caught. Its text never holds the panic's value
// unless the runtime made it: a value of somebody else's may quote a token.
type PanicError struct {
	What  string // the runtime's text, or the value's type
	Stack []byte
}

func (e *PanicError) Error() string { return "panic: " + e.What }

// caught turns recover's value into an error, nil for nil.
func caught(v any) *PanicError {
	if v == nil {
		return nil
	}
	what := fmt.Sprintf("a %T", v)
	if err, ok := v.(runtime.Error); ok {
		what = err.Error()
	}
	return &PanicError{What: what, Stack: debug.Stack()}
}

// call puts a request to a connector, in as many reads as it takes. What was read
// is kept when a later read fails as a whole, or when half of the time is over:
// then the rest is untried. Its error is an *influencer.Failure of the whole
// batch, or ctx's own.
func (c *core) call(ctx context.Context, conn Connector, req influencer.Request) ([]influencer.Observation, error) {
	limited, cancel := context.WithTimeout(ctx, c.callTimeout)
	defer cancel()
	half, cancelHalf := context.WithTimeout(ctx, c.callTimeout/2)
	defer cancelHalf()
	seen := make([]influencer.Observation, 0, len(req.Targets))
	for part := range slices.Chunk(req.Targets, max(1, conn.BatchSize())) {
		if len(seen) > 0 && half.Err() != nil {
			break
		}
		some, err := c.read(limited, conn, influencer.Request{Purpose: req.Purpose, Targets: part})
		if err != nil && len(seen) == 0 {
			return nil, c.whole(ctx, err)
		}
		if err != nil {
			break
		}
		seen = append(seen, some...)
	}
	for _, t := range req.Targets[len(seen):] {
		seen = append(seen, influencer.Observation{AccountID: t.AccountID, Untried: true})
	}
	return seen, nil
}

// read puts one read to a connector and holds it to its contract: in time, no
// panic, one observation a target, in the targets' order.
func (c *core) read(ctx context.Context, conn Connector, req influencer.Request) ([]influencer.Observation, error) {
	seen, err := guarded(ctx, conn, req)
	var crash *PanicError
	if errors.As(err, &crash) {
		c.log.Error("connector panicked", "what", crash.What, "targets", len(req.Targets), "stack", string(crash.Stack))
		return crashed(req, crash), nil
	}
	if err != nil {
		return nil, err
	}
	return c.complete(req, seen), nil
}

func guarded(ctx context.Context, conn Connector, req influencer.Request) (seen []influencer.Observation, err error) {
	defer func() {
		if crash := caught(recover()); crash != nil {
			err = crash
		}
	}()
	return conn.Read(ctx, req)
}

// crashed blames a crash on the batch's accounts, not on the platform: they are
// put off one by one, and an answer that crashes us cannot stop all others.
func crashed(req influencer.Request, crash *PanicError) []influencer.Observation {
	f := &influencer.Failure{Kind: influencer.Malformed, Detail: "reading the answer crashed", Err: crash}
	seen := make([]influencer.Observation, len(req.Targets))
	for i, t := range req.Targets {
		seen[i] = influencer.Observation{AccountID: t.AccountID, Failure: f}
	}
	return seen
}

// whole types a connector's error. An interruption of ours is no failure of the
// platform's, however the connector dressed it.
func (c *core) whole(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var f *influencer.Failure
	if errors.As(err, &f) {
		return f
	}
	f = &influencer.Failure{Kind: influencer.Unavailable, Detail: "the connector failed", Err: err}
	if errors.Is(err, context.DeadlineExceeded) {
		f.Detail = "no answer within " + c.callTimeout.String()
	}
	return f
}

// complete gives every target exactly one observation. An account left out is a
// failure of that account: silence must not pass for a reading.
func (c *core) complete(req influencer.Request, seen []influencer.Observation) []influencer.Observation {
	byID := make(map[int64]influencer.Observation, len(seen))
	for _, o := range seen {
		if _, twice := byID[o.AccountID]; !twice {
			byID[o.AccountID] = o
		}
	}
	all := make([]influencer.Observation, len(req.Targets))
	missing := 0
	for i, t := range req.Targets {
		o, ok := byID[t.AccountID]
		if !ok {
			missing++
			o = influencer.Observation{AccountID: t.AccountID,
				Failure: &influencer.Failure{Kind: influencer.Malformed, Detail: "the answer left this account out"}}
		}
		o.TokenAt = t.TokenAt
		all[i] = o
	}
	if missing > 0 || len(seen) != len(req.Targets) {
		c.log.Warn("connector's answer does not match the request", "asked", len(req.Targets), "answered", len(seen), "missing", missing)
	}
	return all
}
