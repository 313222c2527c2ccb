package influencer

import (
	"fmt"
	"time"
)

// FailureKind is a closed list of the ways in which a read can fail.
type FailureKind string

// Failures of a whole batch: the platform, the credential or the plan is the
// trouble, no account is to blame, and no account's state or count moves.
const (
	RateLimited    FailureKind = "rate_limited"    // refused until Until, or about to be
	CredentialDead FailureKind = "credential_dead" // the token is no longer accepted
	Forbidden      FailureKind = "forbidden"       // the app or plan may not make this call
	BudgetSpent    FailureKind = "budget_spent"    // credits, spend cap or usage cap used up
	Unavailable    FailureKind = "unavailable"     // 5xx, no answer, an answer cut short
	Malformed      FailureKind = "malformed"       // an answer that cannot be what it should be
)

// Failures of one account. [CredentialDead], [Unavailable], [Malformed] and
// [RateLimited] also occur for one account, when its own token or its own part
// of a batch fails.
const (
	Gone         FailureKind = "gone"
	Suspended    FailureKind = "suspended"
	Private      FailureKind = "private"
	NeedsConsent FailureKind = "needs_consent"
	Unreadable   FailureKind = "unreadable"
	Conflict     FailureKind = "conflict"
)

// FailureKinds lists every kind.
func FailureKinds() []FailureKind {
	return []FailureKind{RateLimited, CredentialDead, Forbidden, BudgetSpent, Unavailable, Malformed,
		Gone, Suspended, Private, NeedsConsent, Unreadable, Conflict}
}

// State is the account state that a failure of one account leads to, and false
// for the passing kinds, which leave the state as it was.
func (k FailureKind) State() (AccountState, bool) {
	switch k {
	case Gone, Suspended, Private, NeedsConsent, Unreadable, Conflict, CredentialDead:
		return AccountState(k), true
	default:
		return "", false
	}
}

// Failure is why a read gave no counts. It is an error whose text is safe to log
// and to show: Detail is written by us or scrubbed, and never holds a token, a
// URL with a query, or a NIP.
type Failure struct {
	Kind   FailureKind
	Until  time.Time // no use to try before; zero when the platform does not say
	Detail string    // what the platform said, for a person
	Code   string    // the platform's own code or HTTP status, for example "429" or "190/463"
	Err    error     // the cause, for errors.Is; never shown

	// NotCalled says that we held the call back ourselves, to stay within a limit
	// or a budget: the platform did nothing wrong, and no account was tried.
	NotCalled bool
}

// Error describes the failure without its cause.
func (f *Failure) Error() string {
	s := string(f.Kind)
	if f.Code != "" {
		s += " (" + f.Code + ")"
	}
	if f.Detail != "" {
		s += ": " + f.Detail
	}
	if !f.Until.IsZero() {
		s += fmt.Sprintf(" until %s", f.Until.UTC().Format(time.RFC3339))
	}
	return s
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.Err }
