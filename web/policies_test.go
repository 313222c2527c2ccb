package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// oneRule is Policies with version 2 in force and draft 5.
type oneRule struct {
	orders []influencer.PolicyOrder
	drafts map[int64]influencer.Draft
}

func (r *oneRule) CurrentPolicy(context.Context) (influencer.Policy, error) {
	p := influencer.DefaultPolicy()
	p.Version = 2
	return p, nil
}

func (r *oneRule) PolicyByVersion(_ context.Context, v int) (influencer.PolicyVersion, error) {
	p := influencer.DefaultPolicy()
	p.Version = v
	return influencer.PolicyVersion{Policy: p, Author: "cli:siti", Note: "awal"}, nil
}

func (r *oneRule) Policies(ctx context.Context) ([]influencer.PolicyVersion, error) {
	two, _ := r.PolicyByVersion(ctx, 2)
	one, _ := r.PolicyByVersion(ctx, 1)
	return []influencer.PolicyVersion{two, one}, nil
}

func (r *oneRule) put(o influencer.PolicyOrder) (influencer.PolicyApplied, error) {
	if o.Expect != 0 && o.Expect != 2 {
		return influencer.PolicyApplied{}, &influencer.PolicyMovedError{Expected: o.Expect, InForce: 2}
	}
	r.orders = append(r.orders, o)
	p := influencer.DefaultPolicy()
	p.Version = 3
	return influencer.PolicyApplied{New: true, Version: influencer.PolicyVersion{Policy: p}}, nil
}

func (r *oneRule) PutPolicy(_ context.Context, _ influencer.Policy, o influencer.PolicyOrder, _ func(done, total int)) (influencer.PolicyApplied, error) {
	return r.put(o)
}

func (r *oneRule) ApplyDraft(ctx context.Context, id int64, o influencer.PolicyOrder, _ func(done, total int)) (influencer.PolicyApplied, error) {
	if _, err := r.Draft(ctx, id); err != nil {
		return influencer.PolicyApplied{}, err
	}
	return r.put(o)
}

func (r *oneRule) UndoPolicy(_ context.Context, o influencer.PolicyOrder, _ func(done, total int)) (influencer.PolicyApplied, error) {
	return r.put(o)
}

func (r *oneRule) SaveDraft(_ context.Context, p influencer.Policy, o influencer.PolicyOrder) (influencer.Draft, error) {
	r.orders = append(r.orders, o)
	return influencer.Draft{ID: 6, Policy: p, State: influencer.DraftOpen, Author: o.Author, Note: o.Note, Base: 2}, nil
}

func (r *oneRule) Draft(_ context.Context, id int64) (influencer.Draft, error) {
	d, found := r.drafts[id]
	if !found {
		return d, influencer.ErrNotFound
	}
	return d, nil
}

func (r *oneRule) Drafts(context.Context, ...influencer.DraftState) ([]influencer.Draft, error) {
	return []influencer.Draft{r.drafts[5]}, nil
}

func (r *oneRule) SchedulePolicy(_ context.Context, p influencer.Policy, o influencer.PolicyOrder, at time.Time) (influencer.Draft, error) {
	if !at.After(o.At) {
		return influencer.Draft{}, influencer.ErrNotInFuture
	}
	return influencer.Draft{ID: 7, Policy: p, EffectiveAt: at}, nil
}

func (r *oneRule) change(ctx context.Context, id int64, to influencer.DraftState) error {
	d, err := r.Draft(ctx, id)
	if err == nil && d.State == influencer.DraftDiscarded {
		err = &influencer.DraftStateError{ID: id, State: d.State, Want: to}
	}
	if err == nil {
		d.State = to
		r.drafts[id] = d
	}
	return err
}

func (r *oneRule) ScheduleDraft(ctx context.Context, id int64, _ influencer.PolicyOrder, _ time.Time) error {
	return r.change(ctx, id, influencer.DraftScheduled)
}

func (r *oneRule) UnscheduleDraft(ctx context.Context, id int64, _ influencer.PolicyOrder) error {
	return r.change(ctx, id, influencer.DraftOpen)
}

func (r *oneRule) DiscardDraft(ctx context.Context, id int64, _ influencer.PolicyOrder) error {
	return r.change(ctx, id, influencer.DraftDiscarded)
}

func (r *oneRule) PreviewPolicy(_ context.Context, _ influencer.Policy, _ time.Time, fn func(influencer.PreviewRow) error) (influencer.Preview, error) {
	lost := influencer.Move{From: influencer.StatusActive, To: influencer.StatusRevoked, Reason: influencer.ReasonBelowLine}
	for i := range 3 {
		row := influencer.PreviewRow{Move: &lost, Platforms: []influencer.Platform{influencer.X}}
		row.ID, row.NIP, row.Agency, row.Status = int64(i+1), "198604262009012001", "BKN", influencer.StatusActive
		if err := fn(row); err != nil {
			return influencer.Preview{}, err
		}
	}
	return influencer.Preview{People: 9, Moves: map[influencer.Move]int{lost: 3}, Near: 2}, nil
}

func (r *oneRule) Summary(context.Context, influencer.SummaryFilter) (influencer.Summary, error) {
	c := influencer.Coverage{Expected: 12, Read: 10, AsOf: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC)}
	return influencer.Summary{Coverage: c, Agencies: []influencer.AgencySummary{{Agency: "BKN", Coverage: c}}}, nil
}

