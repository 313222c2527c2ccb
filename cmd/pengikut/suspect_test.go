package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
)

// TestFalseNumbersMoveNothing shows 0 for two accounts in five on one day, and
// less than half for as many on the next, again and again. Each is set aside,
// read again, and counts for nothing.
func TestFalseNumbersMoveNothing(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.copyOf(goodDay(t))
	before, decisions := guarded(numbers(c)), len(items[any](c, "decisions"))
	sim := c.rehearse(static())
	for day := range 10 {
		c.clock.advance(25 * time.Hour)
		kind := simulator.Zero
		if day%2 == 1 {
			kind = simulator.Collapse
		}
		if _, err := sim.AddFault(simulator.Fault{Kind: kind, Accounts: 0.4}); err != nil {
			t.Fatal(err)
		}
		calls := sim.Stats().Total.Calls
		c.run("sync") // which fails when a batch happens to hold nobody but zeros
		if sim.Stats().Total.Faulted == 0 || sim.Stats().Total.Calls == calls {
			t.Fatal("nothing was bent: the test proves nothing")
		}
		if diff := cmp.Diff(before, guarded(numbers(c))); diff != "" {
			t.Fatalf("day %d, %s: %s", day, kind, diff)
		}
		sim.ClearFaults()
		c.clock.advance(2 * time.Hour)
		c.want(exitDone, "sync")
		if diff := cmp.Diff(before, guarded(numbers(c))); diff != "" {
			t.Fatalf("day %d, after %s: %s", day, kind, diff)
		}
	}
	if n := len(items[any](c, "decisions")); n != decisions {
		t.Errorf("%d decisions, had %d", n, decisions)
	}
	c.want(exitDone, "replay")
}

// TestADropThatHoldsIsActedOn lets three fifths of everybody's followers go for
// good. The first reading is set aside; when the next one says the same, who is
// below the line now loses the status, and nobody else.
func TestADropThatHoldsIsActedOn(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.copyOf(goodDay(t))
	before := numbers(c)
	sim := c.rehearse(static())
	if _, err := sim.AddFault(simulator.Fault{Kind: simulator.Collapse}); err != nil {
		t.Fatal(err)
	}
	c.clock.advance(25 * time.Hour)
	c.want(exitDone, "sync")
	if diff := cmp.Diff(guarded(before), guarded(numbers(c))); diff != "" {
		t.Fatalf("acted on one reading: %s", diff)
	}
	c.clock.advance(2 * time.Hour)
	c.want(exitDone, "sync")
	want := map[string]string{}
	lost := 0
	for _, p := range before {
		want[p.NIP] = p.Status
		if p.Status == "active" && !stillAbove(p) {
			want[p.NIP] = "revoked"
			lost++
		}
	}
	// So many at once wait for an admin, who finds that the drop is real.
	made := 0
	for i, p := range numbers(c) {
		if p.Status == "revoked" && before[i].Status != "revoked" {
			made++
		}
	}
	if floor := influencer.DefaultPolicy().Breaker.Floor; made > floor || made == lost {
		t.Fatalf("%d losses of %d at once, and nobody was asked", made, lost)
	}
	c.want(exitDone, "breaker", "release", "1", "--reason", "pembersihan akun palsu")
	got := map[string]string{}
	for _, p := range numbers(c) {
		got[p.NIP] = p.Status
	}
	if diff := cmp.Diff(want, got); diff != "" || lost < 5 {
		t.Errorf("%d should lose the status: %s", lost, diff)
	}
	c.want(exitDone, "replay")
}

// guarded is what a false number must not touch: every status, and every count
// from which the default policy finds a steep drop suspect.
func guarded(people []person) map[string]any {
	out := map[string]any{}
	for _, p := range people {
		out[p.NIP] = p.Status
		for _, a := range p.Accounts {
			for _, n := range []*int64{a.Followers, a.Friends} {
				if n != nil && *n >= 100 {
					out[p.NIP+" "+a.Platform] = *n
				}
			}
		}
	}
	return out
}

// stillAbove tells whether any count reaches 500 after the drop.
func stillAbove(p person) bool {
	for _, a := range p.Accounts {
		for _, n := range []*int64{a.Followers, a.Friends} {
			if n != nil && *n-*n*3/5 >= 500 {
				return true
			}
		}
	}
	return false
}
