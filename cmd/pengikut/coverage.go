package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

func (a *app) coverageCommand() *cobra.Command {
	var agency, platform, by string
	var l listFlags
	c := &cobra.Command{
		Use:   "coverage",
		Short: "Tell on how many accounts each total rests, how old they are, and what is missing",
		Long: `Tell of each agency and platform how many accounts should be read, how many were
read recently enough for the rule to trust, and what is in the way of the others.
The accounts themselves: pengikut accounts --problem never|stale|unreadable`,
		Args: takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			f := influencer.CoverageFilter{Agency: agency, By: influencer.CoverageBy(by)}
			var err error
			if f.Platform, err = parsePlatform(platform); err == nil && by != "" && f.By != influencer.ByAgency && f.By != influencer.ByPlatform {
				err = fmt.Errorf("--by %q is none of: agency, platform", by)
			}
			if err != nil {
				return badUsage(cmd, err)
			}
			return withAnswer(cmd.Context(), a, coverages(f), func(ctx context.Context, r web.CoverageReport, now time.Time) error {
				return a.showCoverage(ctx, r, f, now, l)
			})
		},
	}
	c.Flags().StringVar(&agency, "agency", "", "only this agency")
	c.Flags().StringVar(&platform, "platform", "", "only this platform: "+platformNames())
	c.Flags().StringVar(&by, "by", "", "a row for each agency or platform, not for each pair of both")
	l.addOutput(c)
	return c
}

func coverages(f influencer.CoverageFilter) ways[query[web.CoverageReport]] {
	return ways[query[web.CoverageReport]]{existing, func(h *house) query[web.CoverageReport] {
		return func(ctx context.Context, _ time.Time) (web.CoverageReport, error) { return h.coverage(ctx, f) }
	}, func(r *remote) query[web.CoverageReport] {
		return func(ctx context.Context, _ time.Time) (web.CoverageReport, error) {
			query := url.Values{"agency": filled(f.Agency), "platform": filled(string(f.Platform)), "by": filled(string(f.By))}
			return ask[web.CoverageReport](ctx, r, http.MethodGet, "/api/v1/coverage", query, nil)
		}
	}}
}

// coverage counts at once, however large the database: whoever asks here waits
// rather than to be told of a minute ago.
func (h *house) coverage(ctx context.Context, f influencer.CoverageFilter) (web.CoverageReport, error) {
	if err := h.store.CountTotals(ctx); err != nil {
		return web.CoverageReport{}, err
	}
	r, err := h.store.Coverage(ctx, f)
	return web.CoverageReportView(r), err
}

func (a *app) showCoverage(ctx context.Context, view web.CoverageReport, f influencer.CoverageFilter, now time.Time, l listFlags) error {
	if l.output == "json" {
		return writeView(a, view)
	}
	rows := mapped(view.Items, coverageRowOf)
	if l.output == "table" && len(rows) > 1 {
		rows = append(rows, coverageRowOf(view.Total))
	}
	return show(ctx, a, coverageList(f, now), l, all(rows))
}

// writeView writes one view as JSON.
func writeView(a *app, view any) error {
	e := json.NewEncoder(a.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(view)
}

func coverageList(f influencer.CoverageFilter, now time.Time) list[influencer.CoverageRow] {
	type c = influencer.CoverageRow
	n := func(head string, get func(c) int) column[c] {
		return column[c]{head: head, right: true, cell: func(r c) string { return number(get(r)) }, raw: func(r c) string { return strconv.Itoa(get(r)) }}
	}
	when := func(head string, get func(c) time.Time) column[c] {
		return column[c]{head: head, cell: func(r c) string { return age(get(r), now) }, raw: func(r c) string { return stamp(get(r)) }}
	}
	var columns []column[c]
	if f.By != influencer.ByPlatform {
		columns = append(columns, column[c]{head: "Agency", long: true, cell: func(r c) string { return orAll(r.Agency) }, raw: func(r c) string { return r.Agency }})
	}
	if f.By != influencer.ByAgency {
		columns = append(columns, column[c]{head: "Platform", cell: func(r c) string { return orAll(string(r.Platform)) }, raw: func(r c) string { return string(r.Platform) }})
	}
	columns = append(columns,
		n("Expected", func(r c) int { return r.Expected }),
		n("Read", func(r c) int { return r.Read }),
		column[c]{head: "Percent", right: true, cell: percentRead, paint: coverageColour},
		n("Never", func(r c) int { return r.Never }),
		n("Stale", func(r c) int { return r.Stale }),
		n("Unreadable", func(r c) int { return r.Unreadable }),
		when("As of", func(r c) time.Time { return r.AsOf }),
		when("Oldest", func(r c) time.Time { return r.Oldest }))
	return list[c]{columns: columns, none: "no accounts"}
}

// percentRead rounds down, so that 100 means all.
func percentRead(r influencer.CoverageRow) string {
	if r.Expected == 0 {
		return unknown
	}
	return strconv.Itoa(r.Read * 100 / r.Expected)
}

func coverageColour(r influencer.CoverageRow) text.Color {
	switch {
	case r.Read*100 >= r.Expected*95:
		return text.FgGreen
	case r.Read*100 >= r.Expected*80:
		return text.FgYellow
	}
	return text.FgRed
}
