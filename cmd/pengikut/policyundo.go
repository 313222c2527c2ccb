package main

import (
	"context"
	"fmt"
	"time"

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
			return with(cmd.Context(), a, a.policies(existing), func(ctx context.Context, s policyService, now time.Time) error {
				return a.undoPolicy(ctx, s, reason, yes, now)
			})
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	c.Flags().StringVar(&reason, "reason", "", "why, for the history")
	return c
}

func (a *app) undoPolicy(ctx context.Context, s policyService, reason string, yes bool, now time.Time) error {
	inForce, err := s.Current(ctx)
	if err != nil {
		return err
	}
	if inForce.Version <= 1 {
		return influencer.ErrFirstPolicy
	}
	before, err := s.Version(ctx, inForce.Version-1)
	if err != nil {
		return err
	}
	if !yes {
		question := fmt.Sprintf("Put version %d in force again?", before.Policy.Version)
		if _, err := a.askToApply(ctx, s, before.Policy, question, now); err != nil {
			return err
		}
	}
	return a.putPolicy(func(progress func(done, total int)) (policyDone, error) {
		return s.Undo(ctx, policyTerms{note: reason, expect: inForce.Version}, progress)
	})
}
