package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/internal/testservers"
)

// plainMix has every trouble but those that hide behind a handle or a token, so
// that Truth alone says what each platform shows.
func plainMix() *simulator.Mix {
	return &simulator.Mix{Protected: 0.05, Suspended: 0.03, Deleted: 0.03, Personal: 0.06, NeverPosted: 0.03, Dormant: 0.2}
}

// expected computes from the truth behind the platforms who holds the status
// under a policy of `any` with these lines: who reaches a line on one platform
// that can be read and has posted within 30 days on one that shows it; and of
// the holders also those of whom that cannot be known.
func expected(sim *simulator.Server, at time.Time, lines map[simulator.Platform]int64, holders []string) []string {
	var out []string
	for p := range sim.Population().People(sim.Population().Len()) {
		reached, active, unread, unseen := false, false, false, false
		for _, pf := range simulator.Platforms() {
			truth := sim.Truth(pf, p.Index, at)
			line, asked := lines[pf]
			if truth.State != simulator.Ordinary && truth.State != simulator.Protected {
				unread = unread || asked // deleted, suspended, or an Instagram account that nobody may read
				continue
			}
			reached = reached || asked && max(truth.Followers, truth.Friends) >= line
			unseen = unseen || truth.State == simulator.Protected // its newest post
			active = active || truth.State == simulator.Ordinary && !truth.LastPost.IsZero() && at.Sub(truth.LastPost) <= 30*24*time.Hour
		}
		keeps := slices.Contains(holders, p.NIP)
		if (reached || unread && keeps) && (active || unseen && keeps) {
			out = append(out, p.NIP)
		}
	}
	slices.Sort(out)
	return out
}

func everywhere(line int64) map[simulator.Platform]int64 {
	return map[simulator.Platform]int64{simulator.X: line, simulator.Instagram: line, simulator.Facebook: line}
}

// TestRoad goes from a roster to influencers, on both APIs of X, and compares
// with an answer that shares no code with the rule.
func TestRoad(t *testing.T) {
	for _, api := range []string{"v2", "v1.1"} {
		t.Run(api, func(t *testing.T) {
			both(t, func(t *testing.T, c *cli) {
				c.env["PENGIKUT_X_API"] = api
				sim := c.rehearse(simulator.Options{Seed: 7, People: 400, Mix: plainMix(), Speed: 1e-9})
				c.register(sim)
				r := c.want(exitFailed, "sync", "--all") // some accounts are gone
				if !strings.Contains(r.err, "gone") || !strings.Contains(r.err, "unreadable") {
					t.Errorf("sync does not tell what could not be read:\n%s", r.err)
				}
				got, want := nips(items[person](c, "influencers")), expected(sim, c.clock.now(), everywhere(500), nil)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("influencers (-truth +ours):\n%s", diff)
				}
				if len(got) < 100 || len(got) > 390 {
					t.Errorf("%d influencers of 400: the test proves little", len(got))
				}
				if r := c.want(exitDone, "replay"); !strings.Contains(r.err, number(len(got))+" decisions recomputed, 0 differences") {
					t.Errorf("replay: %s", r.err)
				}
				if everybody := items[person](c, "people"); len(everybody) != 400 {
					t.Errorf("%d people of 400 listed", len(everybody))
				}
			})
		})
	}
}

