package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// remotePolicies asks a service elsewhere.
type remotePolicies struct{ *remote }

const (
	policyPath = "/api/v1/policy"
	draftsPath = policyPath + "/drafts"
)

// Current is the rule in force.
func (r remotePolicies) Current(ctx context.Context) (influencer.Policy, error) {
	v, err := ask[web.PolicyVersion](ctx, r.remote, http.MethodGet, policyPath, nil, nil)
	if err != nil {
		return influencer.Policy{}, err
	}
	is, err := policyVersionOf(v)
	return is.Policy, err
}

// Version is one version.
func (r remotePolicies) Version(ctx context.Context, version int) (influencer.PolicyVersion, error) {
	all, err := r.Versions(ctx)
	for _, v := range all {
		if v.Policy.Version == version {
			return v, nil
		}
	}
	if err == nil {
		err = influencer.ErrNotFound
	}
	return influencer.PolicyVersion{}, err
}

// Versions are all, newest first.
func (r remotePolicies) Versions(ctx context.Context) ([]influencer.PolicyVersion, error) {
	page, err := ask[web.Page[web.PolicyVersion]](ctx, r.remote, http.MethodGet, "/api/v1/policies", nil, nil)
	if err != nil {
		return nil, err
	}
	return mappedErr(page.Items, policyVersionOf)
}

// Put puts a policy in force; the service decides people.
func (r remotePolicies) Put(ctx context.Context, p influencer.Policy, t policyTerms, _ func(done, total int)) (policyDone, error) {
	return r.done(r.put(ctx, p, t, time.Time{}))
}

// Schedule lets a policy come into force later.
func (r remotePolicies) Schedule(ctx context.Context, p influencer.Policy, t policyTerms, at time.Time) (int64, error) {
	o, err := r.put(ctx, p, t, at)
	if err == nil && o.Draft == nil {
		err = r.stranger()
	}
	if err != nil {
		return 0, err
	}
	return *o.Draft, nil
}

func (r remotePolicies) put(ctx context.Context, p influencer.Policy, t policyTerms, at time.Time) (web.PolicyOrdered, error) {
	body := web.PolicyBody{Note: t.note, Effective: timeOrNil(at), Expect: t.expect}
	if t.draft != 0 {
		return ask[web.PolicyOrdered](ctx, r.remote, http.MethodPost, byID(draftsPath, t.draft)+"/apply", nil, body)
	}
	return ask[web.PolicyOrdered](ctx, r.remote, http.MethodPut, policyPath, nil, struct {
		web.PolicyBody
		Policy influencer.Policy `json:"policy"`
	}{body, p})
}

// Undo puts the version before in force again; the service decides people.
func (r remotePolicies) Undo(ctx context.Context, t policyTerms, _ func(done, total int)) (policyDone, error) {
	return r.done(ask[web.PolicyOrdered](ctx, r.remote, http.MethodPost, policyPath+"/undo", nil, struct {
		Reason string `json:"reason"`
		Expect int    `json:"expect_version,omitempty"`
	}{t.note, t.expect}))
}

func (r remotePolicies) done(o web.PolicyOrdered, err error) (policyDone, error) {
	if err == nil && o.Version == nil {
		err = r.stranger()
	}
	if err != nil {
		return policyDone{}, err
	}
	out := policyDone{later: true}
	out.New, out.Version.Policy.Version = o.State == "in_force", *o.Version
	return out, nil
}

// Save keeps a draft.
func (r remotePolicies) Save(ctx context.Context, p influencer.Policy, note string) (int64, error) {
	d, err := ask[web.Draft](ctx, r.remote, http.MethodPost, draftsPath, nil, struct {
		Policy influencer.Policy `json:"policy"`
		Note   string            `json:"note,omitempty"`
	}{p, note})
	return d.ID, err
}

// Draft is one draft.
func (r remotePolicies) Draft(ctx context.Context, id int64) (influencer.Draft, error) {
	v, err := ask[web.Draft](ctx, r.remote, http.MethodGet, byID(draftsPath, id), nil, nil)
	if err != nil {
		return influencer.Draft{}, err
	}
	return draftOf(v)
}

// Drafts are those that are not done with, or everything.
func (r remotePolicies) Drafts(ctx context.Context, everything bool) ([]influencer.Draft, error) {
	page, err := ask[web.Page[web.Draft]](ctx, r.remote, http.MethodGet, draftsPath, url.Values{"all": {strconv.FormatBool(everything)}}, nil)
	if err != nil {
		return nil, err
	}
	return mappedErr(page.Items, draftOf)
}

// Discard is done with a draft.
func (r remotePolicies) Discard(ctx context.Context, id int64, note string) error {
	return r.change(ctx, id, "discard", note)
}

// Unschedule takes a draft's date back.
func (r remotePolicies) Unschedule(ctx context.Context, id int64, note string) error {
	return r.change(ctx, id, "unschedule", note)
}

func (r remotePolicies) change(ctx context.Context, id int64, how, note string) error {
	_, err := ask[web.Draft](ctx, r.remote, http.MethodPost, byID(draftsPath, id)+"/"+how, nil, map[string]string{"note": note})
	return err
}

func policyVersionOf(v web.PolicyVersion) (influencer.PolicyVersion, error) {
	p, err := policyOf(v.Policy)
	p.Version = v.Version
	return influencer.PolicyVersion{Policy: p, Author: v.Author, Note: v.Note, CreatedAt: timeOr(v.CreatedAt), DecidedAt: timeOr(v.DecidedAt), Changes: v.Changes}, err
}

func draftOf(v web.Draft) (influencer.Draft, error) {
	p, err := policyOf(v.Policy)
	d := influencer.Draft{ID: v.ID, Policy: p, Author: v.Author, Note: v.Note, CreatedAt: timeOr(v.CreatedAt), Base: v.Base, State: v.State,
		EffectiveAt: timeOr(v.EffectiveAt), ScheduledBy: v.ScheduledBy, Changes: v.Changes}
	if v.Version != nil {
		d.Version = *v.Version
	}
	return d, err
}

func policyOf(f web.PolicyFile) (influencer.Policy, error) {
	p, err := influencer.ParsePolicy(f.RawMessage)
	if err != nil {
		err = fmt.Errorf("the service's policy cannot be read, is it of another version? %w", err)
	}
	return p, err
}

// mappedErr is [mapped] by what may fail; then there is nothing.
func mappedErr[V, T any](rows []V, to func(V) (T, error)) ([]T, error) {
	out := make([]T, len(rows))
	for i, v := range rows {
		var err error
		if out[i], err = to(v); err != nil {
			return nil, err
		}
	}
	return out, nil
}
