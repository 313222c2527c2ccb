package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/connectors/simulator"
)

var update = flag.Bool("update", false, "write what the screens and the examples of events show anew")

// golden compares text with a file of testdata.
func golden(t *testing.T, name, text string) {
	t.Helper()
	sameFile(t, filepath.Join("testdata", name+".golden"), text)
}

// sameFile compares text with a file.
func sameFile(t *testing.T, path, text string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s (-want +got), -update writes it anew:\n%s", path, diff)
	}
}

// TestScreens shows one small world on every screen.
func TestScreens(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	o := static()
	o.People = 6
	c.register(c.rehearse(o))
	for _, platform := range []string{"x", "instagram", "facebook"} { // one after the other, so that every run decides alike
		c.want(exitDone, "sync", "--platform", platform)
	}
	c.clock.advance(30 * time.Hour) // everything is due by then: when, is for the schedule to test
	person := items[person](c, "influencers")[0]
	screens := map[string][]string{
		"people":       {"people"},
		"people-csv":   {"people", "--output", "csv"},
		"people-json":  {"people", "--output", "json", "--limit", "1"},
		"people-none":  {"people", "--query", "nobody by this name"},
		"limit":        {"people", "--limit", "2"},
		"influencers":  {"influencers"},
		"accounts":     {"accounts", "--platform", "x"},
		"accounts-csv": {"accounts", "--limit", "2", "--output", "csv"},
		"summary":      {"summary"},
		"coverage":     {"coverage", "--by", "platform"},
		"coverage-csv": {"coverage", "--output", "csv", "--platform", "x"},
		"export":       {"export", "influencers"},
		"decisions":    {"decisions"},
		"decision":     {"decision", "1"},
		"decision-id":  {"decision", "1", "--lang", "id"},
		"person":       {"person", person.NIP},
		"policy":       {"policy", "show"},
		"history":      {"policy", "history"},
		"preview":      {"policy", "preview", c.file("p.yaml", "match: all\ngrace: 7d\nconfirm: 1\n")},
		"credentials":  {"credential", "list", "--limit", "2"},
		"migrations":   {"migrate", "status", "--output", "csv"},
		"replay":       {"replay"},
	}
	for name, args := range screens {
		out := c.want(exitDone, args...).out
		switch name {
		case "migrations", "history", "accounts-csv": // times of others' making are on the other lines
			out, _, _ = strings.Cut(out, "\n")
			out = strings.Join(strings.Fields(out), " ") + "\n"
		case "policy": // and here on the first
			_, out, _ = strings.Cut(out, "\n")
		case "person": // how the rule explains itself is tested where it does
			before, rest, _ := strings.Cut(out, "  Has been an influencer")
			_, after, _ := strings.Cut(rest, "\n\n")
			out = before + "\n" + after
		}
		if name == "credentials" { // the key's id is another one each time
			out = strings.Join(strings.Fields(strings.SplitN(out, "\n", 2)[0]), " ") + "\n"
		}
		golden(t, name, out)
	}
}

