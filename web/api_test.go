package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// TestWhatIsOutsideTheTableOnlyShows reads this package: a route that is put into
// the mux by hand has no key, no limits and no audit, and so may only show.
func TestWhatIsOutsideTheTableOnlyShows(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	hung := regexp.MustCompile(`\.Handle(?:Func)?\(([^,]+),`)
	found := 0
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		for _, m := range hung.FindAllStringSubmatch(string(text), -1) {
			found++
			if m[1] != "pattern" && !strings.HasPrefix(m[1], `"GET /`) && !strings.Contains(m[1], "huma.Operation") {
				t.Errorf("%s hangs %s into the mux: use route or raw", f, m[1])
			}
		}
	}
	if found < 3 {
		t.Errorf("found only %d", found)
	}
}

func TestRouteThatSaysTooLittleIsRefused(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("taken")
		}
	}()
	a := newAPI(http.NewServeMux(), Options{})
	a.raw(routeSpec{method: http.MethodPost, path: "/api/v1/x", id: "x", tag: "x", summary: "Nobody says who may call it"}, nil)
}

// orders is a Keys that notes who ordered what.
type orders struct{ actors []string }

func (o *orders) Keys(context.Context, influencer.Paging) (influencer.Page[influencer.Key], error) {
	return influencer.Page[influencer.Key]{}, nil
}

func (o *orders) CreateKey(_ context.Context, k influencer.KeyOrder) (influencer.Key, influencer.Secret, error) {
	o.actors = append(o.actors, k.Actor)
	return influencer.Key{ID: 9, Name: k.Name, Role: k.Role}, "pk_9_new", k.Check(time.Now())
}

func (o *orders) RevokeKey(_ context.Context, id int64, actor string) (influencer.Key, error) {
	o.actors = append(o.actors, actor)
	return influencer.Key{ID: id}, nil
}

func post(s *Server, path, key, kind string, body io.Reader) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, path, body)
	r.Header.Set("Authorization", "Bearer "+key)
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestBodies(t *testing.T) {
	t.Parallel()
	keys := &orders{}
	s := New(Options{Keys: someKeys{}, Services: Services{Keys: keys}})
	long := `{"name":"` + strings.Repeat("x", defaultBody) + `","role":"viewer"}`
	for name, tt := range map[string]struct {
		kind   string
		body   io.Reader
		status int
		part   string
	}{
		"good":           {"application/json; charset=utf-8", strings.NewReader(`{"name":"a","role":"viewer"}`), 201, `"key":"pk_9_new"`},
		"no type":        {"", strings.NewReader(`{"name":"a","role":"viewer"}`), 201, `"key":"pk_9_new"`},
		"too long":       {"application/json", strings.NewReader(long), 413, "larger than 1048576 bytes"},
		"broken off":     {"application/json", io.MultiReader(strings.NewReader(`{"na`), iotest.ErrReader(io.ErrUnexpectedEOF)), 400, "broke off"},
		"too slow":       {"application/json", iotest.ErrReader(os.ErrDeadlineExceeded), 408, "in time"},
		"none":           {"application/json", http.NoBody, 400, "required"},
		"form":           {"application/x-www-form-urlencoded", strings.NewReader("name=a"), 415, "application/json"},
		"unknown member": {"", strings.NewReader(`{"name":"a","role":"viewer","scope":"*"}`), 422, `"location":"body.scope"`},
		"wrong role":     {"", strings.NewReader(`{"name":"a","role":"god"}`), 422, `"location":"body.role"`},
		"blank name":     {"", strings.NewReader(`{"name":" ","role":"viewer"}`), 422, "it has no name"},
		"NUL":            {"", strings.NewReader(`{"name":"a\u0000","role":"viewer"}`), 400, "NUL"},
		"two":            {"", strings.NewReader(`{"name":"a","role":"viewer"} {}`), 400, `"location":"body"`},
	} {
		w := post(s, "/api/v1/keys", adminKey, tt.kind, tt.body)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.part) {
			t.Errorf("%s: %d %s\nwant %d with %s", name, w.Code, w.Body, tt.status, tt.part)
		}
	}
	for _, actor := range keys.actors {
		if actor != "key:2 siti" {
			t.Errorf("actor %q", actor)
		}
	}
}

func TestCallsAreLimitedByKey(t *testing.T) {
	t.Parallel()
	s := New(Options{Keys: someKeys{}, Services: Services{Keys: &orders{}}})
	for i := range 31 {
		w := post(s, "/api/v1/keys", adminKey, "", strings.NewReader(`{"name":"a","role":"viewer"}`))
		if limited := w.Code == http.StatusTooManyRequests; limited != (i == 30) || limited && w.Header().Get("Retry-After") == "" {
			t.Fatalf("call %d: %d %v", i+1, w.Code, w.Header())
		}
	}
	if w := post(s, "/api/v1/keys", scopedKey, "", nil); w.Code != http.StatusForbidden {
		t.Errorf("a key of one agency: %d", w.Code)
	}
}

