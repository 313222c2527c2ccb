package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Acts carries out what an admin orders.
type Acts interface {
	// Act carries out one order; [influencer.ErrNotFound] and
	// [influencer.ErrIllegalAct] when it cannot.
	Act(ctx context.Context, o influencer.Order, by influencer.Orderer, at time.Time) (influencer.ActResult, error)
	// Acts carries out what it can of many, and tells of each what became of it.
	Acts(ctx context.Context, orders []influencer.Order, by influencer.Orderer, at time.Time, dryRun bool) ([]influencer.ActResult, error)
	// Affiliations lists a person's agencies, the one of today last.
	Affiliations(ctx context.Context, person int64) ([]influencer.Affiliation, error)
}

// ReasonBody is what most acts take.
type ReasonBody struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000" pattern:"\\S" doc:"Why, for the record; names no NIP"`
	Basis  string `json:"basis,omitempty" maxLength:"1000" doc:"Legal basis" example:"PP 94/2021 Pasal 8"`
	Decree string `json:"decree,omitempty" maxLength:"1000" doc:"Number of the decree"`
}

func (b ReasonBody) order() influencer.Order {
	return influencer.Order{Note: b.Reason, Action: influencer.Action{Basis: b.Basis, Decree: b.Decree}}
}

// SuspendBody orders a suspension.
type SuspendBody struct {
	ReasonBody
	Until *time.Time `json:"until,omitempty" doc:"The end, in the future; left out for open"`
}

func (b SuspendBody) order() influencer.Order {
	o := b.ReasonBody.order()
	o.Until = timeIn(b.Until)
	return o
}

// BlockBody orders a block, which needs a decree and its legal basis.
type BlockBody struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1000" pattern:"\\S" doc:"Why, for the record; names no NIP"`
	Basis  string `json:"basis" minLength:"1" maxLength:"1000" pattern:"\\S" doc:"Legal basis" example:"PP 94/2021 Pasal 8"`
	Decree string `json:"decree" minLength:"1" maxLength:"1000" pattern:"\\S" doc:"Number of the decree"`
}

func (b BlockBody) order() influencer.Order { return ReasonBody(b).order() }

// LeaveBody notes that a person has left the service.
type LeaveBody struct {
	Why    string `json:"why" enum:"retired,moved,deceased,dismissed,ended" doc:"moved is to an employer that is not registered here; ended is a contract or term"`
	Reason string `json:"reason,omitempty" maxLength:"1000" doc:"More of it, for the record; names no NIP"`
	Basis  string `json:"basis,omitempty" maxLength:"1000" doc:"Legal basis"`
	Decree string `json:"decree,omitempty" maxLength:"1000" doc:"Number of the decree"`
}

func (b LeaveBody) order() influencer.Order {
	o := ReasonBody{b.Reason, b.Basis, b.Decree}.order()
	o.Why = influencer.Leaving(b.Why)
	return o
}

// MoveBody moves a person to another agency or unit.
type MoveBody struct {
	Agency    string `json:"agency,omitempty" maxLength:"200" doc:"By its whole name; left out for the same"`
	Unit      string `json:"unit,omitempty" maxLength:"200"`
	NewAgency bool   `json:"new_agency,omitempty" doc:"Nobody of the agency is registered yet, and that is right"`
	Reason    string `json:"reason,omitempty" maxLength:"1000" doc:"Why, for the record; names no NIP"`
}

func (b MoveBody) order() influencer.Order {
	return influencer.Order{Agency: b.Agency, Unit: b.Unit, NewAgency: b.NewAgency, Note: b.Reason}
}

func timeIn(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}

// orderer is who calls, as who orders.
func (p principal) orderer() influencer.Orderer {
	return influencer.Orderer{Actor: p.actor(), Agency: p.Agency}
}

func (a *api) actRoutes(acts Acts, people People) {
	actRoute[SuspendBody](a, acts, influencer.ActionSuspend, "Suspend the status, until a date or until it is reinstated",
		"On a person who is suspended it sets the date anew.")
	actRoute[ReasonBody](a, acts, influencer.ActionReinstate, "End a suspension", decidesAgain)
	actRoute[BlockBody](a, acts, influencer.ActionBlock, "Block the status by a decree with a legal basis", "It ends a suspension under way.")
	actRoute[ReasonBody](a, acts, influencer.ActionUnblock, "End a block", decidesAgain)
	actRoute[ReasonBody](a, acts, influencer.ActionApprove, "Grant the status to a person who waits for approval", "Not while new grants are frozen.")
	actRoute[ReasonBody](a, acts, influencer.ActionUnapprove, "Take an approval back", "The person waits again. Not while approval is automatic.")
	actRoute[LeaveBody](a, acts, influencer.ActionLeave, "Note that a person has left the service",
		"It ends the status; a block stays. The accounts are not read any more. Ordered again it corrects why.")
	actRoute[ReasonBody](a, acts, influencer.ActionRejoin, "Take a leaving back", decidesAgain)
	actRoute[MoveBody](a, acts, influencer.ActionMove, "Move a person to another agency or unit",
		"It moves no status. A key of one agency moves its people between units alone.")
	a.bulkRoute(acts)
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/people/{id}/affiliations", id: "list-affiliations-of-person", tag: "people", who: viewers,
		summary: "The agencies that a person was with, the one of today last",
	}, func(ctx context.Context, in *PersonPath) (*reply[Page[Affiliation]], error) {
		if _, err := visiblePerson(ctx, people, in.ID); err != nil {
			return nil, err
		}
		all, err := acts.Affiliations(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return &reply[Page[Affiliation]]{Page[Affiliation]{Items: each(all, AffiliationView)}}, nil
	})
}

