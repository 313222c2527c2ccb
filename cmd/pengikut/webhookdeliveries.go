package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

func (a *app) webhookDeliveriesCommand() *cobra.Command {
	var f influencer.DeliveryFilter
	var state string
	var l listFlags
	c := &cobra.Command{
		Use:   "deliveries",
		Short: "List events on their way to webhooks, oldest first",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.State = influencer.DeliveryState(state); state != "" && !slices.Contains(influencer.DeliveryStates(), f.State) {
				return badUsage(cmd, fmt.Errorf("--state %q is none of: %s", state, joined(influencer.DeliveryStates())))
			}
			return with(cmd.Context(), a, a.webhooks(existing), func(ctx context.Context, s webhookService, now time.Time) error {
				return show(ctx, a, asked(deliveryList(now), deliveryOf), l, func(ctx context.Context, p influencer.Paging) (influencer.Page[web.Delivery], error) {
					return s.Deliveries(ctx, f, p)
				})
			})
		},
	}
	c.Flags().StringVar(&state, "state", "", "only in this state: "+joined(influencer.DeliveryStates()))
	c.Flags().Int64Var(&f.WebhookID, "webhook", 0, "only to the webhook of this id")
	l.add(c)
	return c
}

func deliveryList(now time.Time) list[influencer.Delivery] {
	type d = influencer.Delivery
	return list[d]{
		columns: []column[d]{
			{head: "ID", right: true, cell: func(d d) string { return fmt.Sprint(d.ID) }},
			{head: "Webhook", right: true, cell: func(d d) string { return fmt.Sprint(d.WebhookID) }},
			{head: "Event", cell: func(d d) string { return string(d.Event) }},
			{head: "Person", right: true, cell: func(d d) string { return idOrNone(d.PersonID) }},
			{head: "State", cell: func(d d) string { return string(d.State) }, paint: func(d d) text.Color { return deliveryColour(d.State) }},
			{head: "Tries", right: true, cell: func(d d) string { return fmt.Sprint(d.Attempts) }},
			{head: "Since", cell: func(d d) string { return age(d.CreatedAt, now) }, raw: func(d d) string { return stamp(d.CreatedAt) }},
			{head: "Next try", cell: func(d d) string { return nextTry(d, now) }, raw: func(d d) string { return stamp(d.NextTry) }},
			{head: "Ended", raw: func(d d) string { return stamp(d.EndedAt) }},
			{head: "Message", raw: func(d d) string { return d.MessageID }},
			{head: "Error", long: true, cell: func(d d) string { return d.Error }},
		},
		view: func(d d) any { return web.DeliveryView(d) },
		none: "no deliveries",
	}
}

func idOrNone(id int64) string {
	if id == 0 {
		return ""
	}
	return fmt.Sprint(id)
}

func nextTry(d influencer.Delivery, now time.Time) string {
	if d.State != influencer.DeliveryWaiting {
		return ""
	}
	if !d.NextTry.After(now) {
		return "now"
	}
	return age(d.NextTry, now)
}

func deliveryColour(s influencer.DeliveryState) text.Color {
	switch s {
	case influencer.DeliveryDone:
		return text.FgGreen
	case influencer.DeliveryDead:
		return text.FgRed
	}
	return text.FgYellow
}

func (a *app) webhookResendCommand() *cobra.Command {
	var dead bool
	var webhook int64
	c := &cobra.Command{
		Use:   "resend ID | --dead --webhook ID",
		Short: "Send again: one delivery, or all dead ones of a webhook",
		Long: `Send again what was given up, or what a receiver has lost. A message keeps its id,
by which a receiver knows what it has already.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			order, err := resendOrder(args, dead, webhook)
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, a.webhooks(existing), func(ctx context.Context, s webhookService, _ time.Time) error {
				n, err := s.Resend(ctx, order)
				switch {
				case errors.Is(err, influencer.ErrNotFound) && order.DeadOf != 0:
					return noSuch("webhook", order.DeadOf, err)
				case errors.Is(err, influencer.ErrNotFound):
					return fmt.Errorf("there is no delivery %d, or it waits already", order.Delivery)
				}
				if err == nil {
					fmt.Fprintln(a.out, plural(n, "delivery is", "deliveries are")+" sent again")
				}
				return err
			})
		},
	}
	c.Flags().BoolVar(&dead, "dead", false, "all that were given up")
	c.Flags().Int64Var(&webhook, "webhook", 0, "of the webhook of this id")
	return c
}

func resendOrder(args []string, dead bool, webhook int64) (o influencer.ResendOrder, err error) {
	switch {
	case len(args) == 1 && !dead && webhook == 0:
		o.Delivery, err = parseWebhookID(args[0])
		return o, err
	case len(args) == 0 && dead && webhook > 0:
		return influencer.ResendOrder{DeadOf: webhook}, nil
	}
	return o, errors.New("name a delivery, or say --dead --webhook ID")
}
