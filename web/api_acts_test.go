package web

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// notebook is an Acts, Freezes and AuditLog of the two people of twoPeople, which
// notes what is ordered.
type notebook struct {
	orders  []influencer.Order
	by      influencer.Orderer
	dryRun  bool
	freeze  influencer.Freeze
	ended   string
	filter  influencer.AuditFilter
	agency  string
	illegal bool
}

func (n *notebook) Act(ctx context.Context, o influencer.Order, by influencer.Orderer, at time.Time) (influencer.ActResult, error) {
	done, err := n.Acts(ctx, []influencer.Order{o}, by, at, false)
	return done[0], errOr(err, done[0].Err())
}

func errOr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

func (n *notebook) Acts(_ context.Context, orders []influencer.Order, by influencer.Orderer, _ time.Time, dryRun bool) ([]influencer.ActResult, error) {
	n.orders, n.by, n.dryRun = orders, by, dryRun
	var out []influencer.ActResult
	for _, o := range orders {
		r := influencer.ActResult{Order: o, Outcome: influencer.ActDone, Person: influencer.Person{ID: o.PersonID, NIP: "198604262009012001"},
			Moves: []influencer.Move{{From: "active", To: "suspended", Reason: "suspended"}}}
		switch {
		case o.PersonID == 9 || by.Agency != "" && o.PersonID != 1:
			r = influencer.ActResult{Order: o, Outcome: influencer.ActNotFound, Problem: "nobody"}
		case n.illegal:
			r.Outcome, r.Problem = influencer.ActIllegal, "suspend a person who is blocked"
		}
		out = append(out, r)
	}
	return out, nil
}

func (n *notebook) Affiliations(context.Context, int64) ([]influencer.Affiliation, error) {
	return []influencer.Affiliation{{Agency: "Kemenkes"}}, nil
}

func (n *notebook) Freezes(_ context.Context, agency string) ([]influencer.Freeze, error) {
	n.agency = agency
	return []influencer.Freeze{{ID: 4, Until: time.Date(2027, 2, 15, 0, 0, 0, 0, time.UTC)}}, nil
}

func (n *notebook) AddFreeze(_ context.Context, f influencer.Freeze, by influencer.Orderer, _ time.Time) (influencer.Freeze, error) {
	n.freeze, n.by = f, by
	return f, nil
}

func (n *notebook) EndFreeze(_ context.Context, id int64, note string, by influencer.Orderer, _ time.Time) (influencer.Freeze, error) {
	n.ended, n.by = note, by
	if id != 4 {
		return influencer.Freeze{}, influencer.ErrNotFound
	}
	return influencer.Freeze{ID: 4}, nil
}

func (n *notebook) Audit(_ context.Context, f influencer.AuditFilter, _ influencer.Paging) (influencer.Page[influencer.AuditEntry], error) {
	n.filter = f
	return influencer.Page[influencer.AuditEntry]{Items: []influencer.AuditEntry{{ID: 7, Action: "person.suspend", After: json.RawMessage(`{"status":"suspended"}`)}}}, nil
}

func (n *notebook) server() *Server {
	return New(Options{Keys: someKeys{}, Services: Services{People: &twoPeople{}, Acts: n, Freezes: n, Audit: n}})
}

func TestActRoutes(t *testing.T) {
	t.Parallel()
	n := &notebook{}
	s := n.server()
	until := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		path, key, body string
		status          int
		part            string // of the answer
		want            *influencer.Order
	}{
		{"1/suspend", adminKey, `{"reason":"ditinjau","until":"2027-01-01T00:00:00Z"}`, 200, `"moves":[{"from":"active","to":"suspended","reason":"suspended"}]`,
			&influencer.Order{PersonID: 1, Note: "ditinjau", Action: influencer.Action{Kind: "suspend", Until: until}}},
		{"1/block", adminKey, `{"reason":"x","basis":"PP 94/2021","decree":"SK-1"}`, 200, `"outcome":"done"`,
			&influencer.Order{PersonID: 1, Note: "x", Action: influencer.Action{Kind: "block", Basis: "PP 94/2021", Decree: "SK-1"}}},
		{"1/leave", adminKey, `{"why":"retired"}`, 200, `"act":"leave"`, &influencer.Order{PersonID: 1, Action: influencer.Action{Kind: "leave", Why: "retired"}}},
		{"1/move", adminKey, `{"agency":"Kemenag","new_agency":true}`, 200, `"act":"move"`,
			&influencer.Order{PersonID: 1, Agency: "Kemenag", NewAgency: true, Action: influencer.Action{Kind: "move"}}},
		{"1/approve", scopedKey, `{"reason":"x"}`, 200, `"nip":"198604262009012001"`, &influencer.Order{PersonID: 1, Note: "x", Action: influencer.Action{Kind: "approve"}}},
		{"2/approve", scopedKey, `{"reason":"x"}`, 404, `"status":404`, nil},
		{"9/approve", adminKey, `{"reason":"x"}`, 404, `"status":404`, nil},
		{"1/unapprove", viewerKey, `{"reason":"x"}`, 403, `"status":403`, nil},
		{"1/rejoin", "", `{"reason":"x"}`, 401, `"status":401`, nil},
		{"1/reinstate", adminKey, `{}`, 422, `reason`, nil},
		{"1/unblock", adminKey, `{"reason":"  "}`, 422, `body.reason`, nil},
		{"1/block", adminKey, `{"reason":"x"}`, 422, `decree`, nil},
		{"1/leave", adminKey, `{"why":"bored"}`, 422, `body.why`, nil},
		{"1/suspend", adminKey, `{"reason":"x","why":"retired"}`, 422, `body`, nil},
		{"x/suspend", adminKey, `{"reason":"x"}`, 422, `path.id`, nil},
	} {
		n.orders = nil
		w := send(s, http.MethodPost, "/api/v1/people/"+tt.path, tt.key, tt.body)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.part) {
			t.Errorf("%s %s: %d %s\nwant %d with %s", tt.path, tt.body, w.Code, w.Body, tt.status, tt.part)
		}
		if tt.want != nil && (len(n.orders) != 1 || cmp.Diff(*tt.want, n.orders[0]) != "") {
			t.Errorf("%s: ordered %+v", tt.path, n.orders)
		}
		if tt.status > 404 && n.orders != nil {
			t.Errorf("%s: a bad request was carried out", tt.path)
		}
	}
	if want := (influencer.Orderer{Actor: "key:2 siti"}); n.by != want {
		t.Errorf("ordered by %+v", n.by)
	}
	n.illegal = true
	if w := send(s, http.MethodPost, "/api/v1/people/1/suspend", adminKey, `{"reason":"x"}`); w.Code != 409 || !strings.Contains(w.Body.String(), "not possible: suspend a person who is blocked") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	for path, want := range map[string]int{"1": 200, "2": 404} {
		if w := ask(s, http.MethodGet, "/api/v1/people/"+path+"/affiliations", scopedKey); w.Code != want {
			t.Errorf("affiliations of %s: %d %s", path, w.Code, w.Body)
		}
	}
}

