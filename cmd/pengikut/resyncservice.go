package main

import (
	"context"
	"errors"
	"time"

	"github.com/pengikut/pengikut/connectors/gate"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// resyncOrders gives and takes back orders to read accounts now.
type resyncOrders interface {
	Order(ctx context.Context, o influencer.ResyncOrder, dryRun bool) (web.ResyncAnswer, error)
	Cancel(ctx context.Context, id int64) (web.Resync, error)
}

// resyncBooks tells how resyncs stand.
type resyncBooks interface {
	One(ctx context.Context, id int64) (web.Resync, error)
	List(ctx context.Context, agency string, p influencer.Paging) (influencer.Page[web.Resync], error)
	Failures(ctx context.Context, id int64, p influencer.Paging) (influencer.Page[web.ResyncFailure], error)
}

// resyncService is whoever has the resyncs: this machine's database, or a service
// elsewhere.
type resyncService interface {
	resyncOrders
	resyncBooks
}

func (a *app) resyncs() ways[resyncService] {
	return ways[resyncService]{existing, func(h *house) resyncService { return &localResyncs{a: a, house: h} }, func(r *remote) resyncService { return remoteResyncs{r} }}
}

// localResyncs works on the database itself.
type localResyncs struct {
	a     *app
	house *house
}

// Order gives an order, or says what it would cost.
func (l *localResyncs) Order(ctx context.Context, o influencer.ResyncOrder, dryRun bool) (out web.ResyncAnswer, err error) {
	if l.house.over {
		return out, errors.New("this is the data of a demo that is over, and its platforms with it")
	}
	desk, done, err := l.desk(ctx)
	if err != nil {
		return out, err
	}
	defer done()
	o.Actor = l.a.actor()
	e, err := desk.EstimateResync(ctx, o)
	if err != nil {
		return out, err
	}
	out = web.ResyncAnswer{DryRun: dryRun, Joined: e.SameAs != 0, Estimate: admin.ResyncEstimate(e)}
	if dryRun {
		return out, nil
	}
	r, fresh, err := desk.OrderResync(ctx, o)
	if err != nil {
		return out, err
	}
	view := admin.Resync(r, nil, l.house.now())
	out.ID, out.Joined, out.Resync = &r.ID, !fresh, &view
	return out, nil
}

// desk looks at the limits that a running service keeps in Redis, where there is
// one to look at: without it, those that the platforms publish are taken.
func (l *localResyncs) desk(ctx context.Context) (*resyncDesk, func(), error) {
	g, closer := l.a.sharedGate(ctx, l.house)
	on, without, err := l.house.connect(ctx, g)
	shared, _ := g.(*gate.Redis)
	return l.house.desk(on, without, shared), func() { _ = closer.Close() }, err
}

// Cancel takes an order back.
func (l *localResyncs) Cancel(ctx context.Context, id int64) (web.Resync, error) {
	r, err := l.house.store.CancelResync(ctx, l.a.actor(), id, "")
	if err != nil {
		return web.Resync{}, err
	}
	return l.view(ctx, r)
}

// One says how one resync stands.
func (l *localResyncs) One(ctx context.Context, id int64) (web.Resync, error) {
	r, err := l.house.store.Resync(ctx, id, "")
	if err != nil {
		return web.Resync{}, err
	}
	return l.view(ctx, r)
}

func (l *localResyncs) view(ctx context.Context, r influencer.Resync) (web.Resync, error) {
	health, err := l.house.store.PlatformHealth(ctx)
	return admin.Resync(r, health, l.house.now()), err
}

// List lists resyncs, newest first.
func (l *localResyncs) List(ctx context.Context, agency string, p influencer.Paging) (influencer.Page[web.Resync], error) {
	health, err := l.house.store.PlatformHealth(ctx)
	if err != nil {
		return influencer.Page[web.Resync]{}, err
	}
	page, err := l.house.store.Resyncs(ctx, agency, p)
	return viewed(page, func(r influencer.Resync) web.Resync { return admin.Resync(r, health, l.house.now()) }), err
}

// Failures lists who could not be read.
func (l *localResyncs) Failures(ctx context.Context, id int64, p influencer.Paging) (influencer.Page[web.ResyncFailure], error) {
	page, err := l.house.store.ResyncFailures(ctx, id, "", p)
	return viewed(page, admin.ResyncFailure), err
}

// viewed is a page of views.
func viewed[S, V any](page influencer.Page[S], view func(S) V) influencer.Page[V] {
	out := influencer.Page[V]{Next: page.Next, Items: make([]V, len(page.Items))}
	for i, row := range page.Items {
		out.Items[i] = view(row)
	}
	return out
}

// timeOr is a time of a view, zero for none.
func timeOr(t *time.Time) time.Time {
	if t == nil {
		return never
	}
	return *t
}
