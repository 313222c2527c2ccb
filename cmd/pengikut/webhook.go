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

func (a *app) webhookCommand() *cobra.Command {
	c := &cobra.Command{Use: "webhook", Short: "Send what happens to other systems"}
	c.AddCommand(
		a.webhookAddCommand(),
		a.webhookListCommand(),
		a.webhookPauseCommand(),
		a.webhookActCommand("resume ID", "Send again, at once, all that waits", "resumed", webhookService.Resume),
		a.webhookActCommand("remove ID", "Delete a webhook and all that waits for it", "removed", webhookService.Remove),
		a.webhookRotateCommand(),
		a.webhookTestCommand(),
		a.webhookListenCommand(),
		a.webhookDeliveriesCommand(),
		a.webhookResendCommand(),
	)
	return c
}

// webhookFlags ask for a new webhook.
type webhookFlags struct {
	format, agency, nip string
	events              []string
}

func (f webhookFlags) settings(address string) (influencer.WebhookSettings, error) {
	w := influencer.WebhookSettings{URL: address, Format: influencer.WebhookFormat(f.format), Agency: f.agency, NIP: influencer.NIPForm(f.nip)}
	for _, e := range f.events {
		w.Events = append(w.Events, influencer.Event(strings.TrimSpace(e)))
	}
	return w.Normal()
}

func (a *app) webhookAddCommand() *cobra.Command {
	var f webhookFlags
	c := &cobra.Command{
		Use:   "add URL",
		Short: "Make a webhook and show its secret, once",
		Long: `Send what happens from now on to an address, signed with a secret that is shown
this once. The address must be https:// and in a public network, unless
PENGIKUT_WEBHOOK_ALLOW names its host.`,
		Example: "  pengikut webhook add https://simpeg.example.go.id/hook --events granted,revoked --agency \"Kementerian Kesehatan\"",
		Args:    takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := f.settings(args[0])
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, a.webhooks(founding), func(ctx context.Context, s webhookService, _ time.Time) error { return a.addWebhook(ctx, s, settings) })
		},
	}
	c.Flags().StringVar(&f.format, "format", "standard", "standard, or cloudevents")
	c.Flags().StringSliceVar(&f.events, "events", nil, "only these: "+joined(influencer.Events())+" (default: all)")
	c.Flags().StringVar(&f.agency, "agency", "", "only of this agency's people, by its whole name (default: all)")
	c.Flags().StringVar(&f.nip, "nip", "masked", "show NIPs masked, or whole")
	return c
}

// addWebhook prints the secret alone on standard output, so that a script can take
// it.
func (a *app) addWebhook(ctx context.Context, s webhookSecrets, settings influencer.WebhookSettings) error {
	id, secret, err := s.Add(ctx, settings)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "webhook %d; its secret, shown this once:\n", id)
	fmt.Fprintln(a.out, secret.Reveal())
	return nil
}

func (a *app) webhookListCommand() *cobra.Command {
	var l listFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List the webhooks without their secrets",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return with(cmd.Context(), a, a.webhooks(existing), func(ctx context.Context, s webhookService, now time.Time) error {
				return show(ctx, a, asked(webhookList(now), webhookOf), l, s.Webhooks)
			})
		},
	}
	l.add(c)
	return c
}

func webhookList(now time.Time) list[influencer.Webhook] {
	type w = influencer.Webhook
	return list[w]{
		columns: []column[w]{
			{head: "ID", right: true, cell: func(w w) string { return fmt.Sprint(w.ID) }},
			{head: "URL", long: true, cell: func(w w) string { return influencer.PlainURL(w.URL) }},
			{head: "State", cell: webhookState(now), raw: func(w w) string { return string(w.State) }, paint: webhookColour(now)},
			{head: "Waiting", right: true, cell: func(w w) string { return number(w.Waiting) }, raw: func(w w) string { return fmt.Sprint(w.Waiting) }},
			{head: "Dead", right: true, cell: func(w w) string { return number(w.Dead) }, raw: func(w w) string { return fmt.Sprint(w.Dead) }},
			{head: "Format", cell: func(w w) string { return string(w.Format) }},
			{head: "NIP", cell: func(w w) string { return string(w.NIP) }},
			{head: "Events", long: true, cell: func(w w) string { return orAll(joined(w.Events)) }},
			{head: "Agency", long: true, cell: func(w w) string { return orAll(w.Agency) }},
			{head: "Added", cell: func(w w) string { return age(w.CreatedAt, now) }, raw: func(w w) string { return stamp(w.CreatedAt) }},
			{head: "Added by", cell: func(w w) string { return w.CreatedBy }},
			{head: "Detail", long: true, cell: func(w w) string { return w.Detail }},
		},
		view: func(w w) any { return web.WebhookView(w) },
		none: "no webhooks",
	}
}

