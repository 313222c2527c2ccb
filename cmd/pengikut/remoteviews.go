package main

import (
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// What follows turns what a service shows back into rows, as far as the columns of
// a table need.

func personOf(v web.Person) influencer.PersonAccounts {
	p := influencer.PersonAccounts{Accounts: mapped(v.Accounts, accountOf)}
	p.ID, p.NIP, p.Name, p.Agency, p.Unit = v.ID, influencer.NIP(v.NIP), v.Name, v.Agency, v.Unit
	p.Status, p.Since, p.FirstGrantedAt, p.Reason = v.Status, timeOr(v.Since), timeOr(v.FirstGrantedAt), v.Reason
	p.Left, p.LeftAt, p.Until = v.Left, timeOr(v.LeftAt), timeOr(v.Until)
	if h := v.LossHeld; h != nil {
		p.LossHeld = &influencer.LossHeld{TripID: h.TripID, Since: timeOr(h.Since), Reason: h.Reason}
	}
	return p
}

func accountOf(v web.Account) influencer.Account {
	a := influencer.Account{ID: v.ID, Platform: v.Platform, Handle: v.Handle, ExternalID: v.ExternalID, State: v.State,
		SyncedAt: timeOr(v.SyncedAt), NextDueAt: timeOr(v.NextDueAt), AttemptedAt: timeOr(v.AttemptedAt), Error: v.Error}
	a.Followers, a.Friends, a.Following, a.Posts, a.LastActiveAt = v.Followers, v.Friends, v.Following, v.Posts, timeOr(v.LastActiveAt)
	return a
}

func ownedOf(v web.OwnedAccount) influencer.OwnedAccount {
	a := influencer.OwnedAccount{Account: accountOf(v.Account), NIP: influencer.NIP(v.NIP), Name: v.Name, Agency: v.Agency}
	a.PersonID = v.PersonID
	return a
}

func decisionOf(v web.Decision) influencer.OwnedDecision {
	d := influencer.OwnedDecision{NIP: influencer.NIP(v.NIP), Name: v.Name, Agency: v.Agency}
	d.ID, d.PersonID, d.At, d.From, d.To, d.Reason = v.ID, v.PersonID, timeOr(v.At), v.From, v.To, v.Reason
	d.PolicyVersion, d.Actor, d.Note = v.PolicyVersion, v.Actor, v.Note
	d.Receipt = influencer.Receipt{Sentence: v.Sentence, Sum: v.Sum, PolicyVersion: v.PolicyVersion, FirstGrantedAt: timeOr(v.FirstGrantedAt)}
	for _, a := range v.Evidence.Accounts {
		for _, r := range a.Readings {
			d.Receipt.Readings = append(d.Receipt.Readings, influencer.ReceiptReading{AccountID: a.AccountID, Platform: a.Platform, Handle: a.Handle,
				Followers: r.Followers, Friends: r.Friends, ObservedAt: timeOr(r.ObservedAt), LastSeenAt: timeOr(r.LastSeenAt), Reads: max(r.Reads, 1), Source: r.Source})
		}
	}
	return d
}

func keyOf(v web.Key) influencer.Key {
	return influencer.Key{ID: v.ID, Name: v.Name, Role: v.Role, Agency: v.Agency, CreatedAt: timeOr(v.CreatedAt), CreatedBy: v.CreatedBy,
		ExpiresAt: timeOr(v.ExpiresAt), RevokedAt: timeOr(v.RevokedAt), LastUsedAt: timeOr(v.LastUsedAt)}
}

func coverageOf(v web.Coverage) influencer.Coverage {
	return influencer.Coverage{Expected: v.Expected, Read: v.Read, AsOf: timeOr(v.AsOf), Oldest: timeOr(v.Oldest)}
}

func coverageRowOf(v web.CoverageRow) influencer.CoverageRow {
	c := influencer.CoverageRow{Coverage: coverageOf(v.Coverage), Never: v.Never, Stale: v.Stale, Unreadable: v.Unreadable}
	if v.Agency != nil {
		c.Agency = *v.Agency
	}
	if v.Platform != nil {
		c.Platform = *v.Platform
	}
	return c
}

func summaryOf(v web.Summary) influencer.Summary {
	return influencer.Summary{At: v.CountedAt, Coverage: coverageOf(v.Coverage), People: v.People, Statuses: v.Statuses,
		Agencies: mapped(v.Agencies, func(a web.AgencySummary) influencer.AgencySummary {
			return influencer.AgencySummary{Agency: a.Agency, Coverage: coverageOf(a.Coverage), People: a.People, Statuses: a.Statuses}
		}),
		Platforms: mapped(v.Platforms, func(p web.PlatformSummary) influencer.PlatformSummary {
			return influencer.PlatformSummary{Platform: p.Platform, Coverage: coverageOf(p.Coverage), States: p.States}
		})}
}

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

// mapped turns each row into something else.
func mapped[V, T any](rows []V, to func(V) T) []T {
	out := make([]T, len(rows))
	for i, v := range rows {
		out[i] = to(v)
	}
	return out
}
