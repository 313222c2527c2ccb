package influencer

import "time"

// Decision is one move of a status, with everything needed to recompute it.
type Decision struct {
	ID            int64
	PersonID      int64
	At            time.Time
	From, To      Status
	Reason        Reason
	PolicyVersion int
	Actor         string   // "rule", or who ordered it
	Note          string   // what an admin wrote
	Evidence      Evidence // the decision's own copy of what it saw
}

// Evidence is the whole input of [Decide] but for policy and time: where the
// person stood and what each account showed. It is that of [Act] too, which needs
// no accounts. Its JSON form is what a stored
// decision keeps: a key once written keeps its name and meaning.
type Evidence struct {
	Standing Standing          `json:"standing"`
	Accounts []AccountEvidence `json:"accounts"`
	// FrozenUntil is the end of a [Freeze] in force: until then there are no new
	// grants. Zero when there is none.
	FrozenUntil time.Time `json:"frozen_until,omitzero"`
	Act         *Action   `json:"act,omitzero"` // what an admin ordered; nil when the rule decides
}

// frozen tells whether new grants are frozen.
func (e *Evidence) frozen(now time.Time) bool { return now.Before(e.FrozenUntil) }

// AccountEvidence is one account as the rule sees it. Readings are newest
// first: the newest good one, and, for a holder below the line, as many older
// ones as the confirmation needs (see [NeedsHistory]).
type AccountEvidence struct {
	AccountID  int64        `json:"account_id"`
	Platform   Platform     `json:"platform"`
	Handle     string       `json:"handle,omitzero"`
	State      AccountState `json:"state"`
	StateSince time.Time    `json:"state_since,omitzero"`
	Readings   []Reading    `json:"readings,omitzero"`
}
