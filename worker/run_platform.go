package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

const (
	runLease  = 3 * time.Minute // of a batch begun; renewed while it waits for a rate gate
	runChunk  = 2               // batches a claim, times the concurrency
	maxHeld   = 50              // failed batches kept until the end
	maxInARow = 3               // batches failed in a row: the platform is past helping

	maxReasons = 3
)

// run reads one platform's accounts once.
type run struct {
	o        SyncOptions
	speed    speed
	platform influencer.Platform
	core     *core
	rep      *reporter
	deadline time.Time
	size     int // accounts a batch

	mu      sync.Mutex
	sum     PlatformSummary
	counted bool // sum.Planned was counted beforehand
	ended   bool // the claims came to their end: nothing more is due
	inARow  int
	dead    bool // the platform was given up
	held    []held
	reasons []string
	err     error
	giveUp  context.CancelFunc // ends claims and waits, not calls under way
	over    context.Context    // done once the platform is given up
}

// held is a batch that failed while others could be read. It stays claimed to
// the end, so that the next claim does not bring it again at once.
type held struct {
	ref     influencer.BatchRef
	failure *influencer.Failure
}

func newRun(o SyncOptions, p influencer.Platform, rep *reporter) *run {
	c := &core{batches: o.Store, connectors: o.Connectors, callTimeout: o.CallTimeout, lease: speed(o.Speed).data(runLease + o.CallTimeout), now: o.Now, log: o.Logger}
	return &run{o: o, speed: speed(o.Speed), platform: p, core: c, rep: rep, size: max(1, o.Connectors[p].BatchSize()),
		sum: PlatformSummary{Platform: p, Failed: map[influencer.FailureKind]int{}}}
}

// run claims, reads and records until nothing is left, the platform is given up
// or ctx ends.
func (r *run) run(ctx context.Context) {
	began := r.o.Now()
	r.deadline = began.Add(r.speed.data(r.o.Timeout))
	r.over, r.giveUp = context.WithCancel(ctx)
	defer r.giveUp()
	order := influencer.ClaimOrder{Platform: r.platform, Purpose: influencer.PurposeManual, BatchSize: r.size,
		Limit: r.size * runChunk * r.o.Concurrency, At: began, All: r.o.All, NIPs: r.o.NIPs}
	r.count(ctx, order)
	r.readAll(ctx, order)
	r.endHeld(ctx)
	switch err := ctx.Err(); {
	case errors.Is(err, context.DeadlineExceeded):
		r.reason("the time allowed is over")
	case err != nil:
		r.reason("interrupted")
	}
	r.close(r.speed.wall(r.o.Now().Sub(began)))
}

// count learns what is to be read, where the caller can say.
func (r *run) count(ctx context.Context, order influencer.ClaimOrder) {
	if r.o.Count == nil {
		return
	}
	n, err := r.o.Count(ctx, order)
	if err != nil {
		r.fail(fmt.Errorf("count what is due on %s: %w", r.platform, err))
		return
	}
	r.sum.Planned, r.counted = n, true
	r.tell(time.Time{})
}

// readAll keeps the workers supplied until the claims end.
func (r *run) readAll(ctx context.Context, order influencer.ClaimOrder) {
	todo := make(chan influencer.BatchRef)
	var workers sync.WaitGroup
	for range r.o.Concurrency {
		workers.Go(func() {
			for ref := range todo {
				r.batch(ctx, ref)
			}
		})
	}
	r.claimAll(ctx, order, todo)
	close(todo)
	workers.Wait()
}

// claimAll claims a little at a time, the next when the workers have begun the
// last. What was claimed is handed on even when the platform is given up: a
// worker then gives it back.
func (r *run) claimAll(ctx context.Context, order influencer.ClaimOrder, todo chan<- influencer.BatchRef) {
	for r.over.Err() == nil {
		order.At = r.o.Now()
		order.Lease = r.deadline.Sub(order.At) + r.speed.data(runLease) // a claimed batch may wait as long as those before it
		got, err := r.o.Store.Claim(ctx, order)
		if err != nil {
			r.fail(fmt.Errorf("claim on %s: %w", r.platform, err))
			return
		}
		r.plan(got.Refs)
		for _, ref := range got.Refs {
			todo <- ref
		}
		if !got.More || len(got.Refs) == 0 {
			if r.ended = got.Withheld == nil; !r.ended {
				r.reason(got.Withheld.Detail)
			}
			return
		}
		order.AfterID = max(order.AfterID, got.LastID)
	}
}

