package instagram_test

import (
	"testing"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/connectortest"
	"github.com/pengikut/pengikut/connectors/instagram"
	"github.com/pengikut/pengikut/influencer"
)

func TestConformance(t *testing.T) {
	traits := connectortest.Traits{Platform: influencer.Instagram, Source: "instagram/business_discovery",
		AsksByHandle: true, Graph: true, Blurred: true}
	connectortest.Run(t, traits, func(t testing.TB, h *connectortest.Harness) connectors.Connector {
		c, err := instagram.New(instagram.Options{BaseURL: h.URL, UserID: h.InstagramUserID,
			Token: h.InstagramToken, AppSecret: h.AppSecret, HTTP: h.Client})
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}
