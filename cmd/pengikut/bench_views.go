package main

import (
	"context"
	"fmt"

	"github.com/pengikut/pengikut/store"
)

// viewRounds is how often each query of a view is asked; the best time counts, so
// that the first one pays for what is not in memory yet.
const viewRounds = 3

// viewFigure is how a query of one of the dashboard_* views did.
type viewFigure struct {
	View    string  `json:"view"`
	Asks    string  `json:"asks"`
	Rows    int     `json:"rows"`
	Seconds float64 `json:"seconds"`
}

// measureViews asks every view what the documentation asks it. The agency is the
// largest one, and its accounts have new numbers on every day of the last month.
func (st *stage) measureViews(ctx context.Context, r *apiReport) error {
	agency := store.FilledAgency(1)
	if err := st.template.FillMonth(ctx, agency); err != nil {
		return err
	}
	if err := st.template.Settle(ctx); err != nil {
		return err
	}
	for _, q := range store.DashboardQueries() {
		f := viewFigure{View: q.View, Asks: q.Asks}
		for round := range viewRounds {
			rows, took, err := st.template.Time(ctx, q, agency)
			if err != nil {
				return err
			}
			if s := took.Seconds(); round == 0 || s < f.Seconds {
				f.Rows, f.Seconds = rows, s
			}
		}
		r.Views = append(r.Views, f)
	}
	people, accountDays, err := st.template.Month(ctx, agency)
	r.AgencyPeople, r.AccountDays = people, accountDays
	return err
}

func (a *app) printViewBench(r apiReport) error {
	g := grid[viewFigure]{paper: paper{w: a.out, colours: a.colours(a.out)}, columns: []column[viewFigure]{
		{head: "VIEW", cell: func(f viewFigure) string { return f.View }},
		{head: "ASKS", long: true, cell: func(f viewFigure) string { return f.Asks }},
		{head: "ROWS", right: true, cell: func(f viewFigure) string { return number(f.Rows) }},
		{head: "SECONDS", right: true, cell: func(f viewFigure) string { return fmt.Sprintf("%.3f", f.Seconds) }},
	}}
	if _, err := fmt.Fprintln(a.out); err != nil {
		return err
	}
	if err := g.page(r.Views); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "\none agency of %s, with %s in the month\n",
		plural(r.AgencyPeople, "person", "people"), plural(r.AccountDays, "account-day", "account-days"))
	return err
}
