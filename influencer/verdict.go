package influencer

import "time"

// Answer is one of three: a question may have no answer yet.
type Answer string

// The three answers.
const (
	Yes     Answer = "yes"
	No      Answer = "no"
	Unknown Answer = "unknown"
)

// Verdict is what the rule makes of a person's evidence.
type Verdict struct {
	Qualifies    Answer
	Requirements []RequirementResult // in the policy's order
	Activity     Answer              // after the policy's word on unknown
	Move         *Move               // nil when the status stays
	Doubtful     []int64             // accounts to be read again after ConfirmGap: below the line, not yet confirmed
	// Used is the evidence without the readings that did not matter: Decide on
	// it gives the same verdict. It shares memory with the evidence given.
	Used Evidence
}

// RequirementResult is how one requirement fared.
type RequirementResult struct {
	Requirement
	Line     int64           // the count asked for, given the person's standing
	Answer   Answer          // met, not met or unknown
	Why      Why             // of the account that decided it
	Best     *int64          // the largest value among the accounts' newest good readings, nil when none is usable
	Accounts []AccountResult // the accounts on the platform, in the order of the evidence
}

// AccountResult is how one account fared under one requirement.
type AccountResult struct {
	AccountID int64
	Answer    Answer    // Yes: at or above the line. No: below it, proven. Unknown: all else
	Why       Why       // in one word
	Value     *int64    // in the newest good reading, also when that is stale; nil when there is none
	SeenAt    time.Time // when that reading was last seen
	Confirmed int       // for a holder below the line: reads below it, spaced by ConfirmGap
}

// Why says in one word why an account or a requirement fared as it did.
type Why string

// The whys.
const (
	WhyAbove       Why = "above"       // at or above the line
	WhyBelow       Why = "below"       // below the line, proven
	WhyUnconfirmed Why = "unconfirmed" // below the line in too few reads to take the status away
	WhyGone        Why = "gone"        // the platform has said gone or suspended for GoneAfter
	WhyStale       Why = "stale"       // the newest good reading is older than EvidenceMaxAge
	WhyFuture      Why = "future"      // the newest good reading claims to be from the future
	WhyUnread      Why = "unread"      // no good reading with this metric
	WhyNoAccount   Why = "no_account"  // no account on the platform
)

// Move is one step of a status.
type Move struct {
	From   Status
	To     Status
	Reason Reason
}
