package metrics

import (
	"context"
	"errors"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/pengikut/pengikut/influencer"
)

// Breaker tells which alarm of the breaker is open; [influencer.ErrNotFound] when
// none is.
type Breaker interface {
	OpenTrip(context.Context) (influencer.Trip, error)
}

var (
	breakerOpen  = gauge("pengikut_breaker_open", "Whether the breaker holds losses back until an admin decides.")
	breakerHeld  = gauge("pengikut_breaker_held_losses", "Losses that the breaker holds back.")
	breakerSince = gauge("pengikut_breaker_open_since_timestamp_seconds", "When the breaker tripped; 0 while it is not open.")
)

func breaker(from Breaker) *probe {
	return &probe{name: "breaker", numbers: []number{breakerOpen, breakerHeld, breakerSince}, every: quick, timeout: quickTimeout,
		ask: func(ctx context.Context) ([]prometheus.Metric, error) {
			trip, err := from.OpenTrip(ctx)
			open := err == nil
			if errors.Is(err, influencer.ErrNotFound) {
				err = nil
			}
			return []prometheus.Metric{breakerOpen.of(truth(open)), breakerHeld.of(float64(trip.Held)), breakerSince.of(unix(trip.OpenedAt))}, err
		}}
}
