package main

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// freezeService keeps the freezes of new grants.
type freezeService interface {
	Add(ctx context.Context, f influencer.Freeze) (influencer.Freeze, error)
	End(ctx context.Context, id int64, note string) error
	List(ctx context.Context, agency string) ([]influencer.Freeze, error)
}

func (a *app) freezes() ways[freezeService] {
	return ways[freezeService]{existing, func(h *house) freezeService { return localFreezes{h, influencer.Orderer{Actor: a.actor()}} },
		func(r *remote) freezeService { return remoteFreezes{r} }}
}

// localFreezes works on the database itself.
type localFreezes struct {
	*house
	by influencer.Orderer
}

// Add orders a freeze.
func (l localFreezes) Add(ctx context.Context, f influencer.Freeze) (influencer.Freeze, error) {
	return l.store.AddFreeze(ctx, f, l.by, l.now())
}

// End ends one before its time.
func (l localFreezes) End(ctx context.Context, id int64, note string) error {
	_, err := l.store.EndFreeze(ctx, id, note, l.by, l.now())
	return err
}

// List lists those that concern an agency, "" for all there are.
func (l localFreezes) List(ctx context.Context, agency string) ([]influencer.Freeze, error) {
	return l.store.Freezes(ctx, agency)
}

// remoteFreezes asks a service elsewhere.
type remoteFreezes struct{ *remote }

const freezesPath = "/api/v1/freezes"

// Add orders a freeze.
func (r remoteFreezes) Add(ctx context.Context, f influencer.Freeze) (influencer.Freeze, error) {
	body := web.FreezeBody{Agency: f.Agency, From: timeOrNil(f.From), Until: f.Until, Reason: f.Note}
	made, err := ask[web.Freeze](ctx, r.remote, http.MethodPost, freezesPath, nil, body)
	return freezeOf(made), err
}

// End ends one before its time.
func (r remoteFreezes) End(ctx context.Context, id int64, note string) error {
	_, err := ask[web.Freeze](ctx, r.remote, http.MethodDelete, byID(freezesPath, id), url.Values{"reason": {note}}, nil)
	return err
}

// List lists those that concern an agency, "" for all that the key may see.
func (r remoteFreezes) List(ctx context.Context, agency string) ([]influencer.Freeze, error) {
	page, err := ask[web.Page[web.Freeze]](ctx, r.remote, http.MethodGet, freezesPath, nil, nil)
	all := mapped(page.Items, freezeOf)
	if agency != "" {
		all = slices.DeleteFunc(all, func(f influencer.Freeze) bool { return f.Agency != "" && f.Agency != agency })
	}
	return all, err
}

func freezeOf(v web.Freeze) influencer.Freeze {
	return influencer.Freeze{ID: v.ID, Agency: v.Agency, From: timeOr(v.From), Until: timeOr(v.Until), EndedAt: timeOr(v.EndedAt),
		Note: v.Note, Actor: v.Actor, AddedAt: timeOr(v.AddedAt)}
}
