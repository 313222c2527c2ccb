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
}
