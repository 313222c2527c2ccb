package web

import (
	"context"
	"net/http"

	"github.com/pengikut/pengikut/influencer"
)

// Deliveries tells what became of events on their way.
type Deliveries interface {
	Deliveries(ctx context.Context, f influencer.DeliveryFilter, p influencer.Paging) (influencer.Page[influencer.Delivery], error)
	// DeliveryByID is one delivery; [influencer.ErrNotFound] when there is none.
	DeliveryByID(ctx context.Context, id int64) (influencer.Delivery, error)
	// ResendDeliveries sends again, and says how many.
	ResendDeliveries(ctx context.Context, which influencer.ResendOrder, by string) (int, error)
}

// Resent is how many deliveries are sent again.
type Resent struct {
	Deliveries int `json:"deliveries"`
}

type listDeliveriesInput struct {
	PageQuery
	Webhook int64  `query:"webhook" minimum:"1" doc:"Only to this webhook"`
	State   string `query:"state" enum:"waiting,delivered,dead" doc:"Only in this state"`
	Person  int64  `query:"person" minimum:"1" doc:"Only about this person"`
}

type deliveryPath struct {
	ID int64 `path:"id" minimum:"1" doc:"The delivery's id"`
}

func (a *api) deliveryRoutes(w *Webhooks) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/deliveries", id: "list-deliveries", tag: "webhooks", who: admins,
		summary: "List events on their way to webhooks", description: "Oldest first. Those that went well are kept for 30 days, dead ones for 90.",
	}, func(ctx context.Context, in *listDeliveriesInput) (*reply[Page[Delivery]], error) {
		f := influencer.DeliveryFilter{WebhookID: in.Webhook, State: influencer.DeliveryState(in.State), PersonID: in.Person, Agency: principalOf(ctx).Agency}
		page, err := w.Deliveries.Deliveries(ctx, f, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[Delivery]]{PageOf(page, DeliveryView)}, nil
	})
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/deliveries/{id}/resend", id: "resend-delivery", tag: "webhooks", who: admins,
		summary: "Send one delivery again", description: "One that is dead, or that the receiver has lost; it keeps its message id.",
	}, func(ctx context.Context, in *deliveryPath) (*reply[Resent], error) {
		d, err := w.Deliveries.DeliveryByID(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return w.resend(ctx, d.WebhookID, influencer.ResendOrder{Delivery: in.ID})
	})
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/webhooks/{id}/resend", id: "resend-dead-deliveries", tag: "webhooks", who: admins,
		summary: "Send all dead deliveries of a webhook again",
	}, func(ctx context.Context, in *WebhookPath) (*reply[Resent], error) {
		return w.resend(ctx, in.ID, influencer.ResendOrder{DeadOf: in.ID})
	})
}

func (w *Webhooks) resend(ctx context.Context, webhook int64, which influencer.ResendOrder) (*reply[Resent], error) {
	if _, err := w.visible(ctx, webhook); err != nil {
		return nil, err
	}
	n, err := w.Deliveries.ResendDeliveries(ctx, which, principalOf(ctx).actor())
	if err != nil {
		return nil, err
	}
	return &reply[Resent]{Resent{n}}, nil
}
