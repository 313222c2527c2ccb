package metrics

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/internal/testservers"
)

const (
	scrapeFile    = "../../deploy/prometheus/prometheus.yaml"
	rulesFile     = "../../deploy/prometheus/rules.yaml"
	rulesTestFile = "../../deploy/prometheus/rules_test.yaml"
	dashboardFile = "../../deploy/grafana/pengikut.json"
	handbook      = "../../docs/operations.md"
)

// rule is one rule of the file, as far as it matters here.
type rule struct {
	Alert, Record, Expr string
	Labels, Annotations map[string]string
}

func readRules(t *testing.T) []rule {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	readYAML(t, rulesFile, &file)
	var all []rule
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) < 20 {
		t.Fatalf("read %d rules: they are elsewhere", len(all))
	}
	return all
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(readFile(t, path)), into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestRules lets Prometheus' own tool read the rules, and play what their tests
// say.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"check", "rules", rulesFile}, {"test", "rules", rulesTestFile}, {"check", "config", "--syntax-only", scrapeFile}} {
		out, err := exec.CommandContext(t.Context(), testservers.Promtool(t), args...).CombinedOutput()
		if err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// TestEachAlarmIsFired looks for a test in which each alarm fires, and one in which
// it is quiet.
func TestEachAlarmIsFired(t *testing.T) {
	t.Parallel()
	var file struct {
		Tests []struct {
			Checks []struct {
				Alarm string           `yaml:"alertname"`
				Fires []map[string]any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	readYAML(t, rulesTestFile, &file)
	fired, quiet := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, c := range test.Checks {
			fired[c.Alarm] = fired[c.Alarm] || len(c.Fires) > 0
			quiet[c.Alarm] = quiet[c.Alarm] || len(c.Fires) == 0
		}
	}
	for _, r := range readRules(t) {
		if r.Alert != "" && (!fired[r.Alert] || !quiet[r.Alert]) {
			t.Errorf("%s: fired by a test %v, quiet in one %v", r.Alert, fired[r.Alert], quiet[r.Alert])
		}
	}
}

// TestEachAlarmHasItsPage follows the link of each alarm into the handbook, and
// looks there for what it means, what to look at, and what to do.
func TestEachAlarmHasItsPage(t *testing.T) {
	t.Parallel()
	pages := map[string]string{}
	for _, part := range strings.Split(readFile(t, handbook), "\n### ")[1:] {
		head, text, _ := strings.Cut(part, "\n")
		text, _, _ = strings.Cut(text, "\n## ")
		pages[strings.ToLower(head)] = text
	}
	for _, r := range readRules(t) {
		if r.Alert == "" {
			continue
		}
		address, anchor, _ := strings.Cut(r.Annotations["runbook_url"], "#")
		if !strings.HasSuffix(address, "/docs/operations.md") || anchor != strings.ToLower(r.Alert) {
			t.Errorf("%s links to %s#%s", r.Alert, address, anchor)
		}
		for _, part := range []string{"**Means:**", "**Look at:**", "**Do:**"} {
			if !strings.Contains(pages[anchor], part) {
				t.Errorf("%s: its page does not say %s", r.Alert, part)
			}
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" || r.Labels["severity"] != "warning" && r.Labels["severity"] != "critical" {
			t.Errorf("%s does not say what happened or how bad it is: %+v", r.Alert, r)
		}
	}
}

// TestOnlyKnownNames looks at every name in rules, dashboard and handbook: a panel
// on a number that is not there is an empty panel, and an alarm on it never rings.
func TestOnlyKnownNames(t *testing.T) {
	t.Parallel()
	known := knownNames(t)
	for _, r := range readRules(t) {
		if r.Record != "" {
			known[r.Record] = true
		}
	}
	used := map[string]bool{}
	for _, file := range []string{rulesFile, rulesTestFile, dashboardFile, handbook} {
		for _, name := range regexp.MustCompile(`(?:[a-z_]+:)?\bpengikut_[a-z0-9_]+(?::[a-z]+)?`).FindAllString(readFile(t, file), -1) {
			if used[name] = true; !known[name] && !strings.HasPrefix(name, "pengikut_token") {
				t.Errorf("%s: there is no %s", file, name)
			}
		}
	}
	for name := range known {
		if base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(name, "_bucket"), "_sum"), "_count"); strings.HasPrefix(name, "pengikut_") && !used[base] && !used[base+"_bucket"] {
			t.Errorf("%s is told of nowhere: the handbook lists every number", name)
		}
	}
}

// knownNames are those of a process that has done a bit of everything.
func knownNames(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	text := scrape(busy(&world{trip: &influencer.Trip{}}))
	for _, m := range regexp.MustCompile(`(?m)^# TYPE (\S+) (\S+)$`).FindAllStringSubmatch(text, -1) {
		known[m[1]] = true
		if m[2] == "histogram" {
			known[m[1]+"_bucket"], known[m[1]+"_sum"], known[m[1]+"_count"] = true, true, true
		}
	}
	if len(known) < 40 {
		t.Fatalf("only %d names:\n%s", len(known), text)
	}
	return known
}

// TestDashboard reads the dashboard as Grafana does: panels that do not overlap,
// ids of their own, and an expression in each.
func TestDashboard(t *testing.T) {
	t.Parallel()
	var d struct {
		Title  string
		UID    string
		Panels []struct {
			ID      int
			Type    string
			Title   string
			GridPos struct{ X, Y, W, H int }
			Targets []struct{ Expr, RefID string }
		}
	}
	if err := json.Unmarshal([]byte(readFile(t, dashboardFile)), &d); err != nil || d.UID == "" || len(d.Panels) < 20 {
		t.Fatalf("%q with %d panels: %v", d.Title, len(d.Panels), err)
	}
	taken, ids := map[[2]int]string{}, map[int]bool{}
	for _, p := range d.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d %q: id taken %v, %d expressions", p.ID, p.Title, ids[p.ID], len(p.Targets))
		}
		ids[p.ID] = true
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, there := taken[[2]int{x, y}]; there || x >= 24 {
					t.Fatalf("panel %q stands on %q at %d,%d", p.Title, other, x, y)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}
