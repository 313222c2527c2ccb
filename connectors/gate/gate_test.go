package gate_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/gate"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/internal/testservers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var key = connectors.Key{Platform: influencer.X, Credential: "c0ffee", Endpoint: "users"}

func ask(p influencer.Purpose) connectors.Ask {
	return connectors.Ask{Key: key, Purpose: p, Cost: 1, Reads: 100}
}

// clock is a hand-moved clock.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func start() *clock { return &clock{time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)} }

// servers are the two Redis that the gate must work on.
func servers(t *testing.T) map[string]redis.UniversalClient {
	t.Helper()
	opts, err := redis.ParseURL(testservers.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	mini := miniredis.RunT(t)
	out := map[string]redis.UniversalClient{
		"redis":      redis.NewClient(opts),
		"in-process": redis.NewClient(&redis.Options{Addr: mini.Addr()}),
	}
	for _, c := range out {
		t.Cleanup(func() { _ = c.Close() })
	}
	return out
}

// platform counts calls in fixed windows, as X does.
type platform struct {
	clock  *clock
	limit  int64
	window time.Duration
	from   time.Time
	used   int64
	beyond int
}

func (p *platform) call() connectors.Limit {
	if p.from.IsZero() || !p.clock.t.Before(p.from.Add(p.window)) {
		p.from, p.used = p.clock.t.Truncate(time.Second), 0
	}
	p.used++
	if p.used > p.limit {
		p.beyond++
	}
	return connectors.Limit{Name: "window", Limit: p.limit, Remaining: max(p.limit-p.used, 0), Reset: p.from.Add(p.window)}
}

// TestNeverBeyond lets replicas take, platforms answer late and out of order and
// time pass in any interleaving: no call may go beyond the limit, and all that
// the limit allows must get through in the end.
func TestNeverBeyond(t *testing.T) {
	for name, c := range servers(t) {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				clk := start()
				limit := rapid.Int64Range(1, 20).Draw(rt, "limit")
				p := &platform{clock: clk, limit: limit, window: time.Minute}
				g := gate.New(gate.Options{Client: c, Now: clk.now, Reserve: -1, Prefix: fmt.Sprint("p", rand.Uint64())})
				walk(rt, clk, p, g)
				if p.beyond > 0 {
					rt.Fatalf("%d calls beyond a limit of %d", p.beyond, limit)
				}
			})
		})
	}
}

// walk draws 200 steps.
func walk(rt *rapid.T, clk *clock, p *platform, g *gate.Redis) {
	var asked int                  // let through, not yet at the platform
	var answers []connectors.Limit // answered, not yet learned
	for range rapid.IntRange(50, 200).Draw(rt, "steps") {
		switch rapid.IntRange(0, 9).Draw(rt, "step") {
		case 0, 1, 2, 3:
			until, err := g.Take(rt.Context(), ask(influencer.PurposePlanned))
			if err != nil {
				rt.Fatal(err)
			}
			if until.IsZero() {
				asked++
			} else if !until.After(clk.t) {
				rt.Fatalf("refused until %v, which is not after %v", until, clk.t)
			}
		case 4, 5, 6:
			if asked > 0 {
				asked--
				answers = append(answers, p.call())
			}
		case 7, 8:
			if n := len(answers); n > 0 {
				i := rapid.IntRange(0, n-1).Draw(rt, "which")
				g.Learn(rt.Context(), key, answers[i:i+1])
				answers = append(answers[:i], answers[i+1:]...)
			}
		case 9:
			clk.t = clk.t.Add(time.Duration(rapid.IntRange(1, 8000).Draw(rt, "ms")) * time.Millisecond)
		}
	}
}

// TestWholeWindowIsUsed: one caller gets exactly the limit in each window, and
// the wait it is told ends with the window.
func TestWholeWindowIsUsed(t *testing.T) {
	for name, c := range servers(t) {
		t.Run(name, func(t *testing.T) {
			clk := start()
			p := &platform{clock: clk, limit: 60, window: time.Minute}
			g := gate.New(gate.Options{Client: c, Now: clk.now, Reserve: -1})
			for window := range 3 {
				for i := range 60 {
					if until, err := g.Take(t.Context(), ask(influencer.PurposePlanned)); err != nil || !until.IsZero() {
						t.Fatalf("window %d call %d: until %v, %v", window, i, until, err)
					}
					g.Learn(t.Context(), key, []connectors.Limit{p.call()})
				}
				until, err := g.Take(t.Context(), ask(influencer.PurposePlanned))
				if want := p.from.Add(time.Minute + time.Second); err != nil || !until.Equal(want) {
					t.Fatalf("window %d: until %v, %v, want %v", window, until, err, want)
				}
				clk.t = until
			}
			if p.beyond != 0 {
				t.Fatalf("%d calls beyond", p.beyond)
			}
		})
	}
}

