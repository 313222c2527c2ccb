package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
)

// What bench policy measures, besides the designs of bench.
const (
	designGroup   = "group"
	designPreview = "preview"
	designUpdate  = "update"
	designApply   = "apply"
)

var policyDesigns = map[string]string{
	designGroup:   "one bare query: all accounts grouped by person",
	designPreview: "policy preview: who gains, loses, is near a line",
	designUpdate:  "one bare statement: the status of as many people",
	designApply:   "policy apply: decisions with evidence, events, statuses",
}

// policyRounds is how often what only reads is measured; the best time counts.
const policyRounds = 2

// policyReport is a whole run; the ratios compare figures of this run only.
type policyReport struct {
	Database         string         `json:"database"`
	Durable          bool           `json:"durable"`
	Settings         string         `json:"settings"`
	People           int            `json:"people"`
	Figures          []policyFigure `json:"figures"`
	PreviewOverGroup float64        `json:"preview_over_group"`
	ApplyOverUpdate  float64        `json:"apply_over_update"`
}

// policyFigure is what one of them did.
type policyFigure struct {
	Design     string  `json:"design"`
	Rows       int     `json:"rows"` // people read, told of, or moved
	Seconds    float64 `json:"seconds"`
	PeakMiB    float64 `json:"peak_memory_mib"`
	CPUSeconds float64 `json:"cpu_seconds"`
}

func (a *app) benchPolicyCommand() *cobra.Command {
	people, output := 0, ""
	c := &cobra.Command{
		Use:   "policy",
		Short: "Measure preview and apply beside bare SQL that touches as many rows",
		Long: `Measure, in databases of its own that are dropped afterwards, what a policy costs
that takes the status from three tenths of the people, where a service counted
everything a moment ago:

  group    one bare query that groups all accounts by person
  preview  policy preview with --output csv, every row of it
  update   one bare statement that sets the status of as many people as apply moves
  apply    policy apply, with a breaker that lets it through

Each runs in a process of its own, one after the other. Preview is measured against
group, apply against update.`,
		Example: "  PENGIKUT_DATABASE_URL=postgres://… pengikut bench policy --people 1000000",
		Args:    takes(cobra.NoArgs),
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if people < 1 || output != "table" && output != "json" {
			return badUsage(cmd, errors.New("--people is at least 1, --output is table or json"))
		}
		return a.benchPolicy(cmd.Context(), people, output)
	}
	c.Flags().IntVar(&people, "people", 100_000, "people, with three accounts each")
	c.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	return c
}

func (a *app) benchPolicy(ctx context.Context, people int, output string) error {
	dir, err := os.MkdirTemp("", "pengikut-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	st, err := a.newStage(benchFlags{accounts: people, concurrency: 1}, dir)
	if err != nil {
		return err
	}
	report, err := st.policy(ctx)
	if err != nil {
		return err
	}
	if output == "json" {
		out := json.NewEncoder(a.out)
		out.SetIndent("", "  ")
		return out.Encode(report)
	}
	return a.printPolicyBench(report)
}

// policy fills a database and measures on it.
func (st *stage) policy(ctx context.Context) (report policyReport, err error) {
	if st.template, err = store.NewScratch(ctx, st.dbURL, nil); err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, st.template.Drop(context.WithoutCancel(ctx))) }()
	if err := st.fillPolicy(ctx); err != nil {
		return report, err
	}
	report = policyReport{Database: st.describe().Database, People: st.flags.accounts}
	if report.Durable, report.Settings, err = st.template.Durable(ctx); err != nil {
		return report, err
	}
	if err := st.measurePolicy(ctx, &report); err != nil {
		return report, err
	}
	seconds := map[string]float64{}
	for _, f := range report.Figures {
		seconds[f.Design] = f.Seconds
	}
	report.PreviewOverGroup = seconds[designPreview] / seconds[designGroup]
	report.ApplyOverUpdate = seconds[designApply] / seconds[designUpdate]
	return report, nil
}

func (st *stage) fillPolicy(ctx context.Context) error {
	if _, err := store.Migrate(ctx, st.template.URL); err != nil {
		return err
	}
	db, err := store.OpenBaseline(st.template.URL, 2)
	if err != nil {
		return err
	}
	b := st.app.newBar(-1, "filling")
	err = db.FillPolicy(ctx, st.flags.accounts, st.app.now())
	b.end()
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	return st.count(ctx)
}

// count counts everything, as a running service does every minute.
func (st *stage) count(ctx context.Context) error {
	s, err := store.Open(ctx, store.Options{URL: st.template.URL, Now: st.app.now})
	if err != nil {
		return err
	}
	return errors.Join(s.CountTotals(ctx), s.Close())
}

