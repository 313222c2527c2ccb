package web

import (
	"context"
	"net/http"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Trip is one alarm of the breaker.
type Trip struct {
	ID            int64                `json:"id"`
	OpenedAt      *time.Time           `json:"opened_at"`
	State         influencer.TripState `json:"state" enum:"open,releasing,released,discarded"`
	Cause         influencer.TripCause `json:"cause" enum:"policy,record,due,act"`
	PolicyVersion int                  `json:"policy_version"`
	Losses        int                  `json:"losses" doc:"Within the window when it tripped: made, and about to be made"`
	Holders       int                  `json:"holders" doc:"Who held the status within the window"`
	Allowed       int                  `json:"allowed" doc:"How many of them may lose it within the window"`
	Held          int                  `json:"held" doc:"Losses that wait"`
	Lost          int                  `json:"lost" doc:"Losses made when it was released"`
	Stayed        int                  `json:"stayed" doc:"People who no longer lost the status when it was released"`
	ClosedAt      *time.Time           `json:"closed_at"`
	ClosedBy      string               `json:"closed_by"`
	Note          string               `json:"note"`
}

// HeldLoss is one loss on a trip's list: a decision that was not made.
type HeldLoss struct {
	Decision
	TripID  int64                  `json:"trip_id"`
	Outcome influencer.LossOutcome `json:"outcome" enum:"held,lost,stayed,discarded"`
}

// LossHeld says of a person that the breaker holds a loss back.
type LossHeld struct {
	TripID int64             `json:"trip_id"`
	Since  *time.Time        `json:"since" doc:"When it was decided last"`
	Reason influencer.Reason `json:"reason"`
}

// TripList is a trip with a page of its list.
type TripList struct {
	Trip
	Page[HeldLoss]
}

// TripView views a trip.
func TripView(t influencer.Trip) Trip {
	return Trip{
		ID: t.ID, OpenedAt: stamp(t.OpenedAt), State: t.State, Cause: t.Cause, PolicyVersion: t.PolicyVersion,
		Losses: t.Losses, Holders: t.Holders, Allowed: t.Allowed, Held: t.Held, Lost: t.Lost, Stayed: t.Stayed,
		ClosedAt: stamp(t.ClosedAt), ClosedBy: t.ClosedBy, Note: t.Note,
	}
}

// HeldLoss views a held loss.
func (v Viewer) HeldLoss(h influencer.HeldLoss) HeldLoss {
	return HeldLoss{Decision: v.Decision(h.OwnedDecision), TripID: h.TripID, Outcome: h.Outcome}
}

func lossHeld(h *influencer.LossHeld) *LossHeld {
	if h == nil {
		return nil
	}
	return &LossHeld{h.TripID, stamp(h.Since), h.Reason}
}

// Trips is what the routes that look at the breaker need.
type Trips interface {
	Trips(ctx context.Context, p influencer.Paging) (influencer.Page[influencer.Trip], error)
	// Trip is one trip; [influencer.ErrNotFound] when there is none.
	Trip(ctx context.Context, id int64) (influencer.Trip, error)
	HeldLosses(ctx context.Context, trip int64, p influencer.Paging) (influencer.Page[influencer.HeldLoss], error)
}

// TripCloser is what the routes that close a trip need. Both answer
// [influencer.ErrTripClosed] when it is closed already.
type TripCloser interface {
	ReleaseTrip(ctx context.Context, id int64, o influencer.TripOrder) (influencer.Trip, error)
	DiscardTrip(ctx context.Context, id int64, o influencer.TripOrder) (influencer.Trip, error)
}

// Breaker is what all routes of the breaker need.
type Breaker interface {
	Trips
	TripCloser
}

// TripPath names a trip in a path.
type TripPath struct {
	ID int64 `path:"id" minimum:"1" doc:"The trip's id"`
}

type closeTripInput struct {
	TripPath
	Body struct {
		Reason string `json:"reason" minLength:"1" maxLength:"1000" pattern:"\\S" doc:"Why, for the audit log and each decision's note"`
	}
}

func (a *api) breakerRoutes(b Breaker, now func() time.Time) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/breaker", id: "list-trips", tag: "breaker", who: admins, allAgencies: true,
		summary: "The breaker's alarms, newest first", description: "At most one is open. While it is, every loss goes on its list and is not made.",
	}, func(ctx context.Context, in *struct{ PageQuery }) (*reply[Page[Trip]], error) {
		page, err := b.Trips(ctx, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[Trip]]{PageOf(page, TripView)}, nil
	})
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/breaker/{id}", id: "get-trip", tag: "breaker", who: admins, allAgencies: true,
		summary: "One alarm, and whose losses it holds", description: "Each loss with the reason, and a copy of the evidence that it was decided on.",
	}, func(ctx context.Context, in *struct {
		TripPath
		PageQuery
	}) (*reply[TripList], error) {
		trip, err := b.Trip(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		page, err := b.HeldLosses(ctx, in.ID, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[TripList]{TripList{TripView(trip), PageOf(page, principalOf(ctx).viewer().HeldLoss)}}, nil
	})
	a.closeRoute("release", "Let the losses go", `Everybody on the list is decided again within the next minutes, on the evidence of
that moment: only who still loses, loses. The state is releasing until that is done.`, b.ReleaseTrip, now)
	a.closeRoute("discard", "Drop the list: nobody moves", `Mend the cause first, else a later run trips the breaker again.`, b.DiscardTrip, now)
}

func (a *api) closeRoute(verb, summary, description string, closeTrip func(context.Context, int64, influencer.TripOrder) (influencer.Trip, error), now func() time.Time) {
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/breaker/{id}/" + verb, id: verb + "-trip", tag: "breaker", who: admins, allAgencies: true,
		summary: summary, description: description, errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *closeTripInput) (*reply[Trip], error) {
		trip, err := closeTrip(ctx, in.ID, influencer.TripOrder{Actor: principalOf(ctx).actor(), Note: in.Body.Reason, At: now()})
		if err != nil {
			return nil, err
		}
		return &reply[Trip]{TripView(trip)}, nil
	})
}
