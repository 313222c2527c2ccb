package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// rerun tells what another policy would have done with recorded history.
func (a *app) rerun(ctx context.Context, h *house, p influencer.Policy, since time.Time, l listFlags) error {
	out := bufio.NewWriter(a.out)
	w := newRowWriter(a, rerunList(), l.output, out)
	totals, err := h.store.Rerun(ctx, p, since, h.now(), func(r influencer.RerunRow) error {
		return w.page([]influencer.RerunRow{r})
	})
	if err == nil {
		err = w.end("")
	}
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	from := "in all that is recorded"
	if !since.IsZero() {
		from = "since " + influencer.English.DateTime(since)
	}
	fmt.Fprintf(a.err, "%s %s: %s made, %s by the other policy\n", plural(totals.People, "person", "people"), from,
		plural(totals.Made, "move", "moves"), number(totals.Would))
	fmt.Fprintf(a.err, "Today it would be: %s with the status who have it not, %s without it who have it, %s as they are, %s of them by another way\n",
		number(totals.Gain), number(totals.Lose), number(totals.Same), number(totals.Otherwise))
	return nil
}

func rerunList() list[influencer.RerunRow] {
	type r = influencer.RerunRow
	return list[r]{columns: []column[r]{
		{head: "NIP", cell: func(r r) string { return r.NIP.Grouped() }, raw: func(r r) string { return string(r.NIP) }},
		{head: "Name", long: true, cell: func(r r) string { return r.Name }},
		{head: "Agency", long: true, cell: func(r r) string { return r.Agency }},
		{head: "Status", cell: func(r r) string { return string(r.Status) }},
		{head: "Would be", cell: func(r r) string { return string(r.WouldStand.Status) }},
		{head: "Outcome", cell: func(r r) string { return string(r.Outcome()) }},
		{head: "Made", long: true, cell: func(r r) string { return stepsText(r.Made) }},
		{head: "Would have made", long: true, cell: func(r r) string { return stepsText(r.Would) }},
	}, view: func(r r) any { return admin.RerunRow(r) }, none: "nobody would have moved otherwise"}
}

// stepsText tells moves in a line, by day.
func stepsText(steps []influencer.Step) string {
	texts := make([]string, len(steps))
	for i, s := range steps {
		texts[i] = fmt.Sprintf("%s %s (%s)", s.At.In(influencer.WIB).Format(time.DateOnly), s.Move.To, reasonWord(s.Move.Reason))
	}
	return strings.Join(texts, ", ")
}
