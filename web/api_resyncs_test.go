package web

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// someResyncs are resyncs in memory: 1 of Kemenkes, 2 of everybody.
type someResyncs struct {
	mu      sync.Mutex
	ordered influencer.ResyncOrder
	one     influencer.Resync
}

func newResyncs() *someResyncs {
	return &someResyncs{one: influencer.Resync{ID: 1, State: influencer.ResyncRunning, ResyncCount: influencer.ResyncCount{Total: 10, Done: 4},
		Platforms: []influencer.ResyncPlatform{{Platform: influencer.X, ResyncCount: influencer.ResyncCount{Total: 10, Done: 4}}}}}
}

func (s *someResyncs) EstimateResync(_ context.Context, o influencer.ResyncOrder) (influencer.ResyncEstimate, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ordered = o
	switch {
	case o.Empty():
		return influencer.ResyncEstimate{}, influencer.ErrResyncEmpty
	case len(o.Platforms) > 0 && o.Platforms[0] == influencer.Facebook:
		return influencer.ResyncEstimate{}, &influencer.PlatformOffError{Platform: influencer.Facebook, Why: "it has no credentials"}
	case len(o.NIPs) > 1:
		return influencer.ResyncEstimate{}, fmt.Errorf("store: %w", &influencer.UnknownPeopleError{Places: []int{1}})
	}
	left, least := int64(7), 90*time.Minute
	return influencer.ResyncEstimate{Accounts: 10, Reads: 9, Platforms: []influencer.ResyncCost{{Platform: influencer.X, Accounts: 10, Reads: 9, CapLeft: &left, LeastTime: &least}}}, nil
}

func (s *someResyncs) OrderResync(ctx context.Context, o influencer.ResyncOrder) (influencer.Resync, bool, error) {
	r, err := s.Resync(ctx, 1, o.Scope)
	return r, true, err
}

func (s *someResyncs) CancelResync(ctx context.Context, _ string, id int64, agency string) (influencer.Resync, error) {
	s.set(func(r *influencer.Resync) { r.State = influencer.ResyncCancelled })
	return s.Resync(ctx, id, agency)
}

func (s *someResyncs) Resync(_ context.Context, id int64, agency string) (influencer.Resync, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id != 1 && (id != 2 || agency != "") {
		return influencer.Resync{}, influencer.ErrNotFound
	}
	r := s.one
	r.ID = id
	return r, nil
}

func (s *someResyncs) Resyncs(_ context.Context, agency string, _ influencer.Paging) (influencer.Page[influencer.Resync], error) {
	if agency != "" {
		return influencer.Page[influencer.Resync]{Items: []influencer.Resync{s.one}}, nil
	}
	return influencer.Page[influencer.Resync]{Items: []influencer.Resync{{ID: 2}, s.one}}, nil
}

func (s *someResyncs) ResyncFailures(ctx context.Context, id int64, agency string, _ influencer.Paging) (influencer.Page[influencer.ResyncFailure], error) {
	_, err := s.Resync(ctx, id, agency)
	return influencer.Page[influencer.ResyncFailure]{Items: []influencer.ResyncFailure{
		{AccountID: 3, NIP: "198604262009012001", Platform: influencer.X, Handle: "sri", Kind: influencer.Gone, Tries: 1},
	}}, err
}

func (s *someResyncs) PlatformHealth(context.Context) ([]influencer.PlatformHealth, error) {
	return []influencer.PlatformHealth{{Platform: influencer.X, Kind: influencer.RateLimited, Until: time.Now().Add(time.Hour)}}, nil
}

func (s *someResyncs) set(change func(*influencer.Resync)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.one)
}

func (s *someResyncs) server() *Server {
	return New(Options{Keys: someKeys{}, Services: Services{Resyncs: Resyncs{Orders: s, Books: s, Health: s}}})
}

