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
	c := &cobra.Command{
		Use:   "replay",
		Short: "Recompute every decision from its own evidence; exit 1 when one differs",
		Long: `Recompute stored decisions from their own copy of the evidence and the policy
version they were made under, and check that they follow from each other. With
--policy tell instead what another policy would have decided then. Nothing is
written.`,
		Args: takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var o store.ReplayOptions
			if _, err := parseSince(since, a.now()); err != nil {
				return badUsage(cmd, err)
			}
			if file != "" {
				p, err := a.readPolicy(file)
				if err != nil {
					return err
				}
				o.Policy = &p
			}
			return a.within(cmd.Context(), func(ctx context.Context, h *house) error {
				o.Since, _ = parseSince(since, h.now()) // checked above
				return a.replay(ctx, h, o, l)
			})
		},
	}
	l.addOutput(c)
	c.Flags().StringVar(&since, "since", "", "only decisions of the last, such as 7d, or since a day such as 2026-11-01")
	c.Flags().StringVar(&file, "policy", "", "a policy file to decide by instead")
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
	if differences > 0 && o.Policy == nil {
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
