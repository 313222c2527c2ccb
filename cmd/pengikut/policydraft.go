package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
)

func (a *app) policyDraftCommand() *cobra.Command {
	c := &cobra.Command{Use: "draft", Short: "Keep policies that rule nothing yet"}
	c.AddCommand(a.draftSaveCommand(), a.draftListCommand(), a.draftShowCommand(),
		a.draftChangeCommand("discard", "Be done with a draft; it stays to be looked at", "discarded",
			draftOrders.Discard))
	groupNeedsCommand(c)
	return c
}

func (a *app) policyScheduleCommand() *cobra.Command {
	c := &cobra.Command{Use: "schedule", Short: "Look at policies that wait for their date, and take a date back"}
	c.AddCommand(a.scheduleListCommand(),
		a.draftChangeCommand("cancel", "Take a date back: the policy is a draft again", "not scheduled any more",
			draftOrders.Unschedule))
	groupNeedsCommand(c)
	return c
}

func (a *app) draftSaveCommand() *cobra.Command {
	var note string
	c := &cobra.Command{
		Use:   "save FILE",
		Short: "Keep a policy as a draft",
		Args:  takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			p, err := a.readPolicy(args[0])
			if err != nil {
				return err
			}
			return with(cmd.Context(), a, a.policies(founding), func(ctx context.Context, s policyService, _ time.Time) error {
				id, err := s.Save(ctx, p, note)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(a.out, "draft %d\n", id)
				return err
			})
		},
	}
	c.Flags().StringVar(&note, "note", "", "what it is for")
	return c
}

func (a *app) draftListCommand() *cobra.Command {
	var l listFlags
	var everything bool
	c := &cobra.Command{
		Use:   "list",
		Short: "List drafts that are not done with, newest first",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.listDrafts(cmd.Context(), l, "no drafts", func(ctx context.Context, s draftBook) ([]influencer.Draft, error) {
				return s.Drafts(ctx, everything)
			})
		},
	}
	l.addOutput(c)
	c.Flags().BoolVar(&everything, "all", false, "those that were applied or discarded, too")
	return c
}

func (a *app) scheduleListCommand() *cobra.Command {
	var l listFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List policies that wait for their date, the next one first",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.listDrafts(cmd.Context(), l, "nothing is scheduled", scheduled)
		},
	}
	l.addOutput(c)
	return c
}

// scheduled are the drafts that wait for their date, the next one first.
func scheduled(ctx context.Context, s draftBook) ([]influencer.Draft, error) {
	drafts, err := s.Drafts(ctx, false)
	drafts = slices.DeleteFunc(drafts, func(d influencer.Draft) bool { return d.State != influencer.DraftScheduled })
	slices.SortStableFunc(drafts, func(a, b influencer.Draft) int { return a.EffectiveAt.Compare(b.EffectiveAt) })
	return drafts, err
}

func (a *app) listDrafts(ctx context.Context, l listFlags, none string, which func(context.Context, draftBook) ([]influencer.Draft, error)) error {
	return with(ctx, a, a.policies(existing), func(ctx context.Context, s policyService, now time.Time) error {
		drafts, err := which(ctx, s)
		if err != nil {
			return err
		}
		return show(ctx, a, draftList(now, none), l, all(drafts))
	})
}

func draftList(now time.Time, none string) list[influencer.Draft] {
	type d = influencer.Draft
	return list[d]{columns: []column[d]{
		{head: "ID", right: true, cell: func(d d) string { return strconv.FormatInt(d.ID, 10) }},
		{head: "State", cell: func(d d) string { return string(d.State) }},
		{head: "Effective", cell: func(d d) string {
			if d.EffectiveAt.IsZero() {
				return ""
			}
			return influencer.English.DateTime(d.EffectiveAt)
		}, raw: func(d d) string { return stamp(d.EffectiveAt) }},
		{head: "Saved", cell: func(d d) string { return age(d.CreatedAt, now) }, raw: func(d d) string { return stamp(d.CreatedAt) }},
		{head: "By", cell: func(d d) string { return d.Author }},
		{head: "Version", right: true, cell: func(d d) string {
			if d.Version == 0 {
				return ""
			}
			return strconv.Itoa(d.Version)
		}},
		{head: "Note", long: true, cell: func(d d) string { return d.Note }},
		{head: "Changes", long: true, cell: func(d d) string { return strings.Join(d.Changes, "; ") }},
	}, view: func(d d) any { return admin.Draft(d) }, none: none}
}

func (a *app) draftShowCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Print a draft as its file",
		Args:  takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := draftID(cmd, args[0])
			if err != nil {
				return err
			}
			if err := policyOutput(cmd, output); err != nil {
				return err
			}
			return with(cmd.Context(), a, a.policies(existing), func(ctx context.Context, s policyService, _ time.Time) error {
				d, err := s.Draft(ctx, id)
				if err != nil {
					return noDraft(err, id)
				}
				if output == "json" {
					enc := json.NewEncoder(a.out)
					enc.SetIndent("", "  ")
					return enc.Encode(admin.Draft(d))
				}
				return a.printPolicy(d.Policy, fmt.Sprintf("draft %d (%s), by %s, %s, when version %d was in force%s", d.ID, d.State, clean(d.Author),
					influencer.English.DateTime(d.CreatedAt), d.Base, noteTail(d.Note)))
			})
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "yaml", "yaml or json")
	return c
}

func draftID(cmd *cobra.Command, arg string) (int64, error) {
	id, err := strconv.ParseInt(arg, 10, 64)
	if err != nil || id < 1 {
		return 0, badUsage(cmd, fmt.Errorf("%q is not the number of a draft: policy draft list shows them", arg))
	}
	return id, nil
}

// draftChangeCommand is a command that moves a draft to another state.
func (a *app) draftChangeCommand(name, short, done string, change func(s draftOrders, ctx context.Context, id int64, note string) error) *cobra.Command {
	var note string
	c := &cobra.Command{
		Use:   name + " ID",
		Short: short,
		Args:  takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := draftID(cmd, args[0])
			if err != nil {
				return err
			}
			return with(cmd.Context(), a, a.policies(existing), func(ctx context.Context, s policyService, _ time.Time) error {
				if err := change(s, ctx, id, note); err != nil {
					return noDraft(err, id)
				}
				_, err := fmt.Fprintf(a.out, "draft %d is %s\n", id, done)
				return err
			})
		},
	}
	c.Flags().StringVar(&note, "note", "", "why, for the audit log")
	return c
}
