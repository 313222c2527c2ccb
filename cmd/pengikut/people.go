package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// admin sees NIPs whole: whoever can run the program on the database can.
var admin = web.Viewer{WholeNIP: true}

// peopleFlags narrow a list of people.
type peopleFlags struct {
	agency, platform, query string
	statuses                []string
}

func (f *peopleFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.agency, "agency", "", "only this agency")
	cmd.Flags().StringVar(&f.platform, "platform", "", "only who has an account on: "+platformNames())
	cmd.Flags().StringVarP(&f.query, "query", "q", "", "@handle, the first digits of a NIP, or part of a name")
}

func (f peopleFlags) filter() (influencer.PeopleFilter, error) {
	p, err := parsePlatform(f.platform)
	if err != nil {
		return influencer.PeopleFilter{}, err
	}
	out := influencer.PeopleFilter{Agency: f.agency, Platform: p, Query: f.query}
	for _, s := range f.statuses {
		status, err := parseStatus("--status", s)
		if err != nil {
			return out, err
		}
		out.Statuses = append(out.Statuses, status)
	}
	return out, nil
}

func parseStatus(flag, s string) (influencer.Status, error) {
	if status := influencer.Status(s); slices.Contains(influencer.Statuses(), status) {
		return status, nil
	}
	return "", fmt.Errorf("%s %q is none of: %s", flag, s, joined(influencer.Statuses()))
}

func joined[T ~string](names []T) string { return joinedBy(names, ", ") }

func joinedBy[T ~string](names []T, separator string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = string(n)
	}
	return strings.Join(out, separator)
}

func (a *app) peopleCommand() *cobra.Command {
	var f peopleFlags
	c := a.listPeople("people", "List people", &f, "nobody")
	c.Flags().StringSliceVar(&f.statuses, "status", nil, "only these statuses: "+joined(influencer.Statuses()))
	return c
}

func (a *app) influencersCommand() *cobra.Command {
	f := peopleFlags{statuses: []string{string(influencer.StatusActive), string(influencer.StatusGrace)}}
	return a.listPeople("influencers", "List who holds the status: active, or in grace", &f, "no influencers")
}

func (a *app) listPeople(use, short string, f *peopleFlags, none string) *cobra.Command {
	var l listFlags
	c := &cobra.Command{
		Use:   use,
		Short: short,
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter()
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, people(filter), func(ctx context.Context, rows source[web.Person], now time.Time) error {
				return show(ctx, a, asked(peopleList(now, none), personOf), l, rows)
			})
		},
	}
	f.add(c)
	l.add(c)
	return c
}

func people(f influencer.PeopleFilter) ways[source[web.Person]] {
	return ways[source[web.Person]]{existing, func(h *house) source[web.Person] {
		return func(ctx context.Context, p influencer.Paging) (influencer.Page[web.Person], error) {
			page, err := h.store.People(ctx, f, p)
			return viewed(page, admin.Person), err
		}
	}, func(r *remote) source[web.Person] {
		return pages[web.Person](r, "/api/v1/people", url.Values{"q": {f.Query}, "agency": {f.Agency}, "platform": {string(f.Platform)}, "status": {joinedBy(f.Statuses, ",")}})
	}}
}

func peopleList(now time.Time, none string) list[influencer.PersonAccounts] {
	type p = influencer.PersonAccounts
	columns := []column[p]{
		{head: "NIP", cell: func(p p) string { return p.NIP.Grouped() }, raw: func(p p) string { return string(p.NIP) }},
		{head: "Name", long: true, cell: func(p p) string { return p.Name }},
		{head: "Agency", long: true, cell: func(p p) string { return p.Agency }},
		{head: "Unit", raw: func(p p) string { return p.Unit }},
		{head: "Status", cell: statusWord, raw: func(p p) string { return string(p.Status) }, paint: func(p p) text.Color { return statusColour(p.Status) }},
		{head: "Since", cell: func(p p) string { return ageOrBlank(p.Since, now) }, raw: func(p p) string { return stamp(p.Since) }},
		{head: "First granted at", raw: func(p p) string { return stamp(p.FirstGrantedAt) }},
		{head: "Reason", raw: func(p p) string { return string(p.Reason) }},
		{head: "Loss held since", raw: func(p p) string {
			if p.LossHeld == nil {
				return ""
			}
			return stamp(p.LossHeld.Since)
		}},
	}
	for _, l := range platforms() {
		columns = append(columns, column[p]{
			head: string(l.name), right: true,
			cell: func(p p) string { return count(largest(p, l)) },
			raw:  func(p p) string { return plainCount(largest(p, l)) },
		})
	}
	return list[p]{columns: columns, none: none}
}

// statusWord is a person's status, and that it would be lost but for the breaker.
func statusWord(p influencer.PersonAccounts) string {
	if p.LossHeld == nil {
		return string(p.Status)
	}
	return string(p.Status) + ", loss held by the breaker"
}

// largest is the person's largest known count on a platform.
func largest(p influencer.PersonAccounts, l platform) *int64 {
	var most *int64
	for _, a := range p.Accounts {
		if n := a.Metric(l.metric); a.Platform == l.name && n != nil && (most == nil || *n > *most) {
			most = n
		}
	}
	return most
}

func ageOrBlank(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return age(t, now)
}

func statusColour(s influencer.Status) text.Color {
	switch s {
	case influencer.StatusActive:
		return text.FgGreen
	case influencer.StatusGrace, influencer.StatusPending:
		return text.FgYellow
	case influencer.StatusSuspended, influencer.StatusBlocked, influencer.StatusRevoked:
		return text.FgRed
	}
	return text.Faint
}
