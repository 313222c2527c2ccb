package main

import (
	"context"
	"strings"
	"testing"

	"github.com/pengikut/pengikut/connectors/simulator"
)

// manyPeople is more than sync claims at once on X.
func manyPeople() simulator.Options {
	o := static()
	o.People = 1000
	return o
}

// TestSyncTellsAllThatIsDue orders bad days on which a run ends early: the
// summary still knows of everybody.
func TestSyncTellsAllThatIsDue(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	sim := c.rehearse(manyPeople())
	c.register(sim)
	for kind, want := range map[simulator.Kind]string{
		simulator.OutageHTML: "x: 1,000 accounts not read: unavailable",
		simulator.Throttle:   "x: 1,000 accounts not read: rate_limited",
		simulator.Zero:       "x: 1,000 accounts not read: malformed: all ",
	} {
		id, err := sim.AddFault(simulator.Fault{Kind: kind, Platform: simulator.X})
		if err != nil {
			t.Fatal(err)
		}
		r := c.want(exitFailed, "sync", "--platform", "x", "--timeout", "10s")
		if !strings.Contains(r.err, want) || strings.Contains(r.err, "running service") {
			t.Errorf("%s:\n%s", kind, r.err)
		}
		if fields := strings.Fields(strings.Split(r.out, "\n")[1]); fields[1] != "1,000" || fields[2] != "0" || fields[5] != "1,000" {
			t.Errorf("%s:\n%s", kind, r.out)
		}
		if !sim.RemoveFault(id) {
			t.Errorf("the fault %s was not there", kind)
		}
	}
}

// TestSyncIsInterrupted presses Ctrl-C: that is neither success nor the time
// being over.
func TestSyncIsInterrupted(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	sim := c.rehearse(manyPeople())
	c.register(sim)
	if _, err := sim.AddFault(simulator.Fault{Kind: simulator.OutageHTML}); err != nil {
		t.Fatal(err)
	}
	a, out, errs := c.app("")
	ctx, interrupt := context.WithCancel(t.Context())
	exit := make(chan int)
	go func() { exit <- a.run(ctx, []string{"sync", "--platform", "x"}) }()
	eventually(t, "a call", func() bool { return sim.Stats().Total.Calls > 0 })
	interrupt()
	if code := <-exit; code != exitFailed {
		t.Errorf("exit %d", code)
	}
	if !strings.Contains(errs.String(), "interrupted") || strings.Contains(errs.String(), "allowed") || !strings.Contains(out.String(), "1,000") {
		t.Errorf("out: %s\nerr: %s", out, errs)
	}
}

// TestSyncUnderAnotherKey finds tokens that nobody can read.
func TestSyncUnderAnotherKey(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.register(c.rehearse(static()))
	c.env["PENGIKUT_SECRET_KEY"] = "another passphrase of more than thirty-two characters"
	r := c.want(exitFailed, "sync", "--platform", "facebook")
	if !strings.Contains(r.err, "secret key") || !strings.Contains(r.err, "PENGIKUT_SECRET_KEY") || strings.Contains(r.err, "database") {
		t.Errorf("err:\n%s", r.err)
	}
	if !strings.Contains(r.err, "facebook: 60 accounts not read") {
		t.Errorf("does not say what was not read:\n%s", r.err)
	}
}
