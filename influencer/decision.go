package influencer

import "time"

// Reason is a code for why a status is what it is; see the table of moves.
type Reason string

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
// person stood and what each account showed.
type Evidence struct {
	Standing Standing
	Accounts []AccountEvidence
}

// AccountEvidence is one account as the rule sees it. Readings are newest
// first: the newest good one, and, for a holder below the line, as many older
// ones as the confirmation needs.
type AccountEvidence struct {
	AccountID  int64
	Platform   Platform
	Handle     string
	State      AccountState
	StateSince time.Time
	Readings   []Reading
}
