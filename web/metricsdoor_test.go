package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

func TestMetricsDoor(t *testing.T) {
	t.Parallel()
	const token = "a-token-for-prometheus"
	numbers := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "numbers") })
	for name, c := range map[string]struct {
		door   MetricsDoor
		header string
		status int
	}{
		"no door":                   {MetricsDoor{Token: token, Open: true}, "Bearer " + token, 404},
		"nobody":                    {MetricsDoor{Handler: numbers, Token: token}, "", 401},
		"the token":                 {MetricsDoor{Handler: numbers, Token: token}, "Bearer " + token, 200},
		"in small letters":          {MetricsDoor{Handler: numbers, Token: token}, "bearer " + token, 200},
		"another token":             {MetricsDoor{Handler: numbers, Token: token}, "Bearer " + token + "x", 401},
		"no token is no key":        {MetricsDoor{Handler: numbers}, "Bearer ", 401},
		"another scheme":            {MetricsDoor{Handler: numbers, Token: token}, "Basic " + token, 401},
		"open":                      {MetricsDoor{Handler: numbers, Open: true}, "", 200},
		"open, whatever is brought": {MetricsDoor{Handler: numbers, Token: token, Open: true}, "Bearer wrong", 200},
	} {
		for _, s := range []*Server{New(Options{Metrics: c.door}), NewOperated(Options{Metrics: c.door})} {
			r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			if c.header != "" {
				r.Header.Set("Authorization", c.header)
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != c.status || (w.Body.String() == "numbers") != (c.status == 200) {
				t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, c.status)
			}
		}
	}
}

// ring knows keys by their text.
type ring map[influencer.Secret]influencer.Key

func (r ring) Authenticate(_ context.Context, text influencer.Secret) (influencer.Key, error) {
	k, ok := r[text]
	if !ok {
		return k, influencer.ErrKey
	}
	return k, nil
}

// TestMetricsForKeys lets keys read that see all agencies.
func TestMetricsForKeys(t *testing.T) {
	t.Parallel()
	numbers := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "numbers") })
	s := New(Options{Metrics: MetricsDoor{Handler: numbers, Token: "a-token-for-prometheus"}, Keys: ring{
		"viewer": {ID: 1, Role: influencer.RoleViewer}, "admin": {ID: 2, Role: influencer.RoleAdmin},
		"bounded": {ID: 3, Role: influencer.RoleAdmin, Agency: "Kominfo"}}})
	for key, want := range map[string]int{"viewer": 200, "admin": 200, "bounded": 403, "other": 401, "a-token-for-prometheus": 200} {
		r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
		r.Header.Set("Authorization", "Bearer "+key)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != want || (w.Body.String() == "numbers") != (want == 200) {
			t.Errorf("%s: %d %s, want %d", key, w.Code, w.Body, want)
		}
	}
}

// TestOperatedServesNothingElse goes through the operators' door.
func TestOperatedServesNothingElse(t *testing.T) {
	t.Parallel()
	s := NewOperated(Options{})
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/": 404, "/api/v1/people": 404} {
		if got, _ := get(s, path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

// TestRequestsAreCounted by the pattern that served them: what a client makes up
// must not become a series of its own.
func TestRequestsAreCounted(t *testing.T) {
	t.Parallel()
	var seen []string
	s := New(Options{Checks: []Check{{"database", func(context.Context) error { return io.EOF }}},
		OnRequest: func(route, method string, code int, took time.Duration) {
			seen = append(seen, fmt.Sprintf("%s %q %d %v", method, route, code, took >= 0))
		}})
	for _, call := range [][2]string{{"GET", "/healthz"}, {"GET", "/readyz?x=1"}, {"GET", "/made/up"}, {"BREW", "/healthz"}} {
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(call[0], call[1], nil))
	}
	want := []string{`GET "/healthz" 200 true`, `GET "/readyz" 503 true`, `GET "" 404 true`, `other "" 405 true`}
	if !slices.Equal(seen, want) {
		t.Errorf("told of\n%q, want\n%q", seen, want)
	}
}
