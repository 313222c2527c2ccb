package worker

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// delivers is a deliverer of its own, without a queue.
func delivers(p *post, c *courier, on func(DeliveryDone)) *deliverer {
	return newDeliverer(Webhooks{Outbox: p, Deliveries: p, Sender: c, OnDelivery: on}, nil, 1, quiet())
}

// posted is an outbox in which each of so many persons has n events.
func posted(t *testing.T, persons int64, n int) *post {
	t.Helper()
	p := &post{}
	for person := range persons {
		p.write(person+1, n)
	}
	if _, err := p.RouteEvents(t.Context(), int(persons)*n); err != nil {
		t.Fatal(err)
	}
	return p
}

// drainAll drains until nothing waits, and lets the time go by between.
func drainAll(t *testing.T, d *deliverer, p *post) {
	t.Helper()
	for at := p.nextDue(); !at.IsZero(); at = p.nextDue() {
		time.Sleep(time.Until(at))
		if err := d.drain(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
}

// A receiver that stays away is tried after 5 s, 20 s, 80 s and so on for three
// days; then the letter is dead, and is left alone.
func TestDeliverTriesForThreeDays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, c := posted(t, 1, 1), &courier{answer: refuses}
		drainAll(t, delivers(p, c, nil), p)
		sent := c.all()
		wait := 5 * time.Second
		for i := range len(sent) - 2 { // the last try is when the time is over
			if got := sent[i+1].at.Sub(sent[i].at); got < wait*4/5 || got > wait*6/5 {
				t.Errorf("try %d came %v after the one before, want %v, a fifth more or less", i+2, got, wait)
			}
			wait = min(wait*4, 8*time.Hour)
		}
		if took := sent[len(sent)-1].at.Sub(sent[0].at); took != influencer.DeliveryLife || p.in(influencer.DeliveryDead) != 1 {
			t.Errorf("%d tries in %v, %d dead", len(sent), took, p.in(influencer.DeliveryDead))
		}
		advance(24 * time.Hour)
		if err := delivers(p, c, nil).drain(t.Context(), 1); err != nil || len(c.all()) != len(sent) {
			t.Errorf("a dead letter was sent again: %v", err)
		}
	})
}

// One person's events come in order though the first is refused at first; the
// others' do not wait for it.
func TestDeliverKeepsAPersonsOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := posted(t, 3, 4)
		var taken []int64
		c := &courier{}
		c.answer = func(_ context.Context, n int, o influencer.Outgoing) influencer.Outcome {
			if o.Event.PersonID == 1 && n < 20 {
				return refuses(t.Context(), n, o)
			}
			c.mu.Lock()
			defer c.mu.Unlock()
			taken = append(taken, o.Event.ID)
			return influencer.Outcome{Status: 200}
		}
		began := time.Now()
		d := delivers(p, c, nil)
		if err := d.drain(t.Context(), 1); err != nil || time.Since(began) > 0 || p.in(influencer.DeliveryDone) != 8 {
			t.Errorf("%d of the others' 8 events came in %v, %v", p.in(influencer.DeliveryDone), time.Since(began), err)
		}
		drainAll(t, d, p)
		last := map[int64]int64{}
		for _, id := range taken {
			person := p.letters[id-1].Event.PersonID
			if id <= last[person] {
				t.Errorf("person %d: event %d came after %d", person, id, last[person])
			}
			last[person] = id
		}
		if len(taken) != 12 {
			t.Errorf("%d events came, want 12", len(taken))
		}
	})
}

// A receiver that hangs costs a place for as long as an attempt may take, and
// the letter is tried again; the other places are used meanwhile. There are never
// more of them than 16.
func TestDeliverPastASlowAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := posted(t, 100, 1)
		c := &courier{answer: func(ctx context.Context, _ int, o influencer.Outgoing) influencer.Outcome {
			if o.Event.PersonID == 1 {
				return slowly(ctx, time.Hour)
			}
			return slowly(ctx, time.Second)
		}}
		d, began := delivers(p, c, nil), time.Now()
		var others time.Duration
		d.OnDelivery = func(done DeliveryDone) {
			c.mu.Lock()
			defer c.mu.Unlock()
			if done.Outcome.Error == "" {
				others = time.Since(began)
			}
		}
		if err := d.drain(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != courierTimeout || others > 8*time.Second || p.in(influencer.DeliveryDone) != 99 {
			t.Errorf("%d came in %v, and all ended after %v", p.in(influencer.DeliveryDone), others, took)
		}
		if p.most != inFlight {
			t.Errorf("%d were under way at once", p.most)
		}
		if at := p.nextDue(); at.Before(time.Now()) || at.After(time.Now().Add(6*time.Second)) {
			t.Errorf("the slow one is tried again at %v", at)
		}
	})
}

