package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/pengikut/pengikut/influencer"
)

// ResyncOrders takes orders to read accounts now.
type ResyncOrders interface {
	EstimateResync(ctx context.Context, o influencer.ResyncOrder) (influencer.ResyncEstimate, error)
	// OrderResync is fresh false for an order that was under way already.
	OrderResync(ctx context.Context, o influencer.ResyncOrder) (r influencer.Resync, fresh bool, err error)
	CancelResync(ctx context.Context, actor string, id int64, agency string) (influencer.Resync, error)
}

// ResyncBooks tells how the orders stand. With an agency, one that does not
// concern it alone is [influencer.ErrNotFound].
type ResyncBooks interface {
	Resync(ctx context.Context, id int64, agency string) (influencer.Resync, error)
	Resyncs(ctx context.Context, agency string, p influencer.Paging) (influencer.Page[influencer.Resync], error)
	ResyncFailures(ctx context.Context, id int64, agency string, p influencer.Paging) (influencer.Page[influencer.ResyncFailure], error)
}

// PlatformHealth tells how the platforms do.
type PlatformHealth interface {
	PlatformHealth(context.Context) ([]influencer.PlatformHealth, error)
}

// Resyncs is what the routes of resyncs need.
type Resyncs struct {
	Orders ResyncOrders
	Books  ResyncBooks
	Health PlatformHealth
}

// ResyncOrder asks for accounts to be read now.
type ResyncOrder struct {
	Platforms []string `json:"platforms,omitempty" maxItems:"20" doc:"Only these platforms; left out for all that are read" example:"[\"x\"]"`
	NIPs      []string `json:"nips,omitempty" maxItems:"10000" doc:"Only these people's accounts"`
	Agency    string   `json:"agency,omitempty" maxLength:"200" doc:"Only the accounts of this agency's people, by its whole name"`
	All       bool     `json:"all,omitempty" doc:"Everybody's accounts; needed when nothing else says whose"`
	DryRun    bool     `json:"dry_run,omitempty" doc:"Say what it would cost, and order nothing"`
}

// ResyncPath names a resync in a path.
type ResyncPath struct {
	ID int64 `path:"id" minimum:"1" doc:"The resync's id"`
}

type orderedReply struct {
	Status   int
	Location string `header:"Location" doc:"Where to ask how far it is"`
	Body     ResyncAnswer
}

func (a *api) resyncRoutes(s Resyncs) {
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/resyncs", id: "order-resync", tag: "resyncs", who: admins, status: http.StatusAccepted, also: []int{http.StatusOK}, perMinute: 60,
		summary: "Order accounts to be read now",
		description: "They are read before what is due by plan, and never past a rate limit or the month's cap; the answer says what that costs, and how long it takes at the least. " +
			"The very same order given twice is one; accounts that two orders wait for are read once. A dry run answers 200.",
		errors: []int{http.StatusConflict},
	}, func(ctx context.Context, in *struct{ Body ResyncOrder }) (*orderedReply, error) {
		return a.orderResync(ctx, s, in.Body)
	})
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/resyncs", id: "list-resyncs", tag: "resyncs", who: admins,
		summary: "List orders, newest first",
	}, func(ctx context.Context, in *struct {
		PageQuery
		Agency string `query:"agency" maxLength:"200" doc:"Only those that concern this agency alone, by its whole name"`
	}) (*reply[Page[Resync]], error) {
		agency, err := principalOf(ctx).agency(in.Agency)
		if err != nil {
			return nil, err
		}
		health, err := s.Health.PlatformHealth(ctx)
		if err != nil {
			return nil, err
		}
		page, err := s.Books.Resyncs(ctx, agency, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[Resync]]{PageOf(page, func(r influencer.Resync) Resync { return principalOf(ctx).viewer().Resync(r, health, a.now()) })}, nil
	})
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/resyncs/{id}", id: "get-resync", tag: "resyncs", who: admins,
		summary: "How far one order is", description: "total = done + failed + cancelled + waiting.",
	}, func(ctx context.Context, in *ResyncPath) (*reply[Resync], error) {
		return a.replyResync(ctx, s, func(agency string) (influencer.Resync, error) { return s.Books.Resync(ctx, in.ID, agency) })
	})
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/resyncs/{id}/accounts", id: "list-failures-of-resync", tag: "resyncs", who: admins,
		summary: "The accounts that could not be read, and why", description: "In the order of their ids. They are kept for 30 days after the end.",
	}, func(ctx context.Context, in *struct {
		ResyncPath
		PageQuery
	}) (*reply[Page[ResyncFailure]], error) {
		page, err := s.Books.ResyncFailures(ctx, in.ID, principalOf(ctx).Agency, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[ResyncFailure]]{PageOf(page, principalOf(ctx).viewer().ResyncFailure)}, nil
	})
	route(a, routeSpec{
		method: http.MethodDelete, path: "/api/v1/resyncs/{id}", id: "cancel-resync", tag: "resyncs", who: admins,
		summary: "Take an order back", description: "Who waits is not read any more, and due as before; what is being read is read to its end. One that is over stays as it is.",
	}, func(ctx context.Context, in *ResyncPath) (*reply[Resync], error) {
		who := principalOf(ctx)
		return a.replyResync(ctx, s, func(agency string) (influencer.Resync, error) {
			return s.Orders.CancelResync(ctx, who.actor(), in.ID, agency)
		})
	})
	a.resyncEvents(s)
}

