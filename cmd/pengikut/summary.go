package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

func (a *app) summaryCommand() *cobra.Command {
	var agency, platform string
	var l listFlags
	c := &cobra.Command{
		Use:   "summary",
		Short: "Count people by status and agency, and tell on how much data that rests",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			p, err := parsePlatform(platform)
			if err != nil {
				return badUsage(cmd, err)
			}
			f := influencer.SummaryFilter{Agency: agency, Platform: p}
			return withAnswer(cmd.Context(), a, summaries(f), func(ctx context.Context, s web.Summary, now time.Time) error {
				return a.showSummary(ctx, s, now, l)
			})
		},
	}
	c.Flags().StringVar(&agency, "agency", "", "only this agency")
	c.Flags().StringVar(&platform, "platform", "", "only accounts there, and people who have one: "+platformNames())
	l.addOutput(c)
	return c
}

func summaries(f influencer.SummaryFilter) ways[query[web.Summary]] {
	return ways[query[web.Summary]]{existing, func(h *house) query[web.Summary] {
		return func(ctx context.Context, _ time.Time) (web.Summary, error) { return h.summary(ctx, f) }
	}, func(r *remote) query[web.Summary] {
		return func(ctx context.Context, _ time.Time) (web.Summary, error) {
			query := url.Values{"agency": filled(f.Agency), "platform": filled(string(f.Platform))}
			return ask[web.Summary](ctx, r, http.MethodGet, "/api/v1/summary", query, nil)
		}
	}}
}

// summary counts at once, as [house.coverage] does.
func (h *house) summary(ctx context.Context, f influencer.SummaryFilter) (web.Summary, error) {
	if err := h.store.CountTotals(ctx); err != nil {
		return web.Summary{}, err
	}
	s, err := h.store.Summary(ctx, f)
	return web.SummaryView(s), err
}

func (a *app) showSummary(ctx context.Context, view web.Summary, now time.Time, l listFlags) error {
	if l.output == "json" {
		return writeView(a, view)
	}
	s := summaryOf(view)
	if l.output == "table" {
		a.tellSummary(s, now)
	}
	return show(ctx, a, agencyList(now), l, all(s.Agencies))
}

// tellSummary prints what is not by agency.
func (a *app) tellSummary(s influencer.Summary, now time.Time) {
	holders := s.Statuses[influencer.StatusActive] + s.Statuses[influencer.StatusGrace]
	fmt.Fprintf(a.out, "%s, %s\n", plural(s.People, "person", "people"), plural(holders, "influencer", "influencers"))
	var parts []string
	for _, status := range influencer.Statuses() {
		if n := s.Statuses[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", number(n), status))
		}
	}
	if len(parts) > 0 {
		fmt.Fprintln(a.out, strings.Join(parts, ", "))
	}
	fmt.Fprintf(a.out, "%s of %s read, as of %s, the oldest %s\n", number(s.Read), plural(s.Expected, "account", "accounts"), age(s.AsOf, now), age(s.Oldest, now))
	for _, p := range s.Platforms {
		fmt.Fprintf(a.out, "  %-10s %s of %s read, as of %s\n", p.Platform, number(p.Read), number(p.Expected), age(p.AsOf, now))
	}
	fmt.Fprintln(a.out)
}

func agencyList(now time.Time) list[influencer.AgencySummary] {
	type s = influencer.AgencySummary
	n := func(head string, get func(s) int) column[s] {
		return column[s]{head: head, right: true, cell: func(r s) string { return number(get(r)) }, raw: func(r s) string { return strconv.Itoa(get(r)) }}
	}
	columns := []column[s]{
		{head: "Agency", long: true, cell: func(r s) string { return r.Agency }},
		n("People", func(r s) int { return r.People }),
	}
	for _, status := range influencer.Statuses() {
		c := n(string(status), func(r s) int { return r.Statuses[status] })
		if status != influencer.StatusNone { // the largest number, and the least telling
			c.paint = func(r s) text.Color { return zeroFaint(r.Statuses[status]) }
		}
		columns = append(columns, c)
	}
	columns = append(columns,
		n("Expected", func(r s) int { return r.Expected }),
		n("Read", func(r s) int { return r.Read }),
		column[s]{head: "As of", cell: func(r s) string { return age(r.AsOf, now) }, raw: func(r s) string { return stamp(r.AsOf) }},
		column[s]{head: "Oldest", raw: func(r s) string { return stamp(r.Oldest) }})
	return list[s]{columns: columns, none: "nobody"}
}

func zeroFaint(n int) text.Color {
	if n == 0 {
		return text.Faint
	}
	return 0
}
