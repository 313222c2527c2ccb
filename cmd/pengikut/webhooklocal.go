package main

import (
	"context"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// localWebhooks works on the database itself, and sends from this machine.
type localWebhooks struct {
	*house
	by string
}

// Add makes a webhook.
func (l localWebhooks) Add(ctx context.Context, w influencer.WebhookSettings) (int64, influencer.Secret, error) {
	p := l.postman()
	defer p.Close()
	if err := p.CheckWebhook(w.URL); err != nil {
		return 0, "", err
	}
	made, secret, err := l.store.AddWebhook(ctx, w, l.by)
	return made.ID, secret, err
}

// Rotate gives a webhook another secret.
func (l localWebhooks) Rotate(ctx context.Context, id int64) (influencer.Secret, error) {
	return l.store.RotateWebhook(ctx, id, l.by)
}

// Pause sends nothing for now.
func (l localWebhooks) Pause(ctx context.Context, id int64, reason string) error {
	return l.store.PauseWebhook(ctx, id, l.by, reason)
}

// Resume sends again.
func (l localWebhooks) Resume(ctx context.Context, id int64) error {
	return l.store.ResumeWebhook(ctx, id, l.by)
}

// Remove deletes a webhook.
func (l localWebhooks) Remove(ctx context.Context, id int64) error {
	return l.store.RemoveWebhook(ctx, id, l.by)
}

// Test sends one message that tells nothing.
func (l localWebhooks) Test(ctx context.Context, id int64) (web.WebhookTest, error) {
	p := l.postman()
	defer p.Close()
	out, err := p.TestWebhook(ctx, id)
	return web.WebhookTestView(out), err
}

// Resend sends again.
func (l localWebhooks) Resend(ctx context.Context, o influencer.ResendOrder) (int, error) {
	return l.store.ResendDeliveries(ctx, o, l.by)
}

// Webhooks lists the webhooks.
func (l localWebhooks) Webhooks(ctx context.Context, p influencer.Paging) (influencer.Page[web.Webhook], error) {
	page, err := l.store.Webhooks(ctx, "", p)
	return viewed(page, web.WebhookView), err
}

// Deliveries lists events on their way.
func (l localWebhooks) Deliveries(ctx context.Context, f influencer.DeliveryFilter, p influencer.Paging) (influencer.Page[web.Delivery], error) {
	page, err := l.store.Deliveries(ctx, f, p)
	return viewed(page, web.DeliveryView), err
}
