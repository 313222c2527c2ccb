package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
)

// effect is what a policy does to a person.
type effect = influencer.Effect

const (
	gains       = influencer.EffectGain
	loses       = influencer.EffectLose
	warned      = influencer.EffectGrace
	unconfirmed = influencer.EffectUnconfirmed
	otherwise   = influencer.EffectOtherwise
	near        = influencer.EffectNear
	effects     = influencer.Effects
)

func effectTitle(e effect) string {
	return [effects]string{"Gain the status", "Lose the status", "Begin a grace, and lose the status at its end",
		"Lose the status when further reads confirm it", "Move otherwise", "Stay, but within 10 % of a line"}[e]
}

func (a *app) policyPreviewCommand() *cobra.Command {
	l := listFlags{}
	var from policySource
	var by string
	c := &cobra.Command{
		Use:   "preview FILE",
		Short: "List who would gain and who would lose, and change nothing",
		Long: `Decide everybody under the policy in FILE, - for standard input, or under a draft, on
the evidence already stored. Nothing is written and no platform is called. The first
lines say how much evidence there is, and how old it is.`,
		Example: "  pengikut policy preview stricter.yaml\n  pengikut policy preview --draft 3 --by agency -o csv",
		Args:    takes(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if by != "" && by != string(influencer.ByAgency) && by != string(influencer.ByPlatform) {
				return badUsage(cmd, fmt.Errorf("--by %q is none of: agency, platform", by))
			}
			if err := from.take(a, cmd, args); err != nil {
				return err
			}
			return with(cmd.Context(), a, a.policies(existing), func(ctx context.Context, s policyService, now time.Time) error {
				p, err := from.policy(ctx, s)
				switch {
				case err != nil:
					return err
				case by != "":
					return a.previewGroups(ctx, s, p, influencer.CoverageBy(by), l, now)
				case l.output == "table":
					return a.previewTable(ctx, s, p, l.limit, now)
				}
				return a.previewRows(ctx, s, p, l, now)
			})
		},
	}
	l.addOutput(c)
	from.add(c)
	c.Flags().IntVar(&l.limit, "limit", 20, "people shown of each kind in a table; 0 shows all")
	c.Flags().StringVar(&by, "by", "", "count by agency or by platform instead of listing people")
	return c
}

// previewTable prints the totals first, so the rows are gathered, at most limit
// of each kind.
func (a *app) previewTable(ctx context.Context, s policyService, p influencer.Policy, limit int, now time.Time) error {
	if _, err := a.tellChanges(ctx, s, p); err != nil {
		return err
	}
	var rows [effects][]influencer.PreviewRow
	totals, err := s.Weigh(ctx, p, weighing{limit: limit, known: a.tellEvidence(a.out, p, now), row: func(r influencer.PreviewRow) error {
		rows[r.Effect()] = append(rows[r.Effect()], r)
		return nil
	}})
	if err != nil {
		return err
	}
	a.tellPreview(totals)
	sheet := a.paper(a.out)
	for e := range effects {
		if len(rows[e]) == 0 {
			continue
		}
		fmt.Fprintf(a.out, "\n%s\n", sheet.bold(effectTitle(e)))
		if err := drawTable(sheet, columnsFor(e, now), rows[e], ""); err != nil {
			return err
		}
		if more := totals.counts[e] - len(rows[e]); more > 0 {
			fmt.Fprintf(a.out, "… and %s more: %s\n", number(more), totals.howToSee())
		}
	}
	return nil
}

// howToSee says how to see whom a list leaves out.
func (w weighed) howToSee() string {
	if w.most > 0 {
		return fmt.Sprintf("a service elsewhere lists %s of each kind at most", number(w.most))
	}
	return "--limit 0 or --output csv"
}

// tellChanges prints what the policy says otherwise than the one in force, whose
// version it returns.
func (a *app) tellChanges(ctx context.Context, s policyBook, p influencer.Policy) (version int, err error) {
	inForce, err := s.Current(ctx)
	if err != nil {
		return 0, err
	}
	changes := influencer.Diff(inForce, p)
	if len(changes) == 0 {
		fmt.Fprintf(a.out, "Says what version %d, in force, says.\n\n", inForce.Version)
	} else {
		fmt.Fprintf(a.out, "Against version %d, in force:\n  %s\n\n", inForce.Version, strings.Join(changes, "\n  "))
	}
	return inForce.Version, nil
}

// tellEvidence prints how much evidence a preview rests on, and how old it is.
func (a *app) tellEvidence(w io.Writer, p influencer.Policy, now time.Time) func(influencer.Coverage) error {
	return func(c influencer.Coverage) error {
		fmt.Fprintf(w, "Rests on %s of %s read within %s", number(c.Read), plural(c.Expected, "account", "accounts"), influencer.English.Duration(p.EvidenceMaxAge))
		if c.Read > 0 {
			fmt.Fprintf(w, ": the newest %s, the oldest %s", age(c.AsOf, now), age(c.Oldest, now))
		}
		_, err := fmt.Fprint(w, "\n")
		return err
	}
}

