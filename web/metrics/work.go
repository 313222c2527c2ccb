package metrics

import (
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pengikut/pengikut/influencer"
)

// work counts what this process does, as it happens.
type work struct {
	reads, batches, deliveries, jobs, requests            *prometheus.CounterVec
	jobSuccess                                            *prometheus.GaugeVec
	callTime, batchTime, deliveryTime, jobTime, replyTime *prometheus.HistogramVec
}

func newWork() work {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	times := func(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
		return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, labels)
	}
	short := []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 20}
	long := []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60, 300, 600}
	return work{
		reads: counter("pengikut_reads_total",
			"Accounts looked at, by what became of it: read, suspect, or the kind of failure.", "platform", "purpose", "outcome"),
		batches: counter("pengikut_batches_total",
			"Batches of accounts, by what became of them: read, refused, stale, skipped, error, or the kind of failure of the platform.", "platform", "purpose", "outcome"),
		deliveries: counter("pengikut_deliveries_total",
			"Attempts to send a message to a webhook, by outcome: success, refused, gone, unanswered or interrupted.", "outcome"),
		jobs:     counter("pengikut_periodic_runs_total", "Runs of periodic work, by outcome: success or failure.", "task", "outcome"),
		requests: counter("pengikut_http_requests_total", "HTTP requests answered.", "route", "method", "code"),
		jobSuccess: prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "pengikut_periodic_last_success_timestamp_seconds",
			Help: "When periodic work last succeeded in this process."}, []string{"task"}),
		callTime: times("pengikut_connector_call_duration_seconds",
			"Time that a platform took for one call, by outcome: success or the kind of failure.", short, "platform", "outcome"),
		batchTime: times("pengikut_batch_duration_seconds", "Time from the start of a batch to its record.", long, "platform"),
		deliveryTime: times("pengikut_delivery_duration_seconds",
			"Time that an attempt to send a message to a webhook took.", short, "outcome"),
		jobTime:   times("pengikut_periodic_duration_seconds", "Time that a run of periodic work took.", long, "task"),
		replyTime: times("pengikut_http_request_duration_seconds", "Time to answer an HTTP request.", short, "route"),
	}
}

func (w work) all() []prometheus.Collector {
	return []prometheus.Collector{w.reads, w.batches, w.deliveries, w.jobs, w.requests, w.jobSuccess,
		w.callTime, w.batchTime, w.deliveryTime, w.jobTime, w.replyTime}
}

// Describe implements [prometheus.Collector].
func (w work) Describe(out chan<- *prometheus.Desc) {
	for _, c := range w.all() {
		c.Describe(out)
	}
}

// Collect implements [prometheus.Collector].
func (w work) Collect(out chan<- prometheus.Metric) {
	for _, c := range w.all() {
		c.Collect(out)
	}
}

// The outcomes that are no kind of failure.
const (
	outcomeRead    = "read"
	outcomeSuspect = "suspect"
	outcomeSuccess = "success"
	outcomeFailure = "failure"
)

// Batch is one batch that this process worked on.
type Batch struct {
	Platform influencer.Platform
	Purpose  influencer.Purpose
	Size     int // accounts
	Took     time.Duration
	Recorded influencer.Recorded
	Failed   map[influencer.FailureKind]int // accounts with a failure of their own
	Failure  *influencer.Failure            // why the whole batch was not read
	Stale    bool
	Skipped  bool
	Error    bool
}

// Batch counts a batch and its accounts.
func (w work) Batch(b Batch) {
	platform, purpose := string(b.Platform), string(b.Purpose)
	w.batches.WithLabelValues(platform, purpose, b.outcome()).Inc()
	w.batchTime.WithLabelValues(platform).Observe(b.Took.Seconds())
	read := func(outcome string, n int) {
		if n > 0 {
			w.reads.WithLabelValues(platform, purpose, outcome).Add(float64(n))
		}
	}
	if b.Recorded.Refused != nil { // answered, paid for and not believed
		read(string(b.Recorded.Refused.Kind), b.Size)
		return
	}
	read(outcomeRead, b.Recorded.Read-b.Recorded.Suspect)
	read(outcomeSuspect, b.Recorded.Suspect)
	for kind, n := range b.Failed {
		read(string(kind), n)
	}
}

func (b Batch) outcome() string {
	switch {
	case b.Error:
		return "error"
	case b.Stale || b.Recorded.Stale:
		return "stale"
	case b.Skipped:
		return "skipped"
	case b.Failure != nil:
		return string(b.Failure.Kind)
	case b.Recorded.Refused != nil:
		return "refused"
	}
	return outcomeRead
}

// Call counts one call of a platform; failure is "" when it was answered.
func (w work) Call(p influencer.Platform, failure influencer.FailureKind, took time.Duration) {
	outcome := outcomeSuccess
	if failure != "" {
		outcome = string(failure)
	}
	w.callTime.WithLabelValues(string(p), outcome).Observe(took.Seconds())
}

// Job counts a run of periodic work.
func (w work) Job(name string, err error, took time.Duration) {
	outcome := outcomeSuccess
	if err != nil {
		outcome = outcomeFailure
	} else {
		w.jobSuccess.WithLabelValues(name).SetToCurrentTime()
	}
	w.jobs.WithLabelValues(name, outcome).Inc()
	w.jobTime.WithLabelValues(name).Observe(took.Seconds())
}

// Request counts an HTTP request; route is the pattern that served it.
func (w work) Request(route, method string, code int, took time.Duration) {
	w.requests.WithLabelValues(route, method, strconv.Itoa(code)).Inc()
	w.replyTime.WithLabelValues(route).Observe(took.Seconds())
}
