package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/pengikut/pengikut/influencer"
)

func (a *app) tellDryRun(dryRun bool) {
	if dryRun {
		fmt.Fprintln(a.out, "dry run: nothing was changed")
	}
}

// actText tells what an order did.
func actText(r influencer.ActResult) string {
	if r.Order.Kind == influencer.ActionMove {
		return "now of " + strings.Join(filled(r.Person.Agency, r.Person.Unit), ", ")
	}
	var steps []string
	for _, m := range r.Moves {
		steps = append(steps, fmt.Sprintf("%s to %s (%s)", m.From, m.To, reasonWord(m.Reason)))
	}
	said := strings.Join(steps, ", then ")
	if !r.Person.Until.IsZero() {
		said += ", until " + influencer.English.DateTime(r.Person.Until)
	}
	return said
}

// filled are the texts that are not empty.
func filled(texts ...string) []string {
	var out []string
	for _, t := range texts {
		if t != "" {
			out = append(out, t)
		}
	}
	return out
}

// tellActs tells what became of a file: each row that was not done, and totals.
func (a *app) tellActs(f actFlags, results []influencer.ActResult) {
	counts := map[influencer.ActOutcome]int{}
	moves := map[influencer.Move]int{}
	for _, r := range results {
		counts[r.Outcome]++
		for _, m := range r.Moves {
			moves[m]++
		}
		if r.Outcome != influencer.ActDone {
			fmt.Fprintf(a.err, "%s:%d: %s\n", f.file, r.Order.Line, clean(r.Problem))
		}
	}
	a.tellDryRun(f.dryRun)
	said := fmt.Sprintf("%s of %s done", number(counts[influencer.ActDone]), plural(len(results), "row", "rows"))
	for _, o := range []influencer.ActOutcome{influencer.ActNotFound, influencer.ActIllegal, influencer.ActDuplicate, influencer.ActUnread} {
		if n := counts[o]; n > 0 {
			said += fmt.Sprintf(", %s %s", number(n), strings.ReplaceAll(string(o), "_", " "))
		}
	}
	fmt.Fprintln(a.out, said)
	for _, row := range influencer.Moves() { // in the order of the documentation
		for m, n := range moves {
			if m.Row().Name == row.Name {
				fmt.Fprintf(a.out, "  %s: %s to %s (%s)\n", number(n), m.From, m.To, reasonWord(m.Reason))
			}
		}
	}
}

func actList() list[influencer.ActResult] {
	type r = influencer.ActResult
	return list[r]{
		columns: []column[r]{
			{head: "Line", right: true, cell: func(r r) string { return strconv.Itoa(r.Order.Line) }},
			{head: "NIP", cell: func(r r) string { return actNIP(r).Grouped() }, raw: func(r r) string { return string(actNIP(r)) }},
			{head: "Name", long: true, cell: func(r r) string { return r.Person.Name }},
			{head: "Agency", long: true, cell: func(r r) string { return r.Person.Agency }},
			{head: "Outcome", cell: func(r r) string { return string(r.Outcome) }, paint: func(r r) text.Color { return 0 }},
			{head: "From", cell: func(r r) string { return string(r.From) }},
			{head: "To", cell: func(r r) string { return string(r.Person.Status) }},
			{head: "Problem", long: true, cell: func(r r) string { return r.Problem }},
		},
		view: func(r r) any { return admin.ActResult(r) },
		none: "no rows",
	}
}

func actNIP(r influencer.ActResult) influencer.NIP {
	if r.Person.NIP != "" {
		return r.Person.NIP
	}
	return r.Order.NIP
}