func TestPolicyRoutes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	r := &oneRule{drafts: map[int64]influencer.Draft{5: {ID: 5, Policy: influencer.DefaultPolicy(), State: influencer.DraftOpen, Author: "cli:siti"}}}
	s := New(Options{Keys: someKeys{}, Services: Services{Policies: r}, Now: func() time.Time { return now }})
	const get, post, put = http.MethodGet, http.MethodPost, http.MethodPut
	const policy, drafts = "/api/v1/policy", "/api/v1/policy/drafts"
	for _, tt := range []struct {
		method, path, key, body string
		status                  int
		part                    string // of the answer
	}{
		{get, policy, viewerKey, "", 200, `{"version":2,"author":"cli:siti","note":"awal","created_at":null,"decided_at":null,"changes":[],"policy":{"match":"any",`},
		{get, policy, scopedKey, "", 200, `"version":2`},
		{get, policy, "", "", 401, `"status":401`},
		{get, "/api/v1/policies", viewerKey, "", 200, `"version":1`},
		{put, policy, viewerKey, `{"policy":{}}`, 403, `"status":403`},
		{put, policy, scopedKey, `{"policy":{}}`, 403, `"status":403`},
		{put, policy, adminKey, `{"policy":{"grace":"7d"},"note":"uji"}`, 202, `{"state":"in_force","version":3,"draft":null,"effective_at":null}`},
		{put, policy, adminKey, `{"policy":{"grace":"7d"},"expect_version":1}`, 409, `version 2 is in force now, not 1: look again`},
		{put, policy, adminKey, `{"policy":{"matc":"any","confirm":9}}`, 422, `confirm: must be from 1 to 5`},
		{put, policy, adminKey, `{"policy":"any"}`, 422, `body.policy`},
		{put, policy, adminKey, `{}`, 422, `policy`},
		{put, policy, adminKey, `{"policy":{},"effective":"2026-12-01T00:00:00+07:00"}`, 202, `{"state":"scheduled","version":null,"draft":7,"effective_at":"2026-11-30T17:00:00Z"}`},
		{put, policy, adminKey, `{"policy":{},"effective":"2026-11-01T00:00:00+07:00"}`, 422, `the time lies not in the future`},
		{post, policy + "/undo", adminKey, `{"reason":"keliru"}`, 202, `"in_force"`},
		{post, policy + "/undo", adminKey, `{"reason":"keliru","expect_version":9}`, 409, `"status":409`},
		{post, policy + "/undo", adminKey, `{}`, 422, `reason`},
		{post, policy + "/undo", viewerKey, `{"reason":"keliru"}`, 403, `"status":403`},
		{post, policy + "/preview", viewerKey, `{"draft":5}`, 403, `"status":403`},
		{post, policy + "/preview", adminKey, `{"draft":5,"by":"agency","limit":2}`, 200, `"as_of":"2026-11-23T01:00:00Z","oldest":null,"expected":12,"read":10,"people":9,"gain":0,"lose":3,` +
			`"grace":0,"unconfirmed":0,"otherwise":0,"near":2,"breaker_holds":false,"changes":[],"breaker":{"losses":0,"made":0,"holders":0,"allowed":0,"open_trip":0},"groups":[{"agency":"BKN","gain":0,"lose":3,`},
		{post, policy + "/preview", adminKey, `{"draft":5,"limit":2}`, 200, `"rows":[{"person_id":1,"nip":"198604262009012001","name":"","agency":"BKN","effect":"lose","status":"active","to":"revoked","reason":"below_line","platforms":["x"],"since":null,"near":null},` +
			`{"person_id":2,"nip":"198604262009012001","name":"","agency":"BKN","effect":"lose","status":"active","to":"revoked","reason":"below_line","platforms":["x"],"since":null,"near":null}]}`},
		{post, policy + "/preview", adminKey, `{"draft":4}`, 404, `"status":404`},
		{post, policy + "/preview", adminKey, `{}`, 422, `either a policy or a draft`},
		{post, policy + "/preview", adminKey, `{"draft":5,"policy":{}}`, 422, `either a policy or a draft`},
		{post, policy + "/preview", adminKey, `{"policy":{"confirm":0}}`, 422, `confirm`},
		{get, drafts, viewerKey, "", 403, `"status":403`},
		{get, drafts, adminKey, "", 200, `{"items":[{"id":5,"state":"draft","effective_at":null,`},
		{post, drafts, adminKey, `{"policy":{"grace":"7d"},"note":"uji"}`, 201, `"author":"key:2 siti","note":"uji"`},
		{get, drafts + "/5", adminKey, "", 200, `"id":5`},
		{get, drafts + "/4", adminKey, "", 404, `"status":404`},
		{post, drafts + "/5/apply", adminKey, `{"effective":"2026-12-01T00:00:00+07:00"}`, 202, `"draft":5`},
		{post, drafts + "/5/unschedule", adminKey, `{}`, 200, `"state":"draft"`},
		{post, drafts + "/5/apply", adminKey, `{"note":"ya"}`, 202, `"in_force"`},
		{post, drafts + "/5/discard", adminKey, `{"note":"selesai"}`, 200, `"state":"discarded"`},
		{post, drafts + "/5/discard", adminKey, `{}`, 409, `draft 5 is discarded: it cannot be discarded`},
		{post, drafts + "/5/apply", scopedKey, `{}`, 403, `"status":403`},
	} {
		w := send(s, tt.method, tt.path, tt.key, tt.body)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.part) {
			t.Errorf("%s %s %s: %d %s\nwant %d with %s", tt.method, tt.path, tt.body, w.Code, w.Body, tt.status, tt.part)
		}
	}
	if want := (influencer.PolicyOrder{Author: "key:2 siti", Note: "uji", At: now, Later: true}); len(r.orders) != 4 || r.orders[0] != want {
		t.Errorf("ordered %+v", r.orders)
	}
}
