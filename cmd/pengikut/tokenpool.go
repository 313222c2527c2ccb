package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
)

// poolReload is how long a change of the stored tokens may go unnoticed.
const poolReload = time.Minute

// appTokenKeeper keeps the institution's own tokens.
type appTokenKeeper interface {
	AppTokens(context.Context, influencer.Platform) ([]store.AppToken, error)
	MarkCredential(ctx context.Context, id int64, state store.CredentialState, detail string, handedOut time.Time) error
}

// tokenPool reads one platform with the institution's stored tokens, by the order
// of their labels: with the first until it dies or its limit is used up, and then
// with the next. One that died is marked; one that was stored since is found. It
// is safe for concurrent use.
type tokenPool struct {
	platform influencer.Platform
	keep     appTokenKeeper
	build    func(influencer.Secret) (connectors.Connector, error)
	now      func() time.Time
	size     int
	asks     []connectors.Ask

	mu     sync.Mutex
	turn   []pooled
	loaded time.Time
	rests  map[int64]time.Time // until when a token's limit is used up
}

// pooled is a token with its connector.
type pooled struct {
	store.AppToken
	connectors.Connector
	at time.Time // when it was handed out
}

// newTokenPool makes a pool of the tokens that are stored now, of which there is
// one at least.
func newTokenPool(ctx context.Context, p influencer.Platform, keep appTokenKeeper, now func() time.Time,
	build func(influencer.Secret) (connectors.Connector, error)) (*tokenPool, error) {
	pool := &tokenPool{platform: p, keep: keep, build: build, now: now, rests: map[int64]time.Time{}}
	turn, err := pool.tokens(ctx)
	if err != nil {
		return nil, err
	}
	if len(turn) == 0 {
		return nil, fmt.Errorf("no stored token of %s is in force", p)
	}
	pool.size = turn[0].BatchSize()
	if l, ok := turn[0].Connector.(connectors.Limited); ok && len(turn) == 1 {
		pool.asks = l.Asks()
	}
	return pool, nil
}

// BatchSize is that of the platform's connector.
func (p *tokenPool) BatchSize() int { return p.size }

// Asks implements connectors.Limited for a lone token. Of several, none's limit is
// the platform's.
func (p *tokenPool) Asks() []connectors.Ask { return p.asks }

// Read asks with one token after the other.
func (p *tokenPool) Read(ctx context.Context, req influencer.Request) ([]influencer.Observation, error) {
	turn, err := p.tokens(ctx)
	if err != nil {
		return nil, &influencer.Failure{Kind: influencer.Unavailable, Detail: "the stored tokens could not be read", Err: err}
	}
	last := &influencer.Failure{Kind: influencer.CredentialDead, Detail: "no stored token is in force: credential list says why"}
	for _, t := range turn {
		if f := p.resting(t.ID); f != nil {
			last = sooner(last, f)
			continue
		}
		seen, err := t.Read(ctx, req)
		if err == nil {
			return seen, nil
		}
		f := connectors.AsFailure(err)
		switch f.Kind {
		case influencer.CredentialDead:
			if err := p.bury(ctx, t, f); err != nil {
				return nil, &influencer.Failure{Kind: influencer.Unavailable, Detail: "a dead token could not be marked", Err: err}
			}
		case influencer.RateLimited:
			p.rest(t.ID, f.Until)
		default:
			return nil, err
		}
		last = sooner(last, f)
	}
	return nil, last
}

// sooner is the failure that passes first; a limit passes, a death does not.
func sooner(a, b *influencer.Failure) *influencer.Failure {
	if a.Kind != influencer.RateLimited || b.Kind == influencer.RateLimited && b.Until.Before(a.Until) {
		return b
	}
	return a
}

// tokens are the tokens in force, with a connector for each.
func (p *tokenPool) tokens(ctx context.Context) ([]pooled, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if !p.loaded.IsZero() && now.Sub(p.loaded) < poolReload && !now.Before(p.loaded) {
		return p.turn, nil
	}
	found, err := p.keep.AppTokens(ctx, p.platform)
	if err != nil {
		return nil, err
	}
	var turn []pooled
	for _, t := range found {
		one := pooled{AppToken: t, at: now, Connector: p.known(t)}
		if one.Connector == nil {
			if one.Connector, err = p.build(t.Token); err != nil {
				return nil, err
			}
			delete(p.rests, t.ID)
		}
		turn = append(turn, one)
	}
	p.turn, p.loaded = turn, now
	return turn, nil
}

// known is the connector that a token already has, nil for a new token.
func (p *tokenPool) known(t store.AppToken) connectors.Connector {
	for _, one := range p.turn {
		if one.ID == t.ID && one.Token == t.Token {
			return one.Connector
		}
	}
	return nil
}

// bury marks a token that the platform refused, and has the others looked up.
func (p *tokenPool) bury(ctx context.Context, t pooled, f *influencer.Failure) error {
	detail := strings.TrimPrefix(f.Code+": "+f.Detail, ": ")
	if err := p.keep.MarkCredential(context.WithoutCancel(ctx), t.ID, store.CredentialDead, detail, t.at); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.loaded = time.Time{}
	return nil
}

func (p *tokenPool) rest(id int64, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rests[id] = until
}

// resting says until when a token is of no use, nil when it is of use.
func (p *tokenPool) resting(id int64) *influencer.Failure {
	p.mu.Lock()
	defer p.mu.Unlock()
	if until := p.rests[id]; until.After(p.now()) {
		return &influencer.Failure{Kind: influencer.RateLimited, Until: until, Code: "gate", NotCalled: true,
			Detail: "not called: the limits of the stored tokens are used up"}
	}
	return nil
}