// TestPolicy applies policies that grant and revoke on what is stored: the
// platforms hear nothing of it.
func TestPolicy(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		sim := c.rehearse(simulator.Options{Seed: 3, People: 200, Mix: plainMix(), Speed: 1e-9})
		c.register(sim)
		c.want(exitFailed, "sync")
		calls := sim.Stats().Total.Calls
		lower := c.file("lower.yaml", "requirements:\n  - {platform: x, metric: followers, at_least: 300}\n")
		higher := c.file("higher.yaml", "confirm: 1\nbreaker: {share: 100%}\nrequirements:\n  - {platform: x, metric: followers, at_least: 450}\n"+
			"  - {platform: facebook, metric: friends, at_least: 800}\n")
		for _, step := range []struct {
			file  string
			lines map[simulator.Platform]int64
		}{
			{lower, map[simulator.Platform]int64{simulator.X: 300}},
			{higher, map[simulator.Platform]int64{simulator.X: 450, simulator.Facebook: 800}},
		} {
			before := nips(items[person](c, "influencers"))
			preview := items[previewView](c, "policy", "preview", step.file)
			c.want(exitUsage, "policy", "apply", step.file)
			if diff := cmp.Diff(before, nips(items[person](c, "influencers"))); diff != "" {
				t.Fatalf("a preview, or an apply without a yes, moved somebody:\n%s", diff)
			}
			c.clock.advance(time.Minute)
			r := c.want(exitDone, "policy", "apply", step.file, "--yes", "--note", "a test")
			got := nips(items[person](c, "influencers"))
			want := expected(sim, c.clock.now(), step.lines, before)
			if step.file == lower { // who held the status keeps it until a loss is confirmed
				if diff := cmp.Diff(without(before, want), toConfirm(preview)); diff != "" || len(without(before, want)) < 5 {
					t.Errorf("to lose when further reads confirm it (-truth +foretold):\n%s", diff)
				}
				want = union(want, before)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-truth +ours):\n%s\n%s", step.file, diff, r.out)
			}
			checkPreview(t, preview, before, got)
		}
		if now := sim.Stats().Total.Calls; now != calls {
			t.Errorf("%d platform calls for policies", now-calls)
		}
		c.want(exitDone, "replay")
		if r := c.want(exitDone, "policy", "history"); !strings.Contains(r.out, "cli:tester") || !strings.Contains(r.out, "a test") {
			t.Errorf("history:\n%s", r.out)
		}
	})
}

// checkPreview compares what was foretold with what came.
func checkPreview(t *testing.T, preview []previewView, before, after []string) {
	t.Helper()
	want := slices.Clone(before)
	for _, p := range preview {
		switch {
		case p.To.Holds():
			want = append(want, p.NIP)
		case p.To != "":
			want = slices.DeleteFunc(want, func(n string) bool { return n == p.NIP })
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(slices.Compact(want), after); diff != "" {
		t.Errorf("the preview foretold otherwise (-foretold +came):\n%s", diff)
	}
	if slices.Equal(before, after) {
		t.Error("nobody moved: the test proves nothing")
	}
}

// toConfirm is who stays until further reads confirm a loss.
func toConfirm(preview []previewView) []string {
	var out []string
	for _, p := range preview {
		if p.Unconfirmed != nil {
			out = append(out, p.NIP)
		}
	}
	slices.Sort(out)
	return out
}

func without(all, some []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(some, s) })
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

func TestImport(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		good := c.file("good.csv", "nip,name,agency,unit,platform,handle,external_id\n"+
			"198604262009012001,Sri Rahayu,BKN,Biro Umum,x,sri,\n198604262009012001,Sri Rahayu,BKN,Biro Umum,facebook,sri.r,123\n")
		want := "          Added  Updated  Unchanged\nPeople        1        0          0\nAccounts      2        0          0\n"
		if r := c.want(exitDone, "import", good, "--dry-run"); r.out != "dry run: nothing was changed\n"+want {
			t.Errorf("dry run:\n%s", r.out)
		}
		if r := c.want(exitDone, "import", good); r.out != want || r.err != "" {
			t.Errorf("after a dry run:\n%s%s", r.out, r.err)
		}
		if r := c.want(exitDone, "import", good); !strings.Contains(r.out, "People        0        0          1\nAccounts      0        0          2\n") {
			t.Errorf("a second time:\n%s", r.out)
		}
		bad := c.file("bad.csv", "nip,name,agency,platform,handle\n198604262009012002,Budi,BKN,x,budi\n1986,Short,BKN,x,short\n"+
			"198604262009012003,No Platform,BKN,friendster,np\n198604262009012004,No Handle,BKN,x,\n")
		r := c.want(exitDone, "import", bad)
		for _, line := range []string{bad + ":3: ", bad + ":4: ", bad + ":5: "} {
			if !strings.Contains(r.err, line) {
				t.Errorf("no problem reported at %s\n%s", line, r.err)
			}
		}
		if !strings.Contains(r.out, "People        1") || strings.Contains(r.err, "198604262009012003") {
			t.Errorf("bad rows:\n%s%s", r.out, r.err)
		}
		c.want(exitFailed, "import", c.file("none.csv", "nip,name,agency,platform,handle\n12,A,B,x,h\n"))
		c.want(exitFailed, "import", c.file("header.csv", "a,b\n1,2\n"))
		c.want(exitFailed, "import", "/nowhere.csv")
		if people := items[person](c, "people"); len(people) != 2 {
			t.Errorf("%d people", len(people))
		}
	})
}

