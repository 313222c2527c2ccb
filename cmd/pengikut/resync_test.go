package main

import (
	"context"
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/internal/testservers"
	"github.com/pengikut/pengikut/web"
)

// ended is how the last line of a watched resync reads.
var ended = regexp.MustCompile(`resync (\d+) is done: ([\d,]+) of ([\d,]+), ([\d,]+) done, ([\d,]+) failed`)

func numberIn(text string) int {
	n, _ := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	return n
}

// TestResync orders everybody from a running service, who was read just before.
func TestResync(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		c.clock.at, c.clock.since = time.Now().Truncate(time.Second), time.Now()
		c.env["PENGIKUT_LISTEN"] = "127.0.0.1:0"
		sim := c.rehearse(simulator.Options{Seed: 2, People: 60, Speed: 1e-9})
		c.register(sim)
		c.run("sync") // some of the people cannot be read
		before := sim.Stats().Total.Accounts
		serve := c.start("serve")
		dry := c.want(exitDone, "resync", "--platform", "x", "--dry-run")
		if !strings.Contains(dry.out, "nothing ordered: it would be 60 accounts, 0 billed reads") || !strings.Contains(dry.err, "no cap") {
			t.Errorf("dry run:\n%s%s", dry.out, dry.err)
		}
		r := c.run("resync", "--all", "--wait")
		m := ended.FindStringSubmatch(r.out)
		if m == nil {
			t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
		}
		total, done, failed := numberIn(m[3]), numberIn(m[4]), numberIn(m[5])
		if total == 0 || total != done+failed || numberIn(m[2]) != total || failed == 0 || r.code != exitFailed {
			t.Errorf("exit %d: %s", r.code, m[0])
		}
		if n := strings.Count(r.err, "\n  "); n != failed {
			t.Errorf("%d of %d failures are named:\n%s", n, failed, r.err)
		}
		if after := sim.Stats().Total.Accounts; after < before+int64(done) {
			t.Errorf("%d accounts were read before and %d after", before, after)
		}
		c.checkResync(m[1], total, failed)
		serve.end(t)
	})
}

// checkResync looks at a resync that is over through every other command.
func (c *cli) checkResync(id string, total, failed int) {
	c.t.Helper()
	all := items[web.Resync](c, "resyncs")
	if len(all) != 1 || all[0].Total != int64(total) || all[0].State != "done" || all[0].Waiting != 0 || all[0].EndedAt == nil || all[0].Actor != "cli:tester" {
		c.t.Errorf("resyncs: %+v", all)
	}
	var one web.Resync
	if err := json.Unmarshal([]byte(c.want(exitDone, "resyncs", "show", id, "-o", "json").out), &one); err != nil || one.Failed != int64(failed) {
		c.t.Errorf("show: %+v, %v", one, err)
	}
	failures := items[web.ResyncFailure](c, "resyncs", "failures", id)
	if len(failures) != failed {
		c.t.Errorf("%d failures, want %d", len(failures), failed)
	}
	for _, f := range failures {
		if f.Kind == "" || f.Handle == "" || f.NextStep == "" || f.Cause == "" || f.NIP == "" || f.At == nil {
			c.t.Errorf("failure %+v", f)
		}
	}
	if r := c.want(exitDone, "resyncs", "cancel", id); !strings.Contains(r.out, "is done") {
		c.t.Errorf("one that is over can be cancelled:\n%s", r.out)
	}
}

// TestResyncNeedsToBeTold what to read, and tells what is wrong.
func TestResyncNeedsToBeTold(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	sim := c.rehearse(static())
	c.register(sim)
	for _, tt := range []struct {
		code int
		want string
		args []string
	}{
		{exitUsage, "say what to read", []string{"resync"}},
		{exitUsage, `"myspace"`, []string{"resync", "--platform", "myspace"}},
		{exitUsage, "--nip", []string{"resync", "--nip", "123"}},
		{exitUsage, "--dry-run orders nothing", []string{"resync", "--all", "--dry-run", "--wait"}},
		{exitUsage, "csv", []string{"resync", "--all", "-o", "csv"}},
		{exitFailed, "1 of the people named is not registered", []string{"resync", "--nip", "198604262009012001"}},
		{exitFailed, "no account that is read", []string{"resync", "--agency", "Kementerian Antah Berantah"}},
		{exitFailed, "there is no resync 9", []string{"resyncs", "show", "9"}},
		{exitFailed, "there is no resync 9", []string{"resyncs", "cancel", "9"}},
		{exitFailed, "there is no resync 9", []string{"resyncs", "failures", "9"}},
		{exitUsage, `"x" is no resync`, []string{"resyncs", "show", "x"}},
	} {
		if r := c.want(tt.code, tt.args...); !strings.Contains(r.err, tt.want) || strings.Contains(r.err, "198604262009012001") {
			t.Errorf("%v: %s", tt.args, r.err)
		}
	}
	c.env["PENGIKUT_X_BEARER_TOKEN"] = ""
	if r := c.want(exitFailed, "resync", "--platform", "x"); !strings.Contains(r.err, "x is off") {
		t.Errorf("a platform that is off: %s", r.err)
	}
}

