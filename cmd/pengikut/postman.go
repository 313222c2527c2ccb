package main

import (
	"context"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
	"github.com/pengikut/pengikut/web"
	"github.com/pengikut/pengikut/worker"
	"github.com/pengikut/pengikut/worker/webhook"
)

// postman sends single messages, for whoever tries a webhook.
type postman struct {
	store *store.Store
	send  *webhook.Sender
	allow webhook.Allowed
}

func (h *house) postman() *postman {
	allow := webhook.Allowed(h.config.WebhookAllow)
	return &postman{store: h.store, allow: allow,
		send: webhook.NewSender(webhook.Options{Allow: allow, Timeout: h.config.WebhookTimeout, UserAgent: "pengikut/" + versionText(), Now: h.now})}
}

// CheckWebhook refuses an address that would never be sent to.
func (p *postman) CheckWebhook(address string) error { return p.allow.Check(address) }

// TestWebhook sends a message that tells nothing, and says how it went.
func (p *postman) TestWebhook(ctx context.Context, id int64) (influencer.Outcome, error) {
	message, err := p.store.TestDelivery(ctx, id)
	if err != nil {
		return influencer.Outcome{}, err
	}
	return p.send.Send(ctx, message), nil
}

// Close lets go of connections.
func (p *postman) Close() error {
	p.send.Close()
	return nil
}

// workerWebhooks is what the worker needs of webhooks.
func (p *postman) workerWebhooks() *worker.Webhooks {
	return &worker.Webhooks{Outbox: p.store, Deliveries: p.store, Sender: p.send}
}

// webWebhooks is what the API needs of webhooks.
func (p *postman) webWebhooks() *web.Webhooks {
	return &web.Webhooks{Book: p.store, States: p.store, Secrets: p.store, Line: p, Deliveries: p.store}
}
