package web

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Limits of the server. A slow or greedy client costs no more than these.
const (
	maxHeader     = 64 << 10
	headerTimeout = 5 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
)

// Options sets up a server.
type Options struct {
	Checks  []Check       // what /readyz asks, in this order
	Metrics MetricsDoor   // GET /metrics
	Badges  *BadgeOptions // the public badge pages; nil has none
	Log     *slog.Logger  // nil logs nothing
	Drain   time.Duration // how long requests under way may take once asked to stop; 0 means 25 seconds

	// Keys lets callers of the API in; without it there is no API.
	Keys           Authenticator
	Services       Services // what the API serves
	Platforms      []influencer.Platform
	TrustedProxies []netip.Prefix   // whose word on the client's address counts
	Now            func() time.Time // the clock of what is stored; nil means time.Now
	Version        string           // of the program, for the document

	// OnRequest is told of every request that was answered; route is the pattern
	// that served it, "" when none did. nil tells nobody.
	OnRequest func(route, method string, code int, took time.Duration)
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Drain == 0 {
		o.Drain = 25 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// Server answers HTTP.
type Server struct {
	http   *http.Server
	drain  time.Duration
	routes []routeSpec
}

// New builds a server; it listens nowhere yet.
func New(o Options) *Server {
	o = o.withDefaults()
	a := newAPI(operated(o), o)
	if o.Keys != nil {
		a.register(o.Services)
		a.finish()
	}
	if o.Badges != nil {
		newBadges(*o.Badges, o.Log).mount(a.mux)
	}
	return a.serving(o)
}

// NewOperated builds a server with nothing but what operators ask: health,
// readiness and metrics.
func NewOperated(o Options) *Server {
	o = o.withDefaults()
	return newAPI(operated(o), o).serving(o)
}

// operated answers what operators and their programs ask.
func operated(o Options) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", healthz)
	mux.Handle("GET /readyz", readyz{checks: o.Checks, log: o.Log})
	return mux
}

func (a *api) serving(o Options) *Server {
	if o.Metrics.Handler != nil {
		a.metrics(o.Metrics)
	}
	s := &Server{drain: o.Drain, routes: a.routes, http: &http.Server{
		Handler:           guard(a.watch(a.unrouted(a.mux))),
		MaxHeaderBytes:    maxHeader,
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          slog.NewLogLogger(o.Log.Handler(), slog.LevelWarn),
	}}
	s.http.RegisterOnShutdown(sync.OnceFunc(func() { close(a.closing) }))
	return s
}

// ServeHTTP lets tests do without a listener.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.http.Handler.ServeHTTP(w, r) }

// Serve answers on l until ctx ends, then lets the requests under way finish.
// It closes l, and returns nil after an orderly end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- s.http.Serve(l) }()
	select {
	case err := <-served:
		return fmt.Errorf("web: serve: %w", err)
	case <-ctx.Done():
	}
	late, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.drain)
	defer cancel()
	err := s.http.Shutdown(late)
	if err != nil {
		err = errors.Join(fmt.Errorf("web: requests still under way after %v: %w", s.drain, err), s.http.Close())
	}
	if end := <-served; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, fmt.Errorf("web: serve: %w", end))
	}
	return err
}

// guard sets what every answer carries.
func guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		next.ServeHTTP(w, r)
	})
}
