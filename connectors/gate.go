package connectors

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Gate remembers the platforms' limits. The client asks it before every HTTP
// call and tells it what every answer said, so that nothing is called that is
// known to be refused. Several processes may share one.
type Gate interface {
	// Take asks leave for one HTTP call. A zero time is leave, and the call
	// counts as made. Any other time is a refusal: no call of this key is of
	// use before it. An error is a refusal too; an *influencer.Failure in it
	// says why and reaches the caller as it is, for example BudgetSpent.
	Take(ctx context.Context, ask Ask) (until time.Time, err error)

	// Learn takes in what one answer said of the limits. It has no way to
	// fail the call that was just answered.
	Learn(ctx context.Context, key Key, limits []Limit)

	// Lost tells that a call which Take let through ended without an answer. It
	// may have reached the platform, so that it stays counted; but nobody need
	// wait for what it would have told.
	Lost(ctx context.Context, key Key)
}

// Limited is a connector that can say which limits its reads are counted
// against, so that no more is planned than they let through.
type Limited interface {
	// Asks holds one question for each endpoint that a Read may call for its
	// targets: with Cost and Reads of a call that is as full as can be.
	Asks() []Ask
}

// Ask is a call about to be made.
type Ask struct {
	Key
	Purpose influencer.Purpose
	Cost    int // calls as the platform counts them: every item of a Graph batch is one
	Reads   int // accounts asked for, which is what X bills
}

// Key names what a limit is counted against.
type Key struct {
	Platform   influencer.Platform
	Credential string // a [Fingerprint], never the credential
	Endpoint   string // the platform's resource, for example "users/by"
}

// Fingerprint names a credential without giving it away: 12 hex digits of its
// SHA-256. Tokens are long and random, so the digest cannot be searched back.
func Fingerprint(s influencer.Secret) string {
	sum := sha256.Sum256([]byte(s.Reveal()))
	return hex.EncodeToString(sum[:6])
}

// Limit is the state of one limit, as an answer told it. Remaining 0 closes the
// gate until Reset.
type Limit struct {
	Name      string    // "window", "app-24h", "user-24h", "app-usage", "business-usage", "refusal"
	Wide      bool      // holds for every endpoint of the credential, not just the one called
	Limit     int64     // calls per window; 100 where the platform tells percent; 0 unknown
	Remaining int64     // calls or percent left at this time
	Reset     time.Time // when the window ends or access comes back
}

// Cooldown is how long a call is not repeated that a platform refused for its
// rate without saying until when. X's windows last 15 minutes, and Graph
// lengthens a block while it is called.
const Cooldown = 5 * time.Minute
