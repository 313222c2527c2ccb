package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
)

// actFlags are an act as it is typed.
type actFlags struct {
	kind   influencer.ActionKind
	until  string
	why    string
	order  influencer.Order // the rest of it
	file   string
	dryRun bool
	output string
}

// actCommands are the acts on people: one command each, for one person or for all
// of a file.
func (a *app) actCommands() []*cobra.Command {
	return []*cobra.Command{
		a.actCommand(influencer.ActionSuspend, "Suspend the status, until a date or until it is reinstated", "reason", "basis", "until"),
		a.actCommand(influencer.ActionReinstate, "End a suspension; the rule decides again at once", "reason", "basis"),
		a.actCommand(influencer.ActionBlock, "Block the status by a decree with a legal basis", "reason", "basis"),
		a.actCommand(influencer.ActionUnblock, "End a block; the rule decides again at once", "reason", "basis"),
		a.actCommand(influencer.ActionApprove, "Grant the status to a person who waits for approval", "reason", "basis"),
		a.actCommand(influencer.ActionUnapprove, "Take an approval back; the person waits again", "reason", "basis"),
		a.actCommand(influencer.ActionLeave, "Note that a person has left the service, which ends the status", "reason", "basis", "why"),
		a.actCommand(influencer.ActionRejoin, "Take a leaving back; the rule decides again at once", "reason", "basis"),
		a.actCommand(influencer.ActionMove, "Move a person to another agency or unit", "reason", "agency"),
	}
}

func (a *app) actCommand(kind influencer.ActionKind, short string, flags ...string) *cobra.Command {
	f := actFlags{kind: kind}
	c := &cobra.Command{
		Use:   string(kind) + " NIP",
		Short: short,
		Long: short + `.

With --file the act is done for every row of a CSV file, - for standard input, whose
header names nip and, where rows differ, ` + strings.Join(f.columns(flags), ", ") + `. A row that cannot
be done is told with its line and why, and the others are done; then the exit code is 1.
With --dry-run all that is told, and nothing is done.`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			order, err := a.typedOrder(f, args)
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, a.acts(), func(ctx context.Context, s actService, now time.Time) error {
				if f.file != "" {
					return a.actOnFile(ctx, s, f, order, now)
				}
				return a.actOnOne(ctx, s, f, order)
			})
		},
	}
	f.add(c, flags)
	return c
}

// columns are what a file may have beside nip.
func (f *actFlags) columns(flags []string) []string {
	out := slices.Clone(flags)
	for flag, also := range map[string]string{"basis": "decree", "agency": "unit"} {
		if i := slices.Index(out, flag); i >= 0 {
			out = slices.Insert(out, i+1, also)
		}
	}
	return out
}

func (f *actFlags) add(c *cobra.Command, flags []string) {
	for _, flag := range flags {
		switch flag {
		case "reason":
			c.Flags().StringVar(&f.order.Note, "reason", "", "why, for the record; names no NIP")
		case "until":
			c.Flags().StringVar(&f.until, "until", "", "last day, such as 2027-01-31, or a time; without it until it is reinstated")
		case "basis":
			c.Flags().StringVar(&f.order.Basis, "basis", "", "legal basis, such as \"PP 94/2021 Pasal 8\"")
			c.Flags().StringVar(&f.order.Decree, "decree", "", "number of the decree")
		case "why":
			c.Flags().StringVar(&f.why, "why", "", joined(influencer.Leavings()))
		case "agency":
			c.Flags().StringVar(&f.order.Agency, "agency", "", "to which agency, by its whole name")
			c.Flags().StringVar(&f.order.Unit, "unit", "", "to which unit")
			c.Flags().BoolVar(&f.order.NewAgency, "new-agency", false, "nobody of the agency is registered yet, and that is right")
		}
	}
	c.Flags().StringVar(&f.file, "file", "", "do it for every row of a CSV file, - for standard input")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "tell what would be done, and do nothing")
	var l listFlags
	l.addOutput(c)
	check := c.PreRunE
	c.PreRunE = func(cmd *cobra.Command, args []string) error {
		f.output = l.output
		return check(cmd, args)
	}
}

// typedOrder makes an order of the flags, or what a file's rows have in common.
func (a *app) typedOrder(f actFlags, args []string) (influencer.Order, error) {
	o := f.order
	o.Kind, o.Why = f.kind, influencer.Leaving(f.why)
	var err error
	if o.Until, err = parseDay(f.until); err != nil {
		return o, fmt.Errorf("--until: %w", err)
	}
	if f.file != "" {
		if len(args) > 0 {
			return o, errors.New("either a NIP or --file")
		}
		return o, nil
	}
	if len(args) == 0 {
		return o, fmt.Errorf("%s needs a NIP, or --file", f.kind)
	}
	if o.NIP, err = influencer.ParseNIP(strings.Join(args, " "), a.now()); err != nil {
		return o, err
	}
	if err := o.Check(a.now()); err != nil {
		return o, errors.New(notWhole(err))
	}
	return o, nil
}

func (a *app) actOnOne(ctx context.Context, s actService, f actFlags, o influencer.Order) error {
	results, err := s.Acts(ctx, []influencer.Order{o}, f.dryRun)
	if err != nil {
		return err
	}
	r := results[0]
	switch r.Outcome {
	case influencer.ActDone:
	case influencer.ActNotFound:
		return errors.New("nobody with this NIP")
	default:
		return r.Err()
	}
	if f.output != "table" {
		return show(ctx, a, actList(), listFlags{output: f.output}, all(results))
	}
	a.tellDryRun(f.dryRun)
	_, err = fmt.Fprintf(a.out, "%s: %s\n", clean(r.Person.Name), clean(actText(r)))
	return err
}

func (a *app) actOnFile(ctx context.Context, s actService, f actFlags, common influencer.Order, now time.Time) error {
	results, err := a.readAndAct(ctx, s, f, common, now)
	if err != nil && len(results) == 0 {
		return err
	}
	if f.output != "table" {
		err = errors.Join(err, show(ctx, a, actList(), listFlags{output: f.output}, all(results)))
	} else {
		a.tellActs(f, results)
	}
	undone := 0
	for _, r := range results {
		if r.Outcome != influencer.ActDone {
			undone++
		}
	}
	if undone > 0 {
		err = errors.Join(err, fmt.Errorf("%s not done", plural(undone, "row was", "rows were")))
	}
	return err
}

// readAndAct gives the results of all rows, in the order of the file.
func (a *app) readAndAct(ctx context.Context, s actService, f actFlags, common influencer.Order, now time.Time) ([]influencer.ActResult, error) {
	in, _, err := a.openInput(f.file)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	read, err := influencer.ReadOrders(io.Reader(in), common, now, parseDay)
	if err != nil {
		return nil, err
	}
	if len(read.Columns) > 0 {
		fmt.Fprintf(a.err, "%s: columns that mean nothing here: %s\n", f.file, clean(strings.Join(read.Columns, ", ")))
	}
	done, err := s.Acts(ctx, read.Orders, f.dryRun)
	for i := range read.Unread {
		read.Unread[i].Order.Kind = f.kind
	}
	results := append(done, read.Unread...)
	slices.SortStableFunc(results, func(a, b influencer.ActResult) int { return a.Order.Line - b.Order.Line })
	if err == nil && len(results) == 0 {
		err = errors.New("the file has no rows")
	}
	return results, err
}
