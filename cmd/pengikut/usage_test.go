package main

import (
	"strings"
	"testing"
	"time"
)

func TestUsage(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	tests := []struct {
		args string
		want string // part of the error
	}{
		{"migrat", `unknown command "migrat", did you mean migrate?`},
		{"policy", "which one? apply, draft, history, preview, schedule, show, undo"},
		{"policy shwo", `unknown command "shwo", did you mean show?`},
		{"people --stauts active", "unknown flag: --stauts"},
		{"people --status actve", `--status "actve" is none of: none, pending, active`},
		{"people --output xml", `--output "xml" is none of: table, json, csv`},
		{"people --limit -1", "--limit is below 0"},
		{"people extra", `people takes no argument such as "extra"`},
		{"accounts --platform friendster", `--platform "friendster" is none of: x, instagram, facebook`},
		{"accounts --state fine", `--state "fine" is none of`},
		{"accounts --stale soon", `--stale: "soon" is not a duration`},
		{"decisions --since yesterday", `--since "yesterday" is no day`},
		{"decisions --nip 123", "--nip: NIP has 3 digits, not 18"},
		{"person", "person needs NIP"},
		{"person 19860426", "NIP has 8 digits, not 18"},
		{"sync --platform friendster", `--platform "friendster" is none of`},
		{"sync --timeout 0s", "--timeout must be above 0"},
		{"import", "import needs FILE.csv"},
		{"import a.csv b.csv", `import takes FILE.csv and nothing more: what is "b.csv"?`},
		{"policy apply", "apply needs FILE, or --draft"},
		{"decisions --reason foo", `--reason "foo" is none of: qualifies, awaits_approval, returned`},
		{"credential add --platform facebook --nip 198604262009012001 --expires 2026-11-21", "--expires 2026-11-21 lies in the past"},
		{"credential add --platform x --nip 198604262009012001", "x is read with the institution's own token: leave out --nip and --handle"},
		{"credential add --platform x --csv", "x is read with the institution's own token: leave out --csv"},
		{"credential add --platform facebook", "facebook is read with each person's own token: name the person with --nip"},
		{"credential add", "--platform is missing"},
		{"credential add --platform facebook --nip 1986042620090120010", "--nip: NIP has more than 18 digits"},
		{"credential add --platform facebook --csv --expires soon", `"soon" is neither a day`},
		{"simulate --fault gremlins", `--fault "gremlins"`},
		{"simulate --fault throttle:friendster", `"friendster" is none of`},
		{"simulate --people 0", "--people must be from 1 to"},
		{"demo --speed 0", "--speed must be from 1 to 100000"},
		{"serve --role cook", `--role "cook" is none of: all, worker, scheduler, web`},
		{"serve --log-level loud", `--log-level "loud" is none of`},
		{"policy show one", `"one" is not a version`},
		{"replay --since never", `--since "never" is no day`},
	}
	for _, tt := range tests {
		r := c.want(exitUsage, strings.Fields(tt.args)...)
		if !strings.Contains(r.err, tt.want) || !strings.Contains(r.err, "--help' for usage.") || r.out != "" {
			t.Errorf("pengikut %s:\ngot  %s%s\nwant %s", tt.args, r.err, r.out, tt.want)
		}
	}
	c.env["PENGIKUT_X_BEARER_TOKN"], c.env["PENGIKUT_X_EVERY"] = "hunter2", "daily"
	if r := c.want(exitUsage, "people"); !strings.Contains(r.err, "PENGIKUT_X_BEARER_TOKN") || !strings.Contains(r.err, "PENGIKUT_X_EVERY") || strings.Contains(r.err, "hunter2") {
		t.Errorf("configuration: %s", r.err)
	}
}

func TestEveryCommandHasHelp(t *testing.T) {
	t.Parallel()
	a, _, _ := newCLI(t).app("")
	root := a.rootCommand()
	for _, name := range strings.Fields("accounts check credential decisions demo import influencers migrate people person policy replay serve simulate sync version") {
		cmd, _, err := root.Find([]string{name})
		if err != nil || cmd.Name() != name || cmd.Short == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	for at, want := range map[time.Duration]string{
		0: "now", 30 * time.Second: "30s ago", 90 * time.Second: "1m ago", 25 * time.Hour: "25h ago", 49 * time.Hour: "2d ago",
		-30 * time.Minute: "in 30m", -72 * time.Hour: "in 3d",
	} {
		if got := age(monday.Add(-at), monday); got != want {
			t.Errorf("age of %v: %q, want %q", at, got, want)
		}
	}
	if age(time.Time{}, monday) != "never" || count(nil) != "-" || plainCount(nil) != "" {
		t.Error("what is unknown is written as something")
	}
	if got := clean("a\x1b[31m\u202eb\nc"); strings.ContainsAny(got, "\x1b\n\u202e") {
		t.Errorf("clean left %q", got)
	}
	if number(1234567) != "1,234,567" || plural(1, "person", "people") != "1 person" || plural(2000, "person", "people") != "2,000 people" {
		t.Error("numbers")
	}
}