// TestBulkRoute: what cannot be read is told at its place, among what the store
// says of the others.
func TestBulkRoute(t *testing.T) {
	t.Parallel()
	n := &notebook{}
	s := n.server()
	body := `{"dry_run":true,"orders":[{"person_id":1,"act":"suspend","reason":"x","line":12},{"nip":"123","act":"suspend","reason":"x"},
		{"act":"suspend"},{"person_id":2,"act":"leave","why":"retired"}]}`
	w := send(s, http.MethodPost, "/api/v1/people/acts", scopedKey, body)
	var got ActReport
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var outcomes []string
	for _, r := range got.Items {
		outcomes = append(outcomes, string(r.Outcome)+" "+r.Problem)
	}
	want := []string{"done ", "unreadable NIP has 3 digits, not 18", "unreadable not possible: either person_id or nip names the person", "not_found nobody"}
	if diff := cmp.Diff(want, outcomes); diff != "" || got.Done != 1 || !got.DryRun || !n.dryRun || n.by.Agency != "Kemenkes" {
		t.Errorf("%s %+v", diff, got)
	}
	if got.Items[0].Line != 12 || got.Items[3].Line != 4 {
		t.Errorf("lines: %+v", got.Items)
	}
	for _, bad := range []string{`{"orders":[]}`, `{}`, `{"orders":[{"person_id":1,"act":"promote"}]}`} {
		if w := send(s, http.MethodPost, "/api/v1/people/acts", adminKey, bad); w.Code != 422 {
			t.Errorf("%s: %d %s", bad, w.Code, w.Body)
		}
	}
	if w := send(s, http.MethodPost, "/api/v1/people/acts", viewerKey, body); w.Code != 403 {
		t.Errorf("a viewer: %d", w.Code)
	}
}

func TestFreezeRoutes(t *testing.T) {
	t.Parallel()
	n := &notebook{}
	s := n.server()
	const body = `{"until":"2027-02-15T00:00:00Z","reason":"Pilkada"}`
	if w := send(s, http.MethodPost, "/api/v1/freezes", scopedKey, body); w.Code != 201 || n.freeze.Agency != "Kemenkes" || n.by.Agency != "Kemenkes" {
		t.Errorf("%d %s, %+v", w.Code, w.Body, n.freeze)
	}
	if w := send(s, http.MethodPost, "/api/v1/freezes", adminKey, body); w.Code != 201 || n.freeze.Agency != "" || n.freeze.Note != "Pilkada" {
		t.Errorf("%d %s, %+v", w.Code, w.Body, n.freeze)
	}
	if w := send(s, http.MethodPost, "/api/v1/freezes", scopedKey, `{"agency":"Kemenag",`+body[1:]); w.Code != 403 {
		t.Errorf("another agency's: %d %s", w.Code, w.Body)
	}
	if w := send(s, http.MethodPost, "/api/v1/freezes", adminKey, `{"reason":"x"}`); w.Code != 422 {
		t.Errorf("no end: %d %s", w.Code, w.Body)
	}
	if w := ask(s, http.MethodGet, "/api/v1/freezes", scopedKey); w.Code != 200 || n.agency != "Kemenkes" || !strings.Contains(w.Body.String(), `"id":4`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(s, http.MethodDelete, "/api/v1/freezes/4?reason=over", adminKey); w.Code != 200 || n.ended != "over" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(s, http.MethodDelete, "/api/v1/freezes/5", scopedKey); w.Code != 404 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestAuditRoute(t *testing.T) {
	t.Parallel()
	n := &notebook{}
	s := n.server()
	w := ask(s, http.MethodGet, "/api/v1/audit?actor=cli:siti&action=person.suspend&target=person:12&since=2026-11-01T00:00:00Z", scopedKey)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"before":null,"after":{"status":"suspended"}`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	want := influencer.AuditFilter{Actor: "cli:siti", Action: "person.suspend", Target: "person:12", Agency: "Kemenkes", Since: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, n.filter); diff != "" {
		t.Error(diff)
	}
	for key, want := range map[string]int{viewerKey: 403, "": 401, adminKey: 200} {
		if w := ask(s, http.MethodGet, "/api/v1/audit", key); w.Code != want {
			t.Errorf("%q: %d", key, w.Code)
		}
	}
}
