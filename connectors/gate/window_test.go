package gate_test

import (
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/gate"
	"github.com/pengikut/pengikut/influencer"
)

// TestWindowOutlivesItself: what a window lets through is known when it is used up
// and when it is over, and not before any answer.
func TestWindowOutlivesItself(t *testing.T) {
	each(t, func(t *testing.T, _ redis.UniversalClient, clk *clock, g *gate.Redis) {
		h := gate.NewHeadroom(g, map[influencer.Platform][]connectors.Ask{key.Platform: {{Key: key, Cost: 1, Reads: 100}}})
		want := func(when string, manual, planned int) {
			t.Helper()
			if n := h.Window(t.Context(), key.Platform, influencer.PurposeManual); n != manual {
				t.Errorf("%s: %d accounts by hand, want %d", when, n, manual)
			}
			if n := h.Window(t.Context(), key.Platform, influencer.PurposePlanned); n != planned {
				t.Errorf("%s: %d accounts by plan, want %d", when, n, planned)
			}
		}
		want("before any answer", 0, 0)
		g.Learn(t.Context(), key, []connectors.Limit{{Name: "window", Limit: 300, Remaining: 0, Reset: clk.t.Add(15 * time.Minute)}})
		want("used up", 30_000, 27_000)
		clk.t = clk.t.Add(time.Hour)
		want("after its end", 30_000, 27_000)
	})
}
