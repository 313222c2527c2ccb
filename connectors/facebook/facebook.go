// Package facebook reads how many friends a person has, with that person's own
// token and consent (permission user_friends; developers.facebook.com,
// graph-api/reference/user/friends). There is no follower count of a personal
// profile, and nobody's friends can be counted without their token.
package facebook

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/graph"
	"github.com/pengikut/pengikut/influencer"
)

const source = "facebook/friends"

// Options sets up a connector.
type Options struct {
	BaseURL string // see graph.Options
	Version string // see graph.Options
	// AppID and AppSecret are those of the app that collected the tokens. With
	// both, the app's own token carries the batches and each token is signed;
	// without, the first person's token carries them.
	AppID     string
	AppSecret influencer.Secret
	// HTTP makes the calls; nil means a client of its own.
	HTTP *connectors.Client
	// Now is the clock; nil means HTTP's.
	Now func() time.Time
}

// Connector reads Facebook. It is safe for concurrent use.
type Connector struct {
	api    *graph.API
	o      Options
	fields refusals
}

// New returns a connector. It fails on options that cannot work; it calls nothing.
func New(o Options) (*Connector, error) {
	if o.AppID != "" {
		if _, err := strconv.ParseUint(o.AppID, 10, 64); err != nil {
			return nil, errors.New("facebook: the app id is not a number")
		}
	}
	api, err := graph.New(graph.Options{BaseURL: o.BaseURL, Version: o.Version, AppSecret: o.AppSecret, HTTP: o.HTTP})
	if err != nil {
		return nil, err
	}
	if o.Now == nil {
		o.Now = api.HTTP().Now
	}
	return &Connector{api: api, o: o}, nil
}

// Platform implements connectors.Connector.
func (c *Connector) Platform() influencer.Platform { return influencer.Facebook }

// Metric implements connectors.Connector.
func (c *Connector) Metric() influencer.Metric { return influencer.Friends }

// BatchSize implements connectors.Connector.
func (c *Connector) BatchSize() int { return graph.MaxItems }

// Read implements connectors.Connector. A target without a token is NeedsConsent
// and is not asked about, nor is one whose token is known to be dead; a dead
// token is that account's failure alone.
func (c *Connector) Read(ctx context.Context, req influencer.Request) ([]influencer.Observation, error) {
	b := &batch{c: c, purpose: req.Purpose, targets: map[string]influencer.Target{}}
	b.sheet = connectors.NewSheet(source, req.Targets, b.key)
	if len(b.sheet.Keys()) == 0 {
		return b.sheet.Close(nil)
	}
	err := connectors.Divide(ctx, b.sheet.Keys(), b.ask, func(key string, refusal error, _ bool) {
		b.sheet.Fail(key, connectors.AsFailure(refusal))
	})
	return b.sheet.Close(err)
}

// batch is one Read under way.
type batch struct {
	c       *Connector
	purpose influencer.Purpose
	sheet   *connectors.Sheet
	targets map[string]influencer.Target // by key, which is our own account id
}

func (b *batch) key(t influencer.Target) (string, *influencer.Failure) {
	if t.Token == "" && t.TokenDead != nil {
		return "", t.TokenDead
	}
	if t.Token == "" {
		return "", connectors.Failf(influencer.NeedsConsent, "", "there is no token of this person")
	}
	k := strconv.FormatInt(t.AccountID, 10)
	b.targets[k] = t
	return k, nil
}

// Asks implements connectors.Limited. Every item of a batch counts as a call.
func (c *Connector) Asks() []connectors.Ask {
	return []connectors.Ask{{Key: c.gateKey(), Purpose: influencer.PurposePlanned, Cost: graph.MaxItems, Reads: graph.MaxItems}}
}

// gateKey names what the limits are counted against: the app.
func (c *Connector) gateKey() connectors.Key {
	return connectors.Key{Platform: influencer.Facebook, Credential: connectors.Fingerprint(influencer.Secret(c.o.AppID)), Endpoint: "me/friends"}
}
