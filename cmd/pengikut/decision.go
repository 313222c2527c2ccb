package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

func (a *app) decisionCommand() *cobra.Command {
	var output, lang string
	c := &cobra.Command{
		Use:   "decision ID",
		Short: "Show one decision's receipt: the rule's sum, the readings it used, and who moved what",
		Long: `Show what a decision rests on, from its own copy of the evidence and the policy version
it was made under: the sentence, the sum, and every reading that was used. The ID is the
one that decisions -o json and -o csv show.`,
		Args: takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			switch {
			case err != nil || id < 1:
				err = fmt.Errorf("%q is not the number of a decision", args[0])
			default:
				err = checkReceiptFlags(output, lang)
			}
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, decisionFinders(), func(ctx context.Context, find decisionFinder, _ time.Time) error {
				d, err := find(ctx, id)
				switch {
				case err != nil:
					return noSuch("decision", id, err)
				case output == "json":
					enc := json.NewEncoder(a.out)
					enc.SetIndent("", "  ")
					return enc.Encode(d)
				}
				return a.showReceipt(decisionOf(d), influencer.Lang(lang))
			})
		},
	}
	addReceiptFlags(c, &output, &lang)
	return c
}

func addReceiptFlags(c *cobra.Command, output, lang *string) {
	addTableOrJSON(c, output)
	addLang(c, lang, influencer.English, "what tells why (headings stay English, json has both)")
}

func checkReceiptFlags(output, lang string) error {
	if err := checkTableOrJSON(output); err != nil {
		return err
	}
	_, err := parseLang(lang)
	return err
}

// decisionFinder finds a decision by its id.
type decisionFinder func(ctx context.Context, id int64) (web.Decision, error)

func decisionFinders() ways[decisionFinder] {
	return ways[decisionFinder]{existing, func(h *house) decisionFinder {
		return func(ctx context.Context, id int64) (web.Decision, error) {
			d, err := h.store.DecisionByID(ctx, id)
			return admin.Decision(d), err
		}
	}, func(r *remote) decisionFinder {
		return func(ctx context.Context, id int64) (web.Decision, error) {
			return ask[web.Decision](ctx, r, http.MethodGet, byID("/api/v1/decisions", id), nil, nil)
		}
	}}
}

func (a *app) showReceipt(d influencer.OwnedDecision, lang influencer.Lang) error {
	p := a.paper(a.out)
	r := d.Receipt
	fmt.Fprintf(a.out, "%s\n%s, NIP %s, %s\n", p.bold(fmt.Sprintf("Decision %d", d.ID)), clean(d.Name), d.NIP.Grouped(), clean(d.Agency))
	fmt.Fprintf(a.out, "%s: %s to %s, %s, by %s%s\n\n", influencer.English.DateTime(d.At), d.From,
		p.paint(statusColour(d.To), string(d.To)), reasonWord(d.Reason), clean(d.Actor), noteTail(d.Note))
	for _, line := range r.Lines(lang) {
		fmt.Fprintln(a.out, clean(line))
	}
	if !r.FirstGrantedAt.IsZero() && !r.FirstGrantedAt.Equal(d.At) {
		fmt.Fprintf(a.out, "First granted %s.\n", influencer.English.DateTime(r.FirstGrantedAt))
	}
	fmt.Fprintf(a.out, "\n%s\n", p.bold("Readings used"))
	return drawTable(p, receiptColumns(), r.Readings, "none")
}

func receiptColumns() []column[influencer.ReceiptReading] {
	type r = influencer.ReceiptReading
	return []column[r]{
		{head: "Platform", cell: func(r r) string { return string(r.Platform) }},
		{head: "Handle", long: true, cell: func(r r) string { return "@" + r.Handle }},
		{head: "Followers", right: true, cell: func(r r) string { return count(r.Followers) }},
		{head: "Friends", right: true, cell: func(r r) string { return count(r.Friends) }},
		{head: "First seen", cell: func(r r) string { return influencer.English.DateTime(r.ObservedAt) }},
		{head: "Last seen", cell: func(r r) string { return influencer.English.DateTime(r.LastSeenAt) }},
		{head: "Reads", right: true, cell: func(r r) string { return number(r.Reads) }},
		{head: "Source", cell: func(r r) string { return r.Source }},
	}
}