// A webhook with much to get lets go of its place after a while, and one that is
// asked to stop begins nothing more. What is under way ends in both.
func TestDeliverLetsGo(t *testing.T) {
	t.Parallel()
	for name, halted := range map[string]bool{"after a while": false, "when the worker stops": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p := posted(t, 1000, 1)
				c := &courier{answer: func(ctx context.Context, _ int, _ influencer.Outgoing) influencer.Outcome {
					return slowly(ctx, 3*time.Second)
				}}
				d, began, most := delivers(p, c, nil), time.Now(), drainFor+3*time.Second
				if halted {
					halt := make(chan struct{})
					d.halt, most = halt, 6*time.Second
					time.AfterFunc(4*time.Second, func() { close(halt) })
				}
				if err := d.drain(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); took > most || p.in(influencer.DeliveryDone) != len(c.all()) || len(c.all()) == 1000 {
					t.Errorf("%d sent, %d noted, in %v", len(c.all()), p.in(influencer.DeliveryDone), took)
				}
			})
		})
	}
}

// When the time for it ends in the middle of an attempt, that is written down all
// the same: the letter can go at once, and counts as no failure.
func TestDeliverGivesBackWhatItInterrupts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := posted(t, 1, 1)
		c := &courier{answer: func(ctx context.Context, _ int, _ influencer.Outgoing) influencer.Outcome {
			return slowly(ctx, time.Hour)
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := delivers(p, c, nil).drain(ctx, 1); err != nil {
			t.Fatal(err)
		}
		if l := p.letters[0]; l.leased || l.due.After(time.Now()) || l.attempts != 0 {
			t.Errorf("%+v", l)
		}
	})
}

// What an attempt that crashed held is sent again after its lease, under the same
// id; the others do not suffer.
func TestDeliverSurvivesACrash(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := posted(t, 3, 1)
		c := &courier{answer: func(_ context.Context, n int, o influencer.Outgoing) influencer.Outcome {
			if o.Event.PersonID == 2 && n <= 3 {
				panic("no")
			}
			return influencer.Outcome{Status: 200}
		}}
		d := delivers(p, c, nil)
		var crash *PanicError
		if err := d.drain(t.Context(), 1); !errors.As(err, &crash) || p.in(influencer.DeliveryDone) != 2 {
			t.Fatalf("%v, and %d came", err, p.in(influencer.DeliveryDone))
		}
		began := time.Now()
		drainAll(t, d, p)
		if waited := time.Since(began); waited != 35*time.Second || p.in(influencer.DeliveryDone) != 3 {
			t.Errorf("after %v %d came", waited, p.in(influencer.DeliveryDone))
		}
		ids := map[int64]string{}
		for _, s := range c.all() {
			if ids[s.event] != "" && ids[s.event] != s.id {
				t.Errorf("event %d came as %s and %s", s.event, ids[s.event], s.id)
			}
			ids[s.event] = s.id
		}
	})
}

// Who was so slow that another worker took the letter over says nothing about it:
// neither that it came, nor that it did not.
func TestDeliverAfterALostLease(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := posted(t, 1, 1)
		c := &courier{answer: func(_ context.Context, n int, o influencer.Outgoing) influencer.Outcome {
			if n == 1 {
				time.Sleep(time.Minute) // a machine that stood still
				return refuses(t.Context(), n, o)
			}
			return influencer.Outcome{Status: 200}
		}}
		slow := make(chan error, 1)
		go func() { slow <- delivers(p, c, nil).drain(t.Context(), 1) }()
		advance(leaseFor(courierTimeout))
		if err := delivers(p, c, nil).drain(t.Context(), 1); err != nil || p.in(influencer.DeliveryDone) != 1 {
			t.Errorf("the second worker: %v", err)
		}
		if err := <-slow; err != nil || p.stale != 1 || p.in(influencer.DeliveryDone) != 1 {
			t.Errorf("the first worker: %v, %d stale", err, p.stale)
		}
	})
}

