package facebook_test

import (
	"testing"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/connectortest"
	"github.com/pengikut/pengikut/connectors/facebook"
	"github.com/pengikut/pengikut/influencer"
)

func TestConformance(t *testing.T) {
	traits := connectortest.Traits{Platform: influencer.Facebook, Source: "facebook/friends", OwnTokens: true, Graph: true}
	connectortest.Run(t, traits, func(t testing.TB, h *connectortest.Harness) connectors.Connector {
		c, err := facebook.New(facebook.Options{BaseURL: h.URL, AppID: h.AppID, AppSecret: h.AppSecret, HTTP: h.Client})
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}
