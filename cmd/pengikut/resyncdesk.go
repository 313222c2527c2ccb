package main

import (
	"context"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/connectors/gate"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
	"github.com/pengikut/pengikut/worker"
)

// resyncDesk takes orders to read accounts now. Besides what the database knows,
// it knows which platforms are read at all and what their limits let through.
type resyncDesk struct {
	*store.Store
	on     []influencer.Platform
	off    []off
	limits limits // nil where nobody keeps them
	now    func() time.Time
}

// limits is what is known of the platforms' rate limits, in accounts.
type limits interface {
	Headroom(ctx context.Context, p influencer.Platform, why influencer.Purpose) (accounts int, until time.Time, known bool)
	Window(ctx context.Context, p influencer.Platform, why influencer.Purpose) int
}

// desk is the desk of a process that keeps a gate; g may be nil.
func (h *house) desk(on map[influencer.Platform]worker.Connector, without []off, g *gate.Redis) *resyncDesk {
	d := &resyncDesk{Store: h.store, off: without, now: h.now}
	for p := range on {
		d.on = append(d.on, p)
	}
	slices.Sort(d.on)
	if g != nil {
		d.limits = gate.NewHeadroom(g, asksOf(on))
	}
	return d
}

// webDesk is the desk of a service, which looks at the limits in its Redis.
func (h *house) webDesk(ctx context.Context, client redis.UniversalClient) (*resyncDesk, error) {
	g := gate.New(gate.Options{Client: client, Now: h.now})
	on, without, err := h.connect(ctx, g)
	if err != nil {
		return nil, err
	}
	return h.desk(on, without, g), nil
}

// EstimateResync says what an order would read, what that costs, and how long it
// takes at the least.
func (d *resyncDesk) EstimateResync(ctx context.Context, o influencer.ResyncOrder) (influencer.ResyncEstimate, error) {
	o, err := d.complete(o)
	if err != nil {
		return influencer.ResyncEstimate{}, err
	}
	e, err := d.Store.EstimateResync(ctx, o)
	for i, c := range e.Platforms {
		e.Platforms[i].LeastTime = d.least(ctx, c)
	}
	return e, err
}

// OrderResync gives the order, see [store.Store.OrderResync].
func (d *resyncDesk) OrderResync(ctx context.Context, o influencer.ResyncOrder) (influencer.Resync, bool, error) {
	o, err := d.complete(o)
	if err != nil {
		return influencer.Resync{}, false, err
	}
	return d.Store.OrderResync(ctx, o)
}

// complete refuses platforms that are off, and names those that are on where the
// order names none.
func (d *resyncDesk) complete(o influencer.ResyncOrder) (influencer.ResyncOrder, error) {
	if o.Empty() {
		return o, influencer.ErrResyncEmpty
	}
	for _, p := range o.Platforms {
		if !slices.Contains(d.on, p) {
			return o, &influencer.PlatformOffError{Platform: p, Why: d.why(p)}
		}
	}
	if len(d.on) == 0 {
		return o, &influencer.PlatformOffError{Why: "no platform has credentials"}
	}
	if len(o.Platforms) == 0 {
		o.Platforms = d.on
	}
	return o, nil
}

func (d *resyncDesk) why(p influencer.Platform) string {
	for _, l := range d.off {
		if l.name == p {
			return l.why
		}
	}
	return "there is no such platform"
}

// least is how long a platform's limits make so many reads take at the least, nil
// where they are not known. Until an answer told of them, those that the platform
// publishes are taken.
func (d *resyncDesk) least(ctx context.Context, c influencer.ResyncCost) *time.Duration {
	l, known := platformNamed(c.Platform)
	each, room, wait := int64(l.windowReads), int64(l.windowReads), time.Duration(0)
	if d.limits != nil {
		if n := d.limits.Window(ctx, c.Platform, influencer.PurposeManual); n > 0 {
			each, room = int64(n), int64(n)
		}
		if n, until, told := d.limits.Headroom(ctx, c.Platform, influencer.PurposeManual); told {
			room, wait = int64(n), max(until.Sub(d.now()), 0)
		}
	}
	if !known || each <= 0 || l.window <= 0 {
		return nil
	}
	var least time.Duration
	if rest := c.Accounts - c.Joined - room; rest > 0 {
		least = wait + time.Duration((rest+each-1)/each-1)*l.window
	}
	return &least
}

// platformNamed is a platform's line in the table.
func platformNamed(p influencer.Platform) (platform, bool) {
	for _, l := range platforms() {
		if l.name == p {
			return l, true
		}
	}
	return platform{}, false
}
