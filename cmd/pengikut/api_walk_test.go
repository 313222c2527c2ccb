package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/internal/thorough"
	"github.com/pengikut/pengikut/web"
	"github.com/pengikut/pengikut/worker"
)

// mayOrder are the operations that change nothing although they are no GET: a
// viewer may call them.
var mayOrder = []string{}

// walker is a service under a storm of requests made out of its own document.
type walker struct {
	t       *testing.T
	house   *house
	server  *web.Server
	doc     *document
	gen     *generator
	admins  []string // keys; several, because calls are limited by key
	viewer  string
	scoped  string // an admin's key of one agency
	agency  string
	foreign map[string][]string // ids of other agencies, by the path up to them
	asked   int
	seen    map[string]map[int]int // answers by operation and status
}

// TestWalkOfTheAPI sends requests that fit the document and requests that do not,
// to every route. It knows no route by name but for the ids to put into paths.
func TestWalkOfTheAPI(t *testing.T) {
	t.Parallel()
	w := newWalk(t, newCLI(t))
	w.table()
	w.doors()
	w.otherAgencies()
	for w.storm(5); w.asked < thorough.Times(10_000); {
		w.storm(20)
	}
	w.tell()
	t.Logf("%d requests to %d routes", w.asked, len(w.doc.operations()))
}

// tell says what the walk saw of each operation. Some need things that this small
// world has not; a walk that sees mostly refusals proves nothing.
func (w *walker) tell() {
	went := 0
	for _, op := range w.doc.operations() {
		seen := w.seen[op.ID]
		w.t.Logf("%s %v", op.ID, seen)
		if seen[200]+seen[201]+seen[202]+seen[204] > 0 {
			went++
		}
	}
	if all := len(w.doc.operations()); went < all/2 {
		w.t.Errorf("only %d of %d operations ever went well", went, all)
	}
}

// TestWalkOfTheAPIOnPostgres is a shorter walk: that database refuses other texts.
func TestWalkOfTheAPIOnPostgres(t *testing.T) {
	t.Parallel()
	c := newCLI(t).onPostgres()
	c.want(exitDone, "migrate", "up")
	w := newWalk(t, c)
	w.doors()
	w.otherAgencies()
	w.storm(thorough.Times(5))
}

