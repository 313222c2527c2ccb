package web

import (
	"context"
	"net/http"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Keys keeps the keys of the API.
type Keys interface {
	Keys(ctx context.Context, p influencer.Paging) (influencer.Page[influencer.Key], error)
	// CreateKey hands out the text of the new key, this once.
	CreateKey(ctx context.Context, o influencer.KeyOrder) (influencer.Key, influencer.Secret, error)
	// RevokeKey ends a key; [influencer.ErrNotFound] when there is none.
	RevokeKey(ctx context.Context, id int64, actor string) (influencer.Key, error)
}

// NewKey is a key that was just made: the one answer that holds its text.
type NewKey struct {
	Key
	Text string `json:"key" doc:"The key itself, shown this once" example:"pk_7_JqD3…"`
}

// KeyOrder asks for a new key.
type KeyOrder struct {
	Name      string     `json:"name" minLength:"1" maxLength:"100" doc:"Who or what will use it" example:"dashboard"`
	Role      string     `json:"role" format:"role" doc:"A viewer reads, with NIPs masked; an admin reads them whole, and orders"`
	Agency    string     `json:"agency,omitempty" maxLength:"200" doc:"The only agency it sees, by its whole name; left out for all"`
	ExpiresAt *time.Time `json:"expires_at,omitempty" doc:"When it ends; left out for never" example:"2027-12-31T23:59:59+07:00"`
}

type keyPath struct {
	ID int64 `path:"id" minimum:"1" doc:"The key's id"`
}

func (a *api) keyRoutes(keys Keys) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/keys", id: "list-keys", tag: "keys", who: admins, allAgencies: true,
		summary: "List the keys without the keys", description: "Oldest first, those that are no longer valid among them.",
	}, func(ctx context.Context, in *struct{ PageQuery }) (*reply[Page[Key]], error) {
		page, err := keys.Keys(ctx, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[Key]]{PageOf(page, a.keyView)}, nil
	})
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/keys", id: "create-key", tag: "keys", who: admins, allAgencies: true,
		summary: "Make a key", description: "The answer shows the key, this once: only a hash of it is kept.",
		status: http.StatusCreated, perMinute: 30,
	}, func(ctx context.Context, in *struct{ Body KeyOrder }) (*reply[NewKey], error) {
		o := influencer.KeyOrder{Name: in.Body.Name, Role: influencer.Role(in.Body.Role), Agency: in.Body.Agency, Actor: principalOf(ctx).actor()}
		if in.Body.ExpiresAt != nil {
			o.ExpiresAt = *in.Body.ExpiresAt
		}
		k, text, err := keys.CreateKey(ctx, o)
		if err != nil {
			return nil, err
		}
		return &reply[NewKey]{NewKey{Key: a.keyView(k), Text: text.Reveal()}}, nil
	})
	route(a, routeSpec{
		method: http.MethodDelete, path: "/api/v1/keys/{id}", id: "revoke-key", tag: "keys", who: admins, allAgencies: true,
		summary: "End a key at once, in every process", description: "A key that is revoked already stays as it is.",
	}, func(ctx context.Context, in *keyPath) (*reply[Key], error) {
		k, err := keys.RevokeKey(ctx, in.ID, principalOf(ctx).actor())
		if err != nil {
			return nil, err
		}
		return &reply[Key]{a.keyView(k)}, nil
	})
}

func (a *api) keyView(k influencer.Key) Key { return KeyView(k, a.now()) }
