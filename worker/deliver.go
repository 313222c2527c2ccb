package worker

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/hibiken/asynq"

	"github.com/pengikut/pengikut/influencer"
)

const (
	queueDeliver  = "deliver"
	deliverPrefix = "deliver:"

	deliverEvery = 2 * time.Second
	pruneEvery   = time.Hour
	routeAtOnce  = 1000 // events a transaction of the store
	routeLoops   = 500  // a bound on one run; the next goes on
	deliverSlots = 16   // webhooks that a process sends to at a time
	inFlight     = 16   // deliveries to one webhook at a time, whoever sends them
	worthAClaim  = inFlight / 4
	drainFor     = 10 * time.Second // then other webhooks get the slot
	uniqueFor    = 15 * time.Second // of a task: longer than most drains, shorter than any lease
)

// Webhooks is what it takes to send events out. The database holds the truth; the
// queue only says that there is something to do.
type Webhooks struct {
	Outbox     Outbox
	Deliveries Deliveries
	Sender     Sender
	OnDelivery func(DeliveryDone) // called after each attempt, by several goroutines; must be quick
}

// DeliveryDone tells how one attempt went, for metrics.
type DeliveryDone struct {
	Webhook int64
	Event   influencer.Event
	Outcome influencer.Outcome
	Took    time.Duration
}

// deliverer sends events to webhooks.
type deliverer struct {
	Webhooks
	queue *queue
	lease time.Duration
	log   *slog.Logger
	halt  <-chan struct{} // closed when no more is to be begun
}

func newDeliverer(w Webhooks, q *queue, fast speed, log *slog.Logger) *deliverer {
	if w.OnDelivery == nil {
		w.OnDelivery = func(DeliveryDone) {}
	}
	return &deliverer{Webhooks: w, queue: q, log: log, lease: fast.data(leaseFor(w.Sender.Timeout()))}
}

// leaseFor is how long a delivery belongs to whoever sends it: long enough for the
// attempt and, on a database that is slow, for writing down how it went, with some
// time to spare. Who is later still writes nothing, and the receiver gets the
// message once more.
func leaseFor(timeout time.Duration) time.Duration {
	return timeout + writeTimeout + 10*time.Second
}

func (d *deliverer) jobs() []Job {
	return []Job{
		{Name: "deliver", Every: deliverEvery, Run: d.wake},
		{Name: "prune-deliveries", Every: pruneEvery, Timeout: 10 * time.Minute, Run: d.prune},
	}
}

// wake gives new events to the webhooks that want them, and has a worker look
// after each webhook that has something due.
func (d *deliverer) wake(ctx context.Context) error {
	for range routeLoops {
		n, err := d.Outbox.RouteEvents(ctx, routeAtOnce)
		if err != nil {
			return fmt.Errorf("route events: %w", err)
		}
		if n < routeAtOnce {
			break
		}
	}
	due, err := d.Outbox.DueWebhooks(ctx)
	if err != nil {
		return fmt.Errorf("due webhooks: %w", err)
	}
	for _, id := range due {
		if err := d.queue.put(ctx, deliverTask(id, d.Sender.Timeout())); err != nil {
			return err
		}
	}
	return nil
}

// deliverTask is there once while it waits or is worked on, for uniqueFor: should
// its worker have died, another is there before the leases end. Two at a time do no
// harm.
func deliverTask(webhook int64, timeout time.Duration) *asynq.Task {
	return asynq.NewTask(deliverPrefix+strconv.FormatInt(webhook, 10), nil, asynq.Queue(queueDeliver),
		asynq.MaxRetry(0), asynq.Unique(uniqueFor), asynq.Timeout(wholeSeconds(drainFor+timeout+2*writeTimeout)))
}

func (d *deliverer) prune(ctx context.Context) error {
	for range routeLoops {
		n, err := d.Outbox.PruneDeliveries(ctx)
		if err != nil {
			return fmt.Errorf("prune deliveries: %w", err)
		}
		if n == 0 {
			return nil
		}
	}
	return nil
}

func (d *deliverer) handle(ctx context.Context, t *asynq.Task) error {
	webhook, err := strconv.ParseInt(strings.TrimPrefix(t.Type(), deliverPrefix), 10, 64)
	if err != nil {
		return final(fmt.Errorf("read task: %w", err))
	}
	if err := d.drain(ctx, webhook); err != nil {
		return final(fmt.Errorf("deliver to webhook %d: %w", webhook, err)) // the next slot is the repetition
	}
	return nil
}

// drain sends what is due for a webhook until nothing is, or for drainFor. A slow
// answer keeps one of the places, not the others.
func (d *deliverer) drain(ctx context.Context, webhook int64) error {
	over := time.NewTimer(drainFor)
	defer over.Stop()
	finished := make(chan error)
	busy, more, halt := 0, true, d.halt
	var failed error
	for {
		if more && inFlight-busy >= worthAClaim {
			claimed, err := d.Deliveries.ClaimDeliveries(ctx, webhook, inFlight, d.lease)
			failed = errors.Join(failed, err)
			for _, o := range claimed {
				busy++
				go func() { finished <- d.deliver(ctx, o) }()
			}
		}
		if busy == 0 {
			return failed
		}
		select {
		case err := <-finished:
			busy--
			failed = errors.Join(failed, err)
		case <-over.C:
			more = false
		case <-halt:
			more, halt = false, nil
		}
		more = more && failed == nil && ctx.Err() == nil
	}
}

// deliver makes one attempt and writes down how it went, also when ctx has ended
// meanwhile.
func (d *deliverer) deliver(ctx context.Context, o influencer.Outgoing) (err error) {
	defer func() {
		if crash := caught(recover()); crash != nil {
			err = crash
		}
	}()
	began := time.Now()
	outcome := d.Sender.Send(ctx, o)
	d.OnDelivery(DeliveryDone{Webhook: o.Ref.WebhookID, Event: o.Event.Kind, Outcome: outcome, Took: time.Since(began)})
	err = persist(ctx, func(ctx context.Context) error { return d.Deliveries.FinishDelivery(ctx, o.Ref, outcome) })
	if errors.Is(err, influencer.ErrStale) {
		return nil // it took so long that another worker has it now
	}
	if outcome.Gone {
		d.log.Warn("webhook paused", "webhook", o.Ref.WebhookID, "why", outcome.Error)
	}
	return err
}