// TestPersonJSON looks at what a person's JSON has beyond the list's.
func TestPersonJSON(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.register(c.rehearse(static()))
	c.want(exitDone, "sync")
	one := items[person](c, "influencers")[0]
	var got struct {
		person
		Qualifies   string                    `json:"qualifies"`
		Explanation []struct{ ID, EN string } `json:"explanation"`
		Decisions   []any                     `json:"decisions"`
	}
	if err := json.Unmarshal([]byte(c.want(exitDone, "person", one.NIP, "--output", "json").out), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(one, got.person); diff != "" {
		t.Errorf("another person than in the list:\n%s", diff)
	}
	if got.Qualifies != "yes" || len(got.Explanation) < 5 || got.Explanation[0].ID == "" || got.Explanation[0].EN == "" || len(got.Decisions) != 1 {
		t.Errorf("qualifies %q, %d lines, %d decisions", got.Qualifies, len(got.Explanation), len(got.Decisions))
	}
	if r := c.want(exitFailed, "person", "198604262009012001"); r.err != "pengikut: nobody with this NIP\n" {
		t.Errorf("nobody: %q", r.err)
	}
}

// TestPagesOfTables draws a table of more than one page: the header stands once
// and the columns stay under it.
func TestPagesOfTables(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	sim := simulator.New(simulator.Options{People: 1100, Now: c.clock.now})
	if err := writeRehearsal(sim, simulateFlags{peopleCSV: filepath.Join(c.dir, "people.csv")}); err != nil {
		t.Fatal(err)
	}
	c.want(exitDone, "import", filepath.Join(c.dir, "people.csv"))
	for _, form := range []string{"table", "csv"} {
		lines := strings.Split(strings.TrimSuffix(c.want(exitDone, "people", "--output", form).out, "\n"), "\n")
		if len(lines) != 1101 || strings.Count(strings.Join(lines, "\n"), "NIP")+strings.Count(strings.Join(lines, "\n"), "nip,") != 1 {
			t.Errorf("%s: %d lines for 1,100 people", form, len(lines))
		}
	}
	if people := items[person](c, "people"); len(people) != 1100 {
		t.Errorf("JSON: %d people", len(people))
	}
	seen := map[string]bool{}
	cursor := ""
	for range 4 {
		r := c.want(exitDone, "people", "--output", "csv", "--limit", "400", "--cursor", cursor)
		for _, line := range strings.Split(strings.TrimSpace(r.out), "\n")[1:] {
			seen[line] = true
		}
		_, tail, _ := strings.Cut(c.want(exitDone, "people", "--limit", "400", "--cursor", cursor).out, "--cursor ")
		if cursor = strings.TrimSpace(tail); cursor == "" {
			break
		}
	}
	if len(seen) != 1100 {
		t.Errorf("%d people over pages", len(seen))
	}
}

// TestNoSecretOnAnyScreen puts secrets everywhere and looks at all that prints.
func TestNoSecretOnAnyScreen(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.register(c.rehearse(static()))
	const secret = "s3cret-of-the-test"
	for _, name := range []string{"X_BEARER_TOKEN", "INSTAGRAM_ACCESS_TOKEN", "FACEBOOK_APP_SECRET"} {
		c.env["PENGIKUT_"+name] = secret
	}
	c.env["PENGIKUT_REDIS_URL"] = "redis://:" + secret + "@127.0.0.1:1/0"
	for _, args := range []string{"check --options", "check --options -o json", "credential list", "credential list -o json", "accounts -o json"} {
		r := c.want(exitDone, strings.Fields(args)...)
		if text := r.out + r.err; strings.Contains(text, secret) || strings.Contains(text, "EAASIM") {
			t.Errorf("pengikut %s shows a secret:\n%s", args, text)
		}
	}
	r := c.want(exitFailed, "check")
	if text := r.out + r.err; strings.Contains(text, secret) || !strings.Contains(narrow(text), "queue failed Redis does not answer") {
		t.Errorf("check:\n%s", text)
	}
}

// narrow is a table without its padding.
func narrow(table string) string { return strings.Join(strings.Fields(table), " ") }

func TestCheck(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		if r := c.want(exitDone, "check"); !strings.Contains(narrow(r.out), "facebook off no PENGIKUT_FACEBOOK_APP_ID") {
			t.Errorf("without credentials:\n%s", r.out)
		}
		sim := c.rehearse(static())
		c.register(sim)
		c.want(exitDone, "sync", "--platform", "x")
		if r := c.want(exitDone, "check"); !strings.Contains(narrow(r.out), "x ok well, last answer ") || !strings.Contains(r.out, "60 tokens stored") {
			t.Errorf("after a good day:\n%s", r.out)
		}
		if _, err := sim.AddFault(simulator.Fault{Kind: simulator.TokenDead, Platform: simulator.X}); err != nil {
			t.Fatal(err)
		}
		c.want(exitFailed, "sync", "--platform", "x", "--all")
		if r := c.want(exitFailed, "check"); !strings.Contains(narrow(r.out), "x failed credential dead for ") {
			t.Errorf("with a dead token:\n%s", r.out)
		}
		c.env["PENGIKUT_SECRET_KEY"] = "another passphrase of more than thirty-two characters"
		if r := c.want(exitFailed, "check"); !strings.Contains(r.out, "60 under a key that PENGIKUT_SECRET_KEY does not hold") {
			t.Errorf("with another key:\n%s", r.out)
		}
	})
}

