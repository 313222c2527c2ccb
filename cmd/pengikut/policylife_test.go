package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/web"
)

// newRuled is a command line on people who were read, how many of them hold the
// status, and the file of a policy that takes it from some.
func newRuled(t *testing.T) (c *cli, holders int, stricter string) {
	t.Helper()
	c = newCLI(t)
	c.register(c.rehearse(static()))
	c.want(exitDone, "sync")
	holders = len(items[person](c, "influencers"))
	stricter = c.file("stricter.yaml", "confirm: 1\nbreaker: {floor: 100}\nrequirements:\n  - {platform: x, metric: followers, at_least: 700}\n  - {platform: instagram, metric: followers, at_least: 700}\n")
	return c, holders, stricter
}

// TestPolicyLife takes a policy from a draft to its date, and back.
func TestPolicyLife(t *testing.T) {
	t.Parallel()
	c, holders, stricter := newRuled(t)

	if out := c.want(exitDone, "policy", "draft", "save", stricter, "--note", "700 mulai Desember").out; out != "draft 1\n" {
		t.Errorf("saved: %q", out)
	}
	drafts := items[web.Draft](c, "policy", "draft", "list")
	if len(drafts) != 1 || drafts[0].State != "draft" || drafts[0].Note != "700 mulai Desember" || drafts[0].Author != "cli:tester" || len(drafts[0].Changes) == 0 {
		t.Errorf("drafts: %+v", drafts)
	}
	shown := c.file("shown.yaml", c.want(exitDone, "policy", "draft", "show", "1").out)
	if r := c.want(exitDone, "policy", "preview", "--draft", "1"); r.out != c.want(exitDone, "policy", "preview", shown).out ||
		!strings.Contains(r.out, "\nRests on ") || !strings.Contains(r.out, " accounts read within 35 days: the newest ") {
		t.Errorf("preview of the draft:\n%s", r.out)
	}
	byAgency := items[web.PreviewGroup](c, "policy", "preview", "--draft", "1", "--by", "agency")
	lost := 0
	for _, g := range byAgency {
		lost += g.Lose
		if g.Agency == "" || g.Platform != "" || g.Expected == 0 || g.Read == 0 || g.AsOf == nil {
			t.Errorf("group: %+v", g)
		}
	}
	if lost == 0 || lost >= holders {
		t.Fatalf("%d of %d lose: nothing is shown", lost, holders)
	}
	if byPlatform := items[web.PreviewGroup](c, "policy", "preview", stricter, "--by", "platform"); len(byPlatform) != 3 || byPlatform[0].Platform == "" {
		t.Errorf("by platform: %+v", byPlatform)
	}

	c.want(exitDone, "policy", "apply", "--draft", "1", "--effective", "2026-12-01", "--yes")
	if due := items[web.Draft](c, "policy", "schedule", "list"); len(due) != 1 || !due[0].EffectiveAt.Equal(time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)) {
		t.Errorf("scheduled: %+v", due)
	}
	c.want(exitDone, "policy", "schedule", "cancel", "1", "--note", "belum")
	if out := c.want(exitDone, "policy", "schedule", "list").out; out != "nothing is scheduled\n" {
		t.Errorf("after the date was taken back: %s", out)
	}
	c.want(exitDone, "policy", "apply", "--draft", "1", "--effective", "2026-12-01", "--yes")
	c.clock.advance(8 * 24 * time.Hour)
	c.job(t)
	if n := len(items[person](c, "influencers")); n != holders-lost {
		t.Errorf("%d of %d are left after its date, want %d less", n, holders, lost)
	}
	c.want(exitDone, "policy", "undo", "--yes", "--reason", "terlalu ketat")
	if n := len(items[person](c, "influencers")); n != holders {
		t.Errorf("%d after the undo, want %d", n, holders)
	}
	history := items[web.PolicyVersion](c, "policy", "history")
	if len(history) != 3 || history[0].Note != "undo of version 2: terlalu ketat" || history[1].Author != "cli:tester" || history[1].Note != "700 mulai Desember" {
		t.Errorf("history: %+v", history)
	}
	var receipt web.Decision
	if err := json.Unmarshal([]byte(c.want(exitDone, "decision", "1", "-o", "json").out), &receipt); err != nil ||
		receipt.Sum == nil || receipt.Sum.Of != 3 || !strings.HasPrefix(receipt.Sentence.Indonesian, "Status influencer diberikan pada 23 Nov 2026 karena ") {
		t.Errorf("receipt: %+v, %v", receipt, err)
	}
}

