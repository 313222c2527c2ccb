package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// dossier is one person with all that the status rests on: in JSON a person of the
// API, and why.
type dossier struct {
	web.Person
	web.Reasons
	Decisions    []web.Decision    `json:"decisions"`    // the newest
	Affiliations []web.Affiliation `json:"affiliations"` // the agency of today last
}

func (a *app) personCommand() *cobra.Command {
	var output, lang string
	c := &cobra.Command{
		Use:   "person NIP",
		Short: "Show one person: status, why, accounts, evidence, and what would change it",
		Args:  takes(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			nip, err := influencer.ParseNIP(strings.Join(args, " "), a.now())
			if err == nil {
				err = checkReceiptFlags(output, lang)
			}
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, archives(), func(ctx context.Context, s archive, now time.Time) error {
				d, err := s.Dossier(ctx, nip)
				switch {
				case errors.Is(err, influencer.ErrNotFound):
					return errors.New("nobody with this NIP")
				case err != nil:
					return err
				case output == "json":
					enc := json.NewEncoder(a.out)
					enc.SetIndent("", "  ")
					return enc.Encode(d)
				}
				return a.showDossier(d, influencer.Lang(lang), now)
			})
		},
	}
	addReceiptFlags(c, &output, &lang)
	return c
}

func (a *app) showDossier(d dossier, lang influencer.Lang, now time.Time) error {
	p, person, decisions := a.paper(a.out), personOf(d.Person), mapped(d.Decisions, decisionOf)
	fmt.Fprintln(a.out, p.bold(clean(d.Name)))
	fmt.Fprintf(a.out, "NIP %s%s\n%s\n\n", person.NIP.Grouped(), bracketed(string(person.NIP.Kind())), clean(strings.Join(filled(d.Agency, d.Unit), ", ")))
	fmt.Fprintf(a.out, "%s  %s%s\n", p.bold("Status"), p.paint(statusColour(d.Status), string(d.Status)), standingTail(person, now))
	if len(decisions) > 0 && decisions[0].Receipt.Sentence.In(lang) != "" {
		fmt.Fprintf(a.out, "%s     %s\n", p.bold("Why"), clean(decisions[0].Receipt.Sentence.In(lang)))
	}
	if held := person.LossHeld; held != nil {
		fmt.Fprintf(a.out, "%s    loss held by the breaker since %s (%s): see pengikut breaker show %d\n",
			p.bold("Held"), influencer.English.DateTime(held.Since), reasonWord(held.Reason), held.TripID)
	}
	a.showMarks(p, d)
	fmt.Fprintf(a.out, "\n%s\n", p.bold(fmt.Sprintf("The rule, policy %d", d.PolicyVersion)))
	for _, line := range d.Explanation {
		fmt.Fprintln(a.out, "  "+clean(line.In(lang)))
	}
	fmt.Fprintf(a.out, "\n%s\n", p.bold("Accounts"))
	if err := drawTable(p, forTable(accountColumns(now)), person.Accounts, "none"); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\n%s\n", p.bold("Last decisions"))
	columns := slices.DeleteFunc(forTable(decisionList(now).columns), func(c column[influencer.OwnedDecision]) bool {
		return c.head == "NIP" || c.head == "Name" || c.head == "Agency"
	})
	return drawTable(p, columns, decisions, "none")
}

// showMarks shows what stands beside the status, where there is any of it.
func (a *app) showMarks(p paper, d dossier) {
	if d.Left != "" {
		fmt.Fprintf(a.out, "%s    %s, since %s\n", p.bold("Left"), d.Left, influencer.English.DateTime(timeOr(d.LeftAt)))
	}
	if b := d.Block; b != nil {
		fmt.Fprintf(a.out, "%s   decree %s, legal basis %s\n", p.bold("Block"), clean(b.Decree), clean(b.Basis))
	}
	if until := d.FrozenUntil; until != nil {
		fmt.Fprintf(a.out, "%s  no new grants until %s\n", p.bold("Freeze"), influencer.English.DateTime(*until))
	}
	for _, one := range d.Affiliations {
		if one.Until != nil {
			fmt.Fprintf(a.out, "%s  %s, from %s to %s\n", p.bold("Before"), clean(strings.Join(filled(one.Agency, one.Unit), ", ")),
				influencer.English.Date(timeOr(one.From)), influencer.English.Date(*one.Until))
		}
	}
}

func standingTail(d influencer.PersonAccounts, now time.Time) string {
	var b strings.Builder
	if !d.Since.IsZero() {
		fmt.Fprintf(&b, " since %s (%s)", influencer.English.DateTime(d.Since), age(d.Since, now))
	}
	if !d.FirstGrantedAt.IsZero() && !d.FirstGrantedAt.Equal(d.Since) {
		fmt.Fprintf(&b, ", first granted %s", influencer.English.DateTime(d.FirstGrantedAt))
	}
	if !d.Until.IsZero() {
		fmt.Fprintf(&b, ", until %s", influencer.English.DateTime(d.Until))
	}
	return b.String()
}

func bracketed(s string) string {
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func forTable[T any](columns []column[T]) []column[T] {
	return slices.DeleteFunc(columns, func(c column[T]) bool { return c.cell == nil })
}

// drawTable draws rows at once, or says that there are none.
func drawTable[T any](p paper, columns []column[T], rows []T, none string) error {
	if len(rows) == 0 {
		_, err := fmt.Fprintln(p.w, none)
		return err
	}
	g := grid[T]{paper: p, columns: columns}
	return g.page(rows)
}
