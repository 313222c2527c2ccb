package influencer

import "time"

// ImportOptions says how a roster is taken in.
type ImportOptions struct {
	DryRun   bool                // do everything, then undo it: the report tells what an import would do
	At       time.Time           // the time of the import; new accounts are due then
	Actor    string              // who orders it, for the audit log
	Progress func(rows int)      // called now and then with the rows done so far; may be nil
	Problem  func(RosterProblem) // called for every problem as it is met; may be nil
}

// ImportReport tells what an import did, or would do. People count once,
// however many rows they have.
type ImportReport struct {
	Rows                                              int // rows handed in
	PeopleAdded, PeopleUpdated, PeopleUnchanged       int
	AccountsAdded, AccountsUpdated, AccountsUnchanged int
	Problems                                          []RosterProblem // in the order of lines, at most MaxRosterProblems
	More                                              int             // problems beyond those
}
