package worker

import (
	"cmp"
	"context"
	"sync"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// post is an outbox in memory, with the lanes, leases and fences of the real one.
// Its clock is the bubble's.
type post struct {
	mu      sync.Mutex
	letters []*letter     // by event
	paused  bool          // the receiver said that it is gone
	most    int           // under lease at once
	stale   int           // finished by who had lost the lease
	slow    time.Duration // that a delivery takes to be finished
	prunes  []int         // what calls of PruneDeliveries answer, in turn
	fault   error         // of every claim; nil for none
}

// letter is one event on its way to webhook 1.
type letter struct {
	influencer.Outgoing
	state    influencer.DeliveryState // "" is not given to the webhook yet
	due      time.Time
	leased   bool
	attempts int
	expires  time.Time
}

// write puts n events of a person into the outbox.
func (p *post) write(person int64, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range n {
		id := int64(len(p.letters) + 1)
		p.letters = append(p.letters, &letter{Outgoing: influencer.Outgoing{
			Ref:   influencer.DeliveryRef{ID: id, WebhookID: 1},
			Event: influencer.OutEvent{ID: id, Kind: influencer.EventGranted, PersonID: person, At: time.Now()},
		}})
	}
}

func (p *post) RouteEvents(_ context.Context, limit int) (n int, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.letters {
		if l.state == "" && n < limit {
			l.state, l.due, l.expires = influencer.DeliveryWaiting, time.Now(), time.Now().Add(influencer.DeliveryLife)
			n++
		}
	}
	return n, nil
}

func (p *post) DueWebhooks(context.Context) ([]int64, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.claimable()) == 0 {
		return nil, nil
	}
	return []int64{1}, nil
}

func (p *post) PruneDeliveries(context.Context) (n int, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.prunes) > 0 {
		n, p.prunes = p.prunes[0], p.prunes[1:]
	}
	return n, nil
}

// heads are the first of each person that wait: those behind them may not go.
func (p *post) heads() (out []*letter) {
	held := map[int64]bool{}
	for _, l := range p.letters {
		if l.state == influencer.DeliveryWaiting && !held[l.Event.PersonID] {
			held[l.Event.PersonID] = true
			out = append(out, l)
		}
	}
	return out
}

// claimable are the heads that are due.
func (p *post) claimable() (out []*letter) {
	for _, l := range p.heads() {
		if !p.paused && !l.due.After(time.Now()) {
			out = append(out, l)
		}
	}
	return out
}

func (p *post) ClaimDeliveries(ctx context.Context, _ int64, limit int, lease time.Duration) (out []influencer.Outgoing, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.fault != nil {
		return nil, p.fault
	}
	busy := p.underWay()
	for _, l := range p.claimable() {
		if busy < limit {
			l.Ref.Fence++
			l.leased, l.due = true, time.Now().Add(lease)
			out = append(out, l.Outgoing)
			busy++
		}
	}
	p.most = max(p.most, busy)
	return out, ctx.Err()
}

func (p *post) underWay() (n int) {
	for _, l := range p.letters {
		if l.state == influencer.DeliveryWaiting && l.leased && l.due.After(time.Now()) {
			n++
		}
	}
	return n
}

func (p *post) FinishDelivery(ctx context.Context, ref influencer.DeliveryRef, o influencer.Outcome) error {
	if err := pause(ctx, p.slow); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.letters[ref.ID-1]
	if l.Ref.Fence != ref.Fence || l.state != influencer.DeliveryWaiting {
		p.stale++
		return influencer.ErrStale
	}
	l.leased = false
	switch {
	case o.Interrupted:
		l.due = o.At
		return ctx.Err()
	case o.Error == "":
		l.state = influencer.DeliveryDone
	default:
		l.due = influencer.RetryAt(ref, l.attempts+1, o, l.expires)
		p.paused = p.paused || o.Gone
		if !o.Gone && !o.At.Before(l.expires) {
			l.state = influencer.DeliveryDead
		}
	}
	l.attempts++
	return ctx.Err()
}

// in is how many events are in a state.
func (p *post) in(s influencer.DeliveryState) (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.letters {
		if l.state == s {
			n++
		}
	}
	return n
}

// nextDue is when the first of those that may go is due; zero when there is none.
func (p *post) nextDue() (at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.heads() {
		if at.IsZero() || l.due.Before(at) {
			at = l.due
		}
	}
	return at
}

// courier is a Sender whose answers the test gives.
type courier struct {
	answer  func(ctx context.Context, n int, o influencer.Outgoing) influencer.Outcome // n counts from 1; nil takes all
	timeout time.Duration                                                              // courierTimeout for 0

	mu   sync.Mutex
	sent []sending
}

// sending is one attempt.
type sending struct {
	at     time.Time
	event  int64
	person int64
	id     string
}

const courierTimeout = 15 * time.Second

func (c *courier) Timeout() time.Duration { return cmp.Or(c.timeout, courierTimeout) }

func (c *courier) Send(ctx context.Context, o influencer.Outgoing) (out influencer.Outcome) {
	c.mu.Lock()
	c.sent = append(c.sent, sending{time.Now(), o.Event.ID, o.Event.PersonID, o.MessageID()})
	n, answer := len(c.sent), c.answer
	c.mu.Unlock()
	if answer != nil {
		out = answer(ctx, n, o)
	}
	out.At = time.Now()
	return out
}

func (c *courier) all() []sending {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]sending(nil), c.sent...)
}

// refuses answers as a receiver that is down.
func refuses(context.Context, int, influencer.Outgoing) influencer.Outcome {
	return influencer.Outcome{Status: 503, Error: "503 Service Unavailable"}
}

// slowly answers after d, or when the sender has no more patience.
func slowly(ctx context.Context, d time.Duration) influencer.Outcome {
	if err := pause(ctx, min(d, courierTimeout)); err != nil {
		return influencer.Outcome{Interrupted: true, Error: "interrupted"}
	}
	if d > courierTimeout {
		return influencer.Outcome{Error: "no answer in time"}
	}
	return influencer.Outcome{Status: 200}
}
