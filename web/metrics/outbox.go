package metrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pengikut/pengikut/influencer"
)

// Outbox tells what waits to leave for webhooks.
type Outbox interface {
	OutboxState(context.Context) (influencer.OutboxState, error)
}

var (
	outboxWaiting = gauge("pengikut_outbox_waiting", "Messages that wait to be delivered to webhooks.")
	outboxOldest  = gauge("pengikut_outbox_oldest_timestamp_seconds", "When the oldest message that waits was made; 0 while none waits.")
	outboxDead    = gauge("pengikut_outbox_dead", "Messages that were given up; an admin can have them sent again.")
)

func outbox(from Outbox) *probe {
	return &probe{name: "outbox", numbers: []number{outboxWaiting, outboxOldest, outboxDead}, every: 15 * time.Second, timeout: slowTimeout,
		ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			s, err := from.OutboxState(ctx)
			return []prometheus.Metric{outboxWaiting.of(float64(s.Waiting)), outboxOldest.of(unix(s.Oldest)), outboxDead.of(float64(s.Dead))}, err
		}}
}
