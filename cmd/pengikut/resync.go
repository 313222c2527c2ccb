package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// askFrom is from how many account reads on a person is asked before they are
// spent.
const askFrom = 1000

// resyncFlags are what a resync is told.
type resyncFlags struct {
	selectors
	agency            string
	wait, yes, dryRun bool
	output            string
}

func (a *app) resyncCommand() *cobra.Command {
	var f resyncFlags
	c := &cobra.Command{
		Use:   "resync",
		Short: "Order the running service to read accounts now",
		Long: `Order the running service to read accounts now, due or not, before what is due by
plan. It tells first how many account reads that costs, what the month's cap has
left, and how long the rate limits make it take. Neither the rate limits nor the cap
is passed. The very same order given twice is one; accounts that two orders wait for
are read once. With --wait the progress is shown until the end: exit 1, and tell each
account that could not be read, when some could not. Ctrl-C ends the watching, not
the resync.`,
		Args: takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o, err := f.order(a.now())
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, a.resyncs(), func(ctx context.Context, s resyncService, _ time.Time) error { return a.resync(ctx, s, o, f) })
		},
	}
	f.add(c)
	return c
}

func (f *resyncFlags) add(c *cobra.Command) {
	c.Flags().StringArrayVar(&f.platforms, "platform", nil, "only this platform: "+platformNames()+" (repeatable)")
	c.Flags().StringArrayVar(&f.nips, "nip", nil, "only this person's accounts (repeatable)")
	c.Flags().StringVar(&f.agency, "agency", "", "only the accounts of this agency's people")
	c.Flags().BoolVar(&f.all, "all", false, "everybody's accounts")
	c.Flags().BoolVar(&f.wait, "wait", false, "show the progress until the end")
	c.Flags().BoolVar(&f.dryRun, "dry-run", false, "tell what it would cost, and order nothing")
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, fmt.Sprintf("do not ask, however many reads it costs (a terminal asks from %s on)", number(askFrom)))
	addTableOrJSON(c, &f.output)
}

// order checks the flags; a mistake is one of usage.
func (f *resyncFlags) order(now time.Time) (influencer.ResyncOrder, error) {
	platforms, nips, err := f.parse(now)
	if err == nil {
		err = checkTableOrJSON(f.output)
	}
	o := influencer.ResyncOrder{Platforms: platforms, NIPs: nips, Agency: f.agency, All: f.all}
	switch {
	case err != nil:
		return o, err
	case f.wait && f.dryRun:
		return o, errors.New("--dry-run orders nothing to --wait for")
	case o.Empty():
		return o, errors.New("say what to read: --platform, --nip, --agency or --all")
	}
	return o, nil
}

func (a *app) resync(ctx context.Context, s resyncService, o influencer.ResyncOrder, f resyncFlags) error {
	told, err := s.Order(ctx, o, true)
	if err != nil {
		return err
	}
	if f.dryRun {
		return a.tellAnswer(told, f.output)
	}
	if f.output == "table" {
		a.tellCost(told.Estimate)
	}
	if err := a.askToRead(told, f.yes); err != nil {
		return err
	}
	answer, err := s.Order(ctx, o, false)
	if err != nil {
		return err
	}
	if f.wait {
		a.tellOrdered(a.say, answer)
		return a.watch(ctx, s, *answer.ID, f.output)
	}
	return a.tellAnswer(answer, f.output)
}

// say writes a line to the error stream.
func (a *app) say(format string, args ...any) { fmt.Fprintf(a.err, format+"\n", args...) }

// print writes a line to the output.
func (a *app) print(format string, args ...any) { fmt.Fprintf(a.out, format+"\n", args...) }

// errUnwanted ends an order that nobody wanted.
var errUnwanted = errors.New("nothing ordered")

// askToRead asks a person on a terminal before many reads are spent.
func (a *app) askToRead(told web.ResyncAnswer, yes bool) error {
	if yes || told.Joined || told.Estimate.Reads < askFrom || !isTerminal(a.in) {
		return nil
	}
	fmt.Fprint(a.err, "Read them? [y/N] ")
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errUnwanted
	}
	return nil
}

// tellCost says on the error stream what an order costs, platform by platform.
func (a *app) tellCost(e web.ResyncEstimate) {
	type row = web.ResyncCost
	n := func(get func(row) int64) func(row) string { return func(r row) string { return number(get(r)) } }
	g := grid[row]{paper: a.paper(a.err), columns: []column[row]{
		{head: "Platform", cell: func(r row) string { return string(r.Platform) }},
		{head: "Accounts", right: true, cell: n(func(r row) int64 { return r.Accounts })},
		{head: "Billed reads", right: true, cell: n(func(r row) int64 { return r.Reads })},
		{head: "Under way already", right: true, cell: n(func(r row) int64 { return r.Joined })},
		{head: "Left of the cap", right: true, cell: capLeft},
		{head: "Takes at least", right: true, cell: leastTime},
	}}
	_ = g.page(e.Platforms)
	for _, p := range e.Platforms {
		if p.CapLeft != nil && p.Reads > *p.CapLeft {
			a.say("%s: the month's cap lets only %s of %s through; the others will fail", p.Platform, number(*p.CapLeft), plural(int(p.Reads), "read", "reads"))
		}
	}
}

func capLeft(c web.ResyncCost) string {
	if c.CapLeft == nil {
		return "no cap"
	}
	return number(*c.CapLeft)
}

func leastTime(c web.ResyncCost) string {
	switch {
	case c.LeastSeconds == nil:
		return unknown
	case *c.LeastSeconds == 0:
		return "no wait"
	}
	return span(time.Duration(*c.LeastSeconds) * time.Second)
}

// tellAnswer prints what an order, or a dry run, came to.
func (a *app) tellAnswer(answer web.ResyncAnswer, output string) error {
	if output == "json" {
		return a.printJSON(answer)
	}
	if answer.DryRun {
		a.tellCost(answer.Estimate)
	}
	a.tellOrdered(a.print, answer)
	return nil
}

// tellOrdered says what was ordered, by a function that writes a line.
func (a *app) tellOrdered(say func(string, ...any), answer web.ResyncAnswer) {
	e := answer.Estimate
	what := plural(int(e.Accounts), "account", "accounts") + ", " + plural(int(e.Reads), "billed read", "billed reads")
	switch {
	case answer.DryRun && answer.Joined:
		say("nothing ordered: the very same order is under way already")
	case answer.DryRun:
		say("nothing ordered: it would be %s", what)
	case answer.Joined:
		say("resync %d: the very same order was under way already", *answer.ID)
	default:
		say("resync %d ordered: %s", *answer.ID, what)
	}
	if !answer.DryRun {
		say("watch it: pengikut resyncs show %[1]d --wait; take it back: pengikut resyncs cancel %[1]d", *answer.ID)
	}
}

func (a *app) printJSON(v any) error {
	raw, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "%s\n", raw)
	return err
}
