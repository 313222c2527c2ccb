package web

import (
	"context"
	"net/http"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Freezes keeps the freezes of new grants.
type Freezes interface {
	// Freezes lists those that concern an agency, "" for all there are.
	Freezes(ctx context.Context, agency string) ([]influencer.Freeze, error)
	AddFreeze(ctx context.Context, f influencer.Freeze, by influencer.Orderer, at time.Time) (influencer.Freeze, error)
	// EndFreeze ends one before its time; [influencer.ErrNotFound] when there is
	// none that the orderer may end.
	EndFreeze(ctx context.Context, id int64, note string, by influencer.Orderer, at time.Time) (influencer.Freeze, error)
}

// FreezeBody orders a freeze.
type FreezeBody struct {
	Agency string     `json:"agency,omitempty" maxLength:"200" doc:"Whose people, by the whole name; left out for all, with a key of one agency for that one"`
	From   *time.Time `json:"from,omitempty" doc:"First moment; left out for now"`
	Until  time.Time  `json:"until" doc:"First moment after it" example:"2027-02-15T00:00:00+07:00"`
	Reason string     `json:"reason" minLength:"1" maxLength:"1000" pattern:"\\S"`
}

type endFreezeInput struct {
	ID     int64  `path:"id" minimum:"1" doc:"The freeze's id"`
	Reason string `query:"reason" maxLength:"1000" doc:"Why, for the audit log"`
}

func (a *api) freezeRoutes(freezes Freezes) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/freezes", id: "list-freezes", tag: "freezes", who: admins,
		summary: "Times without new grants, newest first", description: "A key of one agency sees its own and those of all.",
	}, func(ctx context.Context, _ *struct{}) (*reply[Page[Freeze]], error) {
		all, err := freezes.Freezes(ctx, principalOf(ctx).Agency)
		if err != nil {
			return nil, err
		}
		return &reply[Page[Freeze]]{Page[Freeze]{Items: each(all, a.freezeView)}}, nil
	})
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/freezes", id: "add-freeze", tag: "freezes", who: admins,
		summary: "Stop new grants for a time, as before an election",
		description: `Who does not hold the status is neither granted it nor put in the queue for it. Recoveries within the grace,
losses and all acts but approvals go on. When it ends those who qualify are decided.`,
		status: http.StatusCreated, errors: []int{http.StatusConflict}, perMinute: 60,
	}, func(ctx context.Context, in *struct{ Body FreezeBody }) (*reply[Freeze], error) {
		who := principalOf(ctx)
		agency, err := who.agency(in.Body.Agency)
		if err != nil {
			return nil, err
		}
		f := influencer.Freeze{Agency: agency, From: timeIn(in.Body.From), Until: in.Body.Until, Note: in.Body.Reason}
		if f, err = freezes.AddFreeze(ctx, f, who.orderer(), a.now()); err != nil {
			return nil, err
		}
		return &reply[Freeze]{a.freezeView(f)}, nil
	})
	route(a, routeSpec{
		method: http.MethodDelete, path: "/api/v1/freezes/{id}", id: "end-freeze", tag: "freezes", who: admins,
		summary: "End a freeze before its time", errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *endFreezeInput) (*reply[Freeze], error) {
		f, err := freezes.EndFreeze(ctx, in.ID, in.Reason, principalOf(ctx).orderer(), a.now())
		if err != nil {
			return nil, err
		}
		return &reply[Freeze]{a.freezeView(f)}, nil
	})
}

func (a *api) freezeView(f influencer.Freeze) Freeze { return FreezeView(f, a.now()) }
