package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// quick is how long a cheap answer is kept: several Prometheus servers that
	// scrape one process cost little more than one.
	quick        = 5 * time.Second
	quickTimeout = 3 * time.Second
	// A costly answer is kept longer, and so that at most one part in restShare of
	// the time goes into asking.
	slow        = time.Minute
	slowTimeout = 20 * time.Second
	restShare   = 30
)

// probe asks one source, and keeps its last answer.
type probe struct {
	name    string
	numbers []number // all that it may tell
	every   time.Duration
	timeout time.Duration
	ask     func(context.Context) ([]prometheus.Metric, error)
	log     *slog.Logger

	mu   sync.Mutex
	next time.Time // not asked before
	last []prometheus.Metric
	well bool
	took time.Duration
}

// refresh asks if the answer has become old. Of those that come at once one
// asks, and the others wait for the answer. A question goes on when the one who
// scraped has left, or an answer that takes longer than a scrape would never come.
func (p *probe) refresh(ctx context.Context) {
	p.mu.Lock()
	defer p.mu.Unlock()
	began := time.Now()
	if began.Before(p.next) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), p.timeout)
	defer cancel()
	last, err := p.ask(ctx)
	p.last, p.well, p.took = last, err == nil, time.Since(began)
	if err != nil {
		p.last = nil
		p.log.Warn("metrics not collected", "part", p.name, "error", err)
	}
	p.next = time.Now().Add(max(p.every, restShare*p.took))
}

// answer is what the probe has to say now.
func (p *probe) answer() (last []prometheus.Metric, well bool, took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.last, p.well, p.took
}

var (
	partWell = gauge("pengikut_metrics_part_success", "Whether the last look at this part was answered; 0 means that its series are missing.", "part")
	partTook = gauge("pengikut_metrics_part_duration_seconds", "How long the last look at this part took.", "part")
)

// kept shows what the probes keep.
type kept struct{ probes []*probe }

// Describe implements [prometheus.Collector].
func (k kept) Describe(out chan<- *prometheus.Desc) {
	describe(out, partWell, partTook)
	for _, p := range k.probes {
		describe(out, p.numbers...)
	}
}

// Collect implements [prometheus.Collector].
func (k kept) Collect(out chan<- prometheus.Metric) {
	for _, p := range k.probes {
		last, well, took := p.answer()
		for _, m := range last {
			out <- m
		}
		out <- partWell.of(truth(well), p.name)
		out <- partTook.of(took.Seconds(), p.name)
	}
}
