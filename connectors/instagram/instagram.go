// Package instagram reads followers of professional Instagram accounts by
// business discovery: the institution's own professional account looks up
// others by username (developers.facebook.com, instagram-platform,
// instagram-api-with-facebook-login/business-discovery).
//
// Personal accounts, age-gated ones and names that do not exist cannot be read and
// cannot be told apart. A renamed account answers to its new name only, as there
// is no way to ask by id.
package instagram

import (
	"context"
	"errors"
	"net/url"
	"regexp"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/graph"
	"github.com/pengikut/pengikut/influencer"
)

const source = "instagram/business_discovery"

// Options sets up a connector.
type Options struct {
	BaseURL string // see graph.Options
	Version string // see graph.Options
	// UserID is the Instagram id of the institution's own professional account.
	UserID string
	// Token is that account's Facebook Login token, with instagram_basic,
	// instagram_manage_insights and pages_read_engagement.
	Token influencer.Secret
	// AppSecret signs the token; see graph.Options.
	AppSecret influencer.Secret
	// HTTP makes the calls; nil means a client of its own.
	HTTP *connectors.Client
	// Now is the clock; nil means HTTP's.
	Now func() time.Time
}

// Connector reads Instagram. It is safe for concurrent use.
type Connector struct {
	api    *graph.API
	o      Options
	fields optional
}

var (
	userIDForm = regexp.MustCompile(`^[0-9]{1,20}$`)
	// nameForm is what an Instagram username may be. Anything else would become
	// part of the field expression that carries it.
	nameForm = regexp.MustCompile(`^[A-Za-z0-9._]{1,30}$`)
)

// New returns a connector. It fails on options that cannot work; it calls nothing.
func New(o Options) (*Connector, error) {
	if !userIDForm.MatchString(o.UserID) {
		return nil, errors.New("instagram: the user id of the institution's own account is needed, in digits")
	}
	if o.Token == "" {
		return nil, errors.New("instagram: an access token is needed")
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
func (c *Connector) Platform() influencer.Platform { return influencer.Instagram }

// Metric implements connectors.Connector.
func (c *Connector) Metric() influencer.Metric { return influencer.Followers }

// BatchSize implements connectors.Connector.
func (c *Connector) BatchSize() int { return graph.MaxItems }

// Read implements connectors.Connector. Every target is asked by its handle,
// pinned or not; whose id answered is in ExternalID.
func (c *Connector) Read(ctx context.Context, req influencer.Request) ([]influencer.Observation, error) {
	s := connectors.NewSheet(source, req.Targets, key)
	if len(s.Keys()) == 0 {
		return s.Close(nil)
	}
	err := connectors.Divide(ctx, s.Keys(), func(ctx context.Context, keys []string) error {
		return c.ask(ctx, s, req.Purpose, keys)
	}, func(key string, refusal error, proven bool) { s.Fail(key, aloneRefused(refusal, proven)) })
	return s.Close(err)
}

func key(t influencer.Target) (string, *influencer.Failure) {
	if !nameForm.MatchString(t.Handle) {
		return "", connectors.Failf(influencer.Unreadable, "",
			"the handle is not an Instagram username: 1 to 30 letters, digits, dots and underscores")
	}
	return t.Handle, nil
}

// aloneRefused types an account whose question is refused as such. Only where
// others did well is the account known to be the reason.
func aloneRefused(refusal error, proven bool) *influencer.Failure {
	f := *connectors.AsFailure(refusal)
	if proven {
		f.Kind, f.Detail = influencer.Unreadable, "Instagram refuses to look this account up: "+f.Detail
	}
	return &f
}

// Asks implements connectors.Limited. Every item of a batch counts as a call.
func (c *Connector) Asks() []connectors.Ask {
	return []connectors.Ask{{Key: c.gateKey(), Purpose: influencer.PurposePlanned, Cost: graph.MaxItems, Reads: graph.MaxItems}}
}

// gateKey names what the limits are counted against: the reading user.
func (c *Connector) gateKey() connectors.Key {
	return connectors.Key{Platform: influencer.Instagram, Credential: connectors.Fingerprint(c.o.Token), Endpoint: "business_discovery"}
}

// ask makes one batch and files its answers; items refused for an optional field
// are asked once more without it.
func (c *Connector) ask(ctx context.Context, s *connectors.Sheet, p influencer.Purpose, keys []string) error {
	ask := connectors.Ask{Purpose: p, Key: c.gateKey()}
	for len(keys) > 0 {
		used := c.fields.load()
		items := make([]graph.Item, len(keys))
		for i, k := range keys {
			items[i] = graph.Item{Path: c.o.UserID, Query: url.Values{"fields": {used.expression(k)}}}
		}
		results, err := c.api.Do(ctx, ask, c.o.Token, items)
		if err != nil {
			return err
		}
		if f := whole(results); f != nil {
			return f
		}
		keys = c.file(s, used, keys, results)
	}
	return nil
}
