package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

func (a *app) breakerCommand() *cobra.Command {
	c := &cobra.Command{Use: "breaker", Short: "Look at losses that were too many at once, and release or discard them"}
	c.AddCommand(a.breakerListCommand(), a.breakerShowCommand(),
		a.breakerCloseCommand("release", "Make the losses that a trip holds",
			`Decide everybody on the list again, on the evidence of this moment. Who still loses
the status loses it; who no longer does, stays. A release that is cut short goes on
when it is ordered again, and the running service ends it by itself.`, a.release),
		a.breakerCloseCommand("discard", "Drop the list of a trip: nobody moves",
			`Drop the list. Nobody moves. Mend the cause first, such as a policy that says 5000
for 500: the next run decides everybody anew, and may trip the breaker again.`, a.discard))
	return c
}

func (a *app) breakerListCommand() *cobra.Command {
	var l listFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List the breaker's alarms, newest first",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return with(cmd.Context(), a, a.breaker(), func(ctx context.Context, s breakerService, now time.Time) error {
				return show(ctx, a, asked(tripList(now), tripOf), l, s.Trips)
			})
		},
	}
	l.add(c)
	return c
}

func tripList(now time.Time) list[influencer.Trip] {
	type t = influencer.Trip
	count := func(head string, get func(t) int) column[t] {
		return column[t]{
			head: head, right: true,
			cell: func(t t) string { return number(get(t)) }, raw: func(t t) string { return strconv.Itoa(get(t)) },
		}
	}
	return list[t]{
		columns: []column[t]{
			{head: "ID", right: true, cell: func(t t) string { return strconv.FormatInt(t.ID, 10) }},
			{head: "State", cell: func(t t) string { return string(t.State) }, paint: func(t t) text.Color { return tripColour(t.State) }},
			{head: "Opened", cell: func(t t) string { return age(t.OpenedAt, now) }, raw: func(t t) string { return stamp(t.OpenedAt) }},
			{head: "Cause", cell: func(t t) string { return string(t.Cause) }},
			{head: "Policy", right: true, cell: func(t t) string { return strconv.Itoa(t.PolicyVersion) }},
			count("Losses", func(t t) int { return t.Losses }),
			count("Allowed", func(t t) int { return t.Allowed }),
			count("Holders", func(t t) int { return t.Holders }),
			count("Held", func(t t) int { return t.Held }),
			count("Lost", func(t t) int { return t.Lost }),
			count("Stayed", func(t t) int { return t.Stayed }),
			{head: "Closed", raw: func(t t) string { return stamp(t.ClosedAt) }},
			{head: "Closed by", cell: func(t t) string { return t.ClosedBy }},
			{head: "Note", long: true, cell: func(t t) string { return t.Note }},
		},
		view: func(t t) any { return web.TripView(t) },
		none: "the breaker has never tripped",
	}
}

func tripColour(s influencer.TripState) text.Color {
	switch s {
	case influencer.TripOpen:
		return text.FgRed
	case influencer.TripReleasing:
		return text.FgYellow
	}
	return text.Faint
}

func (a *app) breakerShowCommand() *cobra.Command {
	var l listFlags
	c := &cobra.Command{
		Use:   "show ID",
		Short: "Show an alarm, and whose losses it holds and why",
		Args:  takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := tripID(args[0])
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, a.breaker(), func(ctx context.Context, s breakerService, now time.Time) error {
				return a.showTrip(ctx, s, id, l, now)
			})
		},
	}
	l.add(c)
	return c
}

func tripID(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id < 1 {
		return 0, fmt.Errorf("%q is not the number of a trip: pengikut breaker list shows them", s)
	}
	return id, nil
}

func (a *app) showTrip(ctx context.Context, s tripBook, id int64, l listFlags, now time.Time) error {
	trip, err := s.Trip(ctx, id)
	if err != nil {
		return noTrip(err, id)
	}
	if l.output == "table" {
		a.tellTrip(tripOf(trip), now)
	}
	return show(ctx, a, asked(heldList(now), heldOf), l, func(ctx context.Context, p influencer.Paging) (influencer.Page[web.HeldLoss], error) {
		return s.Losses(ctx, id, p)
	})
}

// noTrip says plainly that a trip is not there, or is closed.
func noTrip(err error, id int64) error {
	switch {
	case errors.Is(err, influencer.ErrNotFound):
		return fmt.Errorf("there is no trip %d", id)
	case errors.Is(err, influencer.ErrTripClosed):
		return fmt.Errorf("trip %d is closed already", id)
	}
	return err
}

// tellTrip says what happened, and what there is to do.
func (a *app) tellTrip(t influencer.Trip, now time.Time) {
	p := a.paper(a.out)
	fmt.Fprintf(a.out, "%s  %s\n", p.bold(fmt.Sprintf("Trip %d", t.ID)), p.paint(tripColour(t.State), string(t.State)))
	fmt.Fprintf(a.out, "Opened %s (%s) %s, policy %d\n", influencer.English.DateTime(t.OpenedAt), age(t.OpenedAt, now), causeWords(t.Cause), t.PolicyVersion)
	fmt.Fprintf(a.out, "%s at once, of %s holders; %s are allowed\n", plural(t.Losses, "loss", "losses"), number(t.Holders), number(t.Allowed))
	switch t.State {
	case influencer.TripOpen:
		fmt.Fprintf(a.out, "%s wait. Then: pengikut breaker release %[2]d --reason …, or: pengikut breaker discard %[2]d --reason …\n", number(t.Held), t.ID)
	case influencer.TripDiscarded:
		fmt.Fprintf(a.out, "Discarded %s by %s: %s\n", influencer.English.DateTime(t.ClosedAt), clean(t.ClosedBy), clean(t.Note))
	default:
		fmt.Fprintf(a.out, "Released %s by %s: %s\n", influencer.English.DateTime(t.ClosedAt), clean(t.ClosedBy), clean(t.Note))
		fmt.Fprintf(a.out, "%s lost the status, %s stayed, %s are still to be decided\n", number(t.Lost), number(t.Stayed), number(t.Held))
	}
	fmt.Fprintln(a.out)
}

