package main

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/worker"
)

// TestTheCapIsKept reads as much as is allowed, says why no more, and reads on
// when a new month begins.
func TestTheCapIsKept(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		sim := c.rehearse(static())
		c.register(sim)
		c.env["PENGIKUT_X_MONTHLY_READS"] = "40"
		read := func() int64 {
			return sim.Stats().Endpoints[simulator.XUsersBy].Accounts + sim.Stats().Endpoints[simulator.XUsers].Accounts
		}
		if r := c.want(exitFailed, "sync", "--platform", "x"); !strings.Contains(r.err, "the cap of 40 account reads a month is used up") || read() != 40 {
			t.Errorf("%d read: %s", read(), r.err)
		}
		c.want(exitFailed, "sync", "--platform", "x", "--all")
		if read() != 40 {
			t.Errorf("%d read beyond the cap", read()-40)
		}
		r := c.want(exitFailed, "check")
		for _, line := range []string{
			": the cap of 40", "x reads          warning  40 this month of 40, forecast 480 until 1 Dec 00:00 UTC: the cap is used up",
			"not before 1 Dec 2026 07:00 WIB", "instagram reads  ok       0 this month, no cap, forecast 540 until",
		} {
			if !strings.Contains(r.out, line) {
				t.Errorf("check does not say %q:\n%s", line, r.out)
			}
		}
		if r := c.want(exitDone, "accounts", "--platform", "x"); !strings.Contains(r.err, "x is not read before 1 Dec 2026 07:00 WIB: budget_spent") {
			t.Errorf("accounts: %s", r.err)
		}
		c.env["PENGIKUT_X_MONTHLY_READS"] = "60"
		c.want(exitDone, "sync", "--platform", "x")
		if r := c.want(exitFailed, "check"); read() != 60 || !strings.Contains(r.out, "60 this month of 60") {
			t.Errorf("%d read with a new cap\n%s", read(), r.out)
		}
		c.clock.advance(8 * 24 * time.Hour)
		c.env["PENGIKUT_X_MONTHLY_READS"] = "61"
		c.want(exitDone, "sync", "--platform", "x")
		if r := c.want(exitDone, "check"); read() != 120 || !strings.Contains(r.out, "60 this month of 61, forecast 1,860 until 1 Jan 00:00 UTC: the cap will be used up before") {
			t.Errorf("%d read in the new month\n%s", read(), r.out)
		}
	})
}

// TestForecast reads a month of simulated days hour by hour, and compares what was
// said early on with what it came to.
func TestForecast(t *testing.T) {
	t.Parallel()
	const people = 300
	c := newCLI(t)
	c.clock.at = time.Date(2026, 11, 1, 3, 0, 0, 0, time.UTC)
	sim := c.rehearse(simulator.Options{Seed: 11, People: people, Mix: plainMix(), Speed: 1e-9, XLimit: -1})
	c.register(sim)
	a, _, _ := c.app("")
	h, err := a.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	h.log = a.logger(levelSilent)
	on, _, err := h.connect(t.Context(), connectors.NewLocalGate(h.now))
	if err != nil {
		t.Fatal(err)
	}
	delete(on, influencer.Facebook)
	said := map[influencer.Platform][]int64{}
	for hour := range 30*24 - 3 {
		if _, err := worker.Sync(t.Context(), worker.SyncOptions{Store: h.store, Connectors: on, Now: h.now, Logger: h.log}); err != nil {
			t.Fatal(err)
		}
		if hour == 2*24+5 || hour == 15*24 {
			for p := range on {
				said[p] = append(said[p], forecast(t, h, p).Forecast)
			}
		}
		c.clock.advance(time.Hour - time.Second/2)
	}
	for p := range on {
		got := forecast(t, h, p)
		t.Logf("%s: said %v, came to %d", p, said[p], got.Used)
		for _, n := range said[p] {
			if off := float64(n-got.Used) / float64(got.Used); off > 0.05 || off < -0.05 || got.Used < people*20 {
				t.Errorf("%s: forecast %d, came to %d", p, n, got.Used)
			}
		}
	}
}

func forecast(t *testing.T, h *house, p influencer.Platform) influencer.Budget {
	t.Helper()
	b, err := h.store.Forecast(t.Context(), p)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// rush is how many people are to be read within which limit.
type rush struct {
	people, limit int
	window        time.Duration
}

// TestThreeReplicasKeepOneLimit lets three processes' workers read everybody on X
// over one Redis and one Postgres: together they stay within the limit, nobody is
// read twice, and hardly a call is less than full. With LONG_TESTS=1 the limit is 60 calls a
// minute and there are 20,000 people, for about four minutes.
func TestThreeReplicasKeepOneLimit(t *testing.T) {
	t.Parallel()
	r := rush{people: 1500, limit: 6, window: 3 * time.Second}
	if os.Getenv("LONG_TESTS") != "" {
		r = rush{people: 20_000, limit: 60, window: time.Minute}
	}
	c := newCLI(t).onPostgres()
	c.clock.at, c.clock.since = time.Now(), time.Now()
	c.want(exitDone, "migrate", "up")
	sim := simulator.New(simulator.Options{People: r.people, Mix: &simulator.Mix{}, XLimit: r.limit, XWindow: r.window, TrackReads: true, Now: c.clock.now})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	c.env["PENGIKUT_X_BASE_URL"], c.env["PENGIKUT_X_BEARER_TOKEN"] = server.URL, rehearsalToken
	var roster strings.Builder
	if err := sim.Population().WriteCSV(&roster, r.people, simulator.X); err != nil {
		t.Fatal(err)
	}
	c.want(exitDone, "import", c.file("people.csv", roster.String()))
	began := time.Now()
	c.serveThree(t, func() bool { return sim.Stats().Total.Accounts >= int64(r.people) })
	took := time.Since(began)
	stats := sim.Stats().Total
	for i := range r.people {
		if n := sim.Reads(simulator.X, i); n != 1 {
			t.Fatalf("account %d was read %d times", i, n)
		}
	}
	if stats.OverLimit != 0 {
		t.Errorf("%d calls over the limit, of %d", stats.OverLimit, stats.Calls)
	}
	if full := int64(r.people / 100); stats.Calls > full+full/10+2 {
		t.Errorf("%d calls, %d would do", stats.Calls, full)
	}
	t.Logf("%d accounts in %d calls of %d per %v: %v", r.people, stats.Calls, r.limit, r.window, took.Round(10*time.Millisecond))
}

// serveThree runs three replicas until done.
func (c *cli) serveThree(t *testing.T, done func() bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	group, ctx := errgroup.WithContext(ctx)
	for range 3 {
		a, _, _ := c.app("")
		h, err := a.open(ctx)
		if err != nil {
			t.Fatal(err)
		}
		h.log = a.logger(slog.LevelWarn)
		s, err := h.service(ctx, roles{worker: true, scheduler: true}, worker.Options{Tick: 500 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		group.Go(func() error { defer h.Close(); return s.run(ctx) })
	}
	late, again := time.After(10*time.Minute), time.NewTicker(20*time.Millisecond)
	defer again.Stop()
	for waiting := true; waiting && !done(); {
		select {
		case <-again.C:
		case <-late:
			t.Error("never: everybody read")
			waiting = false
		}
	}
	stop()
	if err := group.Wait(); err != nil {
		t.Error(err)
	}
}
