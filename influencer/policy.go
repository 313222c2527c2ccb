package influencer

import "time"

// Policy is one version of the rule. Its JSON form is the policy file's own;
// the version is not part of it: the store numbers policies as it takes them in.
type Policy struct {
	Version        int // 1 for the default policy, 0 before the store has numbered it
	Match          Match
	Requirements   []Requirement
	LeaveBelow     Share         // of AtLeast: the line under which a holder falls
	Confirm        int           // good reads below the line before a loss, 1 to 5
	ConfirmGap     time.Duration // at least this long between two of them
	Grace          time.Duration // time in grace before revoked; 0 for none
	Activity       Activity
	EvidenceMaxAge time.Duration // a reading last seen longer ago proves nothing
	Suspect        SuspectRule
	GoneAfter      time.Duration // gone or suspended for this long counts as below every line
	Breaker        Breaker
	Approval       Approval
}

// Requirement asks for a count on a platform.
type Requirement struct {
	Platform Platform
	Metric   Metric
	AtLeast  int64
}

// Share is a part of a whole in basis points: 10000 is 100%. Whole numbers keep
// decisions free of rounding.
type Share int

// Whole is 100%.
const Whole Share = 10000

// MatchMode says how requirements combine.
type MatchMode string

// The modes: one requirement is enough, all are needed, or a stated number.
const (
	MatchAny     MatchMode = "any"
	MatchAll     MatchMode = "all"
	MatchAtLeast MatchMode = "at_least"
)

// Match says how many requirements must be met.
type Match struct {
	Mode MatchMode
	N    int // for MatchAtLeast, else 0
}

// Needed is how many of n requirements must be met.
func (m Match) Needed(n int) int {
	switch m.Mode {
	case MatchAll:
		return n
	case MatchAtLeast:
		return m.N
	default:
		return 1
	}
}

// Activity asks for a post within a window, over all the person's accounts.
type Activity struct {
	Within  time.Duration
	Unknown UnknownActivity
}

// UnknownActivity says what an unknown newest post means.
type UnknownActivity string

// Hold keeps an unknown activity unknown, so that it moves nothing; Accept takes
// it for activity.
const (
	Hold   UnknownActivity = "hold"
	Accept UnknownActivity = "accept"
)

// SuspectRule says which drops are too steep to believe at once: to 0, or by
// more than Drop in one reading from From or more.
type SuspectRule struct {
	Drop Share
	From int64
}

// Breaker bounds how many people may lose the status at once.
type Breaker struct {
	Share  Share         // of those who hold the status
	Floor  int           // this many losses are always let through
	Window time.Duration // over which losses are counted
}

// Allows tells whether so many losses within the window may go through when
// holders people held the status in it. More wait for an admin.
func (b Breaker) Allows(losses, holders int) bool { return losses <= b.Allowed(holders) }

// Allowed is how many of holders people may lose the status within the window.
func (b Breaker) Allowed(holders int) int {
	return max(b.Floor, int(int64(holders)*int64(b.Share)/int64(Whole)))
}

// Approval says whether a person who qualifies gets the status at once.
type Approval string

// Automatic grants at once; Manual makes the person wait in pending.
const (
	Automatic Approval = "automatic"
	Manual    Approval = "manual"
)

const day = 24 * time.Hour

// DefaultPolicy is version 1, the announcement of November 2019 read as data:
// active, and 500 followers on X or Instagram or 500 friends on Facebook.
func DefaultPolicy() Policy {
	return Policy{
		Version: 1,
		Match:   Match{Mode: MatchAny},
		Requirements: []Requirement{
			{Platform: X, Metric: Followers, AtLeast: 500},
			{Platform: Instagram, Metric: Followers, AtLeast: 500},
			{Platform: Facebook, Metric: Friends, AtLeast: 500},
		},
		LeaveBelow:     Whole,
		Confirm:        2,
		ConfirmGap:     time.Hour,
		Activity:       Activity{Within: 30 * day, Unknown: Hold},
		EvidenceMaxAge: 35 * day,
		Suspect:        SuspectRule{Drop: Whole / 2, From: 100},
		GoneAfter:      14 * day,
		Breaker:        Breaker{Share: Whole / 20, Floor: 20, Window: time.Hour},
		Approval:       Automatic,
	}
}

// Line is the count that r asks for: AtLeast of who does not hold the status,
// LeaveBelow of it of who does. A value below the line is one for which
// value*10000 < AtLeast*LeaveBelow, so the line is rounded up.
func (p Policy) Line(r Requirement, holder bool) int64 {
	if !holder {
		return r.AtLeast
	}
	whole := int64(Whole)
	return (r.AtLeast*int64(p.LeaveBelow) + whole - 1) / whole
}
