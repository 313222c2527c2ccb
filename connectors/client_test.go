package connectors

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const token influencer.Secret = "EAAB-very-secret-token-0123456789"

// serve starts a server and a client that talks to it at noon.
func serve(t *testing.T, h http.HandlerFunc) (string, *Client) {
	t.Helper()
	srv := httptest.NewServer(h)
	c := NewClient(ClientOptions{Now: func() time.Time { return noon }, Timeout: time.Minute, MaxBody: 1 << 16})
	t.Cleanup(func() { c.Close(); srv.Close() })
	return srv.URL, c
}

func call(base string) Call {
	return Call{Ask: Ask{Key: Key{Platform: "x", Credential: "c", Endpoint: "users"}}, URL: base + "/p",
		Query: url.Values{"access_token": {token.Reveal()}}, Secrets: []influencer.Secret{token}}
}

func TestAnswersAreTyped(t *testing.T) {
	t.Parallel()
	html := "<html>Sorry</html>"
	for name, tc := range map[string]struct {
		status int
		ctype  string
		body   string
		want   influencer.FailureKind // "" is success
	}{
		"good":              {200, "application/json", `{"a":1}`, ""},
		"good without type": {200, "", `[]`, ""},
		"empty":             {200, "application/json", "", influencer.Unavailable},
		"html as 200":       {200, "text/html", html, influencer.Unavailable},
		"html as json":      {200, "application/json", " \n" + html, influencer.Unavailable},
		"half":              {200, "application/json", `{"a":[1,2`, influencer.Unavailable},
		"no json":           {200, "application/json", `{"a":x}`, influencer.Malformed},
		"two values":        {200, "application/json", `{} {}`, influencer.Malformed},
		"too long":          {200, "application/json", `"` + strings.Repeat("a", 1<<16) + `"`, influencer.Malformed},
		"500 empty":         {500, "", "", influencer.Unavailable},
		"503 html":          {503, "text/html", html, influencer.Unavailable},
		"403 html":          {403, "text/html", html, influencer.Unavailable},
		"401":               {401, "application/json", `{}`, influencer.CredentialDead},
		"401 from a proxy":  {401, "text/html", `<html>log in</html>`, influencer.Unavailable},
		"402":               {402, "application/json", `{}`, influencer.BudgetSpent},
		"403":               {403, "application/json", `{}`, influencer.Forbidden},
		"404 empty":         {404, "", "", influencer.Forbidden},
		"420":               {420, "", "", influencer.RateLimited},
		"429":               {429, "", "", influencer.RateLimited},
		"400":               {400, "application/json", `{}`, influencer.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if tc.ctype != "" {
					w.Header().Set("Content-Type", tc.ctype)
				}
				w.WriteHeader(tc.status)
				fmt.Fprint(w, tc.body)
			})
			_, err := c.Do(t.Context(), call(base))
			wantKind(t, err, tc.want)
		})
	}
}

func wantKind(t *testing.T, err error, want influencer.FailureKind) *influencer.Failure {
	t.Helper()
	var f *influencer.Failure
	switch {
	case want == "" && err == nil:
		return nil
	case !errors.As(err, &f):
		t.Fatalf("got %v, want a failure of kind %q", err, want)
	case f.Kind != want:
		t.Fatalf("got %v, want kind %q", f, want)
	case strings.Contains(fmt.Sprintf("%v %v %+v %v", f, f.Err, *f, errors.Unwrap(f)), token.Reveal()):
		t.Fatalf("the failure tells the token: %+v", *f)
	}
	return f
}

