package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// learnExpiry asks when a Facebook token ends, where an app is configured to ask
// with. Zero is not known: the token is stored all the same.
func (a *app) learnExpiry(ctx context.Context, h *house, p influencer.Platform, token influencer.Secret) time.Time {
	if p != influencer.Facebook || token == "" {
		return time.Time{}
	}
	client := connectors.NewClient(connectors.ClientOptions{UserAgent: "pengikut/" + versionText(), Now: h.now})
	defer client.Close()
	c, err := buildFacebook(parts{config: h.config, http: client, now: h.now})
	if err != nil {
		return time.Time{}
	}
	with, ok := c.(renewer)
	if !ok || !with.CanRenew() {
		return time.Time{}
	}
	end, err := with.Expiry(ctx, token)
	if err != nil {
		fmt.Fprintf(a.err, "when it ends is not known: %v\n", connectors.AsFailure(err))
	}
	return end
}