// A receiver that must answer quickly and a database that is slow: the letter stays
// with who sent it until that is written down, and comes once.
func TestDeliverOnASlowDatabase(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, c := posted(t, 1, 1), &courier{timeout: time.Second}
		p.slow = writeTimeout - time.Second
		done := make(chan error, 1)
		go func() { done <- delivers(p, c, nil).drain(t.Context(), 1) }()
		for range writeTimeout / time.Second {
			advance(time.Second)
			if err := delivers(p, c, nil).drain(t.Context(), 1); err != nil {
				t.Error(err)
			}
		}
		if err := <-done; err != nil || len(c.all()) != 1 || p.stale != 0 || p.in(influencer.DeliveryDone) != 1 {
			t.Errorf("%v, %d sent, %d stale", err, len(c.all()), p.stale)
		}
	})
}

func TestDeliverLease(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]time.Duration{time.Second: 21 * time.Second, 15 * time.Second: 35 * time.Second, 20 * time.Second: 40 * time.Second} {
		if got := leaseFor(timeout); got != want || got <= uniqueFor {
			t.Errorf("%v for answers within %v, want %v", got, timeout, want)
		}
	}
}

// A webhook's task is there once for 15 seconds, however quickly a receiver must
// answer; then another may be, should the worker have died.
func TestDeliverTaskIsThereOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		q := newQueue(client, time.Minute)
		var there []int64
		for range 9 {
			if err := q.put(t.Context(), deliverTask(1, time.Second)); err != nil {
				t.Fatal(err)
			}
			n, err := client.LLen(t.Context(), "asynq:{"+queueDeliver+"}:pending").Result()
			if err != nil {
				t.Fatal(err)
			}
			there = append(there, n)
			advance(deliverEvery)
		}
		if want := []int64{1, 1, 1, 1, 1, 1, 1, 1, 2}; !cmp.Equal(there, want) {
			t.Errorf("%v tasks every 2 s, want %v", there, want)
		}
	})
}

func TestDeliverTellsOfEachAttempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := posted(t, 1, 1)
		var got []string
		c := &courier{answer: func(ctx context.Context, n int, o influencer.Outgoing) influencer.Outcome {
			if n == 1 {
				return refuses(ctx, n, o)
			}
			return slowly(ctx, 2*time.Second)
		}}
		drainAll(t, delivers(p, c, func(d DeliveryDone) {
			got = append(got, fmt.Sprint(d.Webhook, d.Event, d.Outcome.Status, d.Took))
		}), p)
		if want := []string{"1granted503 0s", "1granted200 2s"}; !cmp.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

func TestDeliverWithoutADatabase(t *testing.T) {
	t.Parallel()
	p, c := posted(t, 1, 1), &courier{}
	p.fault = errors.New("the database is away")
	if err := delivers(p, c, nil).drain(t.Context(), 1); !errors.Is(err, p.fault) || len(c.all()) != 0 {
		t.Errorf("%v, %d sent", err, len(c.all()))
	}
}

func TestDeliverPrunesUntilNothingIsLeft(t *testing.T) {
	t.Parallel()
	p := &post{prunes: []int{5000, 5000, 12, 0, 7}}
	if err := delivers(p, &courier{}, nil).prune(t.Context()); err != nil || !cmp.Equal(p.prunes, []int{7}) {
		t.Errorf("%v, and %v is left to ask for", err, p.prunes)
	}
}

// The whole way: what happens is at its receiver a few seconds later, whichever of
// two workers takes it, and once; a receiver that says it is gone gets nothing more.
func TestDeliverThroughTheQueue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		p, c := &post{}, &courier{}
		for range 2 {
			launch(t, Options{Redis: client, Store: newMemory(time.Now), Connectors: only(influencer.X, &platform{size: 1}),
				Webhooks: &Webhooks{Outbox: p, Deliveries: p, Sender: c}})
		}
		advance(time.Second)
		p.write(1, 20)
		p.write(2, 20)
		advance(3 * deliverEvery)
		if p.in(influencer.DeliveryDone) != 40 || len(c.all()) != 40 {
			t.Errorf("%d of 40 came, %d were sent", p.in(influencer.DeliveryDone), len(c.all()))
		}
		c.mu.Lock()
		c.answer = func(context.Context, int, influencer.Outgoing) influencer.Outcome {
			return influencer.Outcome{Status: 410, Gone: true, Error: "410 Gone"}
		}
		c.mu.Unlock()
		p.write(1, 5)
		advance(30 * time.Second)
		if n := len(c.all()) - 40; n != 1 || p.in(influencer.DeliveryWaiting) != 5 {
			t.Errorf("%d were sent to a receiver that is gone, %d wait", n, p.in(influencer.DeliveryWaiting))
		}
	})
}
