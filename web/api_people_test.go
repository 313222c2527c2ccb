package web

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// The keys of a test, by their text.
const (
	viewerKey = "pk_1_viewer"
	adminKey  = "pk_2_admin"
	scopedKey = "pk_3_scoped" // an admin of Kemenkes alone
)

// someKeys are the keys above.
type someKeys struct{}

func (someKeys) Authenticate(_ context.Context, text influencer.Secret) (influencer.Key, error) {
	switch text.Reveal() {
	case viewerKey:
		return influencer.Key{ID: 1, Name: "dasbor", Role: influencer.RoleViewer}, nil
	case adminKey:
		return influencer.Key{ID: 2, Name: "siti", Role: influencer.RoleAdmin}, nil
	case scopedKey:
		return influencer.Key{ID: 3, Name: "kemenkes", Role: influencer.RoleAdmin, Agency: "Kemenkes"}, nil
	}
	return influencer.Key{}, influencer.ErrKey
}

// twoPeople is a People of two, each with one decision.
type twoPeople struct{ asked influencer.PeopleFilter }

func (t *twoPeople) all() []influencer.PersonAccounts {
	return []influencer.PersonAccounts{
		{Person: influencer.Person{ID: 1, NIP: "198604262009012001", Name: "Sri", Agency: "Kemenkes"}},
		{Person: influencer.Person{ID: 2, NIP: "198604262009012002", Name: "Budi", Agency: "Kemenag"}},
	}
}

func (t *twoPeople) People(_ context.Context, f influencer.PeopleFilter, _ influencer.Paging) (influencer.Page[influencer.PersonAccounts], error) {
	t.asked = f
	return influencer.Page[influencer.PersonAccounts]{Items: t.all()}, nil
}

func (t *twoPeople) PersonByID(_ context.Context, id int64) (influencer.PersonAccounts, error) {
	for _, p := range t.all() {
		if p.ID == id {
			return p, nil
		}
	}
	return influencer.PersonAccounts{}, influencer.ErrNotFound
}

func (t *twoPeople) Decisions(_ context.Context, f influencer.DecisionFilter, _ influencer.Paging) (influencer.Page[influencer.OwnedDecision], error) {
	return influencer.Page[influencer.OwnedDecision]{Items: []influencer.OwnedDecision{{Decision: influencer.Decision{ID: 7, PersonID: f.PersonID}}}}, nil
}

func (t *twoPeople) DecisionByID(_ context.Context, id int64) (influencer.OwnedDecision, error) {
	d := influencer.OwnedDecision{Decision: influencer.Decision{ID: id, PersonID: 2}, NIP: "198604262009012002", Agency: "Kemenag"}
	switch id {
	case 7:
	case 9: // made before Sri moved from Kemenag
		d.PersonID, d.NIP = 1, "198604262009012001"
	case 10: // made before Budi moved to Kemenag
		d.Agency = "Kemenkes"
	default:
		return influencer.OwnedDecision{}, influencer.ErrNotFound
	}
	return d, nil
}

func (t *twoPeople) Reasons(context.Context, influencer.PersonAccounts) (Reasons, error) {
	block := &influencer.Action{Kind: influencer.ActionBlock, Basis: "PP 94/2021", Decree: "SK-1"}
	return ReasonsView(3, influencer.Yes, []influencer.Bilingual{{Indonesian: "Berstatus influencer.", English: "Is an influencer."}}, block, time.Time{}), nil
}

