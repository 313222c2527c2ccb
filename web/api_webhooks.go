package web

import (
	"context"
	"net/http"

	"github.com/pengikut/pengikut/influencer"
)

// Webhooks are what the routes of webhooks need.
type Webhooks struct {
	Book       WebhookBook
	States     WebhookStates
	Secrets    WebhookSecrets
	Line       WebhookLine
	Deliveries Deliveries
}

// WebhookBook keeps the webhooks.
type WebhookBook interface {
	Webhooks(ctx context.Context, agency string, p influencer.Paging) (influencer.Page[influencer.Webhook], error)
	// WebhookByID is one webhook; [influencer.ErrNotFound] when there is none.
	WebhookByID(ctx context.Context, id int64) (influencer.Webhook, error)
	// RemoveWebhook deletes one, with all that waits for it.
	RemoveWebhook(ctx context.Context, id int64, by string) error
}

// WebhookStates stops sending to a webhook, and goes on.
type WebhookStates interface {
	PauseWebhook(ctx context.Context, id int64, by, reason string) error
	ResumeWebhook(ctx context.Context, id int64, by string) error
}

// WebhookSecrets makes the secrets that messages are signed with; each is handed
// out this once.
type WebhookSecrets interface {
	AddWebhook(ctx context.Context, w influencer.WebhookSettings, by string) (influencer.Webhook, influencer.Secret, error)
	RotateWebhook(ctx context.Context, id int64, by string) (influencer.Secret, error)
}

// WebhookLine is the way out.
type WebhookLine interface {
	// CheckWebhook refuses an address that would never be sent to.
	CheckWebhook(address string) error
	// TestWebhook sends one message that tells nothing, and says how it went.
	TestWebhook(ctx context.Context, id int64) (influencer.Outcome, error)
}

// WebhookOrder asks for a new webhook.
type WebhookOrder struct {
	URL    string   `json:"url" minLength:"1" maxLength:"2000" doc:"Where events are sent to" example:"https://example.go.id/hook"`
	Format string   `json:"format,omitempty" enum:"standard,cloudevents" default:"standard" doc:"The form of the messages"`
	Events []string `json:"events,omitempty" nullable:"false" maxItems:"30" maxLength:"40" doc:"Only these; none means all" example:"[\"granted\",\"revoked\"]"`
	Agency string   `json:"agency,omitempty" maxLength:"200" doc:"Only of this agency's people, by its whole name; left out for all"`
	NIP    string   `json:"nip,omitempty" enum:"masked,whole" default:"masked" doc:"How NIPs are shown"`
}

// NewWebhook is a webhook that was just made.
type NewWebhook struct {
	Webhook
	Secret string `json:"secret" doc:"What messages are signed with, shown this once" example:"whsec_MfKQ9r8G…"`
}

// NewSecret is a secret that was just made.
type NewSecret struct {
	Secret string `json:"secret" doc:"What messages are signed with from now on, shown this once; for a day they are signed with the one before as well"`
}

// WebhookTest is how a test went.
type WebhookTest struct {
	OK     bool   `json:"ok"`
	Status *int   `json:"status" doc:"The receiver's HTTP status; null when there was no answer"`
	Error  string `json:"error"`
}

// WebhookTestView views how a test went.
func WebhookTestView(out influencer.Outcome) WebhookTest {
	test := WebhookTest{OK: out.Error == "", Error: out.Error}
	if out.Status != 0 {
		test.Status = &out.Status
	}
	return test
}

// WebhookPath names a webhook in a path.
type WebhookPath struct {
	ID int64 `path:"id" minimum:"1" doc:"The webhook's id"`
}

func (a *api) webhookRoutes(w *Webhooks) {
	a.listWebhooks(w)
	a.makeWebhooks(w)
	a.switchWebhooks(w)
	a.tryWebhooks(w)
	a.deliveryRoutes(w)
}

func (a *api) listWebhooks(w *Webhooks) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/webhooks", id: "list-webhooks", tag: "webhooks", who: admins,
		summary: "List the webhooks", description: "Oldest first. A key of one agency sees those of its agency.",
	}, func(ctx context.Context, in *struct{ PageQuery }) (*reply[Page[Webhook]], error) {
		page, err := w.Book.Webhooks(ctx, principalOf(ctx).Agency, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[Webhook]]{PageOf(page, WebhookView)}, nil
	})
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/webhooks/{id}", id: "get-webhook", tag: "webhooks", who: admins, summary: "One webhook",
	}, func(ctx context.Context, in *WebhookPath) (*reply[Webhook], error) {
		found, err := w.visible(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &reply[Webhook]{WebhookView(found)}, nil
	})
}

