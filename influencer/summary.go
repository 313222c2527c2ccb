package influencer

import "time"

// SummaryFilter narrows a summary. A zero field narrows nothing.
type SummaryFilter struct {
	Agency   string
	Platform Platform // only accounts there, and only people who have one
	// FreshWithin says how old a read may be to count as read; 0 takes the policy's
	// EvidenceMaxAge, past which the rule trusts no number either.
	FreshWithin time.Duration
}

// Summary counts people and accounts. Every part says on how much data it rests.
type Summary struct {
	At        time.Time // when it was counted
	Coverage            // of all accounts in the summary
	People    int
	Statuses  map[Status]int // every status, 0 included
	Agencies  []AgencySummary
	Platforms []PlatformSummary
}

// Coverage tells how many accounts a total should rest on and how many it does.
type Coverage struct {
	Expected int       // accounts registered
	Read     int       // of these, read recently enough
	AsOf     time.Time // the newest of those reads; zero when there is none
	Oldest   time.Time // the oldest of those reads; zero when there is none
}

// AgencySummary is one agency's part, in the order of the names.
type AgencySummary struct {
	Agency string
	Coverage
	People   int
	Statuses map[Status]int // only those that occur
}

// PlatformSummary is one platform's part, in the order of the names.
type PlatformSummary struct {
	Platform Platform
	Coverage
	States map[AccountState]int // only those that occur
}

// CoverageFilter narrows a report of coverage. A zero field narrows nothing.
type CoverageFilter struct {
	Agency   string
	Platform Platform
	By       CoverageBy
}

// CoverageBy says what one row of a report of coverage stands for.
type CoverageBy string

// The rows of a report of coverage.
const (
	ByAgencyAndPlatform CoverageBy = "" // an agency's accounts on one platform
	ByAgency            CoverageBy = "agency"
	ByPlatform          CoverageBy = "platform"
)

// CoverageReport tells where numbers are missing.
type CoverageReport struct {
	At    time.Time // when it was counted
	Total CoverageRow
	Rows  []CoverageRow // in the order of their names
}

// CoverageRow is the accounts of one agency, one platform, or both: how many
// should be read, how many are, and what is in the way of others. An unreadable
// account may still count as read, by what it showed before.
type CoverageRow struct {
	Agency   string   // "" for all
	Platform Platform // "" for all
	Coverage
	Never, Stale, Unreadable int
}
