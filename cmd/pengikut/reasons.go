package main

import (
	"context"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// Reasons asks the rule about a person now, on all the evidence that is stored.
func (h *house) Reasons(ctx context.Context, p influencer.PersonAccounts) (out web.Reasons, err error) {
	policy, err := h.store.CurrentPolicy(ctx)
	if err != nil {
		return out, err
	}
	now, e := h.now(), influencer.Evidence{Standing: p.Standing}
	if e.FrozenUntil, err = h.store.FrozenUntil(ctx, p.Agency, now); err != nil {
		return out, err
	}
	for _, a := range p.Accounts {
		one, err := h.evidenceOf(ctx, a)
		if err != nil {
			return out, err
		}
		e.Accounts = append(e.Accounts, one)
	}
	block, err := h.blockOf(ctx, p.Person)
	if err != nil {
		return out, err
	}
	v := influencer.Decide(policy, e, now)
	return web.ReasonsView(policy.Version, v.Qualifies, influencer.Explain(policy, v, e, now), block, e.FrozenUntil), nil
}

// blockOf is the act that blocked a person who is blocked, nil for who is not.
func (h *house) blockOf(ctx context.Context, p influencer.Person) (*influencer.Action, error) {
	if p.Status != influencer.StatusBlocked {
		return nil, nil
	}
	f := influencer.DecisionFilter{PersonID: p.ID, To: influencer.StatusBlocked, Reason: influencer.ReasonBlocked}
	page, err := h.store.Decisions(ctx, f, influencer.Paging{Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return nil, err
	}
	return page.Items[0].Evidence.Act, nil
}

func (h *house) evidenceOf(ctx context.Context, a influencer.Account) (influencer.AccountEvidence, error) {
	page, err := h.store.Readings(ctx, a.ID, never, never, influencer.Paging{Limit: shownReadings})
	return influencer.AccountEvidence{
		AccountID: a.ID, Platform: a.Platform, Handle: a.Handle, State: a.State, StateSince: a.StateSince, Readings: page.Items,
	}, err
}
