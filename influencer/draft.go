package influencer

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// DraftState says what became of a draft.
type DraftState string

// The states of a draft.
const (
	DraftOpen      DraftState = "draft"     // kept, and ruling nothing
	DraftScheduled DraftState = "scheduled" // will be put in force at its time
	DraftApplied   DraftState = "applied"   // was put in force
	DraftDiscarded DraftState = "discarded"
)

// DraftStates lists every state.
func DraftStates() []DraftState {
	return []DraftState{DraftOpen, DraftScheduled, DraftApplied, DraftDiscarded}
}

// Draft is a policy that somebody wrote and that is not in force, or was not when
// it was saved.
type Draft struct {
	ID          int64
	Policy      Policy // its version is 0
	Author      string // who saved it
	Note        string
	CreatedAt   time.Time
	Base        int // the version that was in force then
	State       DraftState
	EffectiveAt time.Time // of a scheduled one: when it comes into force
	ScheduledBy string    // who ordered that: the author of the version that it becomes
	Version     int       // the version that it became, 0 for none
	Changes     []string  // against the policy in force now, a line each; see [Diff]
}

// DraftStateError is met when a draft is not in a state that allows what is asked.
type DraftStateError struct {
	ID    int64
	State DraftState
	Want  DraftState // what it was to become
}

// Error says what the draft is and what was wanted.
func (e *DraftStateError) Error() string {
	want := string(e.Want)
	if e.Want == DraftOpen {
		want = "taken off the schedule"
	}
	return fmt.Sprintf("draft %d is %s: it cannot be %s", e.ID, e.State, want)
}

// Unwrap is [ErrDraftState].
func (e *DraftStateError) Unwrap() error { return ErrDraftState }

// PolicyMovedError is met when another version than the one looked at is in force.
type PolicyMovedError struct{ Expected, InForce int }

// Error says which version is in force.
func (e *PolicyMovedError) Error() string {
	return fmt.Sprintf("version %d is in force now, not %d: look again", e.InForce, e.Expected)
}

// Unwrap is [ErrPolicyMoved].
func (e *PolicyMovedError) Unwrap() error { return ErrPolicyMoved }

// What an order about the policy may meet.
var (
	ErrDraftState  = errors.New("the draft is not in a state that allows it") // see [DraftStateError]
	ErrPolicyMoved = errors.New("another version is in force")                // see [PolicyMovedError]
	ErrFirstPolicy = errors.New("version 1 is in force: there is none before it")
	ErrNotInFuture = errors.New("the time lies not in the future")
	ErrNoOrderer   = errors.New("who orders it is not named")
)

// PolicyOrder is somebody's order to put a policy in force.
type PolicyOrder struct {
	Author string // who orders it
	Note   string // why
	At     time.Time
	// Expect is the version that must be in force, so that nobody overwrites what
	// another has just applied; 0 takes any.
	Expect int
	// Later leaves it to the service to decide people, within minutes: for whoever
	// cannot wait until a million are.
	Later bool
}

// PolicyChange is what the world outside is told of a new version.
type PolicyChange struct {
	Version         int       `json:"version"`
	PreviousVersion int       `json:"previous_version"`
	Author          string    `json:"author"`
	Note            string    `json:"note"`
	At              time.Time `json:"at"`
	Changes         []string  `json:"changes"`
	Policy          Policy    `json:"policy"`
	Text            Bilingual `json:"text"`
}

// NewPolicyChange describes the step from one version to the next.
func NewPolicyChange(was, is Policy, o PolicyOrder) PolicyChange {
	c := PolicyChange{
		Version: is.Version, PreviousVersion: was.Version, Author: o.Author, Note: o.Note, At: o.At,
		Changes: append([]string{}, Diff(was, is)...), Policy: is,
	}
	c.Text = bilingual(c.sentence)
	return c
}

// sentence says since when and in which settings; these are named as in the file.
func (c PolicyChange) sentence(l Lang) string {
	since := l.say(text{"Kebijakan versi %d berlaku sejak %s.", "Policy version %d has been in force since %s."}, c.Version, l.DateTime(c.At))
	if len(c.Changes) == 0 {
		return since
	}
	what := strings.ReplaceAll(strings.Join(c.Changes, "; "), " -> ", " → ")
	return since + " " + l.say(text{"Yang berubah", "What changed"}) + ": " + what + "."
}
