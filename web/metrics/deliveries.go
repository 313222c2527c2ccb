package metrics

import (
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Delivery counts one attempt to send a message to a webhook.
func (w work) Delivery(o influencer.Outcome, took time.Duration) {
	outcome := deliveryOutcome(o)
	w.deliveries.WithLabelValues(outcome).Inc()
	w.deliveryTime.WithLabelValues(outcome).Observe(took.Seconds())
}

// deliveryOutcome parts what the receiver does from what the way to it does, and
// both from our own stop in the middle.
func deliveryOutcome(o influencer.Outcome) string {
	switch {
	case o.Interrupted:
		return "interrupted"
	case o.Error == "":
		return outcomeSuccess
	case o.Gone:
		return "gone"
	case o.Status != 0:
		return "refused"
	}
	return "unanswered"
}
