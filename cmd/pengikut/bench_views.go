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
	People  int     `json:"people,omitempty"` // of the agency, where it is about one
	Rows    int     `json:"rows"`
	Seconds float64 `json:"seconds"`
}

// benchAgencies are those that the views are asked about: one of average size, and
// the largest, which has twenty-five times as many people.
var benchAgencies = [...]string{store.FilledAgency(160), store.FilledAgency(1)}

// measureViews asks every view what the documentation asks it. The accounts of the
// agencies have new numbers on every day of the last month.
func (st *stage) measureViews(ctx context.Context, r *apiReport) error {
	people := map[string]int{}
	for _, agency := range benchAgencies {
		n, err := st.template.FillMonth(ctx, agency)
		if err != nil {
			return err
		}
		people[agency] = n
	}
	if err := st.template.FillDays(ctx); err != nil {
		return err
	}
	if err := st.template.Settle(ctx); err != nil {
		return err
	}
	for _, q := range store.DashboardQueries() {
		about := []string{""}
		if q.OfAgency() {
			about = benchAgencies[:]
		}
		for _, agency := range about {
			f, err := st.askView(ctx, q, agency)
			if err != nil {
				return err
			}
			f.People = people[agency]
			r.Views = append(r.Views, f)
		}
	}
	return nil
}

func (st *stage) askView(ctx context.Context, q store.DashboardQuery, agency string) (viewFigure, error) {
	f := viewFigure{View: q.View, Asks: q.Asks}
	for round := range viewRounds {
		rows, took, err := st.template.TimeQuery(ctx, q, agency)
		if err != nil {
			return f, err
		}
		if s := took.Seconds(); round == 0 || s < f.Seconds {
			f.Rows, f.Seconds = rows, s
		}
	}
	return f, nil
}

func (a *app) printViewBench(r apiReport) error {
	g := grid[viewFigure]{paper: paper{w: a.out, colours: a.colours(a.out)}, columns: []column[viewFigure]{
		{head: "VIEW", cell: func(f viewFigure) string { return f.View }},
		{head: "ASKS", long: true, cell: func(f viewFigure) string { return f.Asks }},
		{head: "OF PEOPLE", right: true, cell: func(f viewFigure) string {
			if f.People == 0 {
				return "all"
			}
			return number(f.People)
		}},
		{head: "ROWS", right: true, cell: func(f viewFigure) string { return number(f.Rows) }},
		{head: "SECONDS", right: true, cell: func(f viewFigure) string { return fmt.Sprintf("%.3f", f.Seconds) }},
	}}
	if _, err := fmt.Fprintln(a.out); err != nil {
		return err
	}
	return g.page(r.Views)
}
