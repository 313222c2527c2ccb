package gate_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"pgregory.net/rapid"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/gate"
	"github.com/pengikut/pengikut/influencer"
)

// each runs a test on both Redis, with a gate and a clock of its own.
func each(t *testing.T, run func(t *testing.T, c redis.UniversalClient, clk *clock, g *gate.Redis)) {
	for name, c := range servers(t) {
		t.Run(name, func(t *testing.T) {
			clk := start()
			run(t, c, clk, gate.New(gate.Options{Client: c, Now: clk.now, Reserve: 10}))
		})
	}
}

// test is a test, or one try of a property.
type test interface {
	Helper()
	Fatal(args ...any)
	Context() context.Context
}

func room(t test, g *gate.Redis, k connectors.Key, p influencer.Purpose) gate.Room {
	t.Helper()
	r, err := g.Room(t.Context(), k, p)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestRoomIsWhatTakeLetsThrough: after any history, as many calls get through as
// Room said, and the first one refused comes back when Room says.
func TestRoomIsWhatTakeLetsThrough(t *testing.T) {
	for name, c := range servers(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				clk := start()
				p := &platform{clock: clk, limit: rapid.Int64Range(1, 20).Draw(rt, "limit"), window: time.Minute}
				g := gate.New(gate.Options{Client: c, Now: clk.now, Reserve: rapid.SampledFrom([]int{-1, 10, 50}).Draw(rt, "reserve"),
					Prefix: fmt.Sprint("r", rand.Uint64())})
				if rapid.Bool().Draw(rt, "used before") {
					walk(rt, clk, p, g)
				}
				purpose := rapid.SampledFrom([]influencer.Purpose{influencer.PurposePlanned, influencer.PurposeManual}).Draw(rt, "purpose")
				said := room(rt, g, key, purpose)
				if again := room(rt, g, key, purpose); again != said {
					rt.Fatalf("said %+v, and then %+v: looking has changed it", said, again)
				}
				var until time.Time
				let := 0
				for ; let < 50; let++ {
					var err error
					if until, err = g.Take(rt.Context(), ask(purpose)); err != nil {
						rt.Fatal(err)
					}
					if !until.IsZero() {
						break
					}
				}
				if let != said.Calls || let == 0 && !until.Equal(said.Until) {
					rt.Fatalf("let %d through and then refused until %v; said %+v", let, until, said)
				}
			})
		})
	}
}

func TestRoomOfOpenAndWideLimits(t *testing.T) {
	each(t, func(t *testing.T, _ redis.UniversalClient, clk *clock, g *gate.Redis) {
		if r := room(t, g, key, influencer.PurposePlanned); r != (gate.Room{Calls: 1}) {
			t.Errorf("an unknown endpoint: %+v", r)
		}
		g.Learn(t.Context(), key, nil)
		if r := room(t, g, key, influencer.PurposePlanned); r != (gate.Room{Calls: -1, Known: true}) {
			t.Errorf("no limit told: %+v", r)
		}
		reset := clk.t.Add(time.Hour)
		g.Learn(t.Context(), key, []connectors.Limit{{Name: "app-24h", Wide: true, Limit: 100, Remaining: 30, Reset: reset}})
		if r := room(t, g, key, influencer.PurposePlanned); r.Calls != 20 {
			t.Errorf("30 of 100 left, 10 of them not for plans: %+v", r)
		}
		g.Learn(t.Context(), key, []connectors.Limit{{Name: "app-usage", Wide: true, Limit: 100, Remaining: 9, Reset: reset.Add(time.Hour)}})
		if r := room(t, g, key, influencer.PurposePlanned); r.Calls != 0 || !r.Until.Equal(reset.Add(time.Hour+time.Second)) {
			t.Errorf("91 percent used: %+v", r)
		}
		if r := room(t, g, key, influencer.PurposeManual); r.Calls != 30 {
			t.Errorf("manual: %+v", r)
		}
	})
}

// TestALostCallOpensNothing: the next call goes ahead at once, but alone; an
// answer that never came says nothing of limits.
func TestALostCallOpensNothing(t *testing.T) {
	each(t, func(t *testing.T, _ redis.UniversalClient, _ *clock, g *gate.Redis) {
		for i := range 3 {
			if until, err := g.Take(t.Context(), ask(influencer.PurposePlanned)); err != nil || !until.IsZero() {
				t.Fatalf("call %d: refused until %v, %v", i, until, err)
			}
			if until, _ := g.Take(t.Context(), ask(influencer.PurposePlanned)); until.IsZero() {
				t.Fatalf("a second call went out beside call %d", i)
			}
			g.Lost(t.Context(), key)
		}
	})
}

// TestHeadroom: of the endpoints that have answered the one with the least room
// speaks, in accounts.
func TestHeadroom(t *testing.T) {
	each(t, func(t *testing.T, _ redis.UniversalClient, clk *clock, g *gate.Redis) {
		first, second := ask(influencer.PurposePlanned), ask(influencer.PurposePlanned)
		second.Endpoint = "users/by"
		h := gate.NewHeadroom(g, map[influencer.Platform][]connectors.Ask{influencer.X: {first, second}})
		want := func(what string, accounts int, until time.Time, known bool) {
			t.Helper()
			n, u, k := h.Headroom(t.Context(), influencer.X, influencer.PurposePlanned)
			if n != accounts || !u.Equal(until) || k != known {
				t.Errorf("%s: %d accounts until %v, known %v", what, n, u, k)
			}
		}
		reset := clk.t.Add(time.Minute)
		window := func(left int64) []connectors.Limit {
			return []connectors.Limit{{Name: "window", Limit: 50, Remaining: left, Reset: reset}}
		}
		want("nobody has answered", 100, time.Time{}, true)
		g.Learn(t.Context(), second.Key, window(25))
		want("one has answered", 2000, time.Time{}, true)
		g.Learn(t.Context(), first.Key, nil)
		want("the other has no limit", 2000, time.Time{}, true)
		g.Learn(t.Context(), first.Key, window(15))
		want("both have", 1000, time.Time{}, true)
		g.Learn(t.Context(), first.Key, window(3))
		want("one is used up but for the reserve", 0, reset.Add(time.Second), true)
		if n, _, known := h.Headroom(t.Context(), influencer.X, influencer.PurposeManual); n != 300 || !known {
			t.Errorf("manual: %d, %v", n, known)
		}
		batch := connectors.Ask{Key: connectors.Key{Platform: influencer.Instagram, Endpoint: "batch"}, Cost: 50, Reads: 50}
		h = gate.NewHeadroom(g, map[influencer.Platform][]connectors.Ask{influencer.Instagram: {batch}})
		if n, _, known := h.Headroom(t.Context(), influencer.Instagram, influencer.PurposePlanned); n != 50 || !known {
			t.Errorf("a first batch of 50: %d, %v", n, known)
		}
		g.Learn(t.Context(), batch.Key, []connectors.Limit{{Name: "window", Limit: 400, Remaining: 73, Reset: reset}})
		if n, _, _ := h.Headroom(t.Context(), influencer.Instagram, influencer.PurposePlanned); n != 33 {
			t.Errorf("33 calls left for plans are for %d accounts", n)
		}
		if _, _, known := h.Headroom(t.Context(), influencer.Facebook, influencer.PurposePlanned); known {
			t.Error("a platform without questions is known")
		}
	})
}