// job does what the service does every minute.
func (c *cli) job(t *testing.T) {
	t.Helper()
	a, _, _ := c.app("")
	err := a.within(context.Background(), func(ctx context.Context, h *house) error { return h.policyJobs()[0].Run(ctx) })
	if err != nil {
		t.Fatal(err)
	}
}

func TestPolicyLifeRefuses(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.want(exitDone, "migrate", "up")
	p := c.file("p.yaml", "confirm: 1\n")
	for args, want := range map[string]string{
		"policy preview":                                   "preview needs FILE, or --draft",
		"policy preview p.yaml --draft 1":                  "from FILE or from --draft, not from both",
		"policy preview --draft -1":                        "--draft is not the number of a draft",
		"policy preview --draft 4":                         "there is no draft 4",
		"policy preview p.yaml --by unit":                  `--by "unit" is none of: agency, platform`,
		"policy apply p.yaml":                              "nobody is here to say yes: add --yes",
		"policy apply p.yaml --yes --effective soon":       `--effective "soon" is no day such as`,
		"policy apply p.yaml --yes --effective 2020-01-01": "--effective 1 Jan 2020 00:00 WIB lies in the past",
		"policy apply --draft 4 --yes":                     "there is no draft 4",
		"policy undo --yes":                                "version 1 is in force: there is none before it",
		"policy draft":                                     "which one? discard, list, save, show",
		"policy draft show x":                              `"x" is not the number of a draft`,
		"policy draft discard 4":                           "there is no draft 4",
		"policy schedule cancel 4":                         "there is no draft 4",
		"decision 0":                                       `"0" is not the number of a decision`,
		"decision 4":                                       "there is no decision 4",
		"decision 4 --lang nl":                             `--lang "nl" is none of: id, en`,
	} {
		r := c.run(strings.Fields(strings.Replace(args, "p.yaml", p, 1))...)
		if r.code == exitDone || !strings.Contains(r.err, want) {
			t.Errorf("%s: exit %d, %q; want %q", args, r.code, r.err, want)
		}
	}
	c.want(exitDone, "policy", "draft", "save", p)
	c.want(exitDone, "policy", "draft", "discard", "1")
	if r := c.want(exitFailed, "policy", "apply", "--draft", "1", "--yes"); !strings.Contains(r.err, "draft 1 is discarded: it cannot be applied") {
		t.Errorf("a discarded draft: %s", r.err)
	}
}

// TestReplayOfHistory asks what another policy would have made of the same reads.
func TestReplayOfHistory(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.register(c.rehearse(static()))
	c.want(exitDone, "sync")
	holders := items[person](c, "influencers")
	none := c.file("none.yaml", "requirements:\n  - {platform: x, metric: followers, at_least: 100000000}\n")
	rows := items[web.RerunRow](c, "replay", "--policy", none)
	if len(rows) != len(holders) || rows[0].Outcome != "lose" || len(rows[0].Made) != 1 || len(rows[0].Would) != 0 || rows[0].Status != "active" || rows[0].WouldStatus != "none" {
		t.Errorf("%d rows for %d holders, the first %+v", len(rows), len(holders), rows[0])
	}
	same := c.file("same.yaml", c.want(exitDone, "policy", "show").out)
	r := c.want(exitDone, "replay", "--policy", same, "--since", "2026-11-22")
	if r.out != "nobody would have moved otherwise\n" || !strings.HasPrefix(r.err, "60 people since 22 Nov 2026 00:00 WIB: ") {
		t.Errorf("the same policy: %s%s", r.out, r.err)
	}
	if r := c.want(exitUsage, "replay", "--policy", none, "--draft", "1"); !strings.Contains(r.err, "from FILE or from --draft") {
		t.Errorf("both: %s", r.err)
	}
}