// TestSyncOutOfTime allows too little time to even look: that is no success.
func TestSyncOutOfTime(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.register(c.rehearse(static()))
	if r := c.want(exitFailed, "sync", "--timeout", "1ns"); !strings.Contains(r.err, "allowed") {
		t.Errorf("err: %s", r.err)
	}
	if r := c.want(exitFailed, "sync", "--platform", "x", "--nip", "198604262009012001", "--timeout", "1ns"); r.err == "" {
		t.Error("silence")
	}
}

// TestSyncSelects reads only what is asked for.
func TestSyncSelects(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	sim := c.rehearse(static())
	c.register(sim)
	one, two := sim.Population().Person(0).NIP, sim.Population().Person(1).NIP
	c.want(exitDone, "sync", "--platform", "x", "--nip", one, "--nip", two)
	read := 0
	for _, p := range items[person](c, "people") {
		for _, a := range p.Accounts {
			if a.State == "ok" {
				read++
				if a.Platform != "x" || p.NIP != one && p.NIP != two {
					t.Errorf("read %s of another", a.Platform)
				}
			}
		}
	}
	if read != 2 {
		t.Errorf("%d accounts read, want 2", read)
	}
	c.want(exitDone, "sync")
	calls := sim.Stats().Total.Calls
	c.want(exitDone, "sync")
	if n := sim.Stats().Total.Calls - calls; n != 0 {
		t.Errorf("%d calls though nothing is due", n)
	}
	delete(c.env, "PENGIKUT_X_BEARER_TOKEN")
	if r := c.want(exitDone, "sync"); !strings.Contains(r.err, "x is off: no PENGIKUT_X_BEARER_TOKEN") {
		t.Errorf("with X off: %s", r.err)
	}
	if r := c.want(exitFailed, "sync", "--platform", "x"); !strings.Contains(r.err, "x is off") {
		t.Errorf("X alone, off: %s", r.err)
	}
}

// TestSyncWithoutRedis reads all the same: Redis holds nothing but limits.
func TestSyncWithoutRedis(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.env["PENGIKUT_REDIS_URL"] = "redis://127.0.0.1:1/0"
	c.register(c.rehearse(static()))
	if r := c.want(exitDone, "sync"); !strings.Contains(r.err, "Redis does not answer") {
		t.Errorf("err: %s", r.err)
	}
}

// TestSyncMindsTheServicesLimits lets a sync find the limit used up that another
// one has learned of: it calls nobody.
func TestSyncMindsTheServicesLimits(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.env["PENGIKUT_REDIS_URL"] = testservers.Redis(t)
	c.clock.since = time.Now()
	sim := c.rehearse(static())
	c.register(sim)
	if _, err := sim.AddFault(simulator.Fault{Kind: simulator.Throttle, Platform: simulator.X}); err != nil {
		t.Fatal(err)
	}
	c.want(exitFailed, "sync", "--platform", "x", "--timeout", "1m")
	calls := sim.Stats().Total.Calls
	r := c.want(exitFailed, "sync", "--platform", "x", "--all", "--timeout", "1m")
	if n := sim.Stats().Total.Calls - calls; n != 0 || !strings.Contains(r.err, "rate_limited") {
		t.Errorf("%d calls\n%s", n, r.err)
	}
}