func TestNoSecretInErrors(t *testing.T) {
	t.Parallel()
	base, c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":"Malformed access token %s"}`, token.Reveal())
	})
	echo := call(base)
	echo.Explain = func(a *Answer) *influencer.Failure { return Failf(influencer.CredentialDead, "", "%s", a.Body) }
	_, err := c.Do(t.Context(), echo)
	if f := wantKind(t, err, influencer.CredentialDead); !strings.Contains(f.Detail, "Malformed access token") {
		t.Errorf("the rest of the words is lost: %q", f.Detail)
	}
	gone := call("http://127.0.0.1:1") // nobody listens there: the error text of net/http holds the query
	_, err = c.Do(t.Context(), gone)
	wantKind(t, err, influencer.Unavailable)
	_, err = c.Do(t.Context(), call("http://bad host"))
	wantKind(t, err, influencer.Malformed)
}

func TestRedirectIsRefused(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer other.Close()
	base, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	_, err := c.Do(t.Context(), call(base))
	wantKind(t, err, influencer.Unavailable)
	if reached.Load() {
		t.Error("the redirect was followed, with the credential")
	}
}

func TestCutConnectionIsUnavailable(t *testing.T) {
	t.Parallel()
	base, c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, `{"data":[`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	_, err := c.Do(t.Context(), call(base))
	wantKind(t, err, influencer.Unavailable)
}

func TestCancelReturnsAtOnce(t *testing.T) {
	t.Parallel()
	arrived := make(chan struct{})
	base, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush() // the status is out, the body hangs
		close(arrived)
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	_, err := c.Do(ctx, call(base))
	wantKind(t, err, influencer.Unavailable)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v does not wrap context.Canceled", err)
	}
}

func TestTimeoutIsUnavailable(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	c := NewClient(ClientOptions{Timeout: 20 * time.Millisecond})
	defer c.Close()
	_, err := c.Do(t.Context(), call(base))
	if f := wantKind(t, err, influencer.Unavailable); f.Detail != "no whole answer in time" {
		t.Errorf("detail %q", f.Detail)
	}
}

func TestGzipIsBounded(t *testing.T) {
	t.Parallel()
	base, c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		fmt.Fprintf(z, `"%s"`, strings.Repeat("a", 1<<20))
		_ = z.Close()
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(b.Bytes())
	})
	_, err := c.Do(t.Context(), call(base))
	wantKind(t, err, influencer.Malformed)
}

func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	peers := make(chan string, 20)
	base, c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		peers <- r.RemoteAddr
		w.WriteHeader(http.StatusServiceUnavailable)
		fmt.Fprint(w, strings.Repeat("x", 10_000))
	})
	for range 10 {
		_, err := c.Do(t.Context(), call(base))
		wantKind(t, err, influencer.Unavailable)
	}
	first := <-peers
	for range 9 {
		if again := <-peers; again != first {
			t.Fatalf("a second connection %s beside %s", again, first)
		}
	}
}

func TestRefusalClosesTheGate(t *testing.T) {
	t.Parallel()
	reset := noon.Add(7 * time.Minute)
	var calls atomic.Int32
	for name, tc := range map[string]struct {
		header map[string]string
		until  time.Time
	}{
		"window":                    {map[string]string{"x-rate-limit-limit": "300", "x-rate-limit-remaining": "0", "x-rate-limit-reset": fmt.Sprint(reset.Unix())}, reset},
		"day, while window is open": {map[string]string{"x-rate-limit-remaining": "299", "x-rate-limit-reset": fmt.Sprint(noon.Add(time.Minute).Unix()), "x-app-limit-24hour-remaining": "0", "x-app-limit-24hour-reset": fmt.Sprint(reset.Unix())}, reset},
		"window open, no other":     {map[string]string{"x-rate-limit-remaining": "39999", "x-rate-limit-reset": fmt.Sprint(reset.Unix())}, noon.Add(Cooldown)},
		"retry after":               {map[string]string{"Retry-After": "90"}, noon.Add(90 * time.Second)},
		"retry after a date":        {map[string]string{"Retry-After": reset.Format(http.TimeFormat)}, reset},
		"bare":                      {nil, noon.Add(Cooldown)},
		"reset in the past":         {map[string]string{"x-rate-limit-remaining": "0", "x-rate-limit-reset": "1567401935"}, noon.Add(Cooldown)},
		"graph minutes":             {map[string]string{"X-Business-Use-Case-Usage": `{"1":[{"type":"instagram","call_count":95,"total_time":20,"estimated_time_to_regain_access":19}]}`}, noon.Add(19 * time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			base, c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				for k, v := range tc.header {
					w.Header().Set(k, v)
				}
				w.WriteHeader(http.StatusTooManyRequests)
			})
			calls.Store(0)
			for range 3 {
				_, err := c.Do(t.Context(), call(base))
				if f := wantKind(t, err, influencer.RateLimited); !f.Until.Equal(tc.until) {
					t.Fatalf("until %v, want %v", f.Until, tc.until)
				}
			}
			if n := calls.Load(); n != 1 {
				t.Errorf("%d calls, want 1: the gate let calls through that were known to be refused", n)
			}
		})
	}
}