func newWalk(t *testing.T, c *cli) *walker {
	ctx := context.Background()
	c.env["PENGIKUT_LISTEN"] = "127.0.0.1:0"
	c.register(c.rehearse(simulator.Options{Seed: 3, People: 30, Speed: 1e-9}))
	c.want(exitFailed, "sync") // some accounts have troubles, as everywhere
	a, _, _ := c.app("")
	h, err := a.openFor(ctx, existing)
	if err != nil {
		t.Fatal(err)
	}
	s, err := h.service(ctx, roles{web: true, worker: true, scheduler: true}, worker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.close(); err != nil {
			t.Error(err)
		}
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &walker{t: t, house: h, server: s.doors[0].server, foreign: map[string][]string{}, seen: map[string]map[int]int{}}
	w.readDocument()
	w.gen = &generator{Rand: rand.New(rand.NewPCG(1, 2)), doc: w.doc, ids: map[string][]string{}}
	w.people()
	for i := range 25 {
		w.admins = append(w.admins, w.key(influencer.RoleAdmin, "", fmt.Sprint("admin ", i)))
	}
	w.viewer = w.key(influencer.RoleViewer, "", "viewer")
	w.scoped = w.key(influencer.RoleAdmin, w.agency, "scoped")
	return w
}

func (w *walker) key(role influencer.Role, agency, name string) string {
	_, text, err := w.house.store.CreateKey(context.Background(), influencer.KeyOrder{Name: name, Role: role, Agency: agency, Actor: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return text.Reveal()
}

func (w *walker) readDocument() {
	r := httptest.NewRecorder()
	w.server.ServeHTTP(r, httptest.NewRequest(http.MethodGet, "/api/openapi.json", nil))
	if err := json.Unmarshal(r.Body.Bytes(), &w.doc); err != nil || len(w.doc.operations()) < 10 {
		w.t.Fatalf("%d %v: the document cannot be read", r.Code, err)
	}
}

// people notes which ids there are, and whose.
func (w *walker) people() {
	page, err := w.house.store.People(context.Background(), influencer.PeopleFilter{}, influencer.Paging{Limit: 500})
	if err != nil || len(page.Items) == 0 {
		w.t.Fatal(err)
	}
	w.agency = page.Items[0].Agency
	note := func(agency, prefix string, id int64) {
		text := strconv.FormatInt(id, 10)
		w.gen.ids[prefix] = append(w.gen.ids[prefix], text)
		if agency != w.agency {
			w.foreign[prefix] = append(w.foreign[prefix], text)
		}
	}
	for _, p := range page.Items {
		note(p.Agency, "/api/v1/people/", p.ID)
		for _, account := range p.Accounts {
			note(p.Agency, "/api/v1/accounts/", account.ID)
		}
	}
	if w.gen.agencies, err = w.house.store.Agencies(context.Background()); err != nil {
		w.t.Fatal(err)
	}
	for id := range 30 { // those of the walk itself stay out, see newWalk
		w.gen.ids["/api/v1/keys/"] = append(w.gen.ids["/api/v1/keys/"], strconv.Itoa(id+40))
	}
}

// send sends a request, counts it, and holds the answer against the document.
func (w *walker) send(c call, key string) (status int, body any) {
	w.t.Helper()
	w.asked++
	ctx, cancel := context.WithTimeout(context.Background(), w.patience(c.op))
	defer cancel()
	r := httptest.NewRecorder()
	w.server.ServeHTTP(r, c.request(key).WithContext(ctx))
	if w.seen[c.op.ID] == nil {
		w.seen[c.op.ID] = map[int]int{}
	}
	w.seen[c.op.ID][r.Code]++
	if r.Code >= 500 {
		w.t.Errorf("%v\n%d %s", c, r.Code, r.Body)
	}
	if err := w.doc.checkAnswer(c.op, r.Code, r.Header().Get("Content-Type"), r.Body.Bytes()); err != nil {
		w.t.Errorf("%v\n%d %.500s\n%v", c, r.Code, r.Body, err)
	}
	if r.Header().Get("X-Request-Id") == "" || r.Header().Get("Cache-Control") == "" {
		w.t.Errorf("%v: headers %v", c, r.Header())
	}
	_ = json.Unmarshal(r.Body.Bytes(), &body) // checked above where it must be JSON
	return r.Code, body
}

// patience is long, but for streams of events, which do not end by themselves.
func (w *walker) patience(op *operation) time.Duration {
	for _, r := range op.Responses {
		if _, ok := r.Content["text/event-stream"]; ok {
			return 50 * time.Millisecond
		}
	}
	return time.Minute
}

// table asks every route of the table without a key, those among them that are not
// in the document.
func (w *walker) table() {
	for _, route := range w.server.Routes() {
		r := httptest.NewRecorder()
		path := strings.NewReplacer("{", "", "}", "").Replace(route.Path)
		w.server.ServeHTTP(r, httptest.NewRequest(route.Method, path, nil))
		open := route.Who == "anybody"
		if open && (route.Method != http.MethodGet || !strings.HasPrefix(route.Path, "/api/docs") && route.Path != "/api/openapi.json") {
			w.t.Errorf("anybody may call %s %s", route.Method, route.Path)
		}
		if (r.Code == http.StatusUnauthorized) == open || r.Code >= 500 {
			w.t.Errorf("%s %s without a key: %d", route.Method, route.Path, r.Code)
		}
	}
}

// doors asks each operation without a key, with a key that is none, and those of
// admins with a viewer's.
func (w *walker) doors() {
	for _, op := range w.doc.operations() {
		if op.method != http.MethodGet && op.Who != "admin" && !slices.Contains(mayOrder, op.ID) {
			w.t.Errorf("%s %s changes something, and %s may call it", op.method, op.path, op.Who)
		}
		for range 5 {
			for _, c := range []call{w.gen.good(op), w.gen.bad(op)} {
				if status, _ := w.send(c, ""); (status == http.StatusUnauthorized) != (op.Who != "anybody") {
					w.t.Errorf("%v without a key: %d", c, status)
				}
				if status, _ := w.send(c, w.viewer); (status == http.StatusForbidden) != (op.Who == "admin") && !strings.Contains(c.query.Encode(), "agency") {
					w.t.Errorf("%v with a viewer's key: %d", c, status)
				}
				if status, _ := w.send(c, w.scoped); op.AllAgencies && op.Who != "anybody" && status != http.StatusForbidden {
					w.t.Errorf("%v with a key of one agency: %d", c, status)
				}
			}
		}
	}
}

// otherAgencies asks for what belongs to others with a key of one agency.
func (w *walker) otherAgencies() {
	for _, op := range w.doc.operations() {
		before, _, _ := strings.Cut(op.path, "{")
		if op.AllAgencies || op.Who == "anybody" {
			continue
		}
		for range 10 {
			c := w.gen.good(op)
			delete(c.query, "agency")
			delete(c.query, "cursor")
			foreign := w.foreign[before]
			if foreign != nil {
				c.path["id"] = foreign[w.gen.IntN(len(foreign))]
			}
			status, body := w.send(c, w.scoped)
			if foreign != nil && status != http.StatusNotFound && status != http.StatusTooManyRequests {
				w.t.Errorf("%v of another agency: %d", c, status)
			}
			if other := otherAgency(body, w.agency); other != "" {
				w.t.Errorf("%v shows %q", c, other)
			}
		}
	}
}

// otherAgency finds a member "agency" anywhere that is not the wanted one.
func otherAgency(v any, wanted string) string {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if other := otherAgency(item, wanted); other != "" {
				return other
			}
		}
	case map[string]any:
		for name, item := range v {
			if text, ok := item.(string); ok && name == "agency" && text != "" && text != wanted {
				return text
			}
			if other := otherAgency(item, wanted); other != "" {
				return other
			}
		}
	}
	return ""
}

// storm sends each operation so many bad requests, and a good one with every third:
// those do all the work, and a pure Go database under the race detector is slow.
func (w *walker) storm(times int) {
	for _, op := range w.doc.operations() {
		for i := range times {
			if i%3 == 0 {
				w.send(w.gen.good(op), w.admin())
			}
			c := w.gen.bad(op)
			if status, _ := w.send(c, w.admin()); status < 400 {
				w.t.Errorf("%v was taken: %d", c, status)
			}
		}
	}
	if w.t.Failed() {
		w.t.FailNow()
	}
}

func (w *walker) admin() string { return w.admins[w.gen.IntN(len(w.admins))] }