func TestResyncRoutes(t *testing.T) {
	t.Parallel()
	resyncs := newResyncs()
	h := resyncs.server()
	for _, tt := range []struct {
		method, path, key, body string
		status                  int
		part                    string
	}{
		{"POST", "", adminKey, `{"platforms":["x"],"nips":[],"agency":"","all":false}`, 202, `"least_seconds":5400`},
		{"POST", "", adminKey, `{"all":true,"dry_run":true}`, 200, `{"id":null,"joined":false,"dry_run":true,"estimate":{"accounts":10,"reads":9,`},
		{"POST", "", adminKey, `{}`, 422, `does not say what to read`},
		{"POST", "", adminKey, `{"platforms":["facebook"]}`, 409, `facebook is off: it has no credentials`},
		{"POST", "", adminKey, `{"nips":["12"]}`, 422, `"location":"body.nips[0]","message":"is no NIP"`},
		{"POST", "", adminKey, `{"nips":["198604262009012001","198604262009012002"]}`, 422, `"location":"body.nips[1]","message":"is not registered"`},
		{"POST", "", adminKey, `{"everything":true}`, 422, `unexpected property`},
		{"POST", "", scopedKey, `{"agency":"Kemenag"}`, 403, `only its own agency`},
		{"POST", "", scopedKey, `{"all":true}`, 202, `"id":1`},
		{"POST", "", viewerKey, `{"all":true}`, 403, `role admin`},
		{"POST", "", "", `{"all":true}`, 401, `unauthorized`},
		{"GET", "", adminKey, "", 200, `"id":2`},
		{"GET", "", scopedKey, "", 200, `{"items":[{"id":1,`},
		{"GET", "", viewerKey, "", 403, `role admin`},
		{"GET", "/1", adminKey, "", 200, `"state":"running","total":10,"done":4,"failed":0,"cancelled":0,"waiting":6`},
		{"GET", "/1", adminKey, "", 200, `"waiting_for":"rate_limited"`},
		{"GET", "/2", scopedKey, "", 404, `not-found`},
		{"GET", "/1/accounts", adminKey, "", 200, `"kind":"gone"`},
		{"GET", "/2/accounts", scopedKey, "", 404, `not-found`},
		{"GET", "/2/events", scopedKey, "", 404, `not-found`},
		{"GET", "/1/events", viewerKey, "", 403, `role admin`},
		{"DELETE", "/2", scopedKey, "", 404, `not-found`},
		{"DELETE", "/1", scopedKey, "", 200, `"state":"cancelled"`},
	} {
		r := httptest.NewRequest(tt.method, "/api/v1/resyncs"+tt.path, strings.NewReader(tt.body))
		if tt.key != "" {
			r.Header.Set("Authorization", "Bearer "+tt.key)
		}
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.part) || strings.Contains(w.Body.String(), "198604262009012002") {
			t.Errorf("%s %s %s: %d %s\nwant %d with %s", tt.method, tt.path, tt.body, w.Code, w.Body, tt.status, tt.part)
		}
		if w.Code == 202 && (w.Header().Get("Location") != "/api/v1/resyncs/1" || resyncs.ordered.Actor == "") {
			t.Errorf("Location %q, ordered %+v", w.Header().Get("Location"), resyncs.ordered)
		}
	}
	if resyncs.ordered.Scope != "" && resyncs.ordered.Scope != "Kemenkes" {
		t.Errorf("ordered %+v", resyncs.ordered)
	}
}

// stream opens the events of resync 1 on a real server.
func stream(t *testing.T, url, key, last string) (*http.Response, *bufio.Scanner) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url+"/api/v1/resyncs/1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	if last != "" {
		r.Header.Set("Last-Event-ID", last)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		resp.Body.Close()
		http.DefaultClient.CloseIdleConnections()
	})
	return resp, bufio.NewScanner(resp.Body)
}

// next reads lines until one begins with prefix, and returns its rest.
func next(t *testing.T, lines *bufio.Scanner, prefix string) string {
	t.Helper()
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), prefix); ok {
			return rest
		}
	}
	t.Fatalf("the stream ended without %q", prefix)
	return ""
}

func TestResyncEvents(t *testing.T) {
	t.Parallel()
	resyncs := newResyncs()
	server := httptest.NewServer(resyncs.server())
	t.Cleanup(server.Close)
	resp, lines := stream(t, server.URL, adminKey, "")
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("Cache-Control") != "no-store" {
		t.Fatalf("%d %v", resp.StatusCode, resp.Header)
	}
	if next(t, lines, "retry: ") != "3000" || next(t, lines, "event: ") != "progress" || !strings.Contains(next(t, lines, "data: "), `"done":4`) {
		t.Error("the first event is not how it stands")
	}
	resyncs.set(func(r *influencer.Resync) { r.Done = 5 })
	id := next(t, lines, "id: ")
	if !strings.Contains(next(t, lines, "data: "), `"done":5`) {
		t.Error("the second event is not the news")
	}
	_, again := stream(t, server.URL, adminKey, id) // has seen this one
	resyncs.set(func(r *influencer.Resync) { r.Done, r.State = 10, influencer.ResyncDone })
	for _, l := range []*bufio.Scanner{lines, again} {
		end := next(t, l, "id: ")
		if id = end; next(t, l, "event: ") != "end" || !strings.Contains(next(t, l, "data: "), `"state":"done"`) {
			t.Error("the last event is not the end")
		}
		for l.Scan() {
			if l.Text() != "" {
				t.Errorf("after the end: %q", l.Text())
			}
		}
	}
	if resp, _ := stream(t, server.URL, adminKey, id); resp.StatusCode != http.StatusNoContent {
		t.Errorf("who has seen the end is answered %d", resp.StatusCode)
	}
}

// TestResyncEventsEndWithTheServer stops the server while somebody watches.
func TestResyncEventsEndWithTheServer(t *testing.T) {
	t.Parallel()
	s := newResyncs().server()
	server := httptest.NewUnstartedServer(s)
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, server.Listener) }()
	_, lines := stream(t, "http://"+server.Listener.Addr().String(), adminKey, "")
	next(t, lines, "event: ")
	began := time.Now()
	stop()
	if err := <-served; err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the server took %v to stop", took)
	}
	for lines.Scan() {
		if !strings.HasPrefix(lines.Text(), "event: ") {
			continue
		}
		t.Errorf("an event after the stop: %q", lines.Text())
	}
}