// ask sends one request and returns the answer.
func ask(h http.Handler, method, path, key string, header ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, nil)
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestPeopleRoutes(t *testing.T) {
	t.Parallel()
	s := New(Options{Keys: someKeys{}, Services: Services{People: &twoPeople{}, Reasons: &twoPeople{}}})
	for _, tt := range []struct {
		path, key string
		status    int
		part      string // of the body
	}{
		{"/api/v1/people", viewerKey, 200, `"nip":"1986**** ****** * 001"`},
		{"/api/v1/people", adminKey, 200, `"nip":"198604262009012001"`},
		{"/api/v1/people?status=active,grace&platform=x&q=@sri&limit=1", viewerKey, 200, `"next_cursor":""`},
		{"/api/v1/people", "", 401, `"type":"urn:pengikut:problem:unauthorized"`},
		{"/api/v1/people", "pk_9_wrong", 401, `"detail":"The key is not valid."`},
		{"/api/v1/people?agency=Kemenag", scopedKey, 403, `"status":403`},
		{"/api/v1/people?status=famous", viewerKey, 422, `"location":"query.status[0]"`},
		{"/api/v1/people?limit=501", viewerKey, 422, `"location":"query.limit"`},
		{"/api/v1/people?colour=red", viewerKey, 422, `"unknown query parameter"`},
		{"/api/v1/people?limit=1&limit=2", viewerKey, 422, `"is given more than once"`},
		{"/api/v1/people?q=%00", viewerKey, 422, `"query.q"`},
		{"/api/v1/people?q=%zz", viewerKey, 400, `:bad-request"`},
		{"/api/v1/people/1", scopedKey, 200, `"id":1`},
		{"/api/v1/people/2", scopedKey, 404, `"status":404`},
		{"/api/v1/people/3", scopedKey, 404, `"status":404`},
		{"/api/v1/people/x", viewerKey, 422, `"path.id"`},
		{"/api/v1/people/1/decisions", scopedKey, 200, `"person_id":1`},
		{"/api/v1/people/2/decisions", scopedKey, 404, `"status":404`},
		{"/api/v1/people/1/reasons", viewerKey, 200, `"qualifies":"yes","explanation":[{"id":"Berstatus influencer.","en":"Is an influencer."}],"block":{"kind":"block","basis":"PP 94/2021","decree":"SK-1"},"frozen_until":null`},
		{"/api/v1/people/2/reasons", scopedKey, 404, `"status":404`},
		{"/api/v1/people/1/reasons", "", 401, `"status":401`},
		{"/api/v1/decisions/7", viewerKey, 200, `"nip":"1986**** ****** * 002"`},
		{"/api/v1/decisions/7", scopedKey, 404, `"status":404`},
		{"/api/v1/decisions/9", scopedKey, 200, `"person_id":1`},
		{"/api/v1/decisions/10", scopedKey, 200, `"person_id":2`},
		{"/api/v1/decisions/8", adminKey, 404, `"type":"urn:pengikut:problem:not-found"`},
		{"/api/v1/nothing", viewerKey, 404, `"type":"urn:pengikut:problem:no-such-route"`},
	} {
		w := ask(s, http.MethodGet, tt.path, tt.key)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.part) {
			t.Errorf("GET %s: %d %s\nwant %d with %s", tt.path, w.Code, w.Body, tt.status, tt.part)
		}
		if w.Code >= 400 && w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("GET %s: a problem as %q", tt.path, w.Header().Get("Content-Type"))
		}
	}
	if w := ask(s, http.MethodPost, "/api/v1/people", adminKey); w.Code != 405 || w.Header().Get("Allow") == "" {
		t.Errorf("POST: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

func TestOneAgencySeesItself(t *testing.T) {
	t.Parallel()
	people := &twoPeople{}
	s := New(Options{Keys: someKeys{}, Services: Services{People: people}})
	ask(s, http.MethodGet, "/api/v1/people", scopedKey)
	if people.asked.Agency != "Kemenkes" {
		t.Errorf("asked for %+v", people.asked)
	}
}

func TestETag(t *testing.T) {
	t.Parallel()
	s := New(Options{Keys: someKeys{}, Services: Services{People: &twoPeople{}}})
	first := ask(s, http.MethodGet, "/api/v1/people", viewerKey)
	tag := first.Header().Get("ETag")
	again := ask(s, http.MethodGet, "/api/v1/people", viewerKey, "If-None-Match", `"x", `+tag)
	if tag == "" || again.Code != 304 || again.Header().Get("ETag") != tag || again.Body.Len() != 0 {
		t.Errorf("%q: %d %q %s", tag, again.Code, again.Header().Get("ETag"), again.Body)
	}
	if other := ask(s, http.MethodGet, "/api/v1/people", adminKey, "If-None-Match", tag); other.Code != 200 {
		t.Errorf("another's view: %d", other.Code)
	}
}

// leakyPeople fails with what nobody may see.
type leakyPeople struct{ twoPeople }

func (*leakyPeople) PersonByID(_ context.Context, id int64) (influencer.PersonAccounts, error) {
	if id == 2 {
		panic("secret-in-a-panic")
	}
	return influencer.PersonAccounts{}, context.Cause(failedWith("password=hunter2"))
}

func failedWith(text string) context.Context {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(&json.UnsupportedValueError{Str: text})
	return ctx
}

func TestNoFaultLeaks(t *testing.T) {
	t.Parallel()
	s := New(Options{Keys: someKeys{}, Services: Services{People: &leakyPeople{}}})
	for _, path := range []string{"/api/v1/people/1", "/api/v1/people/2"} {
		w := ask(s, http.MethodGet, path, viewerKey, "X-Request-Id", "my-request-1")
		if w.Code != 500 || !strings.Contains(w.Body.String(), `"request_id":"my-request-1"`) ||
			strings.Contains(w.Body.String(), "hunter2") || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("GET %s: %d %s", path, w.Code, w.Body)
		}
	}
}

func TestWrongKeysAreSlowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Keys: someKeys{}, Services: Services{People: &twoPeople{}}})
		ask(s, http.MethodGet, "/api/v1/people", viewerKey) // known from this address
		counts := map[int]int{}
		for range 100 {
			w := ask(s, http.MethodGet, "/api/v1/people", "pk_9_wrong")
			counts[w.Code]++
			if w.Code == 429 && w.Header().Get("Retry-After") != "60" {
				t.Fatalf("Retry-After %q", w.Header().Get("Retry-After"))
			}
		}
		if counts[401] != maxTries || counts[429] != 100-maxTries {
			t.Errorf("%v", counts)
		}
		if w := ask(s, http.MethodGet, "/api/v1/people", viewerKey); w.Code != 200 {
			t.Errorf("a key known from there: %d", w.Code)
		}
		if w := ask(s, http.MethodGet, "/api/v1/people", adminKey); w.Code != 429 {
			t.Errorf("a key not known from there: %d", w.Code)
		}
		time.Sleep(triesWindow)
		if w := ask(s, http.MethodGet, "/api/v1/people", adminKey); w.Code != 200 {
			t.Errorf("after the window: %d", w.Code)
		}
	})
}
