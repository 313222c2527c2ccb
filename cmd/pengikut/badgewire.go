package main

import (
	"context"
	"errors"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
	"github.com/pengikut/pengikut/web"
	"github.com/pengikut/pengikut/worker"
)

const (
	badgeEvery = time.Minute
	badgeRows  = 5000 // a transaction
)

// badges is what the public pages are made of, nil while they are off.
func (h *house) badges() *web.BadgeOptions {
	b := h.config.Badge
	if !b.On {
		return nil
	}
	return &web.BadgeOptions{Store: h.store, Keys: badgeKeys{h.store}, Base: b.PublicURL, Issuer: b.Issuer, Now: h.now}
}

// badgeJobs keeps badges up with statuses.
func (h *house) badgeJobs() []worker.Job {
	if !h.config.Badge.On {
		return nil
	}
	return []worker.Job{{Name: "badges", Every: badgeEvery, Timeout: 5 * time.Minute, Run: h.keepBadges}}
}

func (h *house) keepBadges(ctx context.Context) error {
	for {
		n, err := h.store.KeepBadges(ctx, h.now(), badgeRows)
		if err != nil || n < badgeRows {
			return err
		}
	}
}

// badgeKeys keeps signing keys in the store. The first one is made when it is
// needed first.
type badgeKeys struct{ store *store.Store }

// BadgeKey is the key that signs.
func (k badgeKeys) BadgeKey(ctx context.Context) (web.BadgeKey, error) {
	newest, err := k.store.NewestSigningKey(ctx)
	if errors.Is(err, influencer.ErrNotFound) {
		if _, err = k.add(ctx, true, "schedule"); err == nil {
			newest, err = k.store.NewestSigningKey(ctx)
		}
	}
	return web.BadgeKey{KID: newest.KID, Public: newest.Public, Private: newest.Private}, err
}

// BadgePublicKeys are all keys, without their private parts.
func (k badgeKeys) BadgePublicKeys(ctx context.Context) ([]web.BadgeKey, error) {
	kept, err := k.store.SigningKeys(ctx)
	keys := make([]web.BadgeKey, len(kept))
	for i, one := range kept {
		keys[i] = web.BadgeKey{KID: one.KID, Public: one.Public}
	}
	return keys, err
}

func (k badgeKeys) add(ctx context.Context, onlyFirst bool, actor string) (kid string, err error) {
	made, err := web.NewBadgeKey()
	if err != nil {
		return "", err
	}
	return made.KID, k.store.AddSigningKey(ctx, store.SigningKey{KID: made.KID, Public: made.Public, Private: made.Private}, onlyFirst, actor)
}
