package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/facebook"
	"github.com/pengikut/pengikut/connectors/instagram"
	"github.com/pengikut/pengikut/connectors/x"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
)

// platform is one line of the table of platforms: how a connector is made of
// the configuration, and why one cannot be.
type platform struct {
	name   influencer.Platform
	metric influencer.Metric
	pace   func(config.Config) config.Pace
	off    func(config.Config) string // why it is off, "" when it is on
	build  func(parts) (connectors.Connector, error)

	// token is where the institution's own token stands, which a stored one takes
	// the place of; nil where each person's own token reads the person's account.
	token func(*config.Config) *influencer.Secret

	// oncePerDay says that an account read again on the same UTC day is not billed
	// again, as X has it (docs.x.com, getting-started/pricing).
	oncePerDay bool

	// windowReads is how many accounts the published limits let through in a window:
	// what an estimate goes by until the platform has told. 0 where it publishes no
	// number.
	windowReads int
	window      time.Duration
}

// parts is what connectors are made of.
type parts struct {
	config  config.Config
	http    *connectors.Client
	now     func() time.Time
	lessons lessons
}

// lessons is what connectors of earlier processes found out by asking. It costs
// a call to find out again, so that one that cannot be read or kept is no error.
type lessons struct {
	get  func(name string) string
	keep func(name, value string)
}

// platforms is the table. A new platform is one line here.
func platforms() []platform {
	return []platform{
		{influencer.X, influencer.Followers,
			func(c config.Config) config.Pace { return c.X.Pace }, func(c config.Config) string { return c.X.Off() }, buildX,
			func(c *config.Config) *influencer.Secret { return &c.X.BearerToken }, true,
			// 300 calls of 100 users (docs.x.com, x-api/fundamentals/rate-limits)
			300 * 100, 15 * time.Minute},
		{influencer.Instagram, influencer.Followers,
			func(c config.Config) config.Pace { return c.Instagram.Pace }, func(c config.Config) string { return c.Instagram.Off() }, buildInstagram,
			func(c *config.Config) *influencer.Secret { return &c.Instagram.AccessToken }, false, 0, 0},
		{influencer.Facebook, influencer.Friends,
			func(c config.Config) config.Pace { return c.Facebook.Pace }, func(c config.Config) string { return c.Facebook.Off() }, buildFacebook, nil, false, 0, 0},
	}
}

func buildX(p parts) (connectors.Connector, error) {
	o := x.Options{BaseURL: p.config.X.BaseURL, Bearer: p.config.X.BearerToken, ConsumerKey: p.config.X.ConsumerKey,
		ConsumerSecret: p.config.X.ConsumerSecret, HTTP: p.http, Now: p.now}
	if p.config.X.API == "v1.1" {
		return x.NewV11(o)
	}
	name := "fields of " + p.config.X.BaseURL
	o.Fields = x.ParseFields(p.lessons.get(name))
	o.FieldsLearned = func(f x.Fields) { p.lessons.keep(name, string(f)) }
	return x.New(o)
}

func buildInstagram(p parts) (connectors.Connector, error) {
	return instagram.New(instagram.Options{BaseURL: p.config.Graph.BaseURL, Version: p.config.Graph.Version,
		UserID: p.config.Instagram.UserID, Token: p.config.Instagram.AccessToken, AppSecret: p.config.Facebook.AppSecret,
		HTTP: p.http, Now: p.now})
}

func buildFacebook(p parts) (connectors.Connector, error) {
	return facebook.New(facebook.Options{BaseURL: p.config.Graph.BaseURL, Version: p.config.Graph.Version,
		AppID: p.config.Facebook.AppID, AppSecret: p.config.Facebook.AppSecret, HTTP: p.http, Now: p.now})
}

// knownPlatforms are all that a roster may name, on or off.
func knownPlatforms() []influencer.Platform {
	var names []influencer.Platform
	for _, l := range platforms() {
		names = append(names, l.name)
	}
	return names
}

// knownPlatform tells whether a roster may name p, on or off.
func knownPlatform(p influencer.Platform) bool {
	return slices.ContainsFunc(platforms(), func(l platform) bool { return l.name == p })
}

func platformNames() string {
	var names []string
	for _, p := range platforms() {
		names = append(names, string(p.name))
	}
	return strings.Join(names, ", ")
}

// parsePlatform reads a platform's name from the command line; "" is any.
func parsePlatform(s string) (influencer.Platform, error) {
	p := influencer.Platform(strings.ToLower(s))
	if s != "" && !knownPlatform(p) {
		return "", fmt.Errorf("--platform %q is none of: %s", s, platformNames())
	}
	return p, nil
}

func metricOf(p influencer.Platform) influencer.Metric {
	for _, l := range platforms() {
		if l.name == p {
			return l.metric
		}
	}
	return influencer.Followers
}

func everyOf(c config.Config) map[influencer.Platform]time.Duration {
	every := map[influencer.Platform]time.Duration{}
	for _, l := range platforms() {
		every[l.name] = l.pace(c).Every
	}
	return every
}

// billingOf says how each platform's reads are counted and capped.
func billingOf(c config.Config) map[influencer.Platform]store.Billing {
	billing := map[influencer.Platform]store.Billing{}
	for _, l := range platforms() {
		billing[l.name] = store.Billing{OncePerDay: l.oncePerDay, MonthlyReads: l.pace(c).MonthlyReads}
	}
	return billing
}

// tokenKeeper is what the database knows of tokens.
type tokenKeeper interface {
	Credentials(context.Context, store.CredentialFilter, influencer.Paging) (influencer.Page[store.Credential], error)
	AppTokens(context.Context, influencer.Platform) ([]store.AppToken, error)
}

// equip says why a platform is not read, "" when it is, and returns the
// configuration to read it with. A stored token switches a platform on that has
// none in the configuration.
func equip(ctx context.Context, l platform, c config.Config, tokens tokenKeeper) (config.Config, string, error) {
	off := l.off(c)
	if off == "" {
		return c, "", nil
	}
	if l.token == nil {
		page, err := tokens.Credentials(ctx, store.CredentialFilter{Platform: l.name}, influencer.Paging{Limit: 1})
		if err == nil && len(page.Items) > 0 {
			off = ""
		}
		return c, off, err
	}
	stored, err := tokens.AppTokens(ctx, l.name)
	if err == nil && len(stored) > 0 {
		*l.token(&c) = stored[0].Token
		off = l.off(c)
	}
	return c, off, err
}
