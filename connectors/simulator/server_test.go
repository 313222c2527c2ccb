package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// serve starts a server on loopback and returns its address.
func serve(t *testing.T, s *Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return "http://" + l.Addr().String()
}

// fetch makes one call over a connection of its own.
func fetch(t *testing.T, method, url, body string) (*http.Response, []byte, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer b")
	r.Close = true
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	return res, got, err
}

func TestServeOverLoopback(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	base := serve(t, s)
	call := base + "/2/users?user.fields=public_metrics&ids=" + id(s, X, 1)
	if res, body, err := fetch(t, http.MethodGet, call, ""); err != nil || res.StatusCode != 200 || !json.Valid(body) {
		t.Fatalf("%s: %v", body, err)
	}
	if _, err := s.AddFault(Fault{Kind: Reset}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := fetch(t, http.MethodGet, call, ""); !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, io.EOF) {
		t.Errorf("reset: %v", err)
	}
	s.ClearFaults()
	if _, err := s.AddFault(Fault{Kind: Half}); err != nil {
		t.Fatal(err)
	}
	if res, body, err := fetch(t, http.MethodGet, call, ""); !errors.Is(err, io.ErrUnexpectedEOF) || res.StatusCode != 200 || len(body) == 0 {
		t.Errorf("half: %q %v", body, err)
	}
}

func TestServeReportsADeadListener(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	s, _ := rehearse(Options{})
	if err := s.Serve(t.Context(), l); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	s, c := rehearse(Options{})
	do := func(method, path, body string) (int, map[string]any) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		if w.Body.Len() == 0 {
			return w.Code, nil
		}
		return w.Code, decode(t, w)
	}
	for _, bad := range []string{"", "x", `{"kind":"rain"}`, `{"kind":"zero","weather":1}`, `{"kind":"zero","for":"soon"}`, `[{"kind":"zero"},{"kind":"rain"}]`} {
		if code, body := do("POST", "/_sim/faults", bad); code != 400 || body["error"] == "" || body["kinds"] == nil {
			t.Errorf("%q: %d %v", bad, code, body)
		}
	}
	if n := len(s.Faults()); n != 0 {
		t.Fatalf("%d faults came of refused orders", n)
	}
	code, body := do("POST", "/_sim/faults", `{"kind":"outage-json","platform":"x","for":"10m"}`)
	if code != 201 || dig(body, "items", 0, "id") != 1.0 || dig(body, "items", 0, "until") != "2026-11-23T12:10:00Z" {
		t.Errorf("%d %v", code, body)
	}
	if code, _ = do("POST", "/_sim/faults", `[{"kind":"zero"},{"kind":"slow","endpoint":"graph.batch","share":0.5}]`); code != 201 || len(s.Faults()) != 3 {
		t.Errorf("%d %v", code, s.Faults())
	}
	if got := askV2(s).Code; got != 503 {
		t.Errorf("during the outage: %d", got)
	}
	c.t = noon.Add(10 * time.Minute)
	if got := askV2(s).Code; got != 200 {
		t.Errorf("after it: %d", got)
	}
	_, body = do("GET", "/_sim/faults", "")
	if dig(body, "items", 0, "hits") != 1.0 || dig(body, "items", 2, "kind") != "slow" {
		t.Errorf("list %v", body)
	}
	_, body = do("GET", "/_sim/stats", "")
	if dig(body, "endpoints", "x.users", "calls") != 2.0 || dig(body, "total", "accounts") != 2.0 || dig(body, "total", "faulted") != 2.0 {
		t.Errorf("stats %v", body)
	}
	for path, want := range map[string]int{"/_sim/faults/2": 204, "/_sim/faults/77": 404, "/_sim/faults/x": 404} {
		if code, _ = do("DELETE", path, ""); code != want {
			t.Errorf("DELETE %s: %d", path, code)
		}
	}
	if code, _ = do("DELETE", "/_sim/faults", ""); code != 204 || len(s.Faults()) != 0 {
		t.Errorf("%d %v", code, s.Faults())
	}
	if code, _ = do("GET", "/_sim/moon", ""); code != 404 {
		t.Errorf("unknown control: %d", code)
	}
}

// TestManyAtOnce gives the race detector something to look at, and checks
// that no call is lost from the stats.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{XLimit: 100, TrackReads: true})
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 25 {
				askV2(s)
				askV11(s)
				askBatch(s)
				if n, err := s.AddFault(Fault{Kind: Zero, Share: 0.5}); err == nil {
					s.RemoveFault(n)
				}
			}
		})
	}
	wg.Wait()
	st := s.Stats()
	if st.Total.Calls != 600 || st.Endpoints[XUsers].OverLimit != 100 || st.Endpoints[XLookup].OverLimit != 100 ||
		s.Reads(X, 1) != 200 || s.Reads(Facebook, 3) != 200 {
		t.Errorf("stats %+v", st)
	}
}

func TestNewRefusesTooManyPeople(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	New(Options{People: MaxPeople + 1})
}
