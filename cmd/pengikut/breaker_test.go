package main

import (
	"strings"
	"testing"
	"time"
)

// TestBreakerAtTheCommandLine applies a typo, and takes both ways out.
func TestBreakerAtTheCommandLine(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.register(c.rehearse(static()))
	if out := c.want(exitDone, "breaker", "list").out; out != "the breaker has never tripped\n" {
		t.Errorf("list: %s", out)
	}
	for range 2 { // so that two reads confirm whatever a policy makes of the numbers
		c.want(exitDone, "sync", "--all")
		c.clock.advance(3 * time.Hour)
	}
	before := c.want(exitDone, "influencers", "-o", "csv").out
	holders := strings.Count(before, "\n") - 1
	typo := c.file("typo.yaml", `
requirements:
  - {platform: x, metric: followers, at_least: 500000000}
breaker: {share: 5%, floor: 2, window: 1h}
`)
	says := func(part string, code int, args ...string) string {
		t.Helper()
		r := c.want(code, args...)
		if !strings.Contains(r.out+r.err, part) {
			t.Errorf("pengikut %s does not say %q:\n%s%s", strings.Join(args, " "), part, r.out, r.err)
		}
		return r.out
	}
	all := plural(holders, "loss", "losses")
	says("the breaker would hold back all of the "+all+": 2 of "+number(holders)+" holders are allowed", exitDone, "policy", "preview", typo)
	says(number(holders)+" losses are held back by the breaker", exitDone, "policy", "apply", "--yes", typo)
	if now := c.want(exitDone, "influencers", "-o", "csv").out; strings.Count(now, ",active,") != holders || !strings.Contains(now, "2026-11-2") {
		t.Errorf("somebody moved:\n%s", now)
	}
	says("active, loss held by the breaker", exitDone, "influencers")
	says("trip 1: "+all+" wait", exitDone, "check")
	says("open", exitDone, "breaker", "list")
	says("when everybody was decided again under a policy, policy 2", exitDone, "breaker", "show", "1")
	nip, _, _ := strings.Cut(strings.Split(c.want(exitDone, "breaker", "show", "1", "-o", "csv").out, "\n")[1], ",")
	says("loss held by the breaker since", exitDone, "person", nip)
	says(`"loss_held":`, exitDone, "person", nip, "-o", "json")
	says(`"outcome":"held"`, exitDone, "breaker", "show", "1", "-o", "json")

	says("--reason is missing", exitUsage, "breaker", "discard", "1")
	says("is not the number of a trip", exitUsage, "breaker", "release", "one", "--reason", "x")
	says("there is no trip 7", exitFailed, "breaker", "discard", "7", "--reason", "x")
	says("trip 1 is discarded: nobody moved", exitDone, "breaker", "discard", "1", "--reason", "a typo")
	says("trip 1 is closed already", exitFailed, "breaker", "release", "1", "--reason", "x")
	says("a typo", exitDone, "breaker", "show", "1")
	says("holds no losses back", exitDone, "check")

	says("0 lost it", exitDone, "policy", "apply", "--yes", typo) // says the same, decides again, trips anew
	says("trip 2 is released: "+number(holders)+" lost the status, 0 stayed", exitDone, "breaker", "release", "2", "--reason", "meant so")
	says("released by cli:tester: meant so", exitDone, "decisions", "-o", "csv")
	says("0 differences", exitDone, "replay")
	says("no influencers", exitDone, "influencers")
}
