package influencer

import (
	"errors"
	"time"
)

// Resync is a manual order to read accounts now, and how far it is. Every member
// of it is done, failed, cancelled or waits.
type Resync struct {
	ID     int64
	Actor  string // who ordered it, see [AuditEntry]
	Wanted ResyncSelection
	State  ResyncState

	CreatedAt time.Time
	StartedAt time.Time // when the first accounts were handed out; zero before
	EndedAt   time.Time // zero while it goes on

	Reads int64 // account reads that it was expected to cost
	ResyncCount
	Platforms []ResyncPlatform // by name
}

// ResyncState says where a resync stands.
type ResyncState string

// A resync begins queued and ends done or cancelled. Done means that nobody waits
// any more, whatever became of each.
const (
	ResyncQueued    ResyncState = "queued"
	ResyncRunning   ResyncState = "running"
	ResyncDone      ResyncState = "done"
	ResyncCancelled ResyncState = "cancelled"
)

// Over tells whether nothing will change any more.
func (s ResyncState) Over() bool { return s == ResyncDone || s == ResyncCancelled }

// ResyncCount counts accounts by what became of them.
type ResyncCount struct {
	Total     int64
	Done      int64 // read after the order, by whomever
	Failed    int64 // tried in vain, each with its reason
	Cancelled int64 // not tried any more
}

// Waiting is how many accounts nothing has become of yet.
func (c ResyncCount) Waiting() int64 { return c.Total - c.Done - c.Failed - c.Cancelled }

// ResyncPlatform is one platform's part of a resync.
type ResyncPlatform struct {
	Platform Platform
	ResyncCount
}

// ResyncSelection says whose accounts a resync reads. What is empty narrows
// nothing.
type ResyncSelection struct {
	Platforms []Platform // sorted
	People    int        // how many people were named; 0 is everybody
	Agency    string
	All       bool // the order said that it means everybody
}

// ResyncOrder is what a person orders.
type ResyncOrder struct {
	Actor     string
	Platforms []Platform // empty: all
	NIPs      []NIP      // empty: everybody
	Agency    string
	All       bool // needed where nothing else says whose accounts

	// Scope is the agency that the actor is bound to, "" for one who is not. What
	// lies outside does not exist for the actor.
	Scope string
}

// Empty tells whether the order does not say what to read.
func (o ResyncOrder) Empty() bool {
	return !o.All && len(o.Platforms) == 0 && len(o.NIPs) == 0 && o.Agency == ""
}

// ResyncEstimate is what an order would read, and what that costs.
type ResyncEstimate struct {
	Accounts  int64
	Reads     int64 // that the platforms will bill
	Platforms []ResyncCost
	// SameAs is a resync under way of the very same order, 0 when there is none.
	SameAs int64
}

// ResyncCost is one platform's part of an estimate.
type ResyncCost struct {
	Platform Platform
	Accounts int64
	Reads    int64  // account reads that the platform will bill
	Joined   int64  // of Accounts, those that another resync waits for: they are read once for both
	CapLeft  *int64 // what the month's cap still lets through; nil is no cap

	// LeastTime is how long the limits of the platform make it take at the least,
	// set by who knows them; nil where they are not known.
	LeastTime *time.Duration
}

// ResyncFailure is one account that a resync could not read.
type ResyncFailure struct {
	AccountID int64
	PersonID  int64
	NIP       NIP
	Name      string
	Agency    string
	Platform  Platform
	Handle    string
	Kind      FailureKind
	Detail    string // safe to show
	Tries     int    // reads that failed; 0 when the account was given up untried, for the platform's trouble
	At        time.Time
}

// Advice says why the account was not read, and what can be done.
func (f ResyncFailure) Advice(l Lang) Advice {
	a := Account{Platform: f.Platform, Handle: f.Handle, Error: string(f.Kind)}
	if state, settled := f.Kind.State(); settled && f.Tries > 0 {
		a.State = state
		return Advise(l, a, ProblemUnreadable)
	}
	return Advise(l, a, ProblemStale)
}

// Errors of an order.
var (
	ErrResyncEmpty  = errors.New("the order does not say what to read: name platforms, people or an agency, or say all")
	ErrResyncNobody = errors.New("no account that is read belongs to the order")
)

// UnknownPeopleError names the people of an order who are not registered, by
// their places in it: a NIP is no matter for an error's text.
type UnknownPeopleError struct{ Places []int }

// Error counts them.
func (e *UnknownPeopleError) Error() string {
	if len(e.Places) == 1 {
		return "1 of the people named is not registered"
	}
	return English.Number(int64(len(e.Places))) + " of the people named are not registered"
}

// PlatformOffError refuses an order for a platform that is not read.
type PlatformOffError struct {
	Platform Platform // "" for all of them
	Why      string
}

// Error says which platform it is, and why.
func (e *PlatformOffError) Error() string {
	if e.Platform == "" {
		return e.Why
	}
	return string(e.Platform) + " is off: " + e.Why
}

// ResyncWait says that a platform is not read before a time, and why.
type ResyncWait struct {
	Platform Platform
	Until    time.Time
	Kind     FailureKind
	Detail   string
}

// Waits tells which platforms keep the resync waiting at a time.
func (r Resync) Waits(health []PlatformHealth, now time.Time) []ResyncWait {
	var waits []ResyncWait
	for _, h := range health {
		if !h.Until.After(now) || r.State.Over() {
			continue
		}
		for _, p := range r.Platforms {
			if p.Platform == h.Platform && p.Waiting() > 0 {
				waits = append(waits, ResyncWait{h.Platform, h.Until, h.Kind, h.Detail})
			}
		}
	}
	return waits
}

// ETA is when the resync will end if it goes on as it did, and not before a
// platform that it waits for opens; zero while nobody can say.
func (r Resync) ETA(health []PlatformHealth, now time.Time) time.Time {
	settled := r.Done + r.Failed
	took := now.Sub(r.StartedAt)
	if r.State.Over() || r.StartedAt.IsZero() || settled == 0 || took <= 0 {
		return time.Time{}
	}
	each := float64(took) / float64(settled)
	end := now.Add(time.Duration(min(each*float64(r.Waiting()), float64(longestWait))))
	for _, w := range r.Waits(health, now) {
		if w.Until.After(end) {
			end = w.Until
		}
	}
	return end
}
