package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// TestAfarPolicy looks at the rule, weighs others, and shows the same as here.
func TestAfarPolicy(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		c.register(c.rehearse(static()))
		c.want(exitDone, "sync")
		stricter := c.file("stricter.yaml", "confirm: 1\nbreaker: {share: 5%, floor: 2, window: 1h}\nrequirements:\n  - {platform: x, metric: followers, at_least: 700}\n  - {platform: instagram, metric: followers, at_least: 700}\n")
		later := c.file("later.yaml", "confirm: 2\nrequirements: [{platform: x, metric: followers, at_least: 3000}]\n")
		mild := c.file("mild.yaml", "requirements: [{platform: x, metric: followers, at_least: 499}]\n")
		c.want(exitDone, "policy", "draft", "save", stricter, "--note", "700 mulai Desember")
		c.want(exitDone, "policy", "draft", "save", later)
		c.want(exitDone, "policy", "apply", "--draft", "2", "--effective", "2099-12-01", "--yes")
		c.want(exitDone, "policy", "draft", "save", later)
		c.want(exitDone, "policy", "draft", "discard", "3")
		c.want(exitDone, "policy", "apply", mild, "--yes", "--note", "uji")
		far := c.afar()
		c.clock.stand()
		for _, args := range [][]string{{"policy", "history"}, {"policy", "draft", "list"}, {"policy", "draft", "list", "--all"}, {"policy", "schedule", "list"}} {
			for _, output := range outputs {
				c.agrees(far, append(slices.Clone(args), "-o", output)...)
			}
		}
		for _, args := range [][]string{{"policy", "show"}, {"policy", "show", "1"}, {"policy", "draft", "show", "1"}} {
			for _, output := range []string{"yaml", "json"} {
				c.agrees(far, append(slices.Clone(args), "-o", output)...)
			}
		}
		for _, output := range outputs {
			c.same(far, exitDone, "policy", "preview", stricter, "-o", output)
		}
		for _, args := range [][]string{{"--draft", "2"}, {stricter, "--limit", "1"}, {"--draft", "1", "--by", "agency"}, {stricter, "--by", "platform", "-o", "json"}, {stricter, "--by", "agency", "-o", "csv"}} {
			c.same(far, exitDone, append([]string{"policy", "preview"}, args...)...)
		}
		far.says("there is no version 9", exitFailed, "policy", "show", "9")
		far.says("there is no draft 9", exitFailed, "policy", "preview", "--draft", "9")
	})
}

// TestAfarPolicyOrders puts policies in force, now and on a date, and back.
func TestAfarPolicyOrders(t *testing.T) {
	t.Parallel()
	c, holders, stricter := newRuled(t)
	far := c.afar()
	far.says("version 1 is in force: there is none before it", exitFailed, "policy", "undo", "--yes", "--reason", "x")
	far.says("draft 1\n", exitDone, "policy", "draft", "save", stricter, "--note", "700")
	far.says("draft 1 comes into force on 1 Dec 2099", exitDone, "policy", "apply", "--draft", "1", "--effective", "2099-12-01", "--yes")
	far.says("draft 1 is not scheduled any more", exitDone, "policy", "schedule", "cancel", "1", "--note", "belum")
	far.says("draft 2 comes into force on 1 Dec 2099", exitDone, "policy", "apply", stricter, "--effective", "2099-12-01", "--yes")
	far.says("draft 2 is discarded", exitDone, "policy", "draft", "discard", "2")
	far.says("draft 2 is discarded: it cannot be applied", exitFailed, "policy", "apply", "--draft", "2", "--yes")
	far.says("lies in the past", exitFailed, "policy", "apply", stricter, "--effective", "2020-12-01", "--yes")
	far.says("nobody is here to say yes", exitUsage, "policy", "apply", stricter)
	far.says("version 2 is in force\nthe service decides everybody again within the next minutes", exitDone, "policy", "apply", "--draft", "1", "--yes", "--note", "mulai")
	c.job(t)
	if n := len(items[person](c, "influencers")); n >= holders || n == 0 {
		t.Errorf("%d of %d are left", n, holders)
	}
	same := far.want(exitDone, "policy", "apply", stricter, "--yes")
	if !strings.HasSuffix(same.out, "version 2 stays in force: it says the same, and nobody is decided again\n") || strings.Contains(same.out, "the service decides") {
		t.Errorf("the same again:\n%s", same.out)
	}
	far.says("version 3 is in force\nthe service decides everybody again within the next minutes", exitDone, "policy", "undo", "--yes", "--reason", "terlalu ketat")
	c.job(t)
	if n := len(items[person](c, "influencers")); n != holders {
		t.Errorf("%d after the undo, want %d", n, holders)
	}
	if history := items[web.PolicyVersion](far, "policy", "history"); len(history) != 3 || history[0].Note != "undo of version 2: terlalu ketat" || history[1].Author != "key:1 afar" {
		t.Errorf("%+v", history)
	}
	viewer := far.with(strings.TrimSpace(c.want(exitDone, "key", "create", "--name", "v", "--role", "viewer").out))
	viewer.want(exitDone, "policy", "show")
	viewer.want(exitDone, "policy", "history")
	for _, args := range [][]string{{"preview", stricter}, {"apply", stricter, "--yes"}, {"undo", "--yes", "--reason", "x"}, {"draft", "list"}} {
		viewer.says("the service says: Not for this key: This needs a key with the role admin", exitFailed, append([]string{"policy"}, args...)...)
	}
}

// TestAfarPreviewIsBounded: whom a service leaves out is told in a table, and beside
// what a machine reads.
func TestAfarPreviewIsBounded(t *testing.T) {
	t.Parallel()
	rule, _ := json.Marshal(influencer.DefaultPolicy())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/policy", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(web.PolicyVersion{Version: 1, Policy: web.PolicyFile{RawMessage: rule}})
	})
	mux.HandleFunc("POST /api/v1/policy/preview", func(w http.ResponseWriter, r *http.Request) {
		var asked struct{ Limit int }
		_ = json.NewDecoder(r.Body).Decode(&asked)
		to, reason := influencer.StatusRevoked, influencer.ReasonBelowLine
		p := web.PolicyPreview{People: 900, PreviewCounts: web.PreviewCounts{Lose: 700}}
		for i := range asked.Limit {
			p.Rows = append(p.Rows, web.PreviewRow{PersonID: int64(i), NIP: fmt.Sprint(i), Effect: "lose", Status: influencer.StatusActive, To: &to, Reason: &reason})
		}
		_ = json.NewEncoder(w).Encode(p)
	})
	stub := httptest.NewServer(mux)
	t.Cleanup(stub.Close)
	c := newCLI(t)
	c.env["PENGIKUT_SERVER"], c.env["PENGIKUT_KEY"] = stub.URL, "pk_1_x"
	p := c.file("p.yaml", "confirm: 1\n")
	c.says("… and 690 more: --limit 0 or --output csv\n", exitDone, "policy", "preview", p, "--limit", "10")
	c.says("… and 200 more: a service elsewhere lists 500 of each kind at most\n", exitDone, "policy", "preview", p, "--limit", "0")
	r := c.want(exitDone, "policy", "preview", p, "-o", "csv")
	if strings.Count(r.out, "\n") != 501 || !strings.Contains(r.err, "Lose the status: … and 200 more: a service elsewhere lists 500 of each kind at most\n") {
		t.Errorf("%d lines\n%s", strings.Count(r.out, "\n"), r.err)
	}
}
