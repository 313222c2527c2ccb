package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// decisionFlags narrow a list of decisions.
type decisionFlags struct{ agency, nip, since, status, reason string }

func (a *app) decisionsCommand() *cobra.Command {
	var f decisionFlags
	var l listFlags
	c := &cobra.Command{
		Use:   "decisions",
		Short: "List every move of a status, newest first",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := f.filter(a.now()); err != nil {
				return badUsage(cmd, err)
			}
			return withAnswer(cmd.Context(), a, decisions(f), func(ctx context.Context, rows source[web.Decision], now time.Time) error {
				return show(ctx, a, asked(decisionList(now), decisionOf), l, rows)
			})
		},
	}
	c.Flags().StringVar(&f.agency, "agency", "", "only of this agency")
	c.Flags().StringVar(&f.nip, "nip", "", "only this person's")
	c.Flags().StringVar(&f.since, "since", "", "only of the last, such as 24h or 7d, or since a day such as 2026-11-01")
	c.Flags().StringVar(&f.status, "status", "", "only moves to this status: "+joined(influencer.Statuses()))
	c.Flags().StringVar(&f.reason, "reason", "", "only for this reason: "+joined(influencer.Reasons()))
	l.add(c)
	return c
}

func (f decisionFlags) filter(now time.Time) (out influencer.DecisionFilter, err error) {
	out = influencer.DecisionFilter{Agency: f.agency, Reason: influencer.Reason(f.reason)}
	if known := influencer.Reasons(); f.reason != "" && !slices.Contains(known, out.Reason) {
		return out, fmt.Errorf("--reason %q is none of: %s", f.reason, joined(known))
	}
	if f.status != "" {
		if out.To, err = parseStatus("--status", f.status); err != nil {
			return out, err
		}
	}
	if f.nip != "" {
		if _, err := influencer.ParseNIP(f.nip, now); err != nil {
			return out, fmt.Errorf("--nip: %w", err)
		}
	}
	out.Since, err = parseSince(f.since, now)
	return out, err
}

// parseSince reads how far back to look: a duration before now, or a day of WIB.
func parseSince(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := parseDate("--since", s); err == nil {
		return t, nil
	}
	d, err := config.ParseDuration(s)
	if err != nil {
		return time.Time{}, fmt.Errorf("--since %q is no day such as 2026-11-01, no time, and no duration such as 24h or 7d", s)
	}
	return now.Add(-d), nil
}

// parseDate reads a day of WIB, as its first moment, or a time with its zone; ""
// is the zero time.
func parseDate(flag, s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, influencer.WIB); err == nil {
		return t, nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return t, fmt.Errorf("%s %q is no day such as 2026-12-01, and no time such as 2026-12-01T08:00:00+07:00", flag, s)
	}
	return t, nil
}

func decisions(f decisionFlags) ways[query[source[web.Decision]]] {
	type rows = query[source[web.Decision]]
	return ways[rows]{existing, func(h *house) rows {
		return func(ctx context.Context, now time.Time) (source[web.Decision], error) {
			return h.decisions(ctx, f, now)
		}
	}, func(r *remote) rows {
		return func(ctx context.Context, now time.Time) (source[web.Decision], error) {
			return r.decisions(ctx, f, now)
		}
	}}
}

// decisions lists those in this machine's database.
func (h *house) decisions(ctx context.Context, f decisionFlags, now time.Time) (source[web.Decision], error) {
	filter, err := f.filter(now)
	if err != nil {
		return nil, err
	}
	if f.nip != "" {
		if filter.PersonID, err = h.personID(ctx, f.nip); err != nil {
			return nil, err
		}
	}
	return func(ctx context.Context, p influencer.Paging) (influencer.Page[web.Decision], error) {
		page, err := h.store.Decisions(ctx, filter, p)
		return viewed(page, admin.Decision), err
	}, nil
}

// decisions lists those of a service.
func (r *remote) decisions(ctx context.Context, f decisionFlags, now time.Time) (source[web.Decision], error) {
	filter, err := f.filter(now)
	if err != nil {
		return nil, err
	}
	query := url.Values{"agency": {filter.Agency}, "status": {string(filter.To)}, "reason": {string(filter.Reason)}}
	if err := r.about(ctx, query, f.nip, now); err != nil {
		return nil, err
	}
	if !filter.Since.IsZero() {
		query.Set("since", filter.Since.Format(time.RFC3339Nano))
	}
	return pages[web.Decision](r, "/api/v1/decisions", query), nil
}

func decisionList(now time.Time) list[influencer.OwnedDecision] {
	type d = influencer.OwnedDecision
	return list[d]{
		columns: []column[d]{
			{head: "ID", raw: func(d d) string { return fmt.Sprint(d.ID) }},
			{head: "When", cell: func(d d) string { return age(d.At, now) }, raw: func(d d) string { return stamp(d.At) }},
			{head: "NIP", cell: func(d d) string { return d.NIP.Grouped() }, raw: func(d d) string { return string(d.NIP) }},
			{head: "Name", long: true, cell: func(d d) string { return d.Name }},
			{head: "Agency", long: true, cell: func(d d) string { return d.Agency }},
			{head: "From", cell: func(d d) string { return string(d.From) }},
			{head: "To", cell: func(d d) string { return string(d.To) }, paint: func(d d) text.Color { return statusColour(d.To) }},
			{head: "Reason", cell: func(d d) string { return reasonWord(d.Reason) }, raw: func(d d) string { return string(d.Reason) }},
			{head: "Policy", right: true, cell: func(d d) string { return fmt.Sprint(d.PolicyVersion) }},
			{head: "By", long: true, cell: func(d d) string { return d.Actor }},
			{head: "Note", long: true, cell: func(d d) string { return d.Note }},
			{head: "Sentence ID", raw: func(d d) string { return d.Receipt.Sentence.Indonesian }},
			{head: "Sentence EN", raw: func(d d) string { return d.Receipt.Sentence.English }},
		},
		none: "no decisions",
	}
}
