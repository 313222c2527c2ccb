package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

func (a *app) freezeCommand() *cobra.Command {
	c := &cobra.Command{Use: "freeze", Short: "Stop new grants for a time, as before an election"}
	c.AddCommand(a.freezeAddCommand(), a.freezeListCommand(), a.freezeEndCommand())
	return c
}

func (a *app) freezeAddCommand() *cobra.Command {
	var f influencer.Freeze
	var from, until string
	var all bool
	c := &cobra.Command{
		Use:   "add",
		Short: "Stop new grants between two dates",
		Long: `Stop new grants of one agency or of all between two dates. Who does not hold the status
is neither granted it nor put in the queue for it meanwhile, by the rule or by an approval;
recoveries within the grace, losses and all other acts go on. When it ends, those who
qualify are decided.`,
		Args: takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if all == (f.Agency != "") {
				return badUsage(cmd, errors.New("whose grants? either --agency or --all"))
			}
			var err error
			if f.From, err = firstOf(from); err == nil {
				f.Until, err = parseDay(until)
			}
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, a.freezes(), func(ctx context.Context, s freezeService, _ time.Time) error { return a.addFreeze(ctx, s, f) })
		},
	}
	c.Flags().StringVar(&f.Agency, "agency", "", "of this agency, by its whole name")
	c.Flags().BoolVar(&all, "all", false, "of all agencies")
	c.Flags().StringVar(&from, "from", "", "first day, such as 2027-01-01, or a time (default: now)")
	c.Flags().StringVar(&until, "until", "", "last day, or a time")
	c.Flags().StringVar(&f.Note, "reason", "", "why, for the record")
	return c
}

// firstOf reads a day, which begins at midnight WIB, or a time; "" is no time.
func firstOf(s string) (time.Time, error) {
	if d, err := time.ParseInLocation(time.DateOnly, s, influencer.WIB); err == nil {
		return d, nil
	}
	return parseDay(s)
}

func (a *app) addFreeze(ctx context.Context, s freezeService, f influencer.Freeze) error {
	made, err := s.Add(ctx, f)
	if errors.Is(err, influencer.ErrNoAgency) {
		return fmt.Errorf("nobody of the agency %q is registered: write its name as it stands in the roster", f.Agency)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "freeze %d: no new grants of %s from %s until %s\n", made.ID, clean(agencyOrAll(made.Agency)),
		influencer.English.DateTime(made.From), influencer.English.DateTime(made.Until))
	return err
}

func agencyOrAll(agency string) string {
	if agency == "" {
		return "all agencies"
	}
	return agency
}

func (a *app) freezeEndCommand() *cobra.Command {
	var note string
	c := &cobra.Command{
		Use:   "end ID",
		Short: "End a freeze before its time",
		Args:  takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return badUsage(cmd, fmt.Errorf("%q is not the number of a freeze", args[0]))
			}
			return with(cmd.Context(), a, a.freezes(), func(ctx context.Context, s freezeService, _ time.Time) error { return a.endFreeze(ctx, s, id, note) })
		},
	}
	c.Flags().StringVar(&note, "reason", "", "why, for the record")
	return c
}

func (a *app) endFreeze(ctx context.Context, s freezeService, id int64, note string) error {
	err := s.End(ctx, id, note)
	if errors.Is(err, influencer.ErrNotFound) {
		return fmt.Errorf("there is no freeze %d", id)
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "freeze %d has ended; the running service decides those whom it kept waiting within a minute\n", id)
	return err
}

func (a *app) freezeListCommand() *cobra.Command {
	var l listFlags
	var agency string
	c := &cobra.Command{
		Use:   "list",
		Short: "List freezes, newest first, those that are over among them",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return with(cmd.Context(), a, a.freezes(), func(ctx context.Context, s freezeService, now time.Time) error {
				freezes, err := s.List(ctx, agency)
				if err != nil {
					return err
				}
				return show(ctx, a, freezeList(now), l, all(freezes))
			})
		},
	}
	c.Flags().StringVar(&agency, "agency", "", "only those that concern this agency")
	l.addOutput(c)
	return c
}

func freezeList(now time.Time) list[influencer.Freeze] {
	type f = influencer.Freeze
	moment := func(head string, get func(f) time.Time) column[f] {
		return column[f]{
			head: head,
			cell: func(f f) string { return influencer.English.DateTime(get(f)) },
			raw:  func(f f) string { return stamp(get(f)) },
		}
	}
	return list[f]{
		columns: []column[f]{
			{head: "ID", right: true, cell: func(f f) string { return strconv.FormatInt(f.ID, 10) }},
			{head: "Agency", long: true, cell: func(f f) string { return agencyOrAll(f.Agency) }, raw: func(f f) string { return f.Agency }},
			{head: "State", cell: func(f f) string { return reasonWord(influencer.Reason(f.State(now))) }, raw: func(f f) string { return string(f.State(now)) }},
			moment("From", func(f f) time.Time { return f.From }),
			moment("Until", func(f f) time.Time { return f.End() }),
			{head: "By", long: true, cell: func(f f) string { return f.Actor }},
			{head: "Reason", long: true, cell: func(f f) string { return f.Note }},
		},
		view: func(f f) any { return web.FreezeView(f, now) },
		none: "no freezes",
	}
}