// batch reads one batch, or gives it back when there is no use in trying.
func (r *run) batch(ctx context.Context, ref influencer.BatchRef) {
	if r.over.Err() != nil {
		r.notRead(ref, r.core.giveBack(ctx, ref, nil))
		return
	}
	res, err := r.core.work(ctx, ref, func(ctx context.Context, conn Connector, req influencer.Request) ([]influencer.Observation, error) {
		return (&attempt{run: r, ref: ref, conn: conn}).read(ctx, req)
	})
	switch {
	case err != nil && ctx.Err() != nil: // interrupted
		r.notRead(ref, r.core.giveBack(ctx, ref, nil))
	case err != nil:
		r.notRead(ref, err)
	case res.stale:
		r.notRead(ref, nil)
		r.reason("taken over by another process")
	case res.failure != nil:
		r.refused(ctx, ref, res)
	case res.recorded.Refused != nil:
		r.implausible(ref, res)
	default:
		r.read(res)
	}
}

// implausible deals with a batch that the platform answered and the store did
// not believe, and has released already. It would come again with the next claim,
// and a platform that invents numbers has no others for us.
func (r *run) implausible(ref influencer.BatchRef, res result) {
	r.blame(res.targets, res.recorded.Refused)
	r.mu.Lock()
	r.dead = true
	r.mu.Unlock()
	r.giveUp()
	r.notRead(ref, nil)
}

// blame names the accounts of a batch that was not read for a failure of the
// platform's.
func (r *run) blame(targets []influencer.Target, f *influencer.Failure) {
	unread := make([]Unread, len(targets))
	for i, t := range targets {
		unread[i] = Unread{Platform: r.platform, AccountID: t.AccountID, Handle: t.Handle, Kind: f.Kind, Detail: f.Detail}
	}
	r.rep.name(unread)
	r.reason(f.Error())
}

// read counts a batch that was recorded.
func (r *run) read(res result) {
	r.mu.Lock()
	r.inARow = 0
	unread := r.sum.tally(res)
	r.mu.Unlock()
	r.rep.name(unread)
	r.tell(time.Time{})
}

// refused deals with a batch that the platform would not answer, all tries
// used up. Trouble that may be this batch's alone lets the others go on.
func (r *run) refused(ctx context.Context, ref influencer.BatchRef, res result) {
	r.mu.Lock()
	r.inARow++
	hold := passing(res.failure.Kind) && r.inARow < maxInARow && len(r.held) < maxHeld
	if hold {
		r.held = append(r.held, held{ref, res.failure})
	}
	r.dead = r.dead || !hold
	r.mu.Unlock()
	r.blame(res.targets, res.failure)
	if hold {
		r.notRead(ref, nil)
		return
	}
	r.giveUp()
	r.notRead(ref, r.core.giveBack(ctx, ref, res.failure))
}

// endHeld gives the failed batches back. The failure is the platform's when the
// platform was given up or answered nothing; else others were read, and it is
// well.
func (r *run) endHeld(ctx context.Context) {
	for _, h := range r.held {
		f := h.failure
		if !r.dead && r.sum.done() > r.sum.NotRead {
			f = nil
		}
		if err := r.core.giveBack(ctx, h.ref, f); err != nil {
			r.fail(err)
			return
		}
	}
}

// notRead counts a batch that was not read. err is the store's, nil for none.
func (r *run) notRead(ref influencer.BatchRef, err error) {
	r.mu.Lock()
	r.sum.NotRead += ref.Size
	r.mu.Unlock()
	if err != nil {
		r.fail(err)
	}
	r.tell(time.Time{})
}

// fail ends the run: the database is in trouble, and reading on would waste what
// it cannot keep.
func (r *run) fail(err error) {
	if r.over.Err() != nil && (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)) {
		return // our own end, not the database's
	}
	r.mu.Lock()
	r.err = errors.Join(r.err, err)
	r.mu.Unlock()
	r.reason(influencer.Cause(err))
	r.giveUp()
}

// reason keeps the first few reasons why something was not read.
func (r *run) reason(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.reasons) < maxReasons && !slices.Contains(r.reasons, why) {
		r.reasons = append(r.reasons, why)
	}
}

func (r *run) plan(refs []influencer.BatchRef) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, ref := range refs {
		if !r.counted {
			r.sum.Planned += ref.Size
		}
	}
}

func (r *run) tell(waiting time.Time) {
	r.mu.Lock()
	p := Progress{Platform: r.platform, Planned: r.sum.Planned, Done: r.sum.done(), Waiting: waiting}
	r.mu.Unlock()
	r.rep.progress(p)
}

// close makes the books balance: what was counted at the start and met by no
// claim was not read, and a reason without anything unread is none. Claims that
// came to their end without it met somebody else's.
func (r *run) close(took time.Duration) {
	r.sum.Took = took
	r.sum.Cut = !r.ended
	if missed := r.sum.Planned - r.sum.done(); missed > 0 {
		r.sum.NotRead += missed
		if len(r.reasons) == 0 {
			r.reason("held by the running service")
		}
	}
	r.sum.Planned = max(r.sum.Planned, r.sum.done())
	if r.sum.NotRead > 0 || r.sum.Cut {
		r.sum.Reason = strings.Join(r.reasons, "; ")
	}
	r.tell(time.Time{})
}
