package web

import (
	"context"
	"net/http"

	"github.com/pengikut/pengikut/influencer"
)

// People is what the routes of people need.
type People interface {
	People(ctx context.Context, f influencer.PeopleFilter, p influencer.Paging) (influencer.Page[influencer.PersonAccounts], error)
	// PersonByID is one person; [influencer.ErrNotFound] when there is none.
	PersonByID(ctx context.Context, id int64) (influencer.PersonAccounts, error)
	Decisions(ctx context.Context, f influencer.DecisionFilter, p influencer.Paging) (influencer.Page[influencer.OwnedDecision], error)
	// DecisionByID is one decision; [influencer.ErrNotFound] when there is none.
	DecisionByID(ctx context.Context, id int64) (influencer.OwnedDecision, error)
}

// PageQuery is what every list takes. It is exported, as is every struct that an
// input embeds, because huma sees no others.
type PageQuery struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50" doc:"Rows of a page, at most"`
	Cursor string `query:"cursor" maxLength:"200" doc:"next_cursor of the page before"`
}

func (p PageQuery) paging() influencer.Paging {
	return influencer.Paging{Cursor: p.Cursor, Limit: p.Limit}
}

// PersonPath names a person in a path.
type PersonPath struct {
	ID int64 `path:"id" minimum:"1" doc:"The person's id"`
}

// reply is an answer that is all body.
type reply[T any] struct{ Body T }

type listPeopleInput struct {
	PageQuery
	Query    string   `query:"q" maxLength:"100" doc:"@handle, the first digits of a NIP, or part of a name" example:"@sri"`
	Status   []string `query:"status" maxItems:"7" format:"status" doc:"Only these statuses, separated by commas"`
	Agency   string   `query:"agency" maxLength:"200" doc:"Only this agency, by its whole name"`
	Platform string   `query:"platform" format:"platform" doc:"Only who has an account there"`
}

func (a *api) peopleRoutes(people People) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/people", id: "list-people", tag: "people", who: viewers,
		summary: "List people with their accounts", description: "In the order of their ids.",
	}, func(ctx context.Context, in *listPeopleInput) (*reply[Page[Person]], error) {
		who := principalOf(ctx)
		agency, err := who.agency(in.Agency)
		if err != nil {
			return nil, err
		}
		f := influencer.PeopleFilter{Agency: agency, Platform: influencer.Platform(in.Platform), Query: in.Query}
		for _, s := range in.Status {
			f.Statuses = append(f.Statuses, influencer.Status(s))
		}
		page, err := people.People(ctx, f, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[Person]]{PageOf(page, who.viewer().Person)}, nil
	})
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/people/{id}", id: "get-person", tag: "people", who: viewers,
		summary: "One person with accounts",
	}, func(ctx context.Context, in *PersonPath) (*reply[Person], error) {
		p, err := visiblePerson(ctx, people, in.ID)
		if err != nil {
			return nil, err
		}
		return &reply[Person]{principalOf(ctx).viewer().Person(p)}, nil
	})
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/people/{id}/decisions", id: "list-decisions-of-person", tag: "people", who: viewers,
		summary: "Every move of a person's status, newest first", description: "Each with a copy of the evidence that it rested on.",
	}, func(ctx context.Context, in *struct {
		PersonPath
		PageQuery
	}) (*reply[Page[Decision]], error) {
		if _, err := visiblePerson(ctx, people, in.ID); err != nil {
			return nil, err
		}
		page, err := people.Decisions(ctx, influencer.DecisionFilter{PersonID: in.ID}, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[Decision]]{PageOf(page, principalOf(ctx).viewer().Decision)}, nil
	})
}

// visiblePerson is a person whom the caller may see; [influencer.ErrNotFound] for
// all others, whether there or not.
func visiblePerson(ctx context.Context, people interface {
	PersonByID(ctx context.Context, id int64) (influencer.PersonAccounts, error)
}, id int64) (influencer.PersonAccounts, error) {
	p, err := people.PersonByID(ctx, id)
	if err == nil {
		err = principalOf(ctx).mustSee(p.Agency)
	}
	if err != nil {
		return influencer.PersonAccounts{}, err
	}
	return p, nil
}
