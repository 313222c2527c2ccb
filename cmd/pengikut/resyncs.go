package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

func (a *app) resyncsCommand() *cobra.Command {
	var l listFlags
	var agency string
	c := &cobra.Command{
		Use:   "resyncs",
		Short: "List orders to read accounts, newest first; show, watch or cancel one",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return with(cmd.Context(), a, a.resyncs(), func(ctx context.Context, s resyncService, now time.Time) error {
				return show(ctx, a, resyncList(now), l, func(ctx context.Context, p influencer.Paging) (influencer.Page[web.Resync], error) {
					return s.List(ctx, agency, p)
				})
			})
		},
	}
	c.Flags().StringVar(&agency, "agency", "", "only those that concern this agency alone")
	l.add(c)
	c.AddCommand(a.resyncShowCommand(), a.resyncFailuresCommand(), a.resyncCancelCommand())
	return c
}

// aboutResync is a command about one resync, which its argument names.
func (a *app) aboutResync(use, short string, do func(ctx context.Context, s resyncService, id int64) error) *cobra.Command {
	return &cobra.Command{
		Use:   use + " ID",
		Short: short,
		Args:  takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id <= 0 {
				return badUsage(cmd, fmt.Errorf("%q is no resync's number", args[0]))
			}
			return with(cmd.Context(), a, a.resyncs(), func(ctx context.Context, s resyncService, _ time.Time) error { return do(ctx, s, id) })
		},
	}
}

func (a *app) resyncShowCommand() *cobra.Command {
	var wait bool
	var output string
	c := a.aboutResync("show", "Show how far a resync is", func(ctx context.Context, s resyncService, id int64) error {
		r, err := s.One(ctx, id)
		if err != nil {
			return notThere(id, err)
		}
		switch {
		case wait:
			return a.watch(ctx, s, id, output)
		case output == "json":
			return a.printJSON(r)
		}
		a.tellResync(r)
		if r.Failed > 0 {
			a.say("who could not be read: pengikut resyncs failures %d", id)
		}
		return nil
	})
	c.Flags().BoolVar(&wait, "wait", false, "show the progress until the end; exit 1 when some could not be read")
	addTableOrJSON(c, &output)
	c.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := checkTableOrJSON(output); err != nil {
			return badUsage(cmd, err)
		}
		return nil
	}
	return c
}

func (a *app) resyncFailuresCommand() *cobra.Command {
	var l listFlags
	c := a.aboutResync("failures", "List the accounts that a resync could not read, and why", func(ctx context.Context, s resyncService, id int64) error {
		return notThere(id, show(ctx, a, failureList(), l, func(ctx context.Context, p influencer.Paging) (influencer.Page[web.ResyncFailure], error) {
			return s.Failures(ctx, id, p)
		}))
	})
	l.add(c)
	return c
}

func (a *app) resyncCancelCommand() *cobra.Command {
	return a.aboutResync("cancel", "Take an order back: who waits is not read any more", func(ctx context.Context, s resyncService, id int64) error {
		r, err := s.Cancel(ctx, id)
		if err != nil {
			return notThere(id, err)
		}
		a.tellResync(r)
		return nil
	})
}

// notThere says so of a resync that nobody knows.
func notThere(id int64, err error) error {
	if errors.Is(err, influencer.ErrNotFound) {
		return fmt.Errorf("there is no resync %d", id)
	}
	return err
}

func resyncList(now time.Time) list[web.Resync] {
	type c = web.Resync
	n := func(head string, get func(c) int64) column[c] {
		return column[c]{head: head, right: true, cell: func(r c) string { return number(get(r)) }, raw: func(r c) string { return fmt.Sprint(get(r)) }}
	}
	return list[c]{none: "no resyncs", view: func(r c) any { return r }, columns: []column[c]{
		{head: "ID", right: true, cell: func(r c) string { return fmt.Sprint(r.ID) }},
		{head: "State", cell: func(r c) string { return string(r.State) }},
		{head: "Order", long: true, cell: orderText},
		n("Total", func(r c) int64 { return r.Total }),
		n("Done", func(r c) int64 { return r.Done }),
		n("Failed", func(r c) int64 { return r.Failed }),
		n("Cancelled", func(r c) int64 { return r.Cancelled }),
		n("Waiting", func(r c) int64 { return r.Waiting }),
		{head: "Ordered", cell: func(r c) string { return age(timeOr(r.CreatedAt), now) }, raw: func(r c) string { return stamp(timeOr(r.CreatedAt)) }},
		{head: "Ended at", raw: func(r c) string { return stamp(timeOr(r.EndedAt)) }},
		{head: "By", long: true, cell: func(r c) string { return r.Actor }},
		{head: "Remarks", long: true, cell: func(r c) string { return strings.Join(waitsOf(r), ", ") }},
	}}
}

// orderText says in few words whose accounts are read.
func orderText(r web.Resync) string {
	var parts []string
	switch o := r.Order; {
	case o.People > 0:
		parts = append(parts, plural(o.People, "person", "people"))
	case o.Agency == "":
		parts = append(parts, "everybody")
	}
	if r.Order.Agency != "" {
		parts = append(parts, r.Order.Agency)
	}
	for _, p := range r.Order.Platforms {
		parts = append(parts, string(p))
	}
	return strings.Join(parts, ", ")
}

func failureList() list[web.ResyncFailure] {
	type c = web.ResyncFailure
	return list[c]{none: "no failures", view: func(f c) any { return f }, columns: []column[c]{
		{head: "NIP", cell: func(f c) string { return influencer.NIP(f.NIP).Grouped() }, raw: func(f c) string { return f.NIP }},
		{head: "Name", long: true, cell: func(f c) string { return f.Name }},
		{head: "Agency", raw: func(f c) string { return f.Agency }},
		{head: "Platform", cell: func(f c) string { return string(f.Platform) }},
		{head: "Handle", long: true, cell: func(f c) string { return f.Handle }},
		{head: "Account ID", raw: func(f c) string { return fmt.Sprint(f.AccountID) }},
		{head: "Kind", cell: func(f c) string { return string(f.Kind) }},
		{head: "Detail", long: true, cell: func(f c) string { return f.Detail }},
		{head: "Next step", long: true, cell: func(f c) string { return f.NextStep }},
		{head: "At", raw: func(f c) string { return stamp(timeOr(f.At)) }},
	}}
}
