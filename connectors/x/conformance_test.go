package x_test

import (
	"testing"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/connectortest"
	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/connectors/x"
	"github.com/pengikut/pengikut/influencer"
)

func options(h *connectortest.Harness) x.Options {
	return x.Options{BaseURL: h.URL, Bearer: h.Bearer, HTTP: h.Client}
}

func TestConformanceV2(t *testing.T) {
	for name, o := range map[string]struct {
		spelling simulator.Spelling
		first    int
	}{
		"both": {simulator.SpellingBoth, 1}, "2.166": {simulator.SpellingOld, 1}, "2.167": {simulator.SpellingNew, 2},
	} {
		t.Run(name, func(t *testing.T) {
			traits := connectortest.Traits{Platform: influencer.X, Source: "x/v2", Bills: true,
				Sim: simulator.Options{Spelling: o.spelling}, FirstCalls: o.first}
			connectortest.Run(t, traits, func(t testing.TB, h *connectortest.Harness) connectors.Connector {
				c, err := x.New(options(h))
				if err != nil {
					t.Fatal(err)
				}
				return c
			})
		})
	}
}

func TestConformanceV11(t *testing.T) {
	traits := connectortest.Traits{Platform: influencer.X, Source: "x/v1.1", Bills: true, Silent: true}
	connectortest.Run(t, traits, func(t testing.TB, h *connectortest.Harness) connectors.Connector {
		c, err := x.NewV11(options(h))
		if err != nil {
			t.Fatal(err)
		}
		return c
	})
}
