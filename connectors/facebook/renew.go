package facebook

import (
	"context"
	"errors"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/graph"
	"github.com/pengikut/pengikut/influencer"
)

// errNoApp means that tokens are left as they are.
var errNoApp = errors.New("facebook: needs an app id and secret")

// CanRenew tells whether there is an app to renew tokens with.
func (c *Connector) CanRenew() bool { return c.o.AppID != "" && c.o.AppSecret != "" }

// Renew exchanges a token of this app for one that lives longer; see
// [graph.API.Renew].
func (c *Connector) Renew(ctx context.Context, token influencer.Secret) (influencer.Secret, time.Time, error) {
	if !c.CanRenew() {
		return "", time.Time{}, errNoApp
	}
	return c.api.Renew(ctx, c.ask1("oauth/access_token"), c.app(), token)
}

// Expiry asks when a token ends; see [graph.API.Expiry].
func (c *Connector) Expiry(ctx context.Context, token influencer.Secret) (time.Time, error) {
	if !c.CanRenew() {
		return time.Time{}, errNoApp
	}
	return c.api.Expiry(ctx, c.ask1("debug_token"), c.app(), token)
}

func (c *Connector) app() graph.App { return graph.App{ID: c.o.AppID, Secret: c.o.AppSecret} }

func (c *Connector) ask1(endpoint string) connectors.Ask {
	key := c.gateKey()
	key.Endpoint = endpoint
	return connectors.Ask{Key: key}
}
