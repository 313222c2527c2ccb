package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
)

// policySource is where a command takes a policy from: a file or a draft.
type policySource struct {
	draft int64
	file  influencer.Policy
}

func (f *policySource) add(c *cobra.Command) {
	c.Flags().Int64Var(&f.draft, "draft", 0, "take the draft of this number instead of FILE")
}

// take reads the file, if that is the source.
func (f *policySource) take(a *app, cmd *cobra.Command, args []string) (err error) {
	switch {
	case f.draft < 0:
		err = errors.New("--draft is not the number of a draft")
	case f.draft != 0 && len(args) > 0:
		err = errors.New("a policy comes from FILE or from --draft, not from both")
	case f.draft == 0 && len(args) == 0:
		err = fmt.Errorf("%s needs FILE, or --draft", cmd.Name())
	case f.draft == 0:
		f.file, err = a.readPolicy(args[0])
		return err
	}
	return badUsage(cmd, err)
}

// policy is the file's, or loads the draft's.
func (f *policySource) policy(ctx context.Context, s draftBook) (influencer.Policy, error) {
	if f.draft == 0 {
		return f.file, nil
	}
	d, err := s.Draft(ctx, f.draft)
	return d.Policy, noDraft(err, f.draft)
}

// noDraft says plainly that a draft is not there.
func noDraft(err error, id int64) error {
	if errors.Is(err, influencer.ErrNotFound) {
		return fmt.Errorf("there is no draft %d", id)
	}
	return err
}

// schedulePolicy lets the policy come into force later.
func (a *app) schedulePolicy(ctx context.Context, s policyOrders, p influencer.Policy, t policyTerms, at time.Time) error {
	id, err := s.Schedule(ctx, p, t, at)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "draft %[1]d comes into force on %[2]s, while the service runs; policy schedule cancel %[1]d takes that back\n",
		id, influencer.English.DateTime(at))
	return err
}