func orAll(s string) string {
	if s == "" {
		return "all"
	}
	return s
}

// webhookState says also that an active one fails.
func webhookState(now time.Time) func(influencer.Webhook) string {
	return func(w influencer.Webhook) string {
		switch {
		case w.State != influencer.WebhookActive || w.Failures == 0:
			return string(w.State)
		case w.ClosedTo.After(now):
			return "fails, again " + age(w.ClosedTo, now)
		}
		return "fails"
	}
}

func webhookColour(now time.Time) func(influencer.Webhook) text.Color {
	return func(w influencer.Webhook) text.Color {
		switch webhookState(now)(w) {
		case string(influencer.WebhookActive):
			return text.FgGreen
		case string(influencer.WebhookPaused):
			return text.FgYellow
		}
		return text.FgRed
	}
}

func (a *app) webhookPauseCommand() *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:   "pause ID",
		Short: "Send nothing to a webhook for now; what happens waits for it",
		Args:  takes(cobra.ExactArgs(1)),
		RunE: a.webhookAct("paused", func(s webhookService, ctx context.Context, id int64) error {
			return s.Pause(ctx, id, reason)
		}),
	}
	c.Flags().StringVar(&reason, "reason", "", "why, for the record")
	return c
}

// webhookOrder does one thing to the webhook of an id.
type webhookOrder func(webhookService, context.Context, int64) error

func (a *app) webhookActCommand(use, short, done string, act webhookOrder) *cobra.Command {
	return &cobra.Command{Use: use, Short: short, Args: takes(cobra.ExactArgs(1)), RunE: a.webhookAct(done, act)}
}

// webhookAct does one thing to the webhook that is named.
func (a *app) webhookAct(done string, act webhookOrder) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		id, err := parseWebhookID(args[0])
		if err != nil {
			return badUsage(cmd, err)
		}
		return with(cmd.Context(), a, a.webhooks(existing), func(ctx context.Context, s webhookService, _ time.Time) error {
			if err := noSuch("webhook", id, act(s, ctx, id)); err != nil || done == "" {
				return err
			}
			fmt.Fprintln(a.out, done)
			return nil
		})
	}
}

func parseWebhookID(s string) (int64, error) {
	id, err := strconv.ParseInt(s, 10, 64)
	if err != nil || id < 1 {
		return 0, fmt.Errorf("%q is no id: see pengikut webhook list", s)
	}
	return id, nil
}

// noSuch says what was not found.
func noSuch(what string, id int64, err error) error {
	if errors.Is(err, influencer.ErrNotFound) {
		return fmt.Errorf("there is no %s %d", what, id)
	}
	return err
}

func (a *app) webhookRotateCommand() *cobra.Command {
	return a.webhookActCommand("rotate ID", "Give a webhook another secret and show it, once; the one before is valid for a day", "",
		func(s webhookService, ctx context.Context, id int64) error {
			secret, err := s.Rotate(ctx, id)
			if err == nil {
				fmt.Fprintln(a.out, secret.Reveal())
			}
			return err
		})
}

func (a *app) webhookTestCommand() *cobra.Command {
	return a.webhookActCommand("test ID", "Send one message that tells nothing, and say how it went", "",
		func(s webhookService, ctx context.Context, id int64) error {
			out, err := s.Test(ctx, id)
			switch {
			case err != nil:
				return err
			case !out.OK:
				return fmt.Errorf("the receiver did not take it: %s", out.Error)
			}
			fmt.Fprintf(a.out, "taken: %d\n", *out.Status)
			return nil
		})
}
