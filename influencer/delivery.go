package influencer

import (
	"fmt"
	"strconv"
	"time"
)

// DeliveryState says what became of an event on its way to a webhook.
type DeliveryState string

// The states of a delivery.
const (
	DeliveryWaiting DeliveryState = "waiting"
	DeliveryDone    DeliveryState = "delivered"
	DeliveryDead    DeliveryState = "dead" // given up; it can be sent again by hand
)

// DeliveryStates lists every state.
func DeliveryStates() []DeliveryState {
	return []DeliveryState{DeliveryWaiting, DeliveryDone, DeliveryDead}
}

// Delivery is one event on its way to one webhook.
type Delivery struct {
	ID          int64
	WebhookID   int64
	EventID     int64
	Event       Event
	MessageID   string // under which the receiver gets it
	PersonID    int64  // 0 where no one person is concerned
	State       DeliveryState
	Attempts    int
	NextTry     time.Time // of one that waits
	ExpiresAt   time.Time // when it is given up
	Status      int       // HTTP status of the last attempt, 0 when there was no answer
	Error       string    // what the last attempt met; "" after a good one
	CreatedAt   time.Time
	AttemptedAt time.Time
	EndedAt     time.Time // when it was delivered or given up
}

// DeliveryFilter narrows a list of deliveries. A zero field narrows nothing.
type DeliveryFilter struct {
	WebhookID int64
	State     DeliveryState
	PersonID  int64
	Agency    string // of the webhook
}

// DeliveryRef is a delivery as claimed by one worker; the fence rises when another
// claims it.
type DeliveryRef struct {
	ID, Fence, WebhookID int64
}

// Outgoing is all that is needed to send one event to one webhook.
type Outgoing struct {
	Ref     DeliveryRef
	URL     string
	Format  WebhookFormat
	NIP     NIPForm
	Secrets []Secret // the newest first; the message is signed with each
	Event   OutEvent
}

// MessageID is that of this event for this webhook.
func (o Outgoing) MessageID() string { return MessageID(o.Ref.WebhookID, o.Event.ID, o.Event.At) }

// MessageID is the same whenever an event is sent to a webhook: who gets it twice
// can tell. The time keeps it apart from that of another database, as after a
// restore.
func MessageID(webhook, event int64, at time.Time) string {
	return fmt.Sprintf("evt_%d_%d_%s", webhook, event, strconv.FormatInt(at.UnixMicro(), 36))
}

// Outcome is what became of one attempt to send.
type Outcome struct {
	At          time.Time
	Status      int       // of the answer, 0 when there was none
	Error       string    // "" when the receiver took it; never holds an address' query or a secret
	NotBefore   time.Time // when the receiver wants to be asked again; zero when it did not say
	Gone        bool      // the receiver wants nothing more
	Interrupted bool      // we stopped in the middle: it is not the receiver's fault
}

// OutboxState is what waits to leave.
type OutboxState struct {
	Waiting int       // deliveries, and events whose webhooks are not chosen yet
	Oldest  time.Time // of those; zero when nothing waits
	Dead    int       // deliveries that were given up
}

const (
	// DeliveryLife is how long a delivery is tried.
	DeliveryLife = 3 * day

	firstRetry   = 5 * time.Second
	longestRetry = 8 * time.Hour
	// firstClosed and longestClosed bound how long a webhook that keeps failing is
	// left alone. It is short against the time between two tries of one delivery:
	// the first that gets through opens the way for all.
	firstClosed   = 10 * time.Second
	longestClosed = 5 * time.Minute
	// ClosesAfter is how many failures in a row make a webhook be tried with one
	// delivery at a time.
	ClosesAfter = 5
)

// RetryAt is when a delivery is tried next after so many attempts: 5 seconds, and
// four times as long with each up to 8 hours, each a fifth more or less. What the
// receiver asks for goes before, and the end of the delivery's time before both:
// then there is a last try.
func RetryAt(d DeliveryRef, attempts int, o Outcome, expires time.Time) time.Time {
	wait := growing(firstRetry, longestRetry, 4, attempts)
	at := o.At.Add(wait - wait/5 + spread(d.ID+int64(attempts), 2*wait/5))
	if o.NotBefore.After(at) {
		at = o.NotBefore
	}
	if at.After(expires) && o.At.Before(expires) {
		at = expires
	}
	return at
}

// ClosedUntil is how long a webhook is left alone after so many failures in a row;
// zero while there are few.
func ClosedUntil(webhook int64, failures int, o Outcome) time.Time {
	if failures < ClosesAfter {
		return o.NotBefore
	}
	wait := growing(firstClosed, longestClosed, 2, failures-ClosesAfter+1)
	at := o.At.Add(wait - spread(webhook+int64(failures), wait/5))
	if o.NotBefore.After(at) {
		at = o.NotBefore
	}
	return at
}

func growing(first, longest time.Duration, factor, n int) time.Duration {
	wait := first
	for ; n > 1 && wait < longest; n-- {
		wait *= time.Duration(factor)
	}
	return min(wait, longest)
}

// ResendOrder names what is to be sent again: one delivery, or all the dead ones
// of a webhook.
type ResendOrder struct {
	Delivery int64 // 0 for all of DeadOf
	DeadOf   int64
}
