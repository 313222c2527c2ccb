package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// SyncStore is what Sync needs of the database.
type SyncStore interface {
	Claimer
	Batches
}

// SyncOptions say what Sync reads. Store and Connectors are needed.
type SyncOptions struct {
	Store      SyncStore
	Connectors map[influencer.Platform]Connector

	Platforms []influencer.Platform // empty: all that have a connector
	NIPs      []influencer.NIP      // empty: everybody
	All       bool                  // not only what is due

	Timeout     time.Duration // 15 min; a rate gate that opens later is not waited for
	Concurrency int           // calls at a time per platform; 4
	CallTimeout time.Duration // of one connector call; 20 s
	MaxUnread   int           // named failures kept; 100

	// Count says how many accounts an order would claim in all, for progress and
	// for an honest NotRead. Nil counts what was claimed.
	Count      func(context.Context, influencer.ClaimOrder) (int, error)
	OnProgress func(Progress) // called after each batch, one call at a time; must be quick
	Logger     *slog.Logger
	Now        func() time.Time
	Speed      float64 // how many times faster than the wall Now runs; 0 means 1. All durations here are the wall's
}

// Sync reads accounts in this process and without a queue, and comes back when
// all are read, a platform is past helping, or the timeout is over. It shares the
// claims with a running service: what that holds is left to it. A failure of a
// platform is in the summary, an error is the database's or ctx's.
func Sync(ctx context.Context, o SyncOptions) (Summary, error) {
	o = o.withDefaults()
	if err := o.check(); err != nil {
		return Summary{}, fmt.Errorf("sync: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, o.Timeout)
	defer cancel()
	rep := &reporter{tell: o.OnProgress, max: o.MaxUnread}
	runs := make([]*run, len(o.Platforms))
	var all sync.WaitGroup
	for i, p := range o.Platforms {
		runs[i] = newRun(o, p, rep)
		all.Go(func() { runs[i].run(limited) })
	}
	all.Wait()
	sum := Summary{Unread: rep.unread, MoreLeft: rep.more}
	var errs []error
	for _, r := range runs {
		sum.Platforms = append(sum.Platforms, r.sum)
		errs = append(errs, r.err)
	}
	if ctx.Err() != nil {
		errs = append(errs, ctx.Err())
	}
	if err := errors.Join(errs...); err != nil {
		return sum, fmt.Errorf("sync: %w", err)
	}
	return sum, nil
}

func (o SyncOptions) check() error {
	for _, p := range o.Platforms {
		if o.Connectors[p] == nil {
			return fmt.Errorf("platform %s is off: it has no credentials", p)
		}
	}
	return nil
}

func (o SyncOptions) withDefaults() SyncOptions {
	if len(o.Platforms) == 0 {
		o.Platforms = slices.Collect(maps.Keys(o.Connectors))
	}
	o.Platforms = slices.Compact(slices.Sorted(slices.Values(o.Platforms)))
	orElse(&o.Timeout, 15*time.Minute)
	orElse(&o.Concurrency, 4)
	orElse(&o.CallTimeout, 20*time.Second)
	orElse(&o.MaxUnread, 100)
	orElse(&o.Logger, slog.Default())
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.OnProgress == nil {
		o.OnProgress = func(Progress) {}
	}
	return o
}

// reporter gathers what the platforms' runs have to tell.
type reporter struct {
	mu     sync.Mutex
	tell   func(Progress)
	max    int
	unread []Unread
	more   int
}

func (r *reporter) progress(p Progress) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell(p)
}

func (r *reporter) name(unread []Unread) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, u := range unread {
		if len(r.unread) < r.max {
			r.unread = append(r.unread, u)
		} else {
			r.more++
		}
	}
}