func (a *api) makeWebhooks(w *Webhooks) {
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/webhooks", id: "create-webhook", tag: "webhooks", who: admins,
		summary: "Make a webhook", description: "It gets what happens from now on. The answer shows its secret, this once.",
		status: http.StatusCreated, perMinute: 30, errors: []int{http.StatusUnprocessableEntity},
	}, func(ctx context.Context, in *struct{ Body WebhookOrder }) (*reply[NewWebhook], error) {
		who := principalOf(ctx)
		settings, err := w.settings(who, in.Body)
		if err != nil {
			return nil, err
		}
		made, secret, err := w.Secrets.AddWebhook(ctx, settings, who.actor())
		if err != nil {
			return nil, err
		}
		return &reply[NewWebhook]{NewWebhook{WebhookView(made), secret.Reveal()}}, nil
	})
	route(a, routeSpec{
		method: http.MethodDelete, path: "/api/v1/webhooks/{id}", id: "remove-webhook", tag: "webhooks", who: admins,
		summary: "Delete a webhook and all that waits for it", status: http.StatusNoContent,
	}, w.act(func(ctx context.Context, id int64, by string) error { return w.Book.RemoveWebhook(ctx, id, by) }))
}

// settings are those of the order, checked.
func (w *Webhooks) settings(who principal, o WebhookOrder) (influencer.WebhookSettings, error) {
	out := influencer.WebhookSettings{URL: o.URL, Format: influencer.WebhookFormat(o.Format), NIP: influencer.NIPForm(o.NIP)}
	for _, e := range o.Events {
		out.Events = append(out.Events, influencer.Event(e))
	}
	var err error
	if out.Agency, err = who.agency(o.Agency); err != nil {
		return out, err
	}
	if out, err = out.Normal(); err == nil {
		err = w.Line.CheckWebhook(out.URL)
	}
	if err != nil {
		return out, refusal(http.StatusUnprocessableEntity, "%v", err)
	}
	return out, nil
}

// visible is a webhook that the caller may see; [influencer.ErrNotFound] for all
// others.
func (w *Webhooks) visible(ctx context.Context, id int64) (influencer.Webhook, error) {
	found, err := w.Book.WebhookByID(ctx, id)
	if err == nil {
		err = principalOf(ctx).mustSee(found.Agency)
	}
	return found, err
}

// act is a handler that does something to a webhook that the caller may see, and
// has nothing to say about it.
func (w *Webhooks) act(do func(ctx context.Context, id int64, by string) error) func(context.Context, *WebhookPath) (*struct{}, error) {
	return func(ctx context.Context, in *WebhookPath) (*struct{}, error) {
		if _, err := w.visible(ctx, in.ID); err != nil {
			return nil, err
		}
		return nil, do(ctx, in.ID, principalOf(ctx).actor())
	}
}

type pauseInput struct {
	WebhookPath
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"500" doc:"Why"`
	}
}

func (a *api) switchWebhooks(w *Webhooks) {
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/webhooks/{id}/pause", id: "pause-webhook", tag: "webhooks", who: admins,
		summary: "Send nothing for now", description: "What happens meanwhile waits for it.", status: http.StatusNoContent,
	}, func(ctx context.Context, in *pauseInput) (*struct{}, error) {
		return w.act(func(ctx context.Context, id int64, by string) error {
			return w.States.PauseWebhook(ctx, id, by, in.Body.Reason)
		})(ctx, &in.WebhookPath)
	})
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/webhooks/{id}/resume", id: "resume-webhook", tag: "webhooks", who: admins,
		summary: "Send again, at once", description: "Each delivery that waits has its three days anew.", status: http.StatusNoContent,
	}, w.act(func(ctx context.Context, id int64, by string) error { return w.States.ResumeWebhook(ctx, id, by) }))
}

func (a *api) tryWebhooks(w *Webhooks) {
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/webhooks/{id}/rotate", id: "rotate-webhook", tag: "webhooks", who: admins,
		summary: "Give a webhook another secret", perMinute: 30,
	}, func(ctx context.Context, in *WebhookPath) (*reply[NewSecret], error) {
		if _, err := w.visible(ctx, in.ID); err != nil {
			return nil, err
		}
		secret, err := w.Secrets.RotateWebhook(ctx, in.ID, principalOf(ctx).actor())
		if err != nil {
			return nil, err
		}
		return &reply[NewSecret]{NewSecret{secret.Reveal()}}, nil
	})
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/webhooks/{id}/test", id: "test-webhook", tag: "webhooks", who: admins,
		summary: "Send one message that tells nothing", description: "Signed as all are, of the type test.", perMinute: 10,
	}, func(ctx context.Context, in *WebhookPath) (*reply[WebhookTest], error) {
		if _, err := w.visible(ctx, in.ID); err != nil {
			return nil, err
		}
		out, err := w.Line.TestWebhook(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &reply[WebhookTest]{WebhookTestView(out)}, nil
	})
}