// measurePolicy lets what only reads run in turns, and what writes on a copy each.
func (st *stage) measurePolicy(ctx context.Context, report *policyReport) error {
	best := map[string]policyFigure{}
	for range policyRounds {
		for _, design := range []string{designGroup, designPreview} {
			f, err := st.perform(ctx, design, st.template)
			if err != nil {
				return fmt.Errorf("%s: %w", design, err)
			}
			if was, measured := best[design]; !measured || f.Seconds < was.Seconds {
				best[design] = policyFigureOf(f)
			}
		}
	}
	for _, design := range []string{designApply, designUpdate} {
		f, err := st.performOnCopy(ctx, design)
		if err != nil {
			return fmt.Errorf("%s: %w", design, err)
		}
		best[design] = policyFigureOf(f)
		st.moved = f.Moved
	}
	for _, design := range []string{designGroup, designPreview, designUpdate, designApply} {
		report.Figures = append(report.Figures, best[design])
	}
	return nil
}

func policyFigureOf(f benchFigure) policyFigure {
	return policyFigure{f.Design, f.Moved, f.Seconds, f.PeakMiB, f.CPUSeconds}
}

func (a *app) printPolicyBench(r policyReport) error {
	g := grid[policyFigure]{paper: paper{w: a.out, colours: a.colours(a.out)}, columns: []column[policyFigure]{
		{head: "DESIGN", cell: func(f policyFigure) string { return f.Design }},
		{head: "PEOPLE", right: true, cell: func(f policyFigure) string { return number(f.Rows) }},
		{head: "SECONDS", right: true, cell: func(f policyFigure) string { return fmt.Sprintf("%.2f", f.Seconds) }},
		{head: "PEAK MIB", right: true, cell: func(f policyFigure) string { return fmt.Sprintf("%.0f", f.PeakMiB) }},
		{head: "CPU S", right: true, cell: func(f policyFigure) string { return fmt.Sprintf("%.2f", f.CPUSeconds) }},
		{head: "WHAT", cell: func(f policyFigure) string { return policyDesigns[f.Design] }},
	}}
	if err := g.page(r.Figures); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\n%s, %s, %s with %s\n", r.Database, r.Settings, plural(r.People, "person", "people"), plural(3*r.People, "account", "accounts"))
	if !r.Durable {
		fmt.Fprintln(a.out, "not durable: a commit may be lost with the machine, so these figures flatter")
	}
	fmt.Fprintf(a.out, "preview takes %.1f times the bare query, apply %.1f times the bare statement\n", r.PreviewOverGroup, r.ApplyOverUpdate)
	return nil
}

// higherLines is the policy that is measured: it takes the status from three tenths
// of the people that FillPolicy makes, with a breaker that lets it through.
func higherLines() influencer.Policy {
	p := influencer.DefaultPolicy()
	p.Requirements = append([]influencer.Requirement(nil), p.Requirements...)
	for i := range p.Requirements {
		p.Requirements[i].AtLeast = 1000
	}
	p.Breaker.Share = influencer.Whole
	return p
}

// policy performs what concerns a policy, and returns how many people it was about.
func (o benchOrder) policy(ctx context.Context) (took time.Duration, rows int, err error) {
	if o.Design == designGroup || o.Design == designUpdate {
		return o.barePolicy(ctx)
	}
	s, err := store.Open(ctx, store.Options{URL: o.Database, Now: o.now})
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	if o.Design == designPreview {
		rows, err = o.preview(ctx, s)
	} else {
		var done influencer.PolicyApplied
		done, err = s.ApplyPolicy(ctx, higherLines(), "bench", "", o.now(), nil)
		for _, n := range done.Moves {
			rows += n
		}
	}
	return time.Since(began), rows, errors.Join(err, s.Close())
}

// preview runs what the command runs with --output csv, and counts the rows that it
// prints.
func (o benchOrder) preview(ctx context.Context, s *store.Store) (rows int, err error) {
	printed := lineCount(0)
	a := &app{streams: streams{out: &printed, err: io.Discard}, now: o.now}
	l := localPolicies{house: &house{store: s, timekeeper: timekeeper{now: o.now}}}
	err = a.previewRows(ctx, l, higherLines(), listFlags{output: "csv"}, o.now())
	return int(printed) - 1, err // the header is no row
}

// lineCount counts the lines that are written to it.
type lineCount int

func (n *lineCount) Write(text []byte) (int, error) {
	*n += lineCount(bytes.Count(text, []byte{'\n'}))
	return len(text), nil
}

func (o benchOrder) barePolicy(ctx context.Context) (took time.Duration, rows int, err error) {
	db, err := store.OpenBaseline(o.Database, 2)
	if err != nil {
		return 0, 0, err
	}
	rows = o.Accounts
	began := time.Now()
	if o.Design == designGroup {
		rows, err = db.GroupByPerson(ctx)
	} else {
		err = db.UpdatePeople(ctx, rows, o.now())
	}
	return time.Since(began), rows, errors.Join(err, db.Close())
}
