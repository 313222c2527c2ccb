package metrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pengikut/pengikut/influencer"
)

// Resyncs counts the orders that are not over.
type Resyncs interface {
	ResyncsUnderWay(context.Context) (map[influencer.ResyncState]int64, error)
}

var underWay = gauge("pengikut_resyncs", "Manual orders to read accounts that are not over, by state.", "state")

func resyncs(from Resyncs) *probe {
	return &probe{name: "resyncs", numbers: []number{underWay}, every: quick, timeout: quickTimeout,
		ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			counts, err := from.ResyncsUnderWay(ctx)
			var out []prometheus.Metric
			for state, n := range counts {
				out = append(out, underWay.of(float64(n), string(state)))
			}
			return out, err
		}}
}