// replyResync answers with the resync that get gives for the caller's agency.
func (a *api) replyResync(ctx context.Context, s Resyncs, get func(agency string) (influencer.Resync, error)) (*reply[Resync], error) {
	who := principalOf(ctx)
	r, err := get(who.Agency)
	if err != nil {
		return nil, err
	}
	health, err := s.Health.PlatformHealth(ctx)
	if err != nil {
		return nil, err
	}
	return &reply[Resync]{who.viewer().Resync(r, health, a.now())}, nil
}

func (a *api) orderResync(ctx context.Context, s Resyncs, in ResyncOrder) (*orderedReply, error) {
	o, err := a.readOrder(ctx, in)
	if err != nil {
		return nil, err
	}
	e, err := s.Orders.EstimateResync(ctx, o)
	if err != nil {
		return nil, orderProblem(err)
	}
	view := principalOf(ctx).viewer()
	out := &orderedReply{Status: http.StatusOK, Body: ResyncAnswer{DryRun: in.DryRun, Joined: e.SameAs != 0, Estimate: view.ResyncEstimate(e)}}
	if in.DryRun {
		return out, nil
	}
	r, fresh, err := s.Orders.OrderResync(ctx, o)
	if err != nil {
		return nil, orderProblem(err)
	}
	shown := view.Resync(r, nil, a.now())
	out.Status, out.Location = http.StatusAccepted, fmt.Sprintf("/api/v1/resyncs/%d", r.ID)
	out.Body.ID, out.Body.Joined, out.Body.Resync = &r.ID, !fresh, &shown
	return out, nil
}

// readOrder checks an order. A NIP that is none is named by its place, not told.
func (a *api) readOrder(ctx context.Context, in ResyncOrder) (influencer.ResyncOrder, error) {
	who := principalOf(ctx)
	if _, err := who.agency(in.Agency); err != nil {
		return influencer.ResyncOrder{}, err
	}
	o := influencer.ResyncOrder{Actor: who.actor(), Scope: who.Agency, Agency: in.Agency, All: in.All}
	for _, p := range in.Platforms {
		o.Platforms = append(o.Platforms, influencer.Platform(p))
	}
	bad := refusal(http.StatusUnprocessableEntity, "The order is not valid.")
	for i, text := range in.NIPs {
		nip, err := influencer.ParseNIP(strings.TrimSpace(text), a.now())
		if err != nil {
			bad.Errors = append(bad.Errors, ProblemField{Location: fmt.Sprintf("body.nips[%d]", i), Message: "is no NIP"})
		}
		o.NIPs = append(o.NIPs, nip)
	}
	if len(bad.Errors) > 0 {
		return o, bad
	}
	return o, nil
}

// orderProblem is what the caller is told of an order that cannot be.
func orderProblem(err error) error {
	if off, ok := errors.AsType[*influencer.PlatformOffError](err); ok {
		return refusal(http.StatusConflict, "%s", off.Error())
	}
	if unknown, ok := errors.AsType[*influencer.UnknownPeopleError](err); ok {
		p := refusal(http.StatusUnprocessableEntity, "%s", unknown.Error())
		for _, i := range unknown.Places {
			p.Errors = append(p.Errors, ProblemField{Location: fmt.Sprintf("body.nips[%d]", i), Message: "is not registered"})
		}
		return p
	}
	for _, known := range []error{influencer.ErrResyncEmpty, influencer.ErrResyncNobody} {
		if errors.Is(err, known) {
			return refusal(http.StatusUnprocessableEntity, "%s", known.Error())
		}
	}
	return err
}
