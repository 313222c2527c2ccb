package influencer

import (
	"errors"
	"time"
)

// TripState is where a trip of the breaker stands.
type TripState string

// The states of a trip.
const (
	TripOpen      TripState = "open"      // its losses are held, and so is every further one
	TripReleasing TripState = "releasing" // an admin let the losses go; not all of them are made yet
	TripReleased  TripState = "released"  // all of them were decided again
	TripDiscarded TripState = "discarded" // an admin dropped the list: nobody moved
)

// TripCause is what was at work when the breaker tripped.
type TripCause string

// The causes.
const (
	CausePolicy TripCause = "policy" // everybody was decided again under a policy
	CauseRecord TripCause = "record" // what platforms showed was recorded
	CauseDue    TripCause = "due"    // a date came: of a grace, a suspension, an account long gone
	CauseAct    TripCause = "act"    // an admin's act handed somebody back to the rule
)

// Trip is one alarm of the [Breaker]: more people were to lose the status at once
// than it allows, so that their losses wait for an admin.
type Trip struct {
	ID            int64
	OpenedAt      time.Time
	State         TripState
	PolicyVersion int // whose breaker it was
	Cause         TripCause
	Losses        int // within the window when it tripped: made, and about to be made
	Holders       int // who held the status within the window
	Allowed       int // how many of them may lose it within the window

	ClosedAt time.Time // when an admin released or discarded it; zero while it is open
	ClosedBy string
	Note     string // the reason that was given

	Held   int // losses on the list that wait
	Lost   int // losses that were made when it was released
	Stayed int // people who no longer lost the status when it was released
}

// ErrTripClosed is what a trip that was released or discarded answers to another
// order.
var ErrTripClosed = errors.New("the trip is closed already")

// HeldLoss is one loss on a trip's list: a decision as it would stand, with its
// evidence and receipt, but not made. At is when it was decided last.
type HeldLoss struct {
	OwnedDecision
	TripID  int64
	Outcome LossOutcome
}

// LossOutcome is what became of a held loss.
type LossOutcome string

// The outcomes.
const (
	OutcomeHeld      LossOutcome = "held"      // waits for an admin, or for its turn in a release
	OutcomeLost      LossOutcome = "lost"      // the release decided the same, and made it
	OutcomeStayed    LossOutcome = "stayed"    // the release decided otherwise
	OutcomeDiscarded LossOutcome = "discarded" // the list was dropped
)

// LossHeld says of a person that a loss is held.
type LossHeld struct {
	TripID int64
	Since  time.Time // when it was decided last
	Reason Reason
}

// TripOrder is who closes a trip, and why.
type TripOrder struct {
	Actor string
	Note  string
	At    time.Time
}

// Redecided tells what deciding everybody again did.
type Redecided struct {
	Moves map[Move]int // how often each move was made
	Held  int          // losses that the breaker holds back
	Trip  int64        // the trip that they are on, 0 when none is held
}

// Sentences say what happened, for people.
func (t Trip) Sentences() Bilingual {
	return bilingual(func(l Lang) string {
		lose, are := "people were", "are"
		if t.Losses == 1 {
			lose = "person was"
		}
		if t.Allowed == 1 || t.Holders == 1 {
			are = "is"
		}
		day, losses, allowed, holders := l.Date(t.OpenedAt), l.Number(int64(t.Losses)), l.Number(int64(t.Allowed)), l.Number(int64(t.Holders))
		if l == Indonesian {
			return "Pengaman otomatis aktif pada " + day + ": " + losses + " orang akan kehilangan status sekaligus, padahal batasnya " +
				allowed + " dari " + holders + ". Belum ada status yang dicabut; keputusan ada pada admin."
		}
		return "The breaker tripped on " + day + ": " + losses + " " + lose + " to lose the status at once, where " +
			allowed + " of " + holders + " " + are + " allowed. No status is revoked yet; an admin decides."
	})
}