func causeWords(c influencer.TripCause) string {
	switch c {
	case influencer.CausePolicy:
		return "when everybody was decided again under a policy"
	case influencer.CauseRecord:
		return "by what platforms showed"
	case influencer.CauseDue:
		return "by dates that came"
	}
	return "by an admin's act"
}

func heldList(now time.Time) list[influencer.HeldLoss] {
	type h = influencer.HeldLoss
	return list[h]{
		columns: []column[h]{
			{head: "NIP", cell: func(h h) string { return h.NIP.Grouped() }, raw: func(h h) string { return string(h.NIP) }},
			{head: "Name", long: true, cell: func(h h) string { return h.Name }},
			{head: "Agency", long: true, cell: func(h h) string { return h.Agency }},
			{head: "From", cell: func(h h) string { return string(h.From) }},
			{head: "Decided", cell: func(h h) string { return age(h.At, now) }, raw: func(h h) string { return stamp(h.At) }},
			{head: "Reason", raw: func(h h) string { return string(h.Reason) }},
			{head: "Policy", raw: func(h h) string { return strconv.Itoa(h.PolicyVersion) }},
			{head: "Outcome", cell: func(h h) string { return string(h.Outcome) }},
			{head: "Why", long: true, cell: func(h h) string { return whyLost(h) }},
		},
		view: func(h h) any { return admin.HeldLoss(h) },
		none: "nobody is on the list",
	}
}

// whyLost is the sum of the decision in words; its sentence would say that the
// status was revoked, which it was not.
func whyLost(h influencer.HeldLoss) string {
	_, why, found := strings.Cut(h.Receipt.Sentence.English, " because ")
	if !found {
		return reasonWord(h.Reason)
	}
	return strings.TrimSuffix(why, ".")
}

// whyHeld says why the breaker would hold a policy's losses.
func whyHeld(b influencer.BreakerView) string {
	if b.Open != 0 {
		return fmt.Sprintf("trip %d is open", b.Open)
	}
	made := ""
	if b.Made > 0 {
		made = fmt.Sprintf(", and %s made already", number(b.Made))
	}
	return fmt.Sprintf("%s of %s holders are allowed%s", number(b.Allowed), number(b.Holders), made)
}

// tripOrder carries out what an admin says of a trip.
type tripOrder func(ctx context.Context, s tripOrders, id int64, reason string) error

func (a *app) breakerCloseCommand(use, short, long string, carryOut tripOrder) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use: use + " ID", Short: short, Long: long,
		Example: "  pengikut breaker " + use + ` 3 --reason "checked with the agency"`,
		Args:    takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := tripID(args[0])
			if err == nil && strings.TrimSpace(reason) == "" {
				err = errors.New("--reason is missing: it goes into the audit log")
			}
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, a.breaker(), func(ctx context.Context, s breakerService, _ time.Time) error {
				return noTrip(carryOut(ctx, s, id, strings.TrimSpace(reason)), id)
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the audit log and the decisions")
	return c
}

func (a *app) release(ctx context.Context, s tripOrders, id int64, reason string) error {
	b := a.newBar(-1, "deciding")
	t, err := s.Release(ctx, id, reason, func(done, of int) { b.at(int64(done), int64(of)) })
	b.end()
	if err != nil {
		return err
	}
	if t.State == influencer.TripReleasing {
		_, err = fmt.Fprintf(a.out, "trip %[1]d is %[2]s: the service decides the %[3]s again within the next minutes; look with pengikut breaker show %[1]d\n",
			id, t.State, plural(t.Held, "person on its list", "people on its list"))
		return err
	}
	_, err = fmt.Fprintf(a.out, "trip %d is %s: %s lost the status, %s stayed\n", id, t.State, number(t.Lost), number(t.Stayed))
	return err
}

func (a *app) discard(ctx context.Context, s tripOrders, id int64, reason string) error {
	if err := s.Discard(ctx, id, reason); err != nil {
		return err
	}
	_, err := fmt.Fprintf(a.out, "trip %d is discarded: nobody moved\n", id)
	return err
}

// checkBreaker tells of losses that wait for an admin.
func (h *house) checkBreaker(ctx context.Context) finding {
	t, err := h.store.OpenTrip(ctx)
	switch {
	case errors.Is(err, influencer.ErrNotFound):
		return finding{"breaker", fine, "holds no losses back"}
	case err != nil:
		return finding{"breaker", failed, plain(err)}
	}
	return finding{"breaker", warning, fmt.Sprintf("open since %s, trip %d: %s wait, see pengikut breaker show %[2]d",
		influencer.English.DateTime(t.OpenedAt), t.ID, plural(t.Held, "loss", "losses"))}
}