// TestResyncWithoutAService orders, watches, leaves, and takes the order back.
func TestResyncWithoutAService(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.register(c.rehearse(static()))
	r := c.want(exitDone, "resync", "--platform", "x")
	if !strings.Contains(r.out, "resync 1 ordered: ") || !strings.Contains(r.out, "resyncs cancel 1") {
		t.Errorf("ordered:\n%s%s", r.out, r.err)
	}
	if r := c.want(exitDone, "resync", "--platform", "x"); !strings.Contains(r.out, "under way already") {
		t.Errorf("ordered again:\n%s", r.out)
	}
	a, _, _ := c.app("")
	errs := newWatched()
	a.err = errs
	ctx, interrupt := context.WithCancel(t.Context())
	exit := make(chan int)
	go func() { exit <- a.run(ctx, []string{"resyncs", "show", "1", "--wait"}) }()
	errs.await(t, `resync 1: 0 of 60, 0 done`)
	interrupt()
	if code := <-exit; code != exitFailed || !strings.Contains(errs.String(), "resync 1 goes on") {
		t.Errorf("exit %d: %s", code, errs)
	}
	if r := c.want(exitDone, "resyncs", "cancel", "1"); !strings.Contains(r.out, "resync 1 is cancelled: 60 of 60, 0 done, 0 failed, 60 cancelled") {
		t.Errorf("cancelled:\n%s", r.out)
	}
}

// resyncSize is how many people TestResyncSurvives reads: few in the suite, as many
// as PENGIKUT_TEST_RESYNC says to measure.
func resyncSize() int {
	if n, err := strconv.Atoi(os.Getenv("PENGIKUT_TEST_RESYNC")); err == nil && n > 0 {
		return n
	}
	return 3000
}

// TestResyncSurvives kills a worker and empties Redis while a resync is watched:
// it ends with everybody read or named.
func TestResyncSurvives(t *testing.T) {
	t.Parallel()
	people := resyncSize()
	c := newCLI(t).onPostgres()
	redis := testservers.StartRedis(t)
	c.env["PENGIKUT_REDIS_URL"], c.env["PENGIKUT_LISTEN"] = redis.URL(), "127.0.0.1:0"
	c.clock.at, c.clock.since = time.Now(), time.Now()
	sim := c.rehearse(simulator.Options{People: people, XLimit: -1, Speed: 1e-9, Trickle: 20 * time.Millisecond})
	var csv strings.Builder
	if err := sim.Population().WriteCSV(&csv, people, simulator.X); err != nil {
		t.Fatal(err)
	}
	c.want(exitDone, "migrate", "up")
	c.want(exitDone, "import", c.file("people.csv", csv.String()))
	c.run("sync")
	before := sim.Stats().Total.Accounts
	if _, err := sim.AddFault(simulator.Fault{Kind: simulator.Slow, Platform: simulator.X}); err != nil {
		t.Fatal(err)
	}

	c.spawn("serve", "--role", "scheduler,web")
	worker := c.spawn("serve", "--role", "worker")
	watch := make(chan result, 1)
	began := time.Now()
	go func() { watch <- c.run("resync", "--platform", "x", "--wait") }()
	eventually(t, "a part is read", func() bool { return sim.Stats().Total.Accounts > before+int64(people)/5 })
	if err := worker.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = worker.Wait() // it says that it was killed
	redis.Kill()
	if n := sim.Stats().Total.Accounts; n >= before+int64(people)*9/10 {
		t.Fatalf("%d of %d accounts were read before the worker could be killed", n-before, people)
	}
	redis.Start(t)
	c.spawn("serve", "--role", "worker")
	r := <-watch
	m := ended.FindStringSubmatch(r.out)
	if m == nil {
		t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
	}
	done, failed := numberIn(m[4]), numberIn(m[5])
	if numberIn(m[3]) != people || done+failed != people || done < people*8/10 {
		t.Errorf("exit %d: %s", r.code, m[0])
	}
	if n := strings.Count(r.err, "\n  "); n != min(failed, maxTold+1) {
		t.Errorf("%d of %d failures are named", n, failed)
	}
	c.checkResync(m[1], people, failed)
	t.Logf("%s in %s", m[0], time.Since(began).Round(time.Second/10))
}
