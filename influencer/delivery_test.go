package influencer

import (
	"testing"
	"time"
)

// deliveryWaits is the table of docs/events.md: how long after a try the next one is.
var deliveryWaits = []time.Duration{5 * time.Second, 20 * time.Second, 80 * time.Second, 320 * time.Second, 1280 * time.Second, 5120 * time.Second,
	20480 * time.Second, 8 * time.Hour}

// A receiver that is away for good is tried ever more seldom for three days: a last
// time when they end, and never after.
func TestRetriesOverThreeDays(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for id := range int64(200) {
		ref, expires := DeliveryRef{ID: id, WebhookID: 1}, began.Add(DeliveryLife)
		at, tries := began, 1
		for at.Before(expires) {
			next := RetryAt(ref, tries, Outcome{At: at, Error: "503"}, expires)
			want := deliveryWaits[min(tries, len(deliveryWaits))-1]
			if wait := next.Sub(at); next != expires && (wait < want-want/5 || wait > want+want/5) || next.After(expires) || wait <= 0 {
				t.Fatalf("delivery %d: %v after try %d, want %v, a fifth more or less, and no later than the end", id, wait, tries, want)
			}
			at, tries = next, tries+1
		}
		if tries < 14 || tries > 18 || at != expires {
			t.Errorf("delivery %d: %d tries, the last at %v after the first", id, tries, at.Sub(began))
		}
	}
}

func TestRetrySpreadsAndIsTheSameAgain(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	seen := map[time.Time]bool{}
	for id := range int64(100) {
		one := RetryAt(DeliveryRef{ID: id}, 8, Outcome{At: at}, at.Add(DeliveryLife))
		seen[one] = true
		if again := RetryAt(DeliveryRef{ID: id}, 8, Outcome{At: at}, at.Add(DeliveryLife)); again != one {
			t.Fatalf("delivery %d: %v, and then %v", id, one, again)
		}
	}
	if len(seen) < 90 {
		t.Errorf("100 deliveries come back at %d times", len(seen))
	}
}

func TestRetryHonoursTheReceiver(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	expires := at.Add(time.Hour)
	for _, tt := range []struct {
		name      string
		notBefore time.Time
		want      time.Time
	}{
		{"in ten minutes", at.Add(10 * time.Minute), at.Add(10 * time.Minute)},
		{"in a day, and its time is over before", at.Add(24 * time.Hour), expires},
	} {
		if got := RetryAt(DeliveryRef{ID: 1}, 1, Outcome{At: at, NotBefore: tt.notBefore}, expires); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
	if got := RetryAt(DeliveryRef{ID: 1}, 1, Outcome{At: at, NotBefore: at.Add(time.Second)}, expires); got.Sub(at) < 4*time.Second {
		t.Errorf("a receiver that asks for less than the schedule is tried %v later", got.Sub(at))
	}
}

// A webhook is left alone only after five failures in a row, never for more than
// five minutes unless it asks for it.
func TestClosedUntil(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for failures := 1; failures <= 40; failures++ {
		until := ClosedUntil(3, failures, Outcome{At: at})
		switch {
		case failures < ClosesAfter:
			if !until.IsZero() {
				t.Errorf("closed after %d failures", failures)
			}
		case until.Sub(at) < 8*time.Second || until.Sub(at) > 5*time.Minute:
			t.Errorf("closed for %v after %d failures", until.Sub(at), failures)
		}
		asked := at.Add(2 * time.Hour)
		if until := ClosedUntil(3, failures, Outcome{At: at, NotBefore: asked}); until != asked {
			t.Errorf("closed until %v after %d failures, though the receiver asks for %v", until, failures, asked)
		}
	}
}

func TestMessageIDIsOfTheEventAndWebhook(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	one := Outgoing{Ref: DeliveryRef{ID: 1, Fence: 1, WebhookID: 2}, Event: OutEvent{ID: 7, At: at}}
	again := one
	again.Ref.Fence = 9
	if one.MessageID() != again.MessageID() {
		t.Errorf("another try has another id: %s, %s", one.MessageID(), again.MessageID())
	}
	for name, other := range map[string]string{
		"another webhook":  MessageID(3, 7, at),
		"another event":    MessageID(2, 8, at),
		"another database": MessageID(2, 7, at.Add(time.Microsecond)),
	} {
		if other == one.MessageID() {
			t.Errorf("%s has the same id, %s", name, other)
		}
	}
}
