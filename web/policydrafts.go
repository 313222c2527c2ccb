package web

import (
	"context"
	"net/http"

	"github.com/pengikut/pengikut/influencer"
)

// DraftPath names a draft in a path.
type DraftPath struct {
	ID int64 `path:"id" minimum:"1" doc:"The draft's id"`
}

type draftNoteInput struct {
	DraftPath
	Body struct {
		Note string `json:"note,omitempty" maxLength:"1000" doc:"Why, for the audit log"`
	}
}

const draftsPath, draftPath = "/api/v1/policy/drafts", "/api/v1/policy/drafts/{id}"

func showDraft(ctx context.Context, p Policies, id int64) (*reply[Draft], error) {
	d, err := p.Draft(ctx, id)
	if err != nil {
		return nil, err
	}
	return &reply[Draft]{principalOf(ctx).viewer().Draft(d)}, nil
}

func (a *api) draftRoutes(p Policies) {
	route(a, routeSpec{
		method: http.MethodGet, path: draftsPath, id: "list-drafts", tag: "policy", who: admins, allAgencies: true,
		summary: "Policies that are not in force, newest first", description: "Those that wait for their date are scheduled.",
	}, func(ctx context.Context, in *struct {
		All bool `query:"all" doc:"Those that were applied or discarded, too"`
	}) (*reply[Page[Draft]], error) {
		states := []influencer.DraftState{influencer.DraftOpen, influencer.DraftScheduled}
		if in.All {
			states = nil
		}
		all, err := p.Drafts(ctx, states...)
		if err != nil {
			return nil, err
		}
		return &reply[Page[Draft]]{Page[Draft]{Items: each(all, principalOf(ctx).viewer().Draft)}}, nil
	})
	type saveInput struct {
		Body struct {
			Policy PolicyFile `json:"policy"`
			Note   string     `json:"note,omitempty" maxLength:"1000" doc:"What it is for"`
		}
	}
	route(a, routeSpec{
		method: http.MethodPost, path: draftsPath, id: "save-draft", tag: "policy", who: admins, allAgencies: true, status: http.StatusCreated, perMinute: 60,
		summary: "Keep a policy as a draft: it rules nothing",
	}, func(ctx context.Context, in *saveInput) (*reply[Draft], error) {
		policy, err := influencer.ParsePolicy(in.Body.Policy.RawMessage)
		if err != nil {
			return nil, err
		}
		d, err := p.SaveDraft(ctx, policy, a.policyOrder(ctx, PolicyBody{Note: in.Body.Note}))
		if err != nil {
			return nil, err
		}
		return &reply[Draft]{principalOf(ctx).viewer().Draft(d)}, nil
	})
	route(a, routeSpec{
		method: http.MethodGet, path: draftPath, id: "get-draft", tag: "policy", who: admins, allAgencies: true, summary: "One draft",
	}, func(ctx context.Context, in *DraftPath) (*reply[Draft], error) { return showDraft(ctx, p, in.ID) })
	a.draftChangeRoutes(p)
}

// draftChangeRoutes are what becomes of a draft.
func (a *api) draftChangeRoutes(p Policies) {
	for _, c := range []struct {
		verb, summary string
		change        func(context.Context, int64, influencer.PolicyOrder) error
	}{
		{"discard", "Be done with a draft; it stays to be looked at", p.DiscardDraft},
		{"unschedule", "Take a date back: the policy is a draft again", p.UnscheduleDraft},
	} {
		route(a, routeSpec{
			method: http.MethodPost, path: draftPath + "/" + c.verb, id: c.verb + "-draft", tag: "policy", who: admins, allAgencies: true,
			errors: []int{http.StatusConflict}, summary: c.summary, perMinute: 60,
		}, func(ctx context.Context, in *draftNoteInput) (*reply[Draft], error) {
			if err := c.change(ctx, in.ID, a.policyOrder(ctx, PolicyBody{Note: in.Body.Note})); err != nil {
				return nil, err
			}
			return showDraft(ctx, p, in.ID)
		})
	}
	type applyInput struct {
		DraftPath
		Body PolicyBody
	}
	route(a, routeSpec{
		method: http.MethodPost, path: draftPath + "/apply", id: "apply-draft", tag: "policy", who: admins, allAgencies: true, status: http.StatusAccepted, perMinute: 30,
		errors: []int{http.StatusConflict}, summary: "Put a draft in force, now or on a date", description: decidedSoon,
	}, func(ctx context.Context, in *applyInput) (*reply[PolicyOrdered], error) {
		o := a.policyOrder(ctx, in.Body)
		if at := timeIn(in.Body.Effective); !at.IsZero() {
			if err := p.ScheduleDraft(ctx, in.ID, o, at); err != nil {
				return nil, err
			}
			return scheduled(in.ID, at), nil
		}
		return applied(p.ApplyDraft(ctx, in.ID, o, nil))
	})
}
