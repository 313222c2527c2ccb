package main

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// holders registers and reads a small world, and gives the NIPs of who holds the
// status.
func (c *cli) holders(n int) []string {
	c.t.Helper()
	c.register(c.rehearse(static()))
	c.want(exitDone, "sync")
	var nips []string
	for _, p := range items[person](c, "influencers", "--limit", "9") {
		nips = append(nips, p.NIP)
	}
	if len(nips) < n {
		c.t.Fatalf("%d hold the status, want %d", len(nips), n)
	}
	return nips[:n]
}

// said is the last line of what a command printed.
func said(r result) string {
	lines := strings.Split(strings.TrimSpace(r.out), "\n")
	return lines[len(lines)-1]
}

// TestActsOnOnePerson walks a person through the acts at the command line.
func TestActsOnOnePerson(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	nip := c.holders(1)[0]
	for _, step := range []struct{ args, want string }{
		{"suspend NIP --reason ditinjau --until 2026-12-01", "active to suspended (suspended), until 2 Dec 2026 00:00 WIB"},
		{"suspend NIP --reason lagi", "suspended to suspended (suspended)"},
		{"reinstate NIP --reason selesai", "suspended to active (reinstated)"},
		{"block NIP --reason x --basis PP-94/2021 --decree SK-1 --dry-run", "active to blocked (blocked)"},
		{"block NIP --reason x --basis PP-94/2021 --decree SK-1", "active to blocked (blocked)"},
		{"leave NIP --why retired", "blocked to blocked (left)"},
		{"rejoin NIP --reason salah", "blocked to blocked (rejoined)"},
		{"unblock NIP --reason x", "blocked to revoked (unblocked), then revoked to active (returned)"},
		{"leave NIP --why deceased", "active to revoked (left)"},
	} {
		args := strings.Fields(strings.Replace(step.args, "NIP", nip, 1))
		if got := said(c.want(exitDone, args...)); !strings.HasSuffix(got, ": "+step.want) {
			t.Errorf("%s: %q", step.args, got)
		}
	}
	screen := c.want(exitDone, "person", nip).out
	for _, part := range []string{"Left    deceased, since 23 Nov 2026", "Has left the service (deceased)", "Influencer status ended on 23 Nov 2026 because the person died."} {
		if !strings.Contains(screen, part) {
			t.Errorf("%q is not on the screen:\n%s", part, screen)
		}
	}
	var actions []string
	for _, e := range items[struct{ Actor, Action string }](c, "audit", "--nip", nip) {
		actions = append(actions, e.Action)
		if e.Actor != "cli:tester" {
			t.Errorf("by %q", e.Actor)
		}
	}
	slices.Reverse(actions)
	want := []string{"person.suspend", "person.suspend", "person.reinstate", "person.block", "person.leave", "person.rejoin", "person.unblock", "person.leave"}
	if diff := cmp.Diff(want, actions); diff != "" {
		t.Errorf("the audit log: %s", diff)
	}
	if got := c.want(exitDone, "replay").err; !strings.Contains(got, " 0 differences") {
		t.Errorf("replay: %s", got)
	}
}

// TestPersonShowsBlockFreezeAndAgencies: what stands beside the status.
func TestPersonShowsBlockFreezeAndAgencies(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	nips := c.holders(1)
	var was struct{ Agency string }
	if err := json.Unmarshal([]byte(c.want(exitDone, "person", nips[0], "-o", "json").out), &was); err != nil {
		t.Fatal(err)
	}
	c.want(exitDone, "move", nips[0], "--agency", "Badan Baru", "--new-agency", "--unit", "Humas")
	c.want(exitDone, "block", nips[0], "--reason", "x", "--basis", "PP 94/2021", "--decree", "SK-7")
	c.want(exitDone, "freeze", "add", "--agency", "Badan Baru", "--until", "2027-02-14", "--reason", "Pilkada")
	screen := c.want(exitDone, "person", nips[0]).out
	for _, part := range []string{"Block   decree SK-7, legal basis PP 94/2021", "Freeze  no new grants until 15 Feb 2027 00:00 WIB", "Before  " + was.Agency, "Badan Baru, Humas"} {
		if !strings.Contains(screen, part) {
			t.Errorf("%q is not on the screen:\n%s", part, screen)
		}
	}
	var view struct {
		Block        struct{ Decree string }
		FrozenUntil  time.Time `json:"frozen_until"`
		Affiliations []struct{ Agency string }
	}
	if err := json.Unmarshal([]byte(c.want(exitDone, "person", nips[0], "-o", "json").out), &view); err != nil {
		t.Fatal(err)
	}
	if view.Block.Decree != "SK-7" || view.FrozenUntil.IsZero() || len(view.Affiliations) != 2 || view.Affiliations[1].Agency != "Badan Baru" {
		t.Errorf("%+v", view)
	}
}

