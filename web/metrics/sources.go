package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pengikut/pengikut/influencer"
)

// Sources are those who are asked. One that is nil is not.
type Sources struct {
	Every     map[influencer.Platform]time.Duration // longest time between two reads; the platforms that are read
	Checks    []Check
	Periodic  []Periodic
	Census    Census
	Decisions Decisions
	Platforms Platforms
	Budgets   Budgets
	Room      Room
	Outbox    Outbox
	Breaker   Breaker
	Resyncs   Resyncs
	Queues    func(context.Context) ([]Queue, error)
	Pool      func() Pool
}

// Census counts people and accounts.
type Census interface {
	Census(context.Context) (influencer.Census, error)
}

// Decisions counts moves by their ids.
type Decisions interface {
	NewestDecision(context.Context) (int64, error)
	CountMoves(ctx context.Context, after, upTo int64) ([]influencer.MoveCount, error)
}

// Platforms tells how each platform as a whole fares.
type Platforms interface {
	PlatformHealth(context.Context) ([]influencer.PlatformHealth, error)
}

// Budgets tells how the month's reads stand.
type Budgets interface {
	Usage(ctx context.Context, month time.Time) ([]influencer.Usage, error)
	Forecast(context.Context, influencer.Platform) (influencer.Budget, error)
}

// Room tells how many accounts a platform's limits would let through now.
type Room interface {
	Headroom(context.Context, influencer.Platform, influencer.Purpose) (accounts int, until time.Time, known bool)
}

// Check is one part of readiness; its error is not shown.
type Check struct {
	Name  string
	Probe func(context.Context) error
}

// Periodic is work that is done again and again.
type Periodic struct {
	Name  string
	Every time.Duration
}

// Queue is what waits and what is under way in one queue.
type Queue struct {
	Name                             string
	Pending, Active, Retry, Archived int
	Latency                          time.Duration // age of the oldest pending task
	Paused                           bool
}

// Pool tells how the connections to the database are used.
type Pool struct {
	InUse, Idle, Max int
	Waits            int64 // times that a query waited for a connection
	Waited           time.Duration
}

// probes are the questions to those sources that there are.
func (s Sources) probes(now func() time.Time) []*probe {
	all := []*probe{s.settings()}
	add := func(there bool, make func() *probe) {
		if there {
			all = append(all, make())
		}
	}
	add(len(s.Checks) > 0, func() *probe { return readiness(s.Checks) })
	add(s.Census != nil, func() *probe { return census(s.Census) })
	add(s.Decisions != nil, func() *probe { return decisions(s.Decisions) })
	add(s.Platforms != nil, func() *probe { return platforms(s.Platforms, s.Every, now) })
	add(s.Budgets != nil, func() *probe { return usage(s.Budgets, s.Every, now) })
	add(s.Budgets != nil, func() *probe { return forecast(s.Budgets, s.Every) })
	add(s.Room != nil, func() *probe { return headroom(s.Room, s.Every) })
	add(s.Outbox != nil, func() *probe { return outbox(s.Outbox) })
	add(s.Breaker != nil, func() *probe { return breaker(s.Breaker) })
	add(s.Resyncs != nil, func() *probe { return resyncs(s.Resyncs) })
	add(s.Queues != nil, func() *probe { return queues(s.Queues) })
	add(s.Pool != nil, func() *probe { return pool(s.Pool) })
	return all
}

var (
	every    = gauge("pengikut_read_interval_seconds", "Longest time between two reads of an account that the configuration wants.", "platform")
	interval = gauge("pengikut_periodic_interval_seconds", "How often periodic work is to be done.", "task")
)

// settings is what does not change while the process runs.
func (s Sources) settings() *probe {
	return &probe{name: "settings", numbers: []number{every, interval}, every: time.Hour, timeout: quickTimeout,
		ask: func(context.Context) ([]prometheus.Metric, error) {
			var out []prometheus.Metric
			for p, d := range s.Every {
				out = append(out, every.of(d.Seconds(), string(p)))
			}
			for _, p := range s.Periodic {
				out = append(out, interval.of(p.Every.Seconds(), p.Name))
			}
			return out, nil
		}}
}

var ready = gauge("pengikut_ready", "Whether a part of readiness is well, as /readyz tells it.", "check")

func readiness(checks []Check) *probe {
	return &probe{name: "readiness", numbers: []number{ready}, every: quick, timeout: quickTimeout,
		ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			var out []prometheus.Metric
			for _, c := range checks {
				out = append(out, ready.of(truth(c.Probe(ctx) == nil), c.Name))
			}
			return out, nil
		}}
}

var (
	queueTasks = gauge("pengikut_queue_tasks", "Tasks in a queue, by what they wait for.", "queue", "state")
	queueAge   = gauge("pengikut_queue_latency_seconds", "Age of the oldest task that waits for a free worker.", "queue")
	queueStop  = gauge("pengikut_queue_paused", "1 for a queue that somebody paused.", "queue")
)

func queues(ask func(context.Context) ([]Queue, error)) *probe {
	return &probe{name: "queues", numbers: []number{queueTasks, queueAge, queueStop}, every: quick, timeout: quickTimeout,
		ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			all, err := ask(ctx)
			var out []prometheus.Metric
			for _, q := range all {
				out = append(out,
					queueTasks.of(float64(q.Pending), q.Name, "pending"), queueTasks.of(float64(q.Active), q.Name, "active"),
					queueTasks.of(float64(q.Retry), q.Name, "retry"), queueTasks.of(float64(q.Archived), q.Name, "archived"),
					queueAge.of(q.Latency.Seconds(), q.Name), queueStop.of(truth(q.Paused), q.Name))
			}
			return out, err
		}}
}

var (
	poolConns  = gauge("pengikut_database_connections", "Open connections to the database, by use.", "state")
	poolMax    = gauge("pengikut_database_connections_max", "Connections that this process may open.")
	poolWaits  = total("pengikut_database_waits_total", "Queries that waited for a free connection.")
	poolWaited = total("pengikut_database_wait_seconds_total", "Time that queries waited for a free connection.")
)

func pool(ask func() Pool) *probe {
	return &probe{name: "pool", numbers: []number{poolConns, poolMax, poolWaits, poolWaited}, timeout: quickTimeout,
		ask: func(context.Context) ([]prometheus.Metric, error) {
			p := ask()
			return []prometheus.Metric{poolConns.of(float64(p.InUse), "in_use"), poolConns.of(float64(p.Idle), "idle"),
				poolMax.of(float64(p.Max)), poolWaits.of(float64(p.Waits)), poolWaited.of(p.Waited.Seconds())}, nil
		}}
}
