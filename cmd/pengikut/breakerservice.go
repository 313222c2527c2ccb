package main

import (
	"context"
	"net/http"
	"net/url"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// tripBook tells of the breaker's alarms.
type tripBook interface {
	Trips(ctx context.Context, p influencer.Paging) (influencer.Page[web.Trip], error)
	Trip(ctx context.Context, id int64) (web.Trip, error)
	Losses(ctx context.Context, id int64, p influencer.Paging) (influencer.Page[web.HeldLoss], error)
}

// tripOrders closes alarms.
type tripOrders interface {
	// Release lets the losses go. What it returns is still releasing where others
	// decide who is on the list; else it tells how many are done, and is released.
	Release(ctx context.Context, id int64, reason string, progress func(done, of int)) (web.Trip, error)
	Discard(ctx context.Context, id int64, reason string) error
}

// breakerService is whoever has the breaker.
type breakerService interface {
	tripBook
	tripOrders
}

func (a *app) breaker() ways[breakerService] {
	return ways[breakerService]{existing, func(h *house) breakerService { return localBreaker{h, a.actor()} },
		func(r *remote) breakerService { return remoteBreaker{r} }}
}

// localBreaker works on the database itself.
type localBreaker struct {
	*house
	by string
}

// Trips lists the alarms, newest first.
func (l localBreaker) Trips(ctx context.Context, p influencer.Paging) (influencer.Page[web.Trip], error) {
	page, err := l.store.Trips(ctx, p)
	return viewed(page, web.TripView), err
}

// Trip is one alarm.
func (l localBreaker) Trip(ctx context.Context, id int64) (web.Trip, error) {
	t, err := l.store.Trip(ctx, id)
	return web.TripView(t), err
}

// Losses lists what an alarm holds.
func (l localBreaker) Losses(ctx context.Context, id int64, p influencer.Paging) (influencer.Page[web.HeldLoss], error) {
	page, err := l.store.HeldLosses(ctx, id, p)
	return viewed(page, admin.HeldLoss), err
}

// Release lets the losses go, and decides everybody on the list.
func (l localBreaker) Release(ctx context.Context, id int64, reason string, progress func(done, of int)) (web.Trip, error) {
	t, err := l.store.ReleaseTrip(ctx, id, l.order(reason))
	if err != nil {
		return web.Trip{}, err
	}
	if err := l.store.MakeReleased(ctx, l.now(), func(done int) { progress(done, max(done, t.Held)) }); err != nil {
		return web.Trip{}, err
	}
	return l.Trip(ctx, id)
}

// Discard drops the list.
func (l localBreaker) Discard(ctx context.Context, id int64, reason string) error {
	_, err := l.store.DiscardTrip(ctx, id, l.order(reason))
	return err
}

func (l localBreaker) order(reason string) influencer.TripOrder {
	return influencer.TripOrder{Actor: l.by, Note: reason, At: l.now()}
}

// remoteBreaker asks a service elsewhere.
type remoteBreaker struct{ *remote }

const breakerPath = "/api/v1/breaker"

// Trips lists the alarms, newest first.
func (r remoteBreaker) Trips(ctx context.Context, p influencer.Paging) (influencer.Page[web.Trip], error) {
	return pages[web.Trip](r.remote, breakerPath, nil)(ctx, p)
}

// Trip is one alarm.
func (r remoteBreaker) Trip(ctx context.Context, id int64) (web.Trip, error) {
	t, err := ask[web.TripList](ctx, r.remote, http.MethodGet, byID(breakerPath, id), url.Values{"limit": {"1"}}, nil)
	return t.Trip, err
}

// Losses lists what an alarm holds.
func (r remoteBreaker) Losses(ctx context.Context, id int64, p influencer.Paging) (influencer.Page[web.HeldLoss], error) {
	return pages[web.HeldLoss](r.remote, byID(breakerPath, id), nil)(ctx, p)
}

// Release lets the losses go; the service decides who is on the list.
func (r remoteBreaker) Release(ctx context.Context, id int64, reason string, _ func(done, of int)) (web.Trip, error) {
	return r.end(ctx, id, "release", reason)
}

// Discard drops the list.
func (r remoteBreaker) Discard(ctx context.Context, id int64, reason string) error {
	_, err := r.end(ctx, id, "discard", reason)
	return err
}

func (r remoteBreaker) end(ctx context.Context, id int64, how, reason string) (web.Trip, error) {
	return ask[web.Trip](ctx, r.remote, http.MethodPost, byID(breakerPath, id)+"/"+how, nil, map[string]string{"reason": reason})
}
