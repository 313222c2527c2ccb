package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
)

// policyOrder is what the commands that change the rule have in common.
type policyOrder struct {
	from      policySource
	effective string
	note      string
	yes       bool
}

func (a *app) policyApplyCommand() *cobra.Command {
	var f policyOrder
	c := &cobra.Command{
		Use:   "apply FILE",
		Short: "Put a policy in force, now or on a date, and decide everybody again",
		Long: `Put the policy in FILE, or a draft, in force as a new version and decide everybody again
on the evidence already stored: no platform is called. What would move is told first, and
nothing is done before a yes. An apply that was cut short can be run again, and the
service finishes it by itself. With --effective it comes into force on that day: the
service does it, or does it late if it did not run then. policy undo takes it back.`,
		Example: "  pengikut policy apply stricter.yaml --note \"600 from December\"\n  pengikut policy apply --draft 3 --effective 2026-12-01",
		Args:    takes(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.from.take(a, cmd, args); err != nil {
				return err
			}
			if err := a.mustAnswer(cmd, f.yes, args...); err != nil {
				return err
			}
			if _, err := parseDate("--effective", f.effective); err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, a.policies(founding), func(ctx context.Context, s policyService, now time.Time) error { return a.orderPolicy(ctx, s, f, now) })
		},
	}
	f.from.add(c)
	c.Flags().BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	c.Flags().StringVar(&f.note, "note", "", "why, for the history")
	c.Flags().StringVar(&f.effective, "effective", "", "the day on which it comes into force, such as 2026-12-01, or a time with a zone")
	return c
}

// mustAnswer refuses to ask where nobody can answer.
func (a *app) mustAnswer(cmd *cobra.Command, yes bool, args ...string) error {
	if !yes && (!isTerminal(a.in) || slices.Contains(args, "-")) {
		return badUsage(cmd, errors.New("nobody is here to say yes: add --yes"))
	}
	return nil
}

func (a *app) orderPolicy(ctx context.Context, s policyService, f policyOrder, now time.Time) error {
	p, err := f.from.policy(ctx, s)
	if err != nil {
		return err
	}
	effective, _ := parseDate("--effective", f.effective) // checked before
	if f.effective != "" && !effective.After(now) {
		return fmt.Errorf("--effective %s lies in the past: leave it out to apply now", influencer.English.DateTime(effective))
	}
	t := policyTerms{draft: f.from.draft, note: f.note}
	if !f.yes {
		question := "Put it in force?"
		if !effective.IsZero() {
			question = "Put it in force on " + influencer.English.DateTime(effective) + "?"
		}
		if t.expect, err = a.askToApply(ctx, s, p, question, now); err != nil {
			return err
		}
	}
	if !effective.IsZero() {
		return a.schedulePolicy(ctx, s, p, t, effective)
	}
	return a.putPolicy(func(progress func(done, total int)) (policyDone, error) { return s.Put(ctx, p, t, progress) })
}

// putPolicy puts a policy in force before a progress bar, and tells what that did.
func (a *app) putPolicy(put func(progress func(done, total int)) (policyDone, error)) error {
	b := a.newBar(-1, "deciding")
	done, err := put(func(done, total int) { b.at(int64(done), int64(total)) })
	b.end()
	if err != nil {
		return err
	}
	if done.later {
		return a.tellPutLater(done)
	}
	if done.New {
		fmt.Fprintf(a.out, "version %d is in force\n", done.Version.Policy.Version)
	} else {
		fmt.Fprintf(a.out, "version %d stays in force: it says the same\n", done.Version.Policy.Version)
	}
	counts := influencer.Preview{Moves: done.Moves}.Effects()
	fmt.Fprintf(a.out, "%s gained the status, %s lost it, %s began a grace, %s moved otherwise\n",
		number(counts[gains]), number(counts[loses]), number(counts[warned]), number(counts[otherwise]))
	if done.Held > 0 {
		fmt.Fprintf(a.out, "%s held back by the breaker and not made: look with pengikut breaker show %d\n", plural(done.Held, "loss is", "losses are"), done.Trip)
	}
	return nil
}

// tellPutLater tells what a service did that decides people after its answer. It
// decides nobody again under a policy that says what the one in force says.
func (a *app) tellPutLater(done policyDone) error {
	said := "version %d stays in force: it says the same, and nobody is decided again\n"
	if done.New {
		said = "version %d is in force\nthe service decides everybody again within the next minutes\n"
	}
	_, err := fmt.Fprintf(a.out, said, done.Version.Policy.Version)
	return err
}

// errDeclined ends an apply that nobody wanted.
var errDeclined = errors.New("not applied")

// askToApply tells what a policy would do and asks. It returns the version that it
// was held against.
func (a *app) askToApply(ctx context.Context, s policyService, p influencer.Policy, question string, now time.Time) (version int, err error) {
	if version, err = a.tellChanges(ctx, s, p); err != nil {
		return 0, err
	}
	totals, err := s.Weigh(ctx, p, weighing{known: a.tellEvidence(a.out, p, now)})
	if err != nil {
		return 0, err
	}
	a.tellPreview(totals)
	fmt.Fprint(a.err, question+" [y/N] ")
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	if answer = strings.ToLower(strings.TrimSpace(answer)); answer != "y" && answer != "yes" {
		return 0, errDeclined
	}
	return version, nil
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
