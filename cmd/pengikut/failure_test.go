package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/connectors/simulator"
)

// failureDays are the platforms' ways to go wrong that must cost nobody
// anything. The bent answers that a client can straighten out are read as if
// nothing were wrong; all others leave every status and number as it was.
var failureDays = map[simulator.Kind]int{
	simulator.OutageJSON: exitFailed, simulator.OutageEmpty: exitFailed, simulator.OutageHTML: exitFailed,
	simulator.HTMLOK: exitFailed, simulator.Reset: exitFailed, simulator.EmptyBody: exitFailed,
	simulator.EmptyObject: exitFailed, simulator.EmptyList: exitFailed, simulator.Null: exitFailed,
	simulator.Throttle: exitFailed, simulator.ThrottleBare: exitFailed, simulator.Credits: exitFailed,
	simulator.CreditsNew: exitFailed, simulator.SpendCap: exitFailed, simulator.UsageCap: exitFailed,
	simulator.TokenDead: exitFailed, simulator.Forbidden: exitFailed, simulator.Poison: exitFailed,
	simulator.MissingMetrics: exitFailed, simulator.MissingCount: exitFailed, simulator.RenamedCount: exitFailed,
	simulator.StringCount: exitFailed, simulator.Hydration: exitFailed, simulator.Zero: exitFailed,
	simulator.NullItems: exitFailed, simulator.Half: exitFailed, simulator.Truncated: exitFailed,
	simulator.Reorder: exitDone, simulator.Duplicate: exitDone, simulator.Extra: exitDone,
}

// TestFailureDays reads everybody on a good day, then everybody again on a bad
// one. Numbers stand still meanwhile, so nothing at all may change.
func TestFailureDays(t *testing.T) {
	t.Parallel()
	good := goodDay(t)
	var all sync.WaitGroup // most of it is waiting, which -parallel would queue up
	for kind, code := range failureDays {
		all.Go(func() {
			t.Run(string(kind), func(t *testing.T) { badDay(t, good, kind, code) })
		})
	}
	all.Wait()
}

// static is a population of ordinary people whose numbers do not move.
func static() simulator.Options {
	return simulator.Options{Seed: 5, People: 60, Mix: &simulator.Mix{}, Speed: 1e-9, Start: monday, Trickle: time.Millisecond}
}

func badDay(t *testing.T, good string, kind simulator.Kind, code int) {
	c := newCLI(t)
	c.copyOf(good)
	before := numbers(c)
	c.clock.advance(25 * time.Hour)
	sim := c.rehearse(static())
	if _, err := sim.AddFault(simulator.Fault{Kind: kind}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	timeout := "3s"
	if code == exitDone {
		timeout = "1m" // plenty, on a busy machine too
	}
	r := c.run("sync", "--all", "--timeout", timeout)
	if r.code != code {
		t.Errorf("exit %d, want %d\n%s%s", r.code, code, r.out, r.err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("took %v with a timeout of 3s", took)
	}
	if code == exitFailed && !strings.Contains(r.err, "account") && !strings.Contains(r.err, "allowed") {
		t.Errorf("does not tell what could not be read:\n%s", r.err)
	}
	if strings.Contains(r.err+r.out, rehearsalToken) || strings.Contains(r.err+r.out, "EAASIM") {
		t.Errorf("shows a token:\n%s%s", r.out, r.err)
	}
	if diff := cmp.Diff(before, numbers(c)); diff != "" {
		t.Errorf("people changed (-before +after):\n%s", diff)
	}
	if moves := items[any](c, "decisions", "--since", "24h"); len(moves) > 0 {
		t.Errorf("%d moves on a bad day", len(moves))
	}
	c.want(exitDone, "replay")
}

// numbers is everybody's status and counts; what hinders a read may show.
func numbers(c *cli) []person {
	people := items[person](c, "people")
	for i := range people {
		for j := range people[i].Accounts {
			people[i].Accounts[j].State = ""
		}
	}
	return people
}

// goodDay makes the data directory that every bad day begins with.
func goodDay(t *testing.T) string {
	c := newCLI(t)
	c.register(c.rehearse(static()))
	c.want(exitDone, "sync")
	if n := len(items[person](c, "influencers")); n < 20 || n == 60 {
		t.Errorf("%d influencers of 60: the test proves little", n)
	}
	return c.env["PENGIKUT_DATA_DIR"]
}

// copyOf gives c its own copy of a data directory.
func (c *cli) copyOf(dir string) {
	c.t.Helper()
	data := c.env["PENGIKUT_DATA_DIR"]
	if err := errors.Join(os.CopyFS(data, os.DirFS(dir)), os.Chmod(filepath.Join(data, "secret.key"), 0o600)); err != nil {
		c.t.Fatal(err)
	}
}
