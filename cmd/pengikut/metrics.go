package main

import (
	"context"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/connectors/gate"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
	"github.com/pengikut/pengikut/web/metrics"
	"github.com/pengikut/pengikut/worker"
)

// measured is what the metrics of a process are made from.
type measured struct {
	roles  roles
	checks []web.Check
	queue  redis.UniversalClient
	worker *worker.Worker // nil without that role
	room   *gate.Headroom // likewise
}

// metrics builds what Prometheus reads.
func (h *house) metrics(ctx context.Context, m measured) (*metrics.Metrics, error) {
	every, err := h.paces(ctx)
	if err != nil {
		return nil, err
	}
	o := metrics.Options{Version: versionText(), Roles: strings.Split(m.roles.String(), ","), Now: h.now, Log: h.log}
	o.Sources = metrics.Sources{Every: every, Census: h.store, Decisions: h.store, Platforms: h.store, Budgets: h.store,
		Outbox: h.store, Breaker: h.store, Resyncs: h.store, Queues: queuesOf(m.queue), Pool: h.pool}
	for _, c := range m.checks {
		o.Checks = append(o.Checks, metrics.Check(c))
	}
	if m.worker != nil {
		for _, p := range m.worker.Periodic() {
			o.Periodic = append(o.Periodic, metrics.Periodic(p))
		}
		o.Room = m.room
	}
	return metrics.New(o), nil
}

// paces is how often the platforms that have credentials are read.
func (h *house) paces(ctx context.Context) (map[influencer.Platform]time.Duration, error) {
	every, out := everyOf(h.config), map[influencer.Platform]time.Duration{}
	for _, l := range platforms() {
		_, why, err := equip(ctx, l, h.config, h.store)
		if err != nil {
			return nil, err
		}
		if why == "" {
			out[l.name] = every[l.name]
		}
	}
	return out, nil
}

func queuesOf(client redis.UniversalClient) func(context.Context) ([]metrics.Queue, error) {
	return func(ctx context.Context) ([]metrics.Queue, error) {
		all, err := worker.Queues(ctx, client)
		out := make([]metrics.Queue, len(all))
		for i, q := range all {
			out[i] = metrics.Queue(q)
		}
		return out, err
	}
}

func (h *house) pool() metrics.Pool {
	s := h.store.Pool()
	return metrics.Pool{InUse: s.InUse, Idle: s.Idle, Max: s.MaxOpenConnections, Waits: s.WaitCount, Waited: s.WaitDuration}
}

// hear lets the metrics of a service count what its worker does.
func (s *service) hear(o *worker.Options) {
	o.OnBatch = func(d worker.BatchDone) {
		s.metrics.Batch(metrics.Batch{Platform: d.Ref.Platform, Purpose: d.Ref.Purpose, Size: d.Ref.Size, Took: d.Took, Recorded: d.Recorded,
			Failed: d.Failed, Failure: d.Failure, Stale: d.Stale, Skipped: d.Skipped, Error: d.Err != nil})
	}
	o.OnJob = func(d worker.JobDone) { s.metrics.Job(d.Name, d.Err, d.Took) }
	o.OnCall = func(d worker.CallDone) { s.metrics.Call(d.Platform, d.Failure, d.Took) }
	o.Webhooks.OnDelivery = func(d worker.DeliveryDone) { s.metrics.Delivery(d.Outcome, d.Took) }
}