// TestReserve: planned reads leave calls that manual ones may take.
func TestReserve(t *testing.T) {
	for name, c := range servers(t) {
		t.Run(name, func(t *testing.T) {
			clk := start()
			p := &platform{clock: clk, limit: 20, window: time.Minute}
			g := gate.New(gate.Options{Client: c, Now: clk.now, Reserve: 10})
			count := map[influencer.Purpose]int{}
			for _, purpose := range []influencer.Purpose{influencer.PurposePlanned, influencer.PurposeManual} {
				for {
					until, err := g.Take(t.Context(), ask(purpose))
					if err != nil {
						t.Fatal(err)
					}
					if !until.IsZero() {
						break
					}
					count[purpose]++
					g.Learn(t.Context(), key, []connectors.Limit{p.call()})
				}
			}
			if count[influencer.PurposePlanned] != 18 || count[influencer.PurposeManual] != 2 || p.beyond != 0 {
				t.Fatalf("got %v with %d beyond, want 18 planned, 2 manual, none beyond", count, p.beyond)
			}
		})
	}
}

// TestUnknownPlatformIsAskedOnce: before the first answer one call goes out; an
// answer without a window opens the gate; one that never comes does not close it
// for ever.
func TestUnknownPlatformIsAskedOnce(t *testing.T) {
	for name, c := range servers(t) {
		t.Run(name, func(t *testing.T) {
			clk := start()
			g := gate.New(gate.Options{Client: c, Now: clk.now})
			take := func() time.Time {
				until, err := g.Take(t.Context(), ask(influencer.PurposePlanned))
				if err != nil {
					t.Fatal(err)
				}
				return until
			}
			if until := take(); !until.IsZero() {
				t.Fatalf("the first call was refused until %v", until)
			}
			if take().IsZero() {
				t.Fatal("a second call went out before the first was answered")
			}
			clk.t = clk.t.Add(36 * time.Second)
			if until := take(); !until.IsZero() {
				t.Fatalf("an answer that never came keeps the gate closed until %v", until)
			}
			g.Learn(t.Context(), key, nil)
			for range 100 {
				if until := take(); !until.IsZero() {
					t.Fatalf("refused until %v without any limit", until)
				}
			}
		})
	}
}

// TestWideAndPercent: a refusal for the credential closes every endpoint, and a
// percentage closes it before the quota is gone.
func TestWideAndPercent(t *testing.T) {
	for name, c := range servers(t) {
		t.Run(name, func(t *testing.T) {
			clk := start()
			g := gate.New(gate.Options{Client: c, Now: clk.now})
			other := key
			other.Endpoint = "users/by"
			g.Learn(t.Context(), key, []connectors.Limit{{Name: "app-usage", Wide: true, Limit: 100, Remaining: 4, Reset: clk.t.Add(5 * time.Minute)}})
			until, err := g.Closed(t.Context(), other, influencer.PurposePlanned)
			if want := clk.t.Add(5*time.Minute + time.Second); err != nil || !until.Equal(want) {
				t.Fatalf("planned: closed until %v, %v, want %v", until, err, want)
			}
			g.Learn(t.Context(), other, nil)
			if until, err := g.Closed(t.Context(), other, influencer.PurposeManual); err != nil || !until.IsZero() {
				t.Fatalf("manual: closed until %v, %v with 4 percent left", until, err)
			}
			g.Learn(t.Context(), key, []connectors.Limit{{Name: "refusal", Wide: true, Remaining: 0, Reset: clk.t.Add(time.Hour)}})
			if until, _ := g.Closed(t.Context(), other, influencer.PurposeManual); until.IsZero() {
				t.Fatal("a refused credential is called again")
			}
		})
	}
}

// TestUnderWayWhenTheWindowTurns: a call let through in one window and counted
// by the platform in the next uses up that one.
func TestUnderWayWhenTheWindowTurns(t *testing.T) {
	for name, c := range servers(t) {
		t.Run(name, func(t *testing.T) {
			clk := start()
			p := &platform{clock: clk, limit: 5, window: time.Minute}
			g := gate.New(gate.Options{Client: c, Now: clk.now, Reserve: -1})
			take := func() bool {
				until, err := g.Take(t.Context(), ask(influencer.PurposePlanned))
				if err != nil {
					t.Fatal(err)
				}
				return until.IsZero()
			}
			take()
			g.Learn(t.Context(), key, []connectors.Limit{p.call()})
			clk.t = clk.t.Add(50 * time.Second)
			for range 2 {
				if !take() {
					t.Fatal("refused with room in the window")
				}
			}
			clk.t = p.from.Add(62 * time.Second) // both still under way
			let := 0
			for take() {
				let++
			}
			if let != 3 {
				t.Fatalf("%d calls let through into a window of 5 with 2 under way", let)
			}
			for range let + 2 {
				p.call()
			}
			if p.beyond != 0 {
				t.Fatalf("%d calls beyond the limit", p.beyond)
			}
		})
	}
}
