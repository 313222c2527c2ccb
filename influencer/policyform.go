package influencer

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// policyFile is the policy in its file's order of keys and form of values.
type policyFile struct {
	Match        any               `json:"match"`
	Requirements []requirementFile `json:"requirements"`
	LeaveBelow   string            `json:"leave_below"`
	Confirm      int               `json:"confirm"`
	ConfirmGap   string            `json:"confirm_gap"`
	Grace        string            `json:"grace"`
	Activity     struct {
		Within  string          `json:"within"`
		Unknown UnknownActivity `json:"unknown"`
	} `json:"activity"`
	EvidenceMaxAge string `json:"evidence_max_age"`
	Suspect        struct {
		Drop string `json:"drop"`
		From int64  `json:"from"`
	} `json:"suspect"`
	GoneAfter string `json:"gone_after"`
	Breaker   struct {
		Share  string `json:"share"`
		Floor  int    `json:"floor"`
		Window string `json:"window"`
	} `json:"breaker"`
	Approval Approval `json:"approval"`
}

type requirementFile struct {
	Platform Platform `json:"platform"`
	Metric   Metric   `json:"metric"`
	AtLeast  int64    `json:"at_least"`
}

// MarshalJSON writes the policy file's form, every key stated. [ParsePolicy]
// reads it back; the version is not part of it.
func (p Policy) MarshalJSON() ([]byte, error) {
	f := policyFile{
		Match:      p.Match.Mode,
		LeaveBelow: p.LeaveBelow.String(), Confirm: p.Confirm,
		ConfirmGap: durationText(p.ConfirmGap), Grace: durationText(p.Grace),
		EvidenceMaxAge: durationText(p.EvidenceMaxAge), GoneAfter: durationText(p.GoneAfter),
		Approval: p.Approval,
	}
	if p.Match.Mode == MatchAtLeast {
		f.Match = map[string]int{"at_least": p.Match.N}
	}
	for _, r := range p.Requirements {
		f.Requirements = append(f.Requirements, requirementFile(r))
	}
	f.Activity.Within, f.Activity.Unknown = durationText(p.Activity.Within), p.Activity.Unknown
	f.Suspect.Drop, f.Suspect.From = p.Suspect.Drop.String(), p.Suspect.From
	f.Breaker.Share, f.Breaker.Floor = p.Breaker.Share.String(), p.Breaker.Floor
	f.Breaker.Window = durationText(p.Breaker.Window)
	return json.Marshal(f)
}

// Diff tells in one line each what b changes of a, in the order of the file:
// nothing when they rule alike.
func Diff(a, b Policy) []string {
	var lines []string
	was, is := a.settings(), b.settings()
	for i := range was {
		if was[i].text != is[i].text {
			lines = append(lines, fmt.Sprintf("%s: %s -> %s", was[i].key, was[i].text, is[i].text))
		}
	}
	return append(lines, diffRequirements(a.Requirements, b.Requirements)...)
}

// setting is one key of a policy with its value, or with what is wrong with it.
type setting struct{ key, text string }

func (p Policy) settings() []setting {
	return []setting{
		{"match", p.Match.String()},
		{"leave_below", p.LeaveBelow.String()},
		{"confirm", fmt.Sprint(p.Confirm)},
		{"confirm_gap", durationText(p.ConfirmGap)},
		{"grace", durationText(p.Grace)},
		{"activity.within", durationText(p.Activity.Within)},
		{"activity.unknown", string(p.Activity.Unknown)},
		{"evidence_max_age", durationText(p.EvidenceMaxAge)},
		{"suspect.drop", p.Suspect.Drop.String()},
		{"suspect.from", fmt.Sprint(p.Suspect.From)},
		{"gone_after", durationText(p.GoneAfter)},
		{"breaker.share", p.Breaker.Share.String()},
		{"breaker.floor", fmt.Sprint(p.Breaker.Floor)},
		{"breaker.window", durationText(p.Breaker.Window)},
		{"approval", string(p.Approval)},
	}
}

func diffRequirements(was, is []Requirement) []string {
	var lines []string
	for _, r := range was {
		i := slices.IndexFunc(is, r.sameCount)
		switch {
		case i < 0:
			lines = append(lines, fmt.Sprintf("requirements: %s removed", r))
		case is[i].AtLeast != r.AtLeast:
			lines = append(lines, fmt.Sprintf("requirements: %s -> %d", r, is[i].AtLeast))
		}
	}
	for _, r := range is {
		if !slices.ContainsFunc(was, r.sameCount) {
			lines = append(lines, fmt.Sprintf("requirements: %s added", r))
		}
	}
	return lines
}