// TestActsOnAFile reports each row that is not done, and does the others.
func TestActsOnAFile(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	nips := c.holders(3)
	file := c.file("b.csv", "nip;Reason;until;colour\n"+nips[0]+";;2026-12-31;\n"+nips[1]+";Khusus;;\n123;;;\n"+nips[0]+";;;\n199001012015011001;;;\n")
	told := []string{
		"columns that mean nothing here: colour", "b.csv:4: NIP has 3 digits, not 18",
		"b.csv:5: line 2 concerns the same person, and was taken", "b.csv:6: nobody with this NIP or id", "3 rows were not done",
	}
	totals := "2 of 5 rows done, 1 not found, 1 duplicate, 1 unreadable\n  2: active to suspended (suspended)\n"
	before := c.want(exitDone, "people", "-o", "json").out
	for _, extra := range [][]string{{"--dry-run"}, nil} {
		r := c.want(exitFailed, append([]string{"suspend", "--file", file, "--reason", "Pemilu"}, extra...)...)
		for _, part := range told {
			if !strings.Contains(r.err, part) {
				t.Errorf("%v: %q is not in %s", extra, part, r.err)
			}
		}
		if !strings.HasSuffix(r.out, totals) {
			t.Errorf("%v: %s", extra, r.out)
		}
		if now := c.want(exitDone, "people", "-o", "json").out; (now == before) != (extra != nil) {
			t.Errorf("%v: a dry run changes nothing, and the other does", extra)
		}
	}
	notes := map[string]string{nips[0]: "Pemilu", nips[1]: "Khusus"}
	for _, d := range items[struct{ NIP, Note string }](c, "decisions", "--status", "suspended") {
		if d.Note != notes[d.NIP] {
			t.Errorf("%s: reason %q", d.NIP, d.Note)
		}
	}
	r := c.runIn("nip\n"+nips[1]+"\n"+nips[2]+"\n", "reinstate", "--file", "-", "--reason", "selesai", "-o", "csv")
	rows, err := csv.NewReader(strings.NewReader(r.out)).ReadAll()
	if err != nil || r.code != exitFailed || len(rows) != 3 || rows[1][4] != "done" || rows[2][4] != "illegal" || rows[2][7] != "reinstate a person who is active" {
		t.Errorf("exit %d, %v, %q, %s", r.code, err, rows, r.err)
	}
}

// TestAListIsAFileOfOrders: what people prints goes back in as it is, and the codes
// of its reasons are nobody's words.
func TestAListIsAFileOfOrders(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.holders(1)
	held := len(items[person](c, "influencers"))
	list := c.file("list.csv", c.want(exitDone, "people", "--status", "active", "-o", "csv").out)
	r := c.want(exitFailed, "unapprove", "--file", list)
	if !strings.Contains(r.err, "list.csv:2: unapprove needs a reason") || !strings.Contains(r.out, "0 of ") {
		t.Errorf("%s%s", r.out, r.err)
	}
	c.want(exitDone, "policy", "apply", c.file("manual.yaml", "approval: manual\n"), "--yes")
	for _, act := range []string{"unapprove", "approve"} {
		r := c.want(exitDone, act, "--file", list, "--reason", "dicek")
		if !strings.Contains(r.out, fmt.Sprintf("%d of %d rows done", held, held)) || !strings.Contains(r.err, ", agency, unit\n") {
			t.Errorf("%s: %s%s", act, r.out, r.err)
		}
		list = c.file("next.csv", c.want(exitDone, "people", "--status", "pending", "-o", "csv").out)
	}
}

// TestActsBadUsage: what is not whole is refused before the database is opened.
func TestActsBadUsage(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	const nip = "199001012015011001"
	for args, want := range map[string]string{
		"suspend":                "suspend needs a NIP, or --file",
		"suspend " + nip:         "suspend needs a reason",
		"suspend 123 --reason x": "NIP has 3 digits, not 18",
		"suspend " + nip + " --file f --reason x":   "either a NIP or --file",
		"suspend " + nip + " --reason " + nip:       "the reason names a NIP",
		"suspend " + nip + " --reason x --until 1":  "--until: \"1\" is neither a day",
		"block " + nip + " --reason x":              "a block needs its legal basis",
		"leave " + nip:                              "leave needs why: retired, moved, deceased, dismissed, ended",
		"move " + nip:                               "move needs the agency, or the unit, to move to",
		"approve " + nip + " --reason x -o yaml":    "--output \"yaml\" is none of",
		"freeze add":                                "whose grants?",
		"freeze add --all --until x --reason y":     "\"x\" is neither a day",
		"freeze end x":                              "\"x\" is not the number of a freeze",
		"audit --nip " + nip + " --target person:1": "either --nip or --target",
		"audit --since x":                           "--since \"x\" is no day",
	} {
		if r := c.run(strings.Fields(args)...); r.code != exitUsage || !strings.Contains(r.err, want) {
			t.Errorf("%s: exit %d, %s", args, r.code, r.err)
		}
	}
}

// TestFreezeAtTheCommandLine orders, lists and ends one.
func TestFreezeAtTheCommandLine(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.holders(1)
	c.want(exitDone, "freeze", "add", "--all", "--from", "2026-11-24", "--until", "2026-11-25", "--reason", "Pilkada")
	list := func() string { return c.want(exitDone, "freeze", "list", "-o", "csv").out }
	if got := list(); !strings.Contains(got, "1,,planned,2026-11-23T17:00:00Z,2026-11-25T17:00:00Z,cli:tester,Pilkada") {
		t.Error(got)
	}
	c.clock.advance(24 * time.Hour)
	if got := list(); !strings.Contains(got, "1,,in_force,") {
		t.Error(got)
	}
	c.want(exitDone, "freeze", "end", "1")
	if got := list(); !strings.Contains(got, "1,,over,2026-11-23T17:00:00Z,2026-11-24T02:00:00Z,") {
		t.Error(got)
	}
	if r := c.want(exitFailed, "freeze", "end", "1"); !strings.Contains(r.err, "is over since") {
		t.Error(r.err)
	}
	if r := c.want(exitFailed, "freeze", "add", "--agency", "Ujian", "--until", "2026-12-25", "--reason", "x"); !strings.Contains(r.err, `the agency "Ujian"`) {
		t.Error(r.err)
	}
}
