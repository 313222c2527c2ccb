package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// benched runs a benchmark as a program of its own, which runs others, on a Postgres
// of the test, and returns its report.
func benched[R any](t *testing.T, args ...string) (report R) {
	t.Helper()
	c := newCLI(t).onPostgres()
	a, _, _ := c.app("")
	child := exec.CommandContext(t.Context(), os.Args[0], slices.Concat([]string{"bench"}, args, []string{"-o", "json"})...)
	child.Env = append(a.environ, asProgram+"=1", "TMPDIR="+c.dir)
	child.Stderr = os.Stderr
	out, err := child.Output()
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatal(err)
	}
	return report
}

// The whole benchmark of the API on a small database: every kind of request is
// answered, beside a sync, and nothing of it is left.
func TestBenchAPI(t *testing.T) {
	t.Parallel()
	r := benched[apiReport](t, "api", "--people", "1000", "--syncing", "300", "--for", "1s")
	if len(r.Figures) != len(requests)+1 || r.Accounts != 3000 || r.Counts == 0 || r.WorstRatio <= 0 {
		t.Errorf("%+v", r)
	}
	if len(r.Views) != 9 {
		t.Errorf("the views: %+v", r.Views)
	}
	for _, f := range r.Views {
		if f.Rows == 0 || f.Seconds <= 0 {
			t.Errorf("%+v", f)
		}
	}
	for _, f := range r.Figures {
		if f.Calls < 8 || f.P99 <= 0 || f.P50 > f.P99 || f.P99 > f.Max {
			t.Errorf("%+v", f)
		}
	}
}

// The whole benchmark of a policy on a small database: what the preview lists is
// what apply moves and who stays by little, and the bare statement touches as many.
func TestBenchPolicy(t *testing.T) {
	t.Parallel()
	r := benched[policyReport](t, "policy", "--people", "2000")
	rows := map[string]int{}
	for _, f := range r.Figures {
		rows[f.Design] = f.Rows
		if f.Seconds <= 0 || f.PeakMiB <= 0 {
			t.Errorf("%+v", f)
		}
	}
	if rows[designGroup] != 2000 || rows[designApply] < 500 || rows[designUpdate] != rows[designApply] || rows[designPreview] < rows[designApply] {
		t.Errorf("%v", rows)
	}
	if r.PreviewOverGroup <= 0 || r.ApplyOverUpdate <= 0 {
		t.Errorf("%+v", r)
	}
}

func TestBenchAPIRefuses(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.want(exitFailed, "bench", "api") // on SQLite
	for _, bad := range [][]string{{"--people", "10"}, {"--syncing", "200000"}, {"--rate", "0"}, {"--for", "10ms"}, {"-o", "csv"}} {
		c.want(exitUsage, slices.Concat([]string{"bench", "api"}, bad)...)
	}
}

func TestFigures(t *testing.T) {
	t.Parallel()
	var took []time.Duration
	for i := range 100 {
		took = append(took, time.Duration(100-i)*time.Millisecond)
	}
	r := apiReport{Figures: []apiFigure{figureOf(selectOne, took[98:]), figureOf("summary", took), figureOf("person", nil)}}
	r.compare()
	if f := r.Figures[1]; f.P50 != 51 || f.P99 != 100 || f.Max != 100 || f.Ratio != 50 || r.WorstRatio != 50 {
		t.Errorf("%+v", r)
	}
}
