package web

import (
	"context"
	"net/http"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

type listDecisionsInput struct {
	PageQuery
	Agency   string    `query:"agency" maxLength:"200" doc:"Only of this agency, by its whole name"`
	PersonID int64     `query:"person_id" minimum:"1" doc:"Only this person's"`
	Since    time.Time `query:"since" doc:"Only those made then or later" example:"2026-11-01T00:00:00+07:00"`
	Status   string    `query:"status" format:"status" doc:"Only moves to this status"`
	Reason   string    `query:"reason" format:"reason" doc:"Only for this reason"`
}

// DecisionPath names a decision in a path.
type DecisionPath struct {
	ID int64 `path:"id" minimum:"1" doc:"The decision's id"`
}

func (a *api) decisionRoutes(people People) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/decisions", id: "list-decisions", tag: "people", who: viewers,
		summary: "Every move of a status, newest first", description: "Each with a copy of the evidence that it rested on.",
	}, func(ctx context.Context, in *listDecisionsInput) (*reply[Page[Decision]], error) {
		who := principalOf(ctx)
		f := influencer.DecisionFilter{PersonID: in.PersonID, Since: in.Since, To: influencer.Status(in.Status), Reason: influencer.Reason(in.Reason)}
		var err error
		if f.Agency, err = who.agency(in.Agency); err != nil {
			return nil, err
		}
		page, err := people.Decisions(ctx, f, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[Decision]]{PageOf(page, who.viewer().Decision)}, nil
	})
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/decisions/{id}", id: "get-decision", tag: "people", who: viewers,
		summary: "One move of a status", description: "With the rule's sum and a copy of the evidence that it rested on.",
	}, func(ctx context.Context, in *DecisionPath) (*reply[Decision], error) {
		d, err := people.DecisionByID(ctx, in.ID)
		if err == nil {
			err = mustSeeDecision(ctx, people, d)
		}
		if err != nil {
			return nil, err
		}
		return &reply[Decision]{principalOf(ctx).viewer().Decision(d)}, nil
	})
}

// mustSeeDecision refuses, in the words of what does not exist, a decision that
// neither was made in an agency that the key may see, nor concerns somebody who is
// with one today: their page lists it.
func mustSeeDecision(ctx context.Context, people People, d influencer.OwnedDecision) error {
	err := principalOf(ctx).mustSee(d.Agency)
	if err != nil {
		_, err = visiblePerson(ctx, people, d.PersonID)
	}
	return err
}