const decidesAgain = "The rule decides again at once: the answer has both moves."

// ordering is the body of an act.
type ordering interface{ order() influencer.Order }

type actInput[B ordering] struct {
	PersonPath
	Body B
}

func actRoute[B ordering](a *api, acts Acts, kind influencer.ActionKind, summary, description string) {
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/people/{id}/" + string(kind), id: string(kind) + "-person", tag: "people", who: admins,
		summary: summary, description: description, errors: []int{http.StatusConflict}, perMinute: 600,
	}, func(ctx context.Context, in *actInput[B]) (*reply[ActResult], error) {
		o := in.Body.order()
		o.PersonID, o.Kind = in.ID, kind
		done, err := acts.Act(ctx, o, principalOf(ctx).orderer(), a.now())
		if err != nil {
			return nil, err
		}
		return &reply[ActResult]{principalOf(ctx).viewer().ActResult(done)}, nil
	})
}

// BulkOrder is one of many orders: the person, the act, and what the act takes.
type BulkOrder struct {
	PersonID  int64      `json:"person_id,omitempty" minimum:"1" doc:"Whom; either this or the NIP"`
	NIP       string     `json:"nip,omitempty" maxLength:"40"`
	Act       string     `json:"act" format:"act"`
	Reason    string     `json:"reason,omitempty" maxLength:"1000"`
	Until     *time.Time `json:"until,omitempty"`
	Basis     string     `json:"basis,omitempty" maxLength:"1000"`
	Decree    string     `json:"decree,omitempty" maxLength:"1000"`
	Why       string     `json:"why,omitempty" enum:"retired,moved,deceased,dismissed,ended"`
	Agency    string     `json:"agency,omitempty" maxLength:"200"`
	Unit      string     `json:"unit,omitempty" maxLength:"200"`
	NewAgency bool       `json:"new_agency,omitempty"`
	Line      int        `json:"line,omitempty" minimum:"1" maximum:"1000000000" doc:"Where it stands in your file, for the report; left out for its place in the request"`
}

// order makes an order of it, whose line is its place in the request unless it
// says another.
func (b BulkOrder) order(place int, now time.Time) (influencer.Order, error) {
	o := influencer.Order{
		Line: cmp.Or(b.Line, place), PersonID: b.PersonID, Note: b.Reason, Agency: b.Agency, Unit: b.Unit, NewAgency: b.NewAgency,
		Action: influencer.Action{Kind: influencer.ActionKind(b.Act), Until: timeIn(b.Until), Why: influencer.Leaving(b.Why), Basis: b.Basis, Decree: b.Decree},
	}
	if (b.PersonID == 0) == (b.NIP == "") {
		return o, fmt.Errorf("%w: either person_id or nip names the person", influencer.ErrIllegalAct)
	}
	var err error
	if b.NIP != "" {
		o.NIP, err = influencer.ParseNIP(b.NIP, now)
	}
	return o, err
}

// ActReport tells what became of many orders.
type ActReport struct {
	DryRun bool        `json:"dry_run"`
	Done   int         `json:"done" doc:"How many were done, or would be"`
	Items  []ActResult `json:"items" doc:"One for each order, in their order"`
}

type bulkInput struct {
	Body struct {
		Orders []BulkOrder `json:"orders" minItems:"1" maxItems:"1000"`
		DryRun bool        `json:"dry_run,omitempty" doc:"Tell what would be done, and do nothing"`
	}
}

func (a *api) bulkRoute(acts Acts) {
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/people/acts", id: "act-on-people", tag: "people", who: admins,
		summary: "Carry out many acts, and tell what became of each",
		description: `What cannot be done is left out with the reason, the others are done: the status is 200 either way.
Everybody may be named once. Each 500 orders are done in one transaction: after an error those of the first may stay.`,
		maxBody: 4 << 20, perMinute: 60,
	}, func(ctx context.Context, in *bulkInput) (*reply[ActReport], error) {
		report, err := a.bulk(ctx, acts, in)
		if err != nil {
			return nil, err
		}
		return &reply[ActReport]{report}, nil
	})
}

func (a *api) bulk(ctx context.Context, acts Acts, in *bulkInput) (ActReport, error) {
	who, now := principalOf(ctx), a.now()
	out := ActReport{DryRun: in.Body.DryRun, Items: make([]ActResult, len(in.Body.Orders))}
	var orders []influencer.Order
	var places []int
	for i, b := range in.Body.Orders {
		o, err := b.order(i+1, now)
		if err != nil {
			out.Items[i] = who.viewer().ActResult(influencer.ActResult{Order: o, Outcome: influencer.ActUnread, Problem: influencer.Cause(err)})
			continue
		}
		orders, places = append(orders, o), append(places, i)
	}
	done, err := acts.Acts(ctx, orders, who.orderer(), now, in.Body.DryRun)
	if err != nil {
		return out, err
	}
	for i, r := range done {
		out.Items[places[i]] = who.viewer().ActResult(r)
		if r.Outcome == influencer.ActDone {
			out.Done++
		}
	}
	return out, nil
}
