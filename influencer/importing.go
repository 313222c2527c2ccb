package influencer

import "time"

// ImportOptions says how a roster is taken in.
type ImportOptions struct {
	DryRun   bool                // do everything, then undo it: the report tells what an import would do
	At       time.Time           // the time of the import; new accounts are due then
	Progress func(rows int)      // called now and then with the rows done so far; may be nil
	Problem  func(ImportProblem) // called for every problem as it is met; may be nil
}

// ImportProblem is a line of a roster that could not be taken as it stands.
type ImportProblem struct {
	Line int    // in the file, the header being line 1
	Text string // for a person; holds no whole NIP
}

// ImportReport tells what an import did, or would do. People count once,
// however many lines they have.
type ImportReport struct {
	Rows                                              int // lines looked at
	PeopleAdded, PeopleUpdated, PeopleUnchanged       int
	AccountsAdded, AccountsUpdated, AccountsUnchanged int
	Problems                                          int             // how many in all
	First                                             []ImportProblem // the first of them, at most [MaxProblems]
}

// MaxProblems bounds the problems that a report itself carries.
const MaxProblems = 100
