package main

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
)

// apiBenchFlags say how the API is measured.
type apiBenchFlags struct {
	people, syncing int
	rate            int
	pace            int
	span            time.Duration
	output          string
}

// apiFigure is how one kind of request did, in milliseconds from when it should
// have been sent, so that a stall counts for all who would have met it.
type apiFigure struct {
	Request string  `json:"request"`
	Calls   int     `json:"calls"`
	Failed  int     `json:"failed"`
	P50     float64 `json:"p50_ms"`
	P99     float64 `json:"p99_ms"`
	Max     float64 `json:"max_ms"`
	Ratio   float64 `json:"p99_over_select_1"`
}

// apiReport is a whole run.
type apiReport struct {
	People     int         `json:"people"`
	Accounts   int         `json:"accounts"`
	Rate       int         `json:"requests_per_second"`
	Seconds    float64     `json:"seconds"`
	SyncRate   float64     `json:"accounts_synced_per_second"`
	Counts     int         `json:"counts_of_all_totals"`
	CountTook  float64     `json:"count_took_seconds"`
	Figures    []apiFigure `json:"figures"`
	WorstRatio float64     `json:"worst_p99_over_select_1"`

	Views []viewFigure `json:"views"`
}

// selectOne is the figure that the others are set against.
const selectOne = "SELECT 1"

func (a *app) benchAPICommand() *cobra.Command {
	var f apiBenchFlags
	c := &cobra.Command{
		Use:   "api",
		Short: "Measure the API beside a SELECT 1 through the same pool, while a sync runs",
		Long: `Measure the API over HTTP, with a real key, on a Postgres database of its own that
is filled and dropped afterwards: requests are sent at a steady rate whether or
not earlier ones were answered, and a SELECT 1 through the same pool of connections
fifty times a second beside them. Meanwhile another process reads accounts of the
rehearsal X, and everything is counted for the summary. Afterwards each dashboard_*
view is asked what its documentation asks it. A Redis that is given must be empty,
and is left empty.`,
		Example: "  PENGIKUT_DATABASE_URL=postgres://… PENGIKUT_REDIS_URL=redis://… pengikut bench api --people 1000000",
		Args:    takes(cobra.NoArgs),
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := f.check(); err != nil {
			return badUsage(cmd, err)
		}
		report, err := a.measureAPI(cmd.Context(), f)
		if len(report.Figures) == 0 {
			return err
		}
		if f.output == "json" {
			return errors.Join(writeView(a, report), err)
		}
		return errors.Join(a.printAPIBench(report), a.printViewBench(report), err)
	}
	c.Flags().IntVar(&f.people, "people", 100_000, "people in the database, with three accounts each")
	c.Flags().IntVar(&f.syncing, "syncing", 50_000, "of these, people whose X account is due and is read meanwhile")
	c.Flags().IntVar(&f.rate, "rate", 200, "requests a second")
	c.Flags().IntVar(&f.pace, "sync-rate", 1000, "accounts that the sync may read in a second; X's own limit is about 33")
	c.Flags().DurationVar(&f.span, "for", 30*time.Second, "how long")
	c.Flags().StringVarP(&f.output, "output", "o", "table", "table or json")
	return c
}

func (f apiBenchFlags) check() error {
	switch {
	case f.people < 1000 || f.syncing < 100 || f.syncing > f.people:
		return errors.New("--people is at least 1000, --syncing at least 100 and at most --people")
	case f.rate < 1 || f.pace < 1 || f.span < time.Second:
		return errors.New("--rate and --sync-rate are at least 1, --for at least 1s")
	case f.output != "table" && f.output != "json":
		return errors.New("--output is table or json")
	}
	return nil
}

func (a *app) printAPIBench(r apiReport) error {
	ms := func(get func(apiFigure) float64) func(apiFigure) string {
		return func(f apiFigure) string { return fmt.Sprintf("%.2f", get(f)) }
	}
	g := grid[apiFigure]{paper: paper{w: a.out, colours: a.colours(a.out)}, columns: []column[apiFigure]{
		{head: "REQUEST", cell: func(f apiFigure) string { return f.Request }},
		{head: "CALLS", right: true, cell: func(f apiFigure) string { return number(f.Calls) }},
		{head: "FAILED", right: true, cell: func(f apiFigure) string { return number(f.Failed) }},
		{head: "P50 MS", right: true, cell: ms(func(f apiFigure) float64 { return f.P50 })},
		{head: "P99 MS", right: true, cell: ms(func(f apiFigure) float64 { return f.P99 })},
		{head: "MAX MS", right: true, cell: ms(func(f apiFigure) float64 { return f.Max })},
		{head: "P99 / SELECT 1", right: true, cell: ms(func(f apiFigure) float64 { return f.Ratio })},
	}}
	if err := g.page(r.Figures); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "\n%s people, %s accounts, %d requests a second for %.0f s; meanwhile %.0f accounts a second were read, and all was counted %s, the last in %.1f s\nthe worst p99 is %.1f times that of SELECT 1\n",
		number(r.People), number(r.Accounts), r.Rate, r.Seconds, r.SyncRate, plural(r.Counts, "time", "times"), r.CountTook, r.WorstRatio)
	return err
}

// figureOf sums up durations.
func figureOf(request string, took []time.Duration) apiFigure {
	slices.Sort(took)
	at := func(share float64) float64 {
		if len(took) == 0 {
			return 0
		}
		return float64(took[min(len(took)-1, int(share*float64(len(took))))]) / float64(time.Millisecond)
	}
	return apiFigure{Request: request, Calls: len(took), P50: at(0.50), P99: at(0.99), Max: at(1)}
}

// compare sets every figure against that of SELECT 1.
func (r *apiReport) compare() {
	var floor float64
	for _, f := range r.Figures {
		if f.Request == selectOne {
			floor = f.P99
		}
	}
	for i := range r.Figures {
		f := &r.Figures[i]
		if floor > 0 {
			f.Ratio = f.P99 / floor
		}
		if f.Request != selectOne {
			r.WorstRatio = max(r.WorstRatio, f.Ratio)
		}
	}
}