func (r Requirement) sameCount(o Requirement) bool {
	return r.Platform == o.Platform && r.Metric == o.Metric
}

// String writes the requirement as "x followers at least 500".
func (r Requirement) String() string {
	return fmt.Sprintf("%s %s at least %d", r.Platform, r.Metric, r.AtLeast)
}

const (
	maxConfirm      = 5 // a reading keeps this many read times
	maxRequirements = 50
	maxAtLeast      = 1_000_000_000_000
)

// Validate checks that the policy can be ruled by. A refusal is a
// [*PolicyError] with all problems.
func (p Policy) Validate() error {
	var texts []string
	for _, problem := range p.problems() {
		texts = append(texts, problem.key+": "+problem.text)
	}
	if texts == nil {
		return nil
	}
	return &PolicyError{Problems: texts}
}

// problems lists what is wrong, the settings' text saying how.
func (p Policy) problems() []setting {
	c := checks{}
	c.unless(p.Match.valid(), "match", "must be any, all or at_least: N")
	c.unless(p.Match.Mode != MatchAtLeast || p.Match.N >= 1 && p.Match.N <= len(p.Requirements), "match.at_least",
		fmt.Sprintf("must be from 1 to the number of requirements, %d", len(p.Requirements)))
	c.requirements(p.Requirements)
	c.share("leave_below", p.LeaveBelow, Whole/100)
	c.unless(p.Confirm >= 1 && p.Confirm <= maxConfirm, "confirm", fmt.Sprintf("must be from 1 to %d", maxConfirm))
	c.duration("confirm_gap", p.ConfirmGap, 0)
	c.unless(p.ConfirmGap <= p.EvidenceMaxAge || p.Confirm <= 1, "confirm_gap", "must not be longer than evidence_max_age")
	c.duration("grace", p.Grace, 0)
	c.duration("activity.within", p.Activity.Within, time.Second)
	c.unless(p.Activity.Unknown == Hold || p.Activity.Unknown == Accept, "activity.unknown", "must be hold or accept")
	c.duration("evidence_max_age", p.EvidenceMaxAge, time.Second)
	c.share("suspect.drop", p.Suspect.Drop, Whole/100)
	c.unless(p.Suspect.From >= 0, "suspect.from", "must not be below 0")
	c.duration("gone_after", p.GoneAfter, 0)
	c.share("breaker.share", p.Breaker.Share, 0)
	c.unless(p.Breaker.Floor >= 0, "breaker.floor", "must not be below 0")
	c.duration("breaker.window", p.Breaker.Window, time.Second)
	c.unless(p.Approval == Automatic || p.Approval == Manual, "approval", "must be automatic or manual")
	return c
}

func (m Match) valid() bool {
	return (m.Mode == MatchAny || m.Mode == MatchAll) && m.N == 0 || m.Mode == MatchAtLeast
}

type checks []setting

func (c *checks) unless(ok bool, key, text string) {
	if !ok {
		*c = append(*c, setting{key, text})
	}
}

func (c *checks) share(key string, s, least Share) {
	c.unless(s >= least && s <= Whole, key, fmt.Sprintf("must be from %s to 100%%", least))
}

func (c *checks) duration(key string, d, least time.Duration) {
	c.unless(d >= least && d <= maxDuration && d%time.Second == 0, key,
		fmt.Sprintf("must be in whole seconds, from %s to %s", durationText(least), durationText(maxDuration)))
}

func (c *checks) requirements(list []Requirement) {
	c.unless(len(list) >= 1 && len(list) <= maxRequirements, "requirements", fmt.Sprintf("must be 1 to %d", maxRequirements))
	for i, r := range list {
		key := requirementKey(i)
		_, err := ParsePlatform(string(r.Platform))
		c.unless(err == nil, key+".platform", "must be a lower-case name such as x, instagram or facebook")
		c.unless(r.Metric.Valid(), key+".metric", "must be followers or friends")
		c.unless(r.AtLeast >= 1 && r.AtLeast <= maxAtLeast, key+".at_least", fmt.Sprintf("must be from 1 to %d", int64(maxAtLeast)))
		c.unless(!slices.ContainsFunc(list[:i], r.sameCount), key, fmt.Sprintf("asks for %s %s a second time", r.Platform, r.Metric))
	}
}
