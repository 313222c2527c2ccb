package web

import (
	"context"
	"net/http"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Accounts is what the routes of accounts need.
type Accounts interface {
	Accounts(ctx context.Context, f influencer.AccountFilter, p influencer.Paging) (influencer.Page[influencer.OwnedAccount], error)
	// AccountByID is one account; [influencer.ErrNotFound] when there is none.
	AccountByID(ctx context.Context, id int64) (influencer.OwnedAccount, error)
	Readings(ctx context.Context, accountID int64, from, to time.Time, p influencer.Paging) (influencer.Page[influencer.Reading], error)
}

// Rule is the policy in force.
type Rule interface {
	CurrentPolicy(ctx context.Context) (influencer.Policy, error)
}

// AccountPath names an account in a path. It is exported for huma.
type AccountPath struct {
	ID int64 `path:"id" minimum:"1" doc:"The account's id"`
}

type listAccountsInput struct {
	PageQuery
	Platform    string    `query:"platform" format:"platform" doc:"Only there"`
	State       string    `query:"state" format:"state" doc:"Only in this state"`
	Agency      string    `query:"agency" maxLength:"200" doc:"Only of this agency, by its whole name"`
	PersonID    int64     `query:"person_id" minimum:"1" doc:"Only this person's"`
	Problem     string    `query:"problem" format:"problem" doc:"Only those with this problem"`
	StaleBefore time.Time `query:"stale_before" doc:"Only those whose last good read is older, or that never had one" example:"2026-11-01T00:00:00+07:00"`
	Stale       bool      `query:"stale" doc:"Only those whose last good read is too old for the rule to trust, or that never had one"`
}

func (a *api) accountRoutes(accounts Accounts, rule Rule) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/accounts", id: "list-accounts", tag: "accounts", who: viewers,
		summary: "List accounts with their owners", description: "In the order of their ids.",
	}, func(ctx context.Context, in *listAccountsInput) (*reply[Page[OwnedAccount]], error) {
		who := principalOf(ctx)
		f := influencer.AccountFilter{Platform: influencer.Platform(in.Platform), State: influencer.AccountState(in.State), PersonID: in.PersonID,
			Problem: influencer.Problem(in.Problem)}
		var err error
		if f.Agency, err = who.agency(in.Agency); err != nil {
			return nil, err
		}
		staleBefore, err := a.staleBefore(ctx, rule)
		if err != nil {
			return nil, err
		}
		if f.StaleBefore = in.StaleBefore; in.Stale {
			f.StaleBefore = staleBefore
		}
		page, err := accounts.Accounts(ctx, f, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[OwnedAccount]]{PageOf(page, func(found influencer.OwnedAccount) OwnedAccount {
			return who.viewer().AdvisedAccount(found, staleBefore)
		})}, nil
	})
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/accounts/{id}", id: "get-account", tag: "accounts", who: viewers,
		summary: "One account with its owner",
	}, func(ctx context.Context, in *AccountPath) (*reply[OwnedAccount], error) {
		found, err := visibleAccount(ctx, accounts, in.ID)
		if err != nil {
			return nil, err
		}
		staleBefore, err := a.staleBefore(ctx, rule)
		if err != nil {
			return nil, err
		}
		return &reply[OwnedAccount]{principalOf(ctx).viewer().AdvisedAccount(found, staleBefore)}, nil
	})
	a.readingRoute(accounts)
}

// staleBefore is since when an account must have been read for the rule to trust
// its numbers.
func (a *api) staleBefore(ctx context.Context, rule Rule) (time.Time, error) {
	p, err := rule.CurrentPolicy(ctx)
	if err != nil {
		return time.Time{}, err
	}
	return a.now().Add(-p.EvidenceMaxAge), nil
}

type listReadingsInput struct {
	AccountPath
	PageQuery
	From time.Time `query:"from" doc:"Only what was seen then or later" example:"2026-11-01T00:00:00+07:00"`
	To   time.Time `query:"to" doc:"Only what was seen then or earlier" example:"2026-12-01T00:00:00+07:00"`
}

func (a *api) readingRoute(accounts Accounts) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/accounts/{id}/readings", id: "list-readings", tag: "accounts", who: viewers,
		summary: "What an account showed, newest first",
		description: "One reading stands for all reads that showed the same: observed_at is the first of them, last_seen_at the last. " +
			"A reading that reaches into the span asked for is part of it.",
	}, func(ctx context.Context, in *listReadingsInput) (*reply[Page[Reading]], error) {
		if _, err := visibleAccount(ctx, accounts, in.ID); err != nil {
			return nil, err
		}
		page, err := accounts.Readings(ctx, in.ID, in.From, in.To, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[Reading]]{PageOf(page, reading)}, nil
	})
}

// visibleAccount is an account that the caller may see; [influencer.ErrNotFound]
// for all others, whether there or not.
func visibleAccount(ctx context.Context, accounts Accounts, id int64) (influencer.OwnedAccount, error) {
	found, err := accounts.AccountByID(ctx, id)
	if err == nil {
		err = principalOf(ctx).mustSee(found.Agency)
	}
	if err != nil {
		return influencer.OwnedAccount{}, err
	}
	return found, nil
}
