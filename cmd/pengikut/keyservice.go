package main

import (
	"context"
	"net/http"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// keyOrders makes keys of the API and ends them.
type keyOrders interface {
	// Create hands out the text of the new key, this once.
	Create(ctx context.Context, o influencer.KeyOrder) (influencer.Key, influencer.Secret, error)
	Revoke(ctx context.Context, id int64) (influencer.Key, error)
}

func (a *app) keyOrders(may access) ways[keyOrders] {
	return ways[keyOrders]{may, func(h *house) keyOrders { return localKeys{h, a.actor()} }, func(r *remote) keyOrders { return remoteKeys{r} }}
}

// keys are the rows of their list.
func keys() ways[source[web.Key]] {
	return ways[source[web.Key]]{existing, func(h *house) source[web.Key] {
		return func(ctx context.Context, p influencer.Paging) (influencer.Page[web.Key], error) {
			page, err := h.store.Keys(ctx, p)
			return viewed(page, func(k influencer.Key) web.Key { return web.KeyView(k, h.now()) }), err
		}
	}, func(r *remote) source[web.Key] { return pages[web.Key](r, keysPath, nil) }}
}

// localKeys works on the database itself.
type localKeys struct {
	*house
	by string
}

// Create makes a key.
func (l localKeys) Create(ctx context.Context, o influencer.KeyOrder) (influencer.Key, influencer.Secret, error) {
	return l.store.CreateKey(ctx, o)
}

// Revoke ends a key.
func (l localKeys) Revoke(ctx context.Context, id int64) (influencer.Key, error) {
	return l.store.RevokeKey(ctx, id, l.by)
}

// remoteKeys asks a service elsewhere.
type remoteKeys struct{ *remote }

const keysPath = "/api/v1/keys"

// Create makes a key.
func (r remoteKeys) Create(ctx context.Context, o influencer.KeyOrder) (influencer.Key, influencer.Secret, error) {
	body := web.KeyOrder{Name: o.Name, Role: string(o.Role), Agency: o.Agency, ExpiresAt: timeOrNil(o.ExpiresAt)}
	made, err := ask[web.NewKey](ctx, r.remote, http.MethodPost, keysPath, nil, body)
	return keyOf(made.Key), influencer.Secret(made.Text), err
}

// Revoke ends a key.
func (r remoteKeys) Revoke(ctx context.Context, id int64) (influencer.Key, error) {
	k, err := ask[web.Key](ctx, r.remote, http.MethodDelete, byID(keysPath, id), nil, nil)
	return keyOf(k), err
}
