package x

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// platform is a scripted X: each call is noted and answered by the next script
// line, the last one repeating.
type platform struct {
	t     *testing.T
	url   string
	mu    sync.Mutex
	calls []string // path?query
	next  []http.HandlerFunc
	http  *connectors.Client
}

func script(t *testing.T, next ...http.HandlerFunc) *platform {
	t.Helper()
	p := &platform{t: t, next: next}
	srv := httptest.NewServer(p)
	p.url = srv.URL + "/under/a/path"
	p.http = connectors.NewClient(connectors.ClientOptions{Now: func() time.Time { return noon }, Timeout: time.Minute})
	t.Cleanup(func() { p.http.Close(); srv.Close() })
	return p
}

func (p *platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.calls = append(p.calls, r.URL.Path+"?"+r.URL.RawQuery)
	h := p.next[0]
	if len(p.next) > 1 {
		p.next = p.next[1:]
	}
	p.mu.Unlock()
	h(w, r)
}

func (p *platform) wantCalls(n int) {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.calls) != n {
		p.t.Errorf("%d calls, want %d: %q", len(p.calls), n, p.calls)
	}
}

func (p *platform) options() Options {
	return Options{BaseURL: p.url + "/", Bearer: "the-bearer", HTTP: p.http}
}

func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func ids(list ...string) influencer.Request {
	var out influencer.Request
	for i, id := range list {
		out.Targets = append(out.Targets, influencer.Target{AccountID: int64(i + 1), Handle: "h" + id, ExternalID: id})
	}
	return out
}

func names(list ...string) influencer.Request {
	var out influencer.Request
	for i, h := range list {
		out.Targets = append(out.Targets, influencer.Target{AccountID: int64(i + 1), Handle: h})
	}
	return out
}

// told writes an observation as one line, for comparing.
func told(o influencer.Observation) string {
	if o.Failure != nil {
		if o.Counts != (influencer.Counts{}) {
			return "counts beside a failure"
		}
		return fmt.Sprintf("%d %s", o.AccountID, o.Failure.Kind)
	}
	n := func(v *int64) string {
		if v == nil {
			return "?"
		}
		return fmt.Sprint(*v)
	}
	s := fmt.Sprintf("%d id=%s @%s followers=%s following=%s posts=%s", o.AccountID, o.ExternalID, o.Handle,
		n(o.Counts.Followers), n(o.Counts.Following), n(o.Counts.Posts))
	if !o.Counts.LastActiveAt.IsZero() {
		s += " active=" + o.Counts.LastActiveAt.Format(time.RFC3339)
	}
	if o.Private {
		s += " private"
	}
	return s
}

func wantTold(t *testing.T, obs []influencer.Observation, err error, want ...string) {
	t.Helper()
	if err != nil {
		t.Fatalf("the whole batch failed: %v", err)
	}
	if len(obs) != len(want) {
		t.Fatalf("%d observations, want %d", len(obs), len(want))
	}
	for i, o := range obs {
		if got := told(o); got != want[i] {
			t.Errorf("got  %s (%v)\nwant %s", got, o.Failure, want[i])
		}
	}
}
