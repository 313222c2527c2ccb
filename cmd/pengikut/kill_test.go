package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
)

// asProgram makes the test's binary be the program: the one way to kill it.
const asProgram = "RUN_AS_PROGRAM"

// spawn runs a command as a process of its own, on the wall's clock.
func (c *cli) spawn(args ...string) *exec.Cmd {
	c.t.Helper()
	exe, err := os.Executable()
	if err != nil {
		c.t.Fatal(err)
	}
	a, _, _ := c.app("")
	child := exec.Command(exe, args...)
	child.Env = append(a.environ, asProgram+"=1")
	child.Stderr = new(bytes.Buffer)
	if err := child.Start(); err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() {
		if child.ProcessState == nil {
			_ = child.Process.Kill()
			_ = child.Wait()
		}
	})
	return child
}

// TestKilledInTheMiddle kills the service while it reads. The next one finishes
// the work: everybody is read, and no reading and no decision is there twice.
func TestKilledInTheMiddle(t *testing.T) {
	t.Parallel()
	const people = 20_000
	c := newCLI(t).onPostgres()
	c.clock.at = time.Now()
	c.env["PENGIKUT_LISTEN"] = "127.0.0.1:0"
	sim := c.rehearse(simulator.Options{People: people, XLimit: -1})
	var csv bytes.Buffer
	if err := sim.Population().WriteCSV(&csv, people, simulator.X); err != nil {
		t.Fatal(err)
	}
	c.want(exitDone, "migrate", "up")
	c.want(exitDone, "import", c.file("people.csv", csv.String()))

	first := c.spawn("serve")
	eventually(t, "the first process reads", func() bool { return sim.Stats().Total.Accounts > people/4 })
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // it says that it was killed
	if n := sim.Stats().Total.Accounts; n >= people*9/10 {
		t.Fatalf("%d of %d accounts were read before the process could be killed", n, people)
	}

	second := c.spawn("serve")
	// The batches in the dead process's hands wait for the end of their lease.
	eventuallyIn(t, 3*time.Minute, "everybody is read", func() bool {
		return len(items[person](c, "accounts", "--state", "pending", "--limit", "1")) == 0
	})
	if err := second.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("the second process: %v\n%s", err, second.Stderr)
	}
	c.checkOnce(people)
	c.want(exitDone, "replay")
}

// checkOnce checks that every account was read once and nobody decided twice.
func (c *cli) checkOnce(people int) {
	c.t.Helper()
	s, err := store.Open(context.Background(), store.Options{URL: c.env["PENGIKUT_DATABASE_URL"]})
	if err != nil {
		c.t.Fatal(err)
	}
	defer s.Close()
	readable, readings, decided := 0, map[int64]int{}, map[int64]int{}
	err = s.EachAccount(context.Background(), influencer.AccountFilter{}, func(a influencer.OwnedAccount) error {
		if a.State == influencer.StateOK || a.State == influencer.StatePrivate {
			readable++
		}
		return nil
	})
	if err == nil {
		err = s.EachReading(context.Background(), influencer.ReadingFilter{}, func(r influencer.OwnedReading) error {
			readings[r.AccountID] += r.Reads
			return nil
		})
	}
	if err == nil {
		err = s.EachDecision(context.Background(), influencer.DecisionFilter{}, func(d influencer.OwnedDecision) error {
			decided[d.PersonID]++
			return nil
		})
	}
	if err != nil {
		c.t.Fatal(err)
	}
	if readable < people*8/10 || len(readings) != readable || len(decided) == 0 {
		c.t.Errorf("%d accounts are readable, %d have a reading, %d people a decision", readable, len(readings), len(decided))
	}
	for id, n := range readings {
		if n != 1 {
			c.t.Errorf("account %d has %d reads", id, n)
		}
	}
	for id, n := range decided {
		if n != 1 {
			c.t.Errorf("person %d has %d decisions", id, n)
		}
	}
}
