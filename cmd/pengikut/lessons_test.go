package main

import (
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors/simulator"
)

// TestALessonIsPaidForOnce: a server that refuses the field we ask for first costs
// one call more, and the next process knows.
func TestALessonIsPaidForOnce(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	o := static()
	o.Spelling = simulator.SpellingNew
	sim := c.rehearse(o)
	c.register(sim)
	calls := func(args ...string) int64 {
		before := sim.Stats().Endpoints[simulator.XUsersBy].Calls + sim.Stats().Endpoints[simulator.XUsers].Calls
		c.want(exitDone, args...)
		return sim.Stats().Endpoints[simulator.XUsersBy].Calls + sim.Stats().Endpoints[simulator.XUsers].Calls - before
	}
	if n := calls("sync", "--platform", "x"); n != 2 {
		t.Errorf("the first run made %d calls for 60 accounts, want 2", n)
	}
	c.clock.advance(25 * time.Hour)
	if n := calls("sync", "--platform", "x"); n != 1 {
		t.Errorf("the second run made %d calls, want 1", n)
	}
}
