package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
	"github.com/pengikut/pengikut/worker"
)

const (
	renewEvery   = time.Hour
	renewTimeout = 10 * time.Minute
	renewLease   = 15 * time.Minute // longer than a run, so that nobody takes what is under way
	renewBatch   = 50
	renewBatches = 10 // a run
)

// renewer exchanges tokens for newer ones, and asks when they end.
type renewer interface {
	CanRenew() bool
	Renew(context.Context, influencer.Secret) (influencer.Secret, time.Time, error)
	Expiry(context.Context, influencer.Secret) (time.Time, error)
}

// renewalKeeper keeps the tokens.
type renewalKeeper interface {
	ClaimRenewals(context.Context, influencer.Platform, int, time.Duration) ([]store.Renewal, error)
	StoreRenewed(context.Context, store.Renewal, influencer.Secret, time.Time) (bool, error)
	LearnExpiry(context.Context, store.Renewal, time.Time) error
	RenewalFailed(context.Context, store.Renewal, *influencer.Failure) error
}

// renewal renews stored tokens ahead of their end.
type renewal struct {
	keep renewalKeeper
	with renewer
	log  *slog.Logger
}

// renewJobs is the periodic renewal; nothing without an app to renew with. Its
// app is Facebook's, whose exchange serves Instagram's tokens too: both are given
// by Facebook Login.
func (h *house) renewJobs(on map[influencer.Platform]worker.Connector) []worker.Job {
	with, ok := on[influencer.Facebook].(renewer)
	if !ok || !with.CanRenew() {
		return nil
	}
	r := renewal{keep: h.store, with: with, log: h.log}
	return []worker.Job{{Name: "renew-tokens", Every: renewEvery, Timeout: renewTimeout, Run: r.run}}
}

// run renews a bounded number of tokens. Trouble that is not of one token ends
// the run: the next one begins with others, as the failed one waits longer.
func (r renewal) run(ctx context.Context) error {
	for _, p := range []influencer.Platform{influencer.Facebook, influencer.Instagram} {
		for range renewBatches {
			batch, err := r.keep.ClaimRenewals(ctx, p, renewBatch, renewLease)
			if err != nil {
				return err
			}
			if len(batch) == 0 {
				break
			}
			for _, one := range batch {
				if goOn, err := r.renew(ctx, one); err != nil || !goOn {
					return err
				}
			}
		}
	}
	return nil
}

// renew renews one token; false when the next would fare no better. What the
// platform answered is written even when the service is being stopped.
func (r renewal) renew(ctx context.Context, one store.Renewal) (goOn bool, err error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	write := context.WithoutCancel(ctx)
	var end time.Time
	var failure error
	if one.ExpiresAt.IsZero() {
		if end, failure = r.with.Expiry(ctx, one.Token); failure == nil {
			return true, r.keep.LearnExpiry(write, one, end)
		}
	} else {
		var token influencer.Secret
		if token, end, failure = r.with.Renew(ctx, one.Token); failure == nil {
			_, err := r.keep.StoreRenewed(write, one, token, end)
			return true, err
		}
	}
	if ctx.Err() != nil {
		return false, ctx.Err() // interrupted: the lease ends by itself
	}
	f := connectors.AsFailure(failure)
	r.log.Warn("token not renewed", "why", f.Error())
	ofToken := f.Kind == influencer.CredentialDead || f.Kind == influencer.Malformed
	return ofToken, r.keep.RenewalFailed(write, one, f)
}
