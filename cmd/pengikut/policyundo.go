package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
)

func (a *app) policyUndoCommand() *cobra.Command {
	var reason string
	var yes bool
	c := &cobra.Command{
		Use:   "undo",
		Short: "Put the version before the one in force in force again",
		Long: `Put the version before the one in force in force again, as a new version, and decide
everybody: history stays as it was. Who was moved goes back where the evidence says so.
What would move is told first. Undoing twice brings the undone version back.`,
		Args: takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := a.mustAnswer(cmd, yes); err != nil {
				return err
			}
			return a.within(cmd.Context(), func(ctx context.Context, h *house) error { return a.undoPolicy(ctx, h, reason, yes) })
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	c.Flags().StringVar(&reason, "reason", "", "why, for the history")
	return c
}

func (a *app) undoPolicy(ctx context.Context, h *house, reason string, yes bool) error {
	now, err := h.store.CurrentPolicy(ctx)
	if err != nil {
		return err
	}
	if now.Version <= 1 {
		return influencer.ErrFirstPolicy
	}
	before, err := h.store.PolicyByVersion(ctx, now.Version-1)
	if err != nil {
		return err
	}
	o := a.order(h, reason)
	o.Expect = now.Version
	if !yes {
		question := fmt.Sprintf("Put version %d in force again?", before.Policy.Version)
		if _, err := a.askToApply(ctx, h, before.Policy, question); err != nil {
			return err
		}
	}
	return a.putPolicy(func(progress func(done, total int)) (influencer.PolicyApplied, error) {
		return h.store.UndoPolicy(ctx, o, progress)
	})
}