func TestGzip(t *testing.T) {
	t.Parallel()
	s := New(Options{Keys: someKeys{}, Services: Services{People: &twoPeople{}}})
	plain := ask(s, http.MethodGet, "/api/openapi.json", "")
	for accept, want := range map[string]bool{
		"gzip": true, "br, GZIP;q=0.5": true, "*": true, "deflate, gzip;q=1.0": true, "gzip;q=0": false, "gzip; q=0.0": false, "br": false, "": false,
	} {
		w := ask(s, http.MethodGet, "/api/openapi.json", "", "Accept-Encoding", accept)
		if got := w.Header().Get("Content-Encoding") == "gzip"; got != want {
			t.Errorf("%q: %v", accept, w.Header())
		}
		body := w.Body.Bytes()
		if want {
			zip, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			body, _ = io.ReadAll(zip)
		}
		if !bytes.Equal(body, plain.Body.Bytes()) || w.Header().Get("ETag") != plain.Header().Get("ETag") {
			t.Errorf("%q: another body or tag", accept)
		}
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	s := New(Options{Keys: someKeys{}, Services: Services{People: &twoPeople{}}})
	for given, kept := range map[string]bool{"abc-123.def_4": true, "short": false, "evil\nline=1": false, strings.Repeat("a", 65): false, "": false} {
		w := ask(s, http.MethodGet, "/api/v1/people", viewerKey, "X-Request-Id", given)
		if id := w.Header().Get("X-Request-Id"); (id == given) != kept || id == "" {
			t.Errorf("%q became %q", given, id)
		}
	}
}

func TestClientAddress(t *testing.T) {
	t.Parallel()
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	for _, tt := range []struct{ remote, forwarded, want string }{
		{"203.0.113.7:4000", "", "203.0.113.7"},
		{"203.0.113.7:4000", "198.51.100.1", "203.0.113.7"}, // it is no proxy of ours
		{"10.1.2.3:4000", "198.51.100.1", "198.51.100.1"},
		{"10.1.2.3:4000", "9.9.9.9, 198.51.100.1", "198.51.100.1"}, // the client wrote the first itself
		{"10.1.2.3:4000", "198.51.100.1, 10.9.9.9", "198.51.100.1"},
		{"10.1.2.3:4000", "10.4.4.4, 10.9.9.9", "10.4.4.4"},
		{"10.1.2.3:4000", "nonsense", "10.1.2.3"},
		{"10.1.2.3:4000", "", "10.1.2.3"},
		{"[::ffff:10.1.2.3]:4000", "198.51.100.1", "198.51.100.1"},
		{"[2001:db8:1:2:3:4:5:6]:4000", "", "2001:db8:1:2::/64"},
		{"[fe80::1%eth0]:4000", "", "fe80::/64"},
		{"@", "", "@"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = tt.remote
		if tt.forwarded != "" {
			r.Header.Set("X-Forwarded-For", tt.forwarded)
		}
		if got := clientAddress(r, trusted); got != tt.want {
			t.Errorf("%s for %q: %s, want %s", tt.remote, tt.forwarded, got, tt.want)
		}
	}
}

func TestLimiterForgetsTheOldest(t *testing.T) {
	t.Parallel()
	l := newLimiter(time.Hour, 3)
	for i := range 100 {
		l.add(fmt.Sprint("a", i), 1)
		l.add("busy", 1)
	}
	if n, _ := l.count("busy"); n != 100 {
		t.Errorf("busy: %d", n)
	}
	if n, _ := l.count("a1"); n != 0 || len(l.byName) != 3 || l.recent.Len() != 3 {
		t.Errorf("a1: %d of %d names", n, len(l.byName))
	}
}

// TestEveryErrorHasItsStatus wraps each error of the table as the layers do.
func TestEveryErrorHasItsStatus(t *testing.T) {
	t.Parallel()
	for _, f := range failures {
		p := knownProblem(fmt.Errorf("store: secret-layer: %w", f.is))
		if p == nil || p.Status != f.status || p.Detail == "" || strings.Contains(p.Detail, "secret-layer") {
			t.Errorf("%v: %+v", f.is, p)
		}
		if kinds[f.status][0] == "" {
			t.Errorf("status %d has no kind", f.status)
		}
	}
	deep := fmt.Errorf("store: x: %w", fmt.Errorf("%w: block a person who is none", influencer.ErrIllegalAct))
	if p := knownProblem(deep); p.Detail != "not possible: block a person who is none" {
		t.Errorf("%q", p.Detail)
	}
	if p := knownProblem(errors.New("password=hunter2")); p != nil {
		t.Errorf("%+v", p)
	}
}
