package web

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func get(s *Server, path string) (int, string) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestHealthAndReadiness(t *testing.T) {
	t.Parallel()
	well := Check{"queue", func(context.Context) error { return nil }}
	ill := Check{"database", func(context.Context) error { return errors.New("no connection") }}
	tests := []struct {
		checks []Check
		path   string
		status int
		body   string
	}{
		{nil, "/healthz", 200, `{"status":"ok"}`},
		{[]Check{ill}, "/healthz", 200, `{"status":"ok"}`},
		{[]Check{well}, "/readyz", 200, `{"status":"ready","checks":[{"name":"queue","ok":true}]}`},
		{[]Check{ill, well}, "/readyz", 503,
			`{"status":"not ready","checks":[{"name":"database","ok":false,"problem":"no connection"},{"name":"queue","ok":true}]}`},
		{nil, "/metrics", 404, "404 page not found"},
	}
	for _, tt := range tests {
		status, body := get(New(Options{Checks: tt.checks}), tt.path)
		if status != tt.status || body != tt.body {
			t.Errorf("%s with %d checks: %d %s\nwant %d %s", tt.path, len(tt.checks), status, body, tt.status, tt.body)
		}
	}
}

func TestSlowCheckIsNotReady(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		hang := Check{"database", func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
		start := time.Now()
		status, body := get(New(Options{Checks: []Check{hang, hang}}), "/readyz")
		if status != 503 || !strings.Contains(body, "no answer within 2s") {
			t.Errorf("%d %s", status, body)
		}
		if took := time.Since(start); took != checkTimeout {
			t.Errorf("two hanging checks took %v", took)
		}
	})
}

func TestOnlyGet(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	New(Options{}).ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/healthz", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("POST: %d", w.Code)
	}
}

// TestServeDrains stops the server while a request is under way: the answer
// still comes, and nothing new is taken.
func TestServeDrains(t *testing.T) {
	t.Parallel()
	inside, finish := make(chan struct{}), make(chan struct{})
	s := New(Options{Checks: []Check{{"slow", func(context.Context) error { close(inside); <-finish; return nil }}}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n")
	<-inside
	stop()
	refused := func() bool {
		c, err := net.Dial("tcp", l.Addr().String())
		if err == nil {
			c.Close()
		}
		return err != nil
	}
	for !refused() {
	}
	close(finish)
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != 200 || !strings.Contains(string(body), `"ready"`) {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
	if err := <-served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}