func TestCredentials(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	sim := c.rehearse(static())
	c.register(sim)
	p := sim.Population().Person(0)
	args := strings.Fields("--platform facebook --nip " + p.NIP)
	c.want(exitDone, append([]string{"credential", "remove"}, args...)...)
	c.want(exitFailed, append([]string{"credential", "remove"}, args...)...)
	if n := len(items[credentialView](c, "credential", "list", "--nip", p.NIP)); n != 0 {
		t.Errorf("%d tokens after the removal", n)
	}
	add := append([]string{"credential", "add"}, args...)
	if r := c.runIn("", add...); r.code != exitFailed || !strings.Contains(r.err, "the token is empty") {
		t.Errorf("no token: %+v", r)
	}
	if r := c.runIn(sim.UserToken(0)+"\n", append(add, "--expires", "2027-01-31")...); r.code != exitDone || r.out != "stored\n" {
		t.Errorf("add: %+v", r)
	}
	list := items[credentialView](c, "credential", "list", "--platform", "facebook", "--nip", p.NIP)
	if len(list) != 1 || list[0].NIP == nil || *list[0].NIP != p.NIP || list[0].ExpiresAt == nil || list[0].ExpiresAt.Format(time.RFC3339) != "2027-01-31T17:00:00Z" {
		t.Errorf("listed: %+v", list)
	}
	if r := c.runIn("nip,token\n"+p.NIP+",abc\n198604262009012009,def\n12,ghi\n", "credential", "add", "--platform", "facebook", "--csv"); r.code != exitFailed ||
		!strings.Contains(r.out, "1 token stored, 2 left out") || !strings.Contains(r.err, "line 3:") || !strings.Contains(r.err, "line 4:") || strings.Contains(r.err, "ghi") {
		t.Errorf("csv: %+v", r)
	}
}

func TestBadPolicyFiles(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	for text, wants := range map[string][]string{
		"match: any\nmatch: all\nconfirm: 9\nfoo: 1\n": {"match: stands twice", "foo: is not a key", "confirm: must be from 1 to 5"},
		"- a\n- b\n":                       {"must be an object of keys and values"},
		"":                                 {"the file is empty"},
		"match: any\n---\nmatch: all\n":    {"more than one YAML document"},
		"match: &a any\ngrace: *a\n":       {"anchors and aliases are not used here"},
		"grace: at_least: 2\n":             {"mapping values are not allowed"},
		"requirements: {platform: x}\n":    {"requirements"},
		"{\"confirm\": 2, \"confirm\": 3}": {"confirm: stands twice"},
	} {
		r := c.want(exitFailed, "policy", "preview", c.file("bad.yaml", text))
		for _, want := range wants {
			if !strings.Contains(r.err, want) {
				t.Errorf("%q: no %q in\n%s", text, want, r.err)
			}
		}
	}
	c.want(exitDone, "migrate", "up")
	// What policy show prints is a policy file, and changes nothing.
	again := c.file("again.yaml", c.want(exitDone, "policy", "show").out)
	if r := c.want(exitDone, "policy", "apply", again, "--yes"); !strings.Contains(r.out, "version 1 stays in force: it says the same") {
		t.Errorf("applied again: %s", r.out)
	}
	for _, text := range []string{"match:\n  at_least: 2\n", "match: at_least: 2 # of three\n", "match: {at_least: 2}\n"} {
		if r := c.want(exitDone, "policy", "preview", c.file("two.yaml", text)); !strings.Contains(r.out, "match: any -> at_least: 2") {
			t.Errorf("%q: %s", text, r.out)
		}
	}
	c.want(exitFailed, "policy", "show", "99")
}
