package main

import (
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// TestStoredTokensRead takes the tokens out of the environment and stores them.
func TestStoredTokensRead(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.register(c.rehearse(static()))
	token := c.env["PENGIKUT_X_BEARER_TOKEN"]
	delete(c.env, "PENGIKUT_X_BEARER_TOKEN")
	delete(c.env, "PENGIKUT_INSTAGRAM_ACCESS_TOKEN")
	if r := c.want(exitDone, "check"); strings.Count(r.out, "nor a stored token") != 2 {
		t.Errorf("check without tokens:\n%s", r.out)
	}
	for _, p := range []string{"x", "instagram"} {
		if r := c.runIn(token+"\n", "credential", "add", "--platform", p); r.code != exitDone {
			t.Fatalf("%s: %+v", p, r)
		}
	}
	if r := c.want(exitDone, "check"); strings.Contains(r.out, "stored token") {
		t.Errorf("check with tokens:\n%s", r.out)
	}
	c.want(exitDone, "sync")
	if left := items[any](c, "accounts", "--state", "pending"); len(left) > 0 {
		t.Errorf("%d accounts were not read", len(left))
	}
}

func TestTroubleWords(t *testing.T) {
	t.Parallel()
	for want, p := range map[string]influencer.PlatformHealth{
		"rate limited for 7s":           {Kind: influencer.RateLimited},
		"rate limited for 7s (gate)":    {Kind: influencer.RateLimited, Detail: "rate_limited (gate)"},
		"unavailable for 7s: no answer": {Kind: influencer.Unavailable, Detail: "unavailable: no answer"},
		"unavailable for 7s (502): bad": {Kind: influencer.Unavailable, Detail: "unavailable (502): bad"},
		"unavailable for 7s: something": {Kind: influencer.Unavailable, Detail: "something"},
	} {
		p.Since = monday
		if got := troubleWords(p, monday.Add(7*time.Second)); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
