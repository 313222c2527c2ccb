package simulator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Server answers as X v2, X v1.1 and the Graph API would, all on one port.
// It is an http.Handler, safe for concurrent use.
type Server struct {
	o        Options
	people   *Population
	faults   faults
	counters map[Endpoint]*counter
	windows  map[string]*window
	reads    reads
	revoked  atomic.Int64 // app tokens so far
	replies  sync.Pool
}

// New makes a server. It panics when o.People exceeds MaxPeople.
func New(o Options) *Server {
	o = o.withDefaults()
	s := &Server{o: o, people: NewPopulation(o), counters: map[Endpoint]*counter{}, windows: newWindows(o)}
	for _, e := range endpoints() {
		s.counters[e] = new(counter)
	}
	if o.TrackReads {
		s.reads = newReads(o.People)
	}
	s.replies.New = func() any { return new(reply) }
	return s
}

// Population returns the people behind the platforms.
func (s *Server) Population() *Population { return s.people }

// Truth returns what is so about one account at a time, whatever today's
// faults make its platform say.
func (s *Server) Truth(pf Platform, index int, at time.Time) Profile {
	return s.people.Profile(pf, index, at)
}

// reply is an answer under way. Its buffers are used again.
type reply struct {
	status   int
	ctype    string
	body     []byte
	sky      sky
	endpoint Endpoint
	asked    int
	accounts int
	usage    usage // Graph
	// profiles and absent are room for the accounts of one answer.
	profiles []Profile
	absent   []absence
}

const (
	jsonType = "application/json; charset=utf-8"
	htmlType = "text/html; charset=utf-8"
)

// bufferKept is the largest body buffer that is kept for the next answer.
const bufferKept = 1 << 20

func (s *Server) reply() *reply {
	p := s.replies.Get().(*reply)
	*p = reply{status: http.StatusOK, ctype: jsonType, body: p.body[:0], profiles: p.profiles[:0], absent: p.absent[:0]}
	return p
}

// ServeHTTP answers one call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.URL.Path, "/_sim/") {
		s.control(w, r)
		return
	}
	p := s.reply()
	s.route(w, r, p)
	p.overrule()
	s.tally(p)
	s.deliver(w, r, p)
	if cap(p.body) <= bufferKept {
		s.replies.Put(p)
	}
}

// overrule applies Fault.Status to an answer that a fault gave.
func (p *reply) overrule() {
	for _, f := range p.sky {
		c, _ := classOf(f.Kind)
		if f.Status != 0 && (c == wire || c == refusal && p.status != http.StatusOK) {
			p.status = f.Status
		}
	}
}

// tally adds an answer to the stats.
func (s *Server) tally(p *reply) {
	c := s.counters[p.endpoint]
	c.calls.Add(1)
	c.asked.Add(int64(p.asked))
	c.accounts.Add(int64(p.accounts))
	if len(p.sky) > 0 {
		c.faulted.Add(1)
	}
}

// route finds the platform that is meant. X's paths begin with a number,
// Graph's with a version or a node.
func (s *Server) route(w http.ResponseWriter, r *http.Request, p *reply) {
	path := r.URL.Path
	switch {
	case path == "/2/users":
		s.xv2(w, r, p, XUsers)
	case path == "/2/users/by":
		s.xv2(w, r, p, XUsersBy)
	case strings.HasPrefix(path, "/2/"):
		p.endpoint = Elsewhere
		p.status = http.StatusNotFound // X answers an unknown v2 path without a body
	case strings.HasPrefix(path, "/1.1/"):
		s.v11(w, r, p)
	case path == "/oauth2/token":
		s.appToken(r, p)
	default:
		s.graph(w, r, p)
	}
}

// serveGrace is how long Serve waits for answers under way.
const serveGrace = 2 * time.Second

// Serve answers on l until ctx ends, then waits shortly for the answers under
// way and returns nil. The listener is closed.
func (s *Server) Serve(ctx context.Context, l net.Listener) error { return serveUntil(ctx, l, s) }

// serveUntil answers on l until ctx ends.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	srv := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan error, 1)
	go func() { done <- srv.Serve(l) }()
	select {
	case err := <-done:
		return fmt.Errorf("serving the simulator: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), serveGrace)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		_ = srv.Close()
	}
	if err := <-done; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving the simulator: %w", err)
	}
	return nil
}

// newWindows makes the rate windows. X counts each endpoint by itself, and on
// v1.1 user tokens apart from the app: 300 calls for the app and 900 for a
// user per 15 minutes (docs.x.com, rate limits; developer.x.com, users/lookup).
func newWindows(o Options) map[string]*window {
	out := map[string]*window{
		"graph": {limit: o.GraphLimit, length: o.GraphWindow},
		"day":   {limit: o.XDayLimit, length: 24 * time.Hour},
	}
	for _, e := range []Endpoint{XUsers, XUsersBy, XLookup, XShow, XRateStatus} {
		out[string(e)] = &window{limit: o.XLimit, length: o.XWindow}
		out[string(e)+"/user"] = &window{limit: 3 * o.XLimit, length: o.XWindow}
	}
	return out
}
