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

// Rows of a person's screen.
const (
	shownDecisions = 10
	shownReadings  = 50 // per account: more than any confirmation looks back
)

// dossier is one person with all that the status rests on.
type dossier struct {
	influencer.PersonAccounts
	policy    influencer.Policy
	evidence  influencer.Evidence
	verdict   influencer.Verdict
	why       string // the newest decision in a sentence, "" when there is none
	decisions []influencer.OwnedDecision
	block     *influencer.Action // under which the person is blocked, nil for who is not
	agencies  []influencer.Affiliation
}

// dossierView is a dossier in JSON: a person of the API, and why.
type dossierView struct {
	web.Person
	Qualifies   influencer.Answer `json:"qualifies"`
	Explanation []string          `json:"explanation"`
	Decisions   []web.Decision    `json:"decisions"` // the newest
	// Block is the decree and legal basis of a block; FrozenUntil the end of a
	// freeze of new grants. Null where there is none.
	Block        *influencer.Action `json:"block"`
	FrozenUntil  *time.Time         `json:"frozen_until"`
	Affiliations []web.Affiliation  `json:"affiliations"` // the agency of today last
}

func (a *app) personCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "person NIP",
		Short: "Show one person: status, why, accounts, evidence, and what would change it",
		Args:  takes(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			nip, err := influencer.ParseNIP(strings.Join(args, " "), a.now())
			if err == nil && output != "table" && output != "json" {
				err = fmt.Errorf("--output %q is none of: table, json", output)
			}
			if err != nil {
				return badUsage(cmd, err)
			}
			return a.within(cmd.Context(), func(ctx context.Context, h *house) error {
				d, err := h.dossier(ctx, nip)
				switch {
				case errors.Is(err, influencer.ErrNotFound):
					return errors.New("nobody with this NIP")
				case err != nil:
					return err
				case output == "json":
					return a.writeDossier(h, d)
				}
				return a.showDossier(h, d)
			})
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "table", "table or json")
	return c
}

// dossier gathers a person's evidence and asks the rule about it now.
func (h *house) dossier(ctx context.Context, nip influencer.NIP) (d dossier, err error) {
	if d.PersonAccounts, err = h.store.PersonByNIP(ctx, nip); err != nil {
		return d, err
	}
	if d.policy, err = h.store.CurrentPolicy(ctx); err != nil {
		return d, err
	}
	d.evidence.Standing = d.Standing
	if d.evidence.FrozenUntil, err = h.store.FrozenUntil(ctx, d.Agency, h.now()); err != nil {
		return d, err
	}
	if d.agencies, err = h.store.Affiliations(ctx, d.ID); err != nil {
		return d, err
	}
	if d.block, err = h.blockOf(ctx, d.Person); err != nil {
		return d, err
	}
	for _, a := range d.Accounts {
		e, err := h.evidenceOf(ctx, a)
		if err != nil {
			return d, err
		}
		d.evidence.Accounts = append(d.evidence.Accounts, e)
	}
	d.verdict = influencer.Decide(d.policy, d.evidence, h.now())
	page, err := h.store.Decisions(ctx, influencer.DecisionFilter{PersonID: d.ID}, influencer.Paging{Limit: shownDecisions})
	if err != nil || len(page.Items) == 0 {
		return d, err
	}
	d.decisions = page.Items
	d.why = d.decisions[0].Receipt.Sentence.English
	return d, nil
}

