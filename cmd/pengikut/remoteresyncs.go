package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// remoteResyncs asks a service elsewhere for its resyncs.
type remoteResyncs struct{ *remote }

var _ resyncService = remoteResyncs{}

// Order gives an order, or says what it would cost.
func (r remoteResyncs) Order(ctx context.Context, o influencer.ResyncOrder, dryRun bool) (web.ResyncAnswer, error) {
	body := web.ResyncOrder{Agency: o.Agency, All: o.All, DryRun: dryRun}
	for _, p := range o.Platforms {
		body.Platforms = append(body.Platforms, string(p))
	}
	for _, n := range o.NIPs {
		body.NIPs = append(body.NIPs, string(n))
	}
	return ask[web.ResyncAnswer](ctx, r.remote, http.MethodPost, "/api/v1/resyncs", nil, body)
}

// Cancel takes an order back.
func (r remoteResyncs) Cancel(ctx context.Context, id int64) (web.Resync, error) {
	return ask[web.Resync](ctx, r.remote, http.MethodDelete, resyncPath(id), nil, nil)
}

// One says how one resync stands.
func (r remoteResyncs) One(ctx context.Context, id int64) (web.Resync, error) {
	return ask[web.Resync](ctx, r.remote, http.MethodGet, resyncPath(id), nil, nil)
}

// List lists resyncs, newest first.
func (r remoteResyncs) List(ctx context.Context, agency string, p influencer.Paging) (influencer.Page[web.Resync], error) {
	return pages[web.Resync](r.remote, "/api/v1/resyncs", url.Values{"agency": {agency}})(ctx, p)
}

// Failures lists who could not be read.
func (r remoteResyncs) Failures(ctx context.Context, id int64, p influencer.Paging) (influencer.Page[web.ResyncFailure], error) {
	return pages[web.ResyncFailure](r.remote, resyncPath(id)+"/accounts", url.Values{})(ctx, p)
}

func resyncPath(id int64) string { return fmt.Sprintf("/api/v1/resyncs/%s", strconv.FormatInt(id, 10)) }
