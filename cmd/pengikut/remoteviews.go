package main

import (
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// What follows turns what a service shows back into rows, as far as the columns of
// a table need.

func personOf(v web.Person) influencer.PersonAccounts {
	p := influencer.PersonAccounts{Accounts: backs(v.Accounts, accountOf)}
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
		Agencies: backs(v.Agencies, func(a web.AgencySummary) influencer.AgencySummary {
			return influencer.AgencySummary{Agency: a.Agency, Coverage: coverageOf(a.Coverage), People: a.People, Statuses: a.Statuses}
		}),
		Platforms: backs(v.Platforms, func(p web.PlatformSummary) influencer.PlatformSummary {
			return influencer.PlatformSummary{Platform: p.Platform, Coverage: coverageOf(p.Coverage), States: p.States}
		})}
}

func backs[V, T any](rows []V, back func(V) T) []T {
	out := make([]T, len(rows))
	for i, v := range rows {
		out[i] = back(v)
	}
	return out
}
