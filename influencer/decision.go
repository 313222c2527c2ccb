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
// person stood and what each account showed. Its JSON form is what a stored
// decision keeps: a key once written keeps its name and meaning.
type Evidence struct {
	Standing Standing          `json:"standing"`
	Accounts []AccountEvidence `json:"accounts"`
}

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
