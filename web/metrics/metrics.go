// Package metrics tells Prometheus how the service fares. It is the only place
// that names Prometheus.
//
// Two kinds of numbers meet here. What this process does is counted as it
// happens: Batch, Call, Delivery, Job and Request are told of it. What the database, the
// queue and the platforms' limits say is asked for when somebody scrapes, by
// probes that keep their answer for a while, so that a scrape costs little
// however many accounts there are. Numbers of the second kind are the same in
// every process: take their maximum, not their sum. A probe that fails shows
// nothing rather than what was true before.
//
// No label names a person, an account or a token.
package metrics

import (
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Options says what there is to tell of. What is nil is not told.
type Options struct {
	Version string
	Roles   []string         // the parts that this process plays
	Now     func() time.Time // the clock that data lives by; nil means time.Now
	Log     *slog.Logger     // nil logs nothing
	Sources
}

// Metrics answers GET /metrics. Make it with New.
type Metrics struct {
	probes []*probe
	text   http.Handler
	work
}

// New builds all numbers; it asks nobody yet.
func New(o Options) *Metrics {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	m := &Metrics{probes: o.probes(o.Now), work: newWork()}
	registry := prometheus.NewRegistry()
	registry.MustRegister(
		collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
		process{o}, m.work, kept{m.probes},
	)
	for _, p := range m.probes {
		p.log = o.Log
	}
	m.text = promhttp.HandlerFor(registry, promhttp.HandlerOpts{
		ErrorLog: slog.NewLogLogger(o.Log.Handler(), slog.LevelError), ErrorHandling: promhttp.ContinueOnError, Registry: registry,
	})
	return m
}

// ServeHTTP asks the probes whose answers have become old, all at once, and
// writes everything. Who may read it is for others to decide.
func (m *Metrics) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var all sync.WaitGroup
	for _, p := range m.probes {
		all.Go(func() { p.refresh(r.Context()) })
	}
	all.Wait()
	m.text.ServeHTTP(w, r)
}

var (
	buildInfo = gauge("pengikut_build_info", "Always 1; the labels tell which program this is.", "version")
	roleOn    = gauge("pengikut_role", "1 for each part of the service that this process plays.", "role")
	clock     = gauge("pengikut_time_seconds", "The clock that this process lives by, in seconds since 1970. A demo's runs fast.")
)

// process tells what this process is.
type process struct{ o Options }

// Describe implements [prometheus.Collector].
func (p process) Describe(out chan<- *prometheus.Desc) { describe(out, buildInfo, roleOn, clock) }

// Collect implements [prometheus.Collector].
func (p process) Collect(out chan<- prometheus.Metric) {
	out <- buildInfo.of(1, p.o.Version)
	for _, r := range p.o.Roles {
		out <- roleOn.of(1, r)
	}
	out <- clock.of(unix(p.o.Now()))
}
