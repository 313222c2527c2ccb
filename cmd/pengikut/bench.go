package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"
)

// benchFlags say what to measure.
type benchFlags struct {
	accounts    int
	naive       int
	concurrency int
	only        []string
	output      string
}

// benchFigure is what one design did in one run.
type benchFigure struct {
	Design      string  `json:"design"`
	Accounts    int     `json:"accounts"`
	Seconds     float64 `json:"seconds"`
	PerSecond   float64 `json:"accounts_per_second"`
	PeakMiB     float64 `json:"peak_memory_mib"`
	CPUSeconds  float64 `json:"cpu_seconds"`
	Calls       int64   `json:"platform_calls"`
	Moved       int     `json:"statuses_moved"`
	description string
}

// benchReport is a whole run; the ratios compare figures of this run only.
type benchReport struct {
	Database      string        `json:"database"`
	Queue         string        `json:"queue"`
	Durable       bool          `json:"durable"`
	Settings      string        `json:"settings"`
	Concurrency   int           `json:"concurrency"`
	Figures       []benchFigure `json:"figures"`
	OverNaive     float64       `json:"ours_over_naive,omitempty"`
	ShareOfCeil   float64       `json:"ours_over_ceiling,omitempty"`
	OursPeakMiB   float64       `json:"ours_peak_memory_mib,omitempty"`
	ServersOnHost bool          `json:"servers_share_the_machine"`
}

func (a *app) benchCommand() *cobra.Command {
	var f benchFlags
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure the service beside the naive design and the ceiling, in one run",
		Long: `Measure, on the configured servers or the embedded ones, in databases of its own
that are dropped afterwards:

  first    ours, on accounts never read: every one a new reading, many a decision
  naive    a task per account, one call and row-by-row gorm each
  ours     the whole road a day later: claim, queue, read, record, rule, decisions, outbox
  ceiling  fetch, and one set-based write per batch: no queue, no reading, no rule

The platform is the rehearsal X in this process; each design runs in a process of
its own, one after the other, with the same concurrency. A Redis that is given
must be empty, and is left empty.`,
		Example: "  pengikut bench --accounts 200000\n  PENGIKUT_DATABASE_URL=postgres://… PENGIKUT_REDIS_URL=redis://… pengikut bench -o json",
		Args:    takes(cobra.NoArgs),
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error { return a.bench(cmd, f) }
	c.AddCommand(a.benchAPICommand())
	c.Flags().IntVar(&f.accounts, "accounts", 20_000, "accounts to read")
	c.Flags().IntVar(&f.naive, "naive-accounts", 5_000, "accounts for the naive design, at most --accounts: its rate is the same")
	c.Flags().IntVar(&f.concurrency, "concurrency", 8, "calls at a time")
	c.Flags().StringSliceVar(&f.only, "only", nil, "leave out what is not named: naive, ours, ceiling")
	c.Flags().StringVarP(&f.output, "output", "o", "table", "table or json")
	c.AddCommand(a.benchPolicyCommand())
	return c
}

func (a *app) bench(cmd *cobra.Command, f benchFlags) error {
	if f.accounts < 1 || f.naive < 1 || f.concurrency < 1 || f.output != "table" && f.output != "json" {
		return badUsage(cmd, fmt.Errorf("--accounts, --naive-accounts and --concurrency are at least 1, --output is table or json"))
	}
	report, err := a.measure(cmd.Context(), f)
	if err != nil {
		return err
	}
	if f.output == "json" {
		out := json.NewEncoder(a.out)
		out.SetIndent("", "  ")
		return out.Encode(report)
	}
	return a.printBench(report)
}

func (a *app) printBench(r benchReport) error {
	g := grid[benchFigure]{paper: paper{w: a.out, colours: a.colours(a.out)}, columns: []column[benchFigure]{
		{head: "DESIGN", cell: func(f benchFigure) string { return f.Design }},
		{head: "ACCOUNTS", right: true, cell: func(f benchFigure) string { return number(int64(f.Accounts)) }},
		{head: "SECONDS", right: true, cell: func(f benchFigure) string { return fmt.Sprintf("%.2f", f.Seconds) }},
		{head: "ACCOUNTS/S", right: true, cell: func(f benchFigure) string { return number(int64(f.PerSecond)) }},
		{head: "CALLS", right: true, cell: func(f benchFigure) string { return number(f.Calls) }},
		{head: "MOVED", right: true, cell: func(f benchFigure) string { return number(int64(f.Moved)) }},
		{head: "PEAK MIB", right: true, cell: func(f benchFigure) string { return fmt.Sprintf("%.0f", f.PeakMiB) }},
		{head: "CPU S", right: true, cell: func(f benchFigure) string { return fmt.Sprintf("%.2f", f.CPUSeconds) }},
		{head: "WHAT", cell: func(f benchFigure) string { return f.description }},
	}}
	if err := g.page(r.Figures); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\n%s, %s, %s\n", r.Database, r.Queue, r.Settings)
	if !r.Durable {
		fmt.Fprintln(a.out, "not durable: a commit may be lost with the machine, so these figures flatter")
	}
	if r.OverNaive > 0 {
		fmt.Fprintf(a.out, "ours reads %.1f times the accounts per second of the naive design\n", r.OverNaive)
	}
	if r.ShareOfCeil > 0 {
		fmt.Fprintf(a.out, "ours reads %.2f of the ceiling's accounts per second\n", r.ShareOfCeil)
	}
	return nil
}

// compare works out the ratios.
func (r *benchReport) compare() {
	rate := map[string]float64{}
	for _, f := range r.Figures {
		rate[f.Design] = f.PerSecond
		if f.Design == designOurs {
			r.OursPeakMiB = f.PeakMiB
		}
	}
	if rate[designNaive] > 0 {
		r.OverNaive = rate[designOurs] / rate[designNaive]
	}
	if rate[designCeiling] > 0 {
		r.ShareOfCeil = rate[designOurs] / rate[designCeiling]
	}
}
