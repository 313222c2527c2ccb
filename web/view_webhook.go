package web

import (
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Webhook is an address that events are sent to, without its secret.
type Webhook struct {
	ID        int64                    `json:"id"`
	URL       string                   `json:"url" doc:"Its query, which may hold a secret, is left out"`
	Format    influencer.WebhookFormat `json:"format" enum:"standard,cloudevents"`
	Events    []influencer.Event       `json:"events" nullable:"false" doc:"None means all"`
	Agency    string                   `json:"agency" doc:"Empty means all"`
	NIP       influencer.NIPForm       `json:"nip" enum:"masked,whole"`
	State     influencer.WebhookState  `json:"state" enum:"active,paused"`
	Detail    string                   `json:"detail" doc:"Why it is paused"`
	Waiting   int                      `json:"waiting" doc:"Deliveries that wait"`
	Dead      int                      `json:"dead" doc:"Deliveries that were given up"`
	Failures  int                      `json:"failures" doc:"In a row"`
	FailedAt  *time.Time               `json:"failed_at" doc:"The last failure"`
	ClosedTo  *time.Time               `json:"closed_to" doc:"Nothing is sent before, as it failed too often or asked for it"`
	CreatedBy string                   `json:"created_by"`
	CreatedAt *time.Time               `json:"created_at"`
}

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID          int64                    `json:"id"`
	WebhookID   int64                    `json:"webhook_id"`
	MessageID   string                   `json:"message_id" doc:"The header webhook-id"`
	EventID     int64                    `json:"event_id"`
	Event       influencer.Event         `json:"event"`
	PersonID    *int64                   `json:"person_id" doc:"Null where no one person is concerned"`
	State       influencer.DeliveryState `json:"state" enum:"waiting,delivered,dead"`
	Attempts    int                      `json:"attempts"`
	NextTryAt   *time.Time               `json:"next_try_at" doc:"Null unless it waits"`
	ExpiresAt   *time.Time               `json:"expires_at" doc:"When it is given up"`
	Status      *int                     `json:"status" doc:"HTTP status of the last attempt; null when there was no answer"`
	Error       string                   `json:"error" doc:"What the last attempt met"`
	CreatedAt   *time.Time               `json:"created_at"`
	AttemptedAt *time.Time               `json:"attempted_at"`
	EndedAt     *time.Time               `json:"ended_at" doc:"When it was delivered or given up"`
}

// WebhookView views a webhook.
func WebhookView(w influencer.Webhook) Webhook {
	return Webhook{
		ID: w.ID, URL: influencer.PlainURL(w.URL), Format: w.Format, Events: append([]influencer.Event{}, w.Events...), Agency: w.Agency, NIP: w.NIP,
		State: w.State, Detail: w.Detail, Waiting: w.Waiting, Dead: w.Dead, Failures: w.Failures, FailedAt: stamp(w.FailedAt),
		ClosedTo: stamp(w.ClosedTo), CreatedBy: w.CreatedBy, CreatedAt: stamp(w.CreatedAt),
	}
}

// DeliveryView views a delivery.
func DeliveryView(d influencer.Delivery) Delivery {
	v := Delivery{
		ID: d.ID, WebhookID: d.WebhookID, MessageID: d.MessageID, EventID: d.EventID, Event: d.Event, State: d.State, Attempts: d.Attempts,
		ExpiresAt: stamp(d.ExpiresAt), Error: d.Error, CreatedAt: stamp(d.CreatedAt), AttemptedAt: stamp(d.AttemptedAt), EndedAt: stamp(d.EndedAt),
	}
	if d.PersonID != 0 {
		v.PersonID = &d.PersonID
	}
	if d.Status != 0 {
		v.Status = &d.Status
	}
	if d.State == influencer.DeliveryWaiting {
		v.NextTryAt = stamp(d.NextTry)
	}
	return v
}