// tellPreview prints the totals.
func (a *app) tellPreview(t weighed) {
	counts := t.counts
	toCome := counts[warned] + counts[unconfirmed]
	fmt.Fprintf(a.out, "%s: %s gain, %s lose at once, %s to lose later, %s move otherwise, %s stay within 10 %% of a line\n", plural(t.people, "person", "people"),
		number(counts[gains]), number(counts[loses]), number(toCome), number(counts[otherwise]), number(counts[near]))
	if toCome > 0 {
		fmt.Fprintf(a.out, "To lose later: %s at the end of the grace that begins now, %s when further reads confirm it\n",
			number(counts[warned]), number(counts[unconfirmed]))
	}
	if b := t.breaker; b.Holds() {
		fmt.Fprintf(a.out, "Applied now, the breaker would hold back all of the %s: %s\n", plural(b.Losses, "loss", "losses"), whyHeld(b))
	}
}

// previewRows streams the rows for a machine.
func (a *app) previewRows(ctx context.Context, s policyService, p influencer.Policy, l listFlags, now time.Time) error {
	out := bufio.NewWriter(a.out)
	w := newRowWriter(a, list[influencer.PreviewRow]{columns: previewColumns(now), view: viewPreview}, l.output, out)
	var shown [effects]int
	totals, err := s.Weigh(ctx, p, weighing{known: a.tellEvidence(a.err, p, now), row: func(r influencer.PreviewRow) error {
		shown[r.Effect()]++
		return w.page([]influencer.PreviewRow{r})
	}})
	if err == nil {
		err = w.end("")
	}
	if err = errors.Join(err, out.Flush()); err != nil {
		return err
	}
	for e := range effects {
		if more := totals.counts[e] - shown[e]; more > 0 {
			fmt.Fprintf(a.err, "%s: … and %s more: %s\n", effectTitle(e), number(more), totals.howToSee())
		}
	}
	return nil
}

// columnsFor leaves out the columns that say nothing of an effect.
func columnsFor(e effect, now time.Time) []column[influencer.PreviewRow] {
	idle := []string{"Would become", "Near", "Has", "Line"}
	switch e {
	case unconfirmed:
		idle[0] = "Becomes"
	case near:
		idle = []string{"Becomes", "Would become", "Reason"}
	}
	return slices.DeleteFunc(previewColumns(now), func(c column[influencer.PreviewRow]) bool { return slices.Contains(idle, c.head) })
}

func previewColumns(now time.Time) []column[influencer.PreviewRow] {
	type r = influencer.PreviewRow
	to := func(m *influencer.Move) string {
		if m == nil {
			return ""
		}
		return string(m.To)
	}
	nearBy := func(get func(influencer.NearLine) string) func(r) string {
		return func(r r) string {
			if r.Near == nil {
				return ""
			}
			return get(*r.Near)
		}
	}
	return []column[r]{
		{head: "NIP", cell: func(r r) string { return r.NIP.Grouped() }, raw: func(r r) string { return string(r.NIP) }},
		{head: "Name", long: true, cell: func(r r) string { return r.Name }},
		{head: "Agency", long: true, cell: func(r r) string { return r.Agency }},
		{head: "Status", cell: func(r r) string { return string(r.Status) }, paint: func(r r) text.Color { return statusColour(r.Status) }},
		{head: "Since", cell: func(r r) string { return ageOrBlank(r.Since, now) }, raw: func(r r) string { return stamp(r.Since) }},
		{head: "Becomes", cell: func(r r) string { return to(r.Move) }},
		{head: "Would become", cell: func(r r) string { return to(r.Unconfirmed) }},
		{head: "Reason", cell: func(r r) string {
			if m := cmp.Or(r.Move, r.Unconfirmed); m != nil {
				return reasonWord(m.Reason)
			}
			return ""
		}},
		{head: "Near", cell: nearBy(func(n influencer.NearLine) string { return string(n.Platform) })},
		{head: "Has", right: true, cell: nearBy(func(n influencer.NearLine) string { return number(n.Value) }),
			raw: nearBy(func(n influencer.NearLine) string { return fmt.Sprint(n.Value) })},
		{head: "Line", right: true, cell: nearBy(func(n influencer.NearLine) string { return number(n.Line) }),
			raw: nearBy(func(n influencer.NearLine) string { return fmt.Sprint(n.Line) })},
	}
}

// previewView is a row of a preview in JSON.
type previewView struct {
	PersonID int64             `json:"person_id"`
	NIP      string            `json:"nip"`
	Name     string            `json:"name"`
	Agency   string            `json:"agency"`
	Status   influencer.Status `json:"status"`
	To       influencer.Status `json:"to,omitempty"` // absent for who stays
	Reason   influencer.Reason `json:"reason,omitempty"`

	Unconfirmed *lossView `json:"unconfirmed,omitempty"` // for who stays until further reads confirm the loss
	Near        *nearView `json:"near,omitempty"`        // for who stays, but only just
}

type lossView struct {
	To     influencer.Status `json:"to"` // revoked, or grace where the policy has one
	Reason influencer.Reason `json:"reason"`
}

type nearView struct {
	Platform influencer.Platform `json:"platform"`
	Metric   influencer.Metric   `json:"metric"`
	Value    int64               `json:"value"`
	Line     int64               `json:"line"`
}

func viewPreview(r influencer.PreviewRow) any {
	v := previewView{PersonID: r.ID, NIP: string(r.NIP), Name: r.Name, Agency: r.Agency, Status: r.Status}
	if r.Move != nil {
		v.To, v.Reason = r.Move.To, r.Move.Reason
	}
	if r.Unconfirmed != nil {
		v.Unconfirmed = &lossView{r.Unconfirmed.To, r.Unconfirmed.Reason}
	}
	if r.Near != nil {
		v.Near = &nearView{r.Near.Platform, r.Near.Metric, r.Near.Value, r.Near.Line}
	}
	return v
}
