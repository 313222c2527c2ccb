package main

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// Rows of a person's screen.
const (
	shownDecisions = 10
	shownReadings  = 50 // per account: more than any confirmation looks back
)

// archive knows people one by one.
type archive interface {
	// Dossier is all about the person with a NIP; [influencer.ErrNotFound] for nobody.
	Dossier(ctx context.Context, nip influencer.NIP) (dossier, error)
}

func archives() ways[archive] {
	return ways[archive]{existing, func(h *house) archive { return localArchive{h} }, func(r *remote) archive { return remoteArchive{r} }}
}

// localArchive reads the database itself.
type localArchive struct{ *house }

// Dossier gathers a person's evidence and asks the rule about it now.
func (l localArchive) Dossier(ctx context.Context, nip influencer.NIP) (d dossier, err error) {
	p, err := l.store.PersonByNIP(ctx, nip)
	if err != nil {
		return d, err
	}
	d.Person = admin.Person(p)
	if d.Reasons, err = l.Reasons(ctx, p); err != nil {
		return d, err
	}
	agencies, err := l.store.Affiliations(ctx, p.ID)
	if err != nil {
		return d, err
	}
	d.Affiliations = mapped(agencies, web.AffiliationView)
	page, err := l.store.Decisions(ctx, influencer.DecisionFilter{PersonID: p.ID}, influencer.Paging{Limit: shownDecisions})
	d.Decisions = mapped(page.Items, admin.Decision)
	return d, err
}

// remoteArchive asks a service elsewhere.
type remoteArchive struct{ *remote }

// Dossier asks for its parts one by one.
func (r remoteArchive) Dossier(ctx context.Context, nip influencer.NIP) (d dossier, err error) {
	id, err := r.personID(ctx, nip)
	if err != nil {
		return d, err
	}
	path := byID("/api/v1/people", id)
	if d.Person, err = ask[web.Person](ctx, r.remote, http.MethodGet, path, nil, nil); err != nil {
		return d, err
	}
	if d.Reasons, err = ask[web.Reasons](ctx, r.remote, http.MethodGet, path+"/reasons", nil, nil); err != nil {
		return d, err
	}
	agencies, err := ask[web.Page[web.Affiliation]](ctx, r.remote, http.MethodGet, path+"/affiliations", nil, nil)
	if err != nil {
		return d, err
	}
	d.Affiliations = agencies.Items
	decisions, err := ask[web.Page[web.Decision]](ctx, r.remote, http.MethodGet, path+"/decisions", url.Values{"limit": {strconv.Itoa(shownDecisions)}}, nil)
	d.Decisions = decisions.Items
	return d, err
}