// blockOf is the act that blocked a person who is blocked.
func (h *house) blockOf(ctx context.Context, p influencer.Person) (*influencer.Action, error) {
	if p.Status != influencer.StatusBlocked {
		return nil, nil
	}
	f := influencer.DecisionFilter{PersonID: p.ID, To: influencer.StatusBlocked, Reason: influencer.ReasonBlocked}
	page, err := h.store.Decisions(ctx, f, influencer.Paging{Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return nil, err
	}
	return page.Items[0].Evidence.Act, nil
}

func (h *house) evidenceOf(ctx context.Context, a influencer.Account) (influencer.AccountEvidence, error) {
	page, err := h.store.Readings(ctx, a.ID, never, never, influencer.Paging{Limit: shownReadings})
	return influencer.AccountEvidence{
		AccountID: a.ID, Platform: a.Platform, Handle: a.Handle, State: a.State, StateSince: a.StateSince, Readings: page.Items,
	}, err
}

func (a *app) writeDossier(h *house, d dossier) error {
	view := dossierView{Person: admin.Person(d.PersonAccounts), Qualifies: d.verdict.Qualifies,
		Explanation: influencer.Explain(d.policy, d.verdict, d.evidence, h.now())}
	for _, one := range d.decisions {
		view.Decisions = append(view.Decisions, admin.Decision(one))
	}
	view.Block = d.block
	for _, one := range d.agencies {
		view.Affiliations = append(view.Affiliations, web.AffiliationView(one))
	}
	if until := d.evidence.FrozenUntil; !until.IsZero() {
		view.FrozenUntil = &until
	}
	enc := json.NewEncoder(a.out)
	enc.SetIndent("", "  ")
	return enc.Encode(view)
}

func (a *app) showDossier(h *house, d dossier) error {
	p := a.paper(a.out)
	fmt.Fprintln(a.out, p.bold(clean(d.Name)))
	fmt.Fprintf(a.out, "NIP %s%s\n%s\n\n", d.NIP.Grouped(), bracketed(string(d.NIP.Kind())), clean(strings.Join(filled(d.Agency, d.Unit), ", ")))
	fmt.Fprintf(a.out, "%s  %s%s\n", p.bold("Status"), p.paint(statusColour(d.Status), string(d.Status)), standingTail(h, d))
	if d.why != "" {
		fmt.Fprintf(a.out, "%s     %s\n", p.bold("Why"), clean(d.why))
	}
	if held := d.LossHeld; held != nil {
		fmt.Fprintf(a.out, "%s    loss held by the breaker since %s (%s): see pengikut breaker show %d\n",
			p.bold("Held"), influencer.English.DateTime(held.Since), reasonWord(held.Reason), held.TripID)
	}
	a.showMarks(p, d)
	fmt.Fprintf(a.out, "\n%s\n", p.bold(fmt.Sprintf("The rule, policy %d", d.policy.Version)))
	for _, line := range influencer.Explain(d.policy, d.verdict, d.evidence, h.now()) {
		fmt.Fprintln(a.out, "  "+clean(line))
	}
	fmt.Fprintf(a.out, "\n%s\n", p.bold("Accounts"))
	if err := drawTable(p, forTable(accountColumns(h.now())), d.Accounts, "none"); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "\n%s\n", p.bold("Last decisions"))
	columns := slices.DeleteFunc(forTable(decisionList(h.now()).columns), func(c column[influencer.OwnedDecision]) bool {
		return c.head == "NIP" || c.head == "Name" || c.head == "Agency"
	})
	return drawTable(p, columns, d.decisions, "none")
}

// showMarks shows what stands beside the status, where there is any of it.
func (a *app) showMarks(p paper, d dossier) {
	if d.Left != "" {
		fmt.Fprintf(a.out, "%s    %s, since %s\n", p.bold("Left"), d.Left, influencer.English.DateTime(d.LeftAt))
	}
	if d.block != nil {
		fmt.Fprintf(a.out, "%s   decree %s, legal basis %s\n", p.bold("Block"), clean(d.block.Decree), clean(d.block.Basis))
	}
	if until := d.evidence.FrozenUntil; !until.IsZero() {
		fmt.Fprintf(a.out, "%s  no new grants until %s\n", p.bold("Freeze"), influencer.English.DateTime(until))
	}
	for _, one := range d.agencies {
		if !one.Until.IsZero() {
			fmt.Fprintf(a.out, "%s  %s, from %s to %s\n", p.bold("Before"), clean(strings.Join(filled(one.Agency, one.Unit), ", ")),
				influencer.English.Date(one.From), influencer.English.Date(one.Until))
		}
	}
}

func standingTail(h *house, d dossier) string {
	var b strings.Builder
	if !d.Since.IsZero() {
		fmt.Fprintf(&b, " since %s (%s)", influencer.English.DateTime(d.Since), age(d.Since, h.now()))
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