// shutGate refuses everything.
type shutGate struct{ err error }

func (g shutGate) Take(context.Context, Ask) (time.Time, error) { return time.Time{}, g.err }
func (g shutGate) Learn(context.Context, Key, []Limit)          {}
func (g shutGate) Lost(context.Context, Key)                    {}

func TestGateErrorsCloseIt(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, func(http.ResponseWriter, *http.Request) { t.Error("called through a broken gate") })
	broken := errors.New("connection refused")
	for _, tc := range []struct {
		err  error
		want influencer.FailureKind
	}{
		{broken, influencer.Unavailable},
		{fmt.Errorf("taking leave: %w", Failf(influencer.BudgetSpent, "", "the month's reads are used up")), influencer.BudgetSpent},
	} {
		c := NewClient(ClientOptions{Gate: shutGate{tc.err}})
		_, err := c.Do(t.Context(), call(base))
		wantKind(t, err, tc.want)
		if !errors.Is(err, tc.err) && tc.want == influencer.Unavailable {
			t.Errorf("%v lost its cause", err)
		}
	}
}

// ledger lets all calls through and counts what became of them.
type ledger struct{ taken, learned, lost atomic.Int64 }

func (l *ledger) Take(context.Context, Ask) (time.Time, error) {
	l.taken.Add(1)
	return time.Time{}, nil
}
func (l *ledger) Learn(context.Context, Key, []Limit) { l.learned.Add(1) }
func (l *ledger) Lost(context.Context, Key)           { l.lost.Add(1) }

// TestEveryCallIsAccountedFor: the gate hears of every call that it let through
// how it ended, or it would wait for the answer.
func TestEveryCallIsAccountedFor(t *testing.T) {
	t.Parallel()
	base, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("how") {
		case "hangs up":
			panic(http.ErrAbortHandler)
		case "half":
			w.Header().Set("Content-Length", "100")
		case "500":
			w.WriteHeader(500)
		}
		fmt.Fprint(w, `{}`)
	})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, tc := range map[string]struct {
		ctx  context.Context
		base string
		lost int64
	}{
		"well": {t.Context(), base, 0}, "500": {t.Context(), base, 0}, "half": {t.Context(), base, 0},
		"hangs up": {t.Context(), base, 1}, "nobody there": {t.Context(), "http://127.0.0.1:1", 1},
		"no address": {t.Context(), "http://bad host", 1}, "cancelled": {cancelled, base, 1},
	} {
		t.Run(name, func(t *testing.T) {
			var l ledger
			c := NewClient(ClientOptions{Gate: &l, Timeout: time.Minute})
			defer c.Close()
			one := call(tc.base)
			one.Query.Set("how", name)
			_, err := c.Do(tc.ctx, one)
			if (err == nil) != (name == "well") {
				t.Errorf("error %v", err)
			}
			if l.taken.Load() != 1 || l.lost.Load() != tc.lost || l.learned.Load() != 1-tc.lost {
				t.Errorf("%d taken, %d learned, %d lost", l.taken.Load(), l.learned.Load(), l.lost.Load())
			}
		})
	}
}
