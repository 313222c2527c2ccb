package influencer

import "time"

// Census counts everybody and everything once, for those who watch the service.
type Census struct {
	At       time.Time // when it was counted
	People   map[Status]int64
	Accounts []AccountCount
	Tokens   []TokenCount
}

// AccountCount counts the accounts of a platform that are in one state.
type AccountCount struct {
	Platform   Platform
	State      AccountState
	Registered int64
	InTime     int64     // of these, read within the platform's longest time between two reads
	Proving    int64     // of these, read within the policy's EvidenceMaxAge
	Oldest     time.Time // the oldest of their newest reads; zero when none was ever read
}

// TokenCount counts the stored tokens of a platform that are in one state.
type TokenCount struct {
	Platform Platform
	State    string // "ok", "expired", "dead" or "broken"
	Own      bool   // the institution's own, not those of people
	Count    int64
	FirstEnd time.Time // when the first of those that are ok ends; zero when none is known to
}

// MoveCount counts the decisions that were one kind of move.
type MoveCount struct {
	From, To Status
	Reason   Reason
	Count    int64
}
