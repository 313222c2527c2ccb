package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// webhookSecrets makes webhooks and their secrets, each handed out this once.
type webhookSecrets interface {
	Add(ctx context.Context, w influencer.WebhookSettings) (id int64, secret influencer.Secret, err error)
	Rotate(ctx context.Context, id int64) (influencer.Secret, error)
}

// webhookSwitches stops sending to a webhook, goes on, or ends it.
type webhookSwitches interface {
	Pause(ctx context.Context, id int64, reason string) error
	Resume(ctx context.Context, id int64) error
	Remove(ctx context.Context, id int64) error
}

// webhookLine sends.
type webhookLine interface {
	// Test sends one message that tells nothing, and says how it went.
	Test(ctx context.Context, id int64) (web.WebhookTest, error)
	Resend(ctx context.Context, o influencer.ResendOrder) (int, error)
}

// webhookBook lists webhooks and what is on its way to them.
type webhookBook interface {
	Webhooks(ctx context.Context, p influencer.Paging) (influencer.Page[web.Webhook], error)
	Deliveries(ctx context.Context, f influencer.DeliveryFilter, p influencer.Paging) (influencer.Page[web.Delivery], error)
}

// webhookService is whoever has the webhooks.
type webhookService interface {
	webhookSecrets
	webhookSwitches
	webhookLine
	webhookBook
}

func (a *app) webhooks(may access) ways[webhookService] {
	return ways[webhookService]{may, func(h *house) webhookService { return localWebhooks{h, a.actor()} },
		func(r *remote) webhookService { return remoteWebhooks{r} }}
}

// remoteWebhooks asks a service elsewhere.
type remoteWebhooks struct{ *remote }

const (
	webhooksPath   = "/api/v1/webhooks"
	deliveriesPath = "/api/v1/deliveries"
)

// Add makes a webhook.
func (r remoteWebhooks) Add(ctx context.Context, w influencer.WebhookSettings) (int64, influencer.Secret, error) {
	body := web.WebhookOrder{URL: w.URL, Format: string(w.Format), Agency: w.Agency, NIP: string(w.NIP)}
	for _, e := range w.Events {
		body.Events = append(body.Events, string(e))
	}
	made, err := ask[web.NewWebhook](ctx, r.remote, http.MethodPost, webhooksPath, nil, body)
	return made.ID, influencer.Secret(made.Secret), err
}

// Rotate gives a webhook another secret.
func (r remoteWebhooks) Rotate(ctx context.Context, id int64) (influencer.Secret, error) {
	made, err := ask[web.NewSecret](ctx, r.remote, http.MethodPost, byID(webhooksPath, id)+"/rotate", nil, nil)
	return influencer.Secret(made.Secret), err
}

// Pause sends nothing for now.
func (r remoteWebhooks) Pause(ctx context.Context, id int64, reason string) error {
	return r.do(ctx, http.MethodPost, byID(webhooksPath, id)+"/pause", map[string]string{"reason": reason})
}

// Resume sends again.
func (r remoteWebhooks) Resume(ctx context.Context, id int64) error {
	return r.do(ctx, http.MethodPost, byID(webhooksPath, id)+"/resume", nil)
}

// Remove deletes a webhook.
func (r remoteWebhooks) Remove(ctx context.Context, id int64) error {
	return r.do(ctx, http.MethodDelete, byID(webhooksPath, id), nil)
}

func (r remoteWebhooks) do(ctx context.Context, method, path string, body any) error {
	_, err := ask[struct{}](ctx, r.remote, method, path, nil, body)
	return err
}

// Test sends one message that tells nothing.
func (r remoteWebhooks) Test(ctx context.Context, id int64) (web.WebhookTest, error) {
	out, err := ask[web.WebhookTest](ctx, r.remote, http.MethodPost, byID(webhooksPath, id)+"/test", nil, nil)
	if err == nil && out.OK && out.Status == nil {
		err = r.stranger()
	}
	return out, err
}

// Resend sends again.
func (r remoteWebhooks) Resend(ctx context.Context, o influencer.ResendOrder) (int, error) {
	path := byID(deliveriesPath, o.Delivery)
	if o.DeadOf != 0 {
		path = byID(webhooksPath, o.DeadOf)
	}
	n, err := ask[web.Resent](ctx, r.remote, http.MethodPost, path+"/resend", nil, nil)
	return n.Deliveries, err
}

// Webhooks lists the webhooks.
func (r remoteWebhooks) Webhooks(ctx context.Context, p influencer.Paging) (influencer.Page[web.Webhook], error) {
	return pages[web.Webhook](r.remote, webhooksPath, nil)(ctx, p)
}

// Deliveries lists events on their way.
func (r remoteWebhooks) Deliveries(ctx context.Context, f influencer.DeliveryFilter, p influencer.Paging) (influencer.Page[web.Delivery], error) {
	query := url.Values{"state": {string(f.State)}}
	if f.WebhookID != 0 {
		query.Set("webhook", strconv.FormatInt(f.WebhookID, 10))
	}
	return pages[web.Delivery](r.remote, deliveriesPath, query)(ctx, p)
}

// byID is the path of one thing of a list.
func byID(path string, id int64) string { return fmt.Sprintf("%s/%d", path, id) }
