package main

import (
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// What follows turns views of what admins order back into rows, see
// remoteviews.go.

func tripOf(v web.Trip) influencer.Trip {
	return influencer.Trip{ID: v.ID, OpenedAt: timeOr(v.OpenedAt), State: v.State, PolicyVersion: v.PolicyVersion, Cause: v.Cause,
		Losses: v.Losses, Holders: v.Holders, Allowed: v.Allowed, ClosedAt: timeOr(v.ClosedAt), ClosedBy: v.ClosedBy, Note: v.Note,
		Held: v.Held, Lost: v.Lost, Stayed: v.Stayed}
}

func heldOf(v web.HeldLoss) influencer.HeldLoss {
	return influencer.HeldLoss{OwnedDecision: decisionOf(v.Decision), TripID: v.TripID, Outcome: v.Outcome}
}

func webhookOf(v web.Webhook) influencer.Webhook {
	w := influencer.Webhook{ID: v.ID, State: v.State, Detail: v.Detail, Waiting: v.Waiting, Dead: v.Dead, Failures: v.Failures,
		FailedAt: timeOr(v.FailedAt), ClosedTo: timeOr(v.ClosedTo), CreatedBy: v.CreatedBy, CreatedAt: timeOr(v.CreatedAt)}
	w.URL, w.Format, w.Events, w.Agency, w.NIP = v.URL, v.Format, v.Events, v.Agency, v.NIP
	return w
}

func deliveryOf(v web.Delivery) influencer.Delivery {
	d := influencer.Delivery{ID: v.ID, WebhookID: v.WebhookID, EventID: v.EventID, Event: v.Event, MessageID: v.MessageID, State: v.State,
		Attempts: v.Attempts, NextTry: timeOr(v.NextTryAt), ExpiresAt: timeOr(v.ExpiresAt), Error: v.Error,
		CreatedAt: timeOr(v.CreatedAt), AttemptedAt: timeOr(v.AttemptedAt), EndedAt: timeOr(v.EndedAt)}
	if v.PersonID != nil {
		d.PersonID = *v.PersonID
	}
	if v.Status != nil {
		d.Status = *v.Status
	}
	return d
}

// timeOrNil is a time of a body, nil for none.
func timeOrNil(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
