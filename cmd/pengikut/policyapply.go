package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
)

func (a *app) policyApplyCommand() *cobra.Command {
	var yes bool
	var note string
	c := &cobra.Command{
		Use:   "apply FILE",
		Short: "Put a policy in force and decide everybody again",
		Long: `Put the policy in FILE in force as a new version and decide everybody again on the
evidence already stored: no platform is called. What would move is told first, and
nothing is done before a yes. An apply that was cut short can be run again. To undo
one, apply the version before: pengikut policy show VERSION prints it.`,
		Args: takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if !yes && (!isTerminal(a.in) || args[0] == "-") {
				return badUsage(cmd, errors.New("nobody is here to say yes: add --yes"))
			}
			p, err := a.readPolicy(args[0])
			if err != nil {
				return err
			}
			return a.enter(cmd.Context(), founding, func(ctx context.Context, h *house) error { return a.applyPolicy(ctx, h, p, note, yes) })
		},
	}
	c.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	c.Flags().StringVar(&note, "note", "", "why, for the history")
	return c
}

func (a *app) applyPolicy(ctx context.Context, h *house, p influencer.Policy, note string, yes bool) error {
	if !yes {
		if err := a.askToApply(ctx, h, p); err != nil {
			return err
		}
	}
	b := a.newBar(-1, "deciding")
	done, err := h.store.ApplyPolicy(ctx, p, a.actor(), note, h.now(), func(done, total int) { b.at(int64(done), int64(total)) })
	b.end()
	if err != nil {
		return err
	}
	if done.New {
		fmt.Fprintf(a.out, "version %d is in force\n", done.Version.Policy.Version)
	} else {
		fmt.Fprintf(a.out, "version %d stays in force: it says the same\n", done.Version.Policy.Version)
	}
	var counts [effects]int
	for m, n := range done.Moves {
		counts[effectOf(m)] += n
	}
	fmt.Fprintf(a.out, "%s gained the status, %s lost it, %s began a grace, %s moved otherwise\n",
		number(counts[gains]), number(counts[loses]), number(counts[warned]), number(counts[otherwise]))
	if done.Held > 0 {
		fmt.Fprintf(a.out, "%s held back by the breaker and not made: look with pengikut breaker show %d\n", plural(done.Held, "loss is", "losses are"), done.Trip)
	}
	return nil
}

// errDeclined ends an apply that nobody wanted.
var errDeclined = errors.New("not applied")

func (a *app) askToApply(ctx context.Context, h *house, p influencer.Policy) error {
	if err := a.tellChanges(ctx, h, p); err != nil {
		return err
	}
	totals, err := h.store.PreviewPolicy(ctx, p, h.now(), func(influencer.PreviewRow) error { return nil })
	if err != nil {
		return err
	}
	a.tellPreview(totals)
	fmt.Fprint(a.err, "Put it in force? [y/N] ")
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return errDeclined
	}
	return nil
}

// actor is who runs the program, for the record.
func (a *app) actor() string {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME"} {
		if v := a.getenv(name); v != "" {
			return "cli:" + v
		}
	}
	return "cli"
}
