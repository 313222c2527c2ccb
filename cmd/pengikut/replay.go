package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/store"
)

func (a *app) replayCommand() *cobra.Command {
	var l listFlags
	var since, file string
	var draft int64
	c := &cobra.Command{
		Use:   "replay",
		Short: "Recompute every decision from its own evidence; exit 1 when one differs",
		Long: `Recompute stored decisions from their own copy of the evidence and the policy
version they were made under, and check that they follow from each other. With
--policy or --draft tell instead what that policy would have done with everything that
was read since --since: everybody is walked through the recorded readings again, from
where they stood then. Nothing is written.`,
		Example: "  pengikut replay\n  pengikut replay --policy stricter.yaml --since 2026-01-01 -o csv",
		Args:    takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			from := policySource{draft: draft}
			if _, err := parseSince(since, a.now()); err != nil {
				return badUsage(cmd, err)
			}
			if file != "" || draft != 0 {
				var args []string
				if file != "" {
					args = []string{file}
				}
				if err := from.take(a, cmd, args); err != nil {
					return err
				}
			}
			return a.within(cmd.Context(), func(ctx context.Context, h *house) error {
				at, _ := parseSince(since, h.now()) // checked above
				if file == "" && draft == 0 {
					return a.replay(ctx, h, store.ReplayOptions{Since: at}, l)
				}
				p, err := from.policy(ctx, localPolicies{house: h})
				if err != nil {
					return err
				}
				return a.rerun(ctx, h, p, at, l)
			})
		},
	}
	l.addOutput(c)
	c.Flags().StringVar(&since, "since", "", "only decisions of the last, such as 7d, or since a day such as 2026-11-01; with --policy, from when on")
	c.Flags().StringVar(&file, "policy", "", "a policy file to rule by instead, - for standard input")
	c.Flags().Int64Var(&draft, "draft", 0, "a draft to rule by instead")
	return c
}

// differenceView is a difference in JSON.
type differenceView struct {
	PersonID   int64      `json:"person_id"`
	DecisionID *int64     `json:"decision_id"` // null when the person's own row differs
	At         *time.Time `json:"at"`
	Stored     string     `json:"stored"`
	Recomputed string     `json:"recomputed"`
}

func (a *app) replay(ctx context.Context, h *house, o store.ReplayOptions, l listFlags) error {
	out := bufio.NewWriter(a.out)
	w := newRowWriter(a, differenceList(), l.output, out)
	differences := 0
	checked, err := h.store.Replay(ctx, o, func(d store.Difference) error {
		differences++
		return w.page([]store.Difference{d})
	})
	if err == nil {
		err = w.end("")
	}
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	fmt.Fprintf(a.err, "%s recomputed, %s\n", plural(checked, "decision", "decisions"), plural(differences, "difference", "differences"))
	if differences > 0 {
		return errReported
	}
	return nil
}

func differenceList() list[store.Difference] {
	type d = store.Difference
	return list[d]{columns: []column[d]{
		{head: "Person ID", right: true, cell: func(d d) string { return fmt.Sprint(d.PersonID) }},
		{head: "Decision ID", right: true, cell: func(d d) string {
			if d.DecisionID == 0 {
				return unknown
			}
			return fmt.Sprint(d.DecisionID)
		}, raw: func(d d) string {
			if d.DecisionID == 0 {
				return ""
			}
			return fmt.Sprint(d.DecisionID)
		}},
		{head: "At", cell: func(d d) string { return stamp(d.At) }},
		{head: "Stored", long: true, cell: func(d d) string { return d.Stored }},
		{head: "Recomputed", long: true, cell: func(d d) string { return d.Recomputed }},
	}, view: func(d d) any {
		v := differenceView{PersonID: d.PersonID, At: timePtr(d.At), Stored: d.Stored, Recomputed: d.Recomputed}
		if d.DecisionID != 0 {
			v.DecisionID = &d.DecisionID
		}
		return v
	}, none: "no differences"}
}
