package influencer

import (
	"fmt"
	"time"
)

// Explain tells in plain English lines why a person is or is not an influencer:
// the status, each requirement with its value, line and the age of the evidence,
// the activity, and what would change it. v is Decide's verdict on e at now.
func Explain(p Policy, v Verdict, e Evidence, now time.Time) []string {
	x := explainer{p: p, v: v, e: e, now: now}
	lines := append([]string{x.status()}, x.marks()...)
	lines = append(lines, x.rule())
	for _, r := range v.Requirements {
		lines = append(lines, x.requirement(r))
	}
	lines = append(lines, x.activity())
	return append(lines, x.changes()...)
}

type explainer struct {
	p   Policy
	v   Verdict
	e   Evidence
	now time.Time
}

func (x explainer) status() string {
	s := x.e.Standing
	since, on := "", ""
	if !s.Since.IsZero() {
		since, on = " since "+English.Date(s.Since), " on "+English.Date(s.Since)
	}
	switch s.Status {
	case StatusActive:
		switch {
		case since == "":
			return "Is an influencer."
		case s.Reason == ReasonRecovered: // the status was never lost, so it did not begin then
			return "Is an influencer, and qualified again" + on + ", within the grace."
		}
		return "Has been an influencer" + since + "."
	case StatusGrace:
		return fmt.Sprintf("Is still an influencer, and has been in grace%s; the grace ends %s.", since, English.DateTime(s.graceStart().Add(x.p.Grace)))
	case StatusPending:
		return "Is not an influencer yet: qualified" + on + ", and waits for approval."
	case StatusSuspended:
		return "Was suspended by an admin" + on + x.until() + ". The rule moves nothing until then; before: " + string(s.Underlying()) + "."
	case StatusBlocked:
		return "Was blocked by an admin" + on + ". The rule moves nothing; before: " + string(s.Underlying()) + "."
	case StatusRevoked:
		return "Is not an influencer: the status was revoked" + on + "."
	default:
		return "Is not an influencer."
	}
}

// marks are what keeps the rule from moving the status but is no status itself.
func (x explainer) marks() []string {
	var lines []string
	if s := x.e.Standing; s.Left != "" {
		lines = append(lines, fmt.Sprintf("Has left the service (%s) on %s. The rule moves nothing, and the accounts are not read.",
			s.Left, English.Date(s.LeftAt)))
	}
	if x.e.frozen(x.now) {
		lines = append(lines, "New grants are frozen until "+English.DateTime(x.e.FrozenUntil)+"; who holds the status is not concerned.")
	}
	return lines
}

func (x explainer) until() string {
	if x.e.Standing.Until.IsZero() {
		return ", until an admin reinstates"
	}
	return ", until " + English.DateTime(x.e.Standing.Until)
}

func (x explainer) rule() string {
	verdict := map[Answer]string{
		Yes: "qualifies", No: "does not qualify", Unknown: "cannot be told now, so nothing moves",
	}[x.v.Qualifies]
	return fmt.Sprintf("By policy version %d (%s, and a post within %s): %s.",
		x.p.Version, x.needed(), English.Duration(x.p.Activity.Within), verdict)
}

func (x explainer) needed() string {
	n := len(x.p.Requirements)
	return fmt.Sprintf("%d of %d %s", x.p.Match.Needed(n), n, plural(int64(n), "requirement"))
}

func (x explainer) requirement(r RequirementResult) string {
	needs := English.Count(r.Line, r.Metric)
	if r.Line != r.AtLeast {
		needs += " to keep the status"
	}
	text := r.Platform.Title() + ": " + r.fared() + needs + "."
	for _, a := range r.Accounts {
		text += " " + x.account(a) + "."
	}
	return text
}

// fared ends where the count that is needed follows.
func (r RequirementResult) fared() string {
	switch r.Why {
	case WhyAbove:
		return "met, " + English.Number(*r.Best) + " of "
	case WhyBelow:
		return "not met, " + English.Number(*r.Best) + " of "
	case WhyUnconfirmed:
		return "below but not yet confirmed, " + English.Number(*r.Best) + " of "
	case WhyNoAccount:
		return "not met, no account to show "
	case WhyGone:
		return "not met, the account is gone or suspended and cannot show "
	default:
		return "unknown whether it has "
	}
}

// account tells what one account contributes.
func (x explainer) account(a AccountResult) string {
	evidence := x.e.account(a.AccountID)
	text := "@" + evidence.Handle
	if evidence.Handle == "" {
		text = fmt.Sprintf("Account %d", a.AccountID)
	}
	text += stateText(evidence.State)
	if a.Value == nil {
		return text + ": no good reading yet"
	}
	text += fmt.Sprintf(": %s, seen %s", English.Number(*a.Value), x.ago(a.SeenAt))
	switch a.Why {
	case WhyStale:
		text += ", too old to prove anything"
	case WhyFuture:
		text += ", which proves nothing"
	case WhyUnconfirmed:
		text += fmt.Sprintf(", below the line in %d of %d reads", a.Confirmed, x.p.Confirm)
	}
	if len(evidence.Readings) > 0 && evidence.Readings[0].Suspect {
		text += "; a steep drop since then waits for another reading"
	}
	return text
}

func stateText(s AccountState) string {
	if s == StateOK || s == "" {
		return ""
	}
	return fmt.Sprintf(" (%s)", s)
}

func (x explainer) ago(t time.Time) string {
	age := x.now.Sub(t)
	if age < -Skew {
		return "in the future"
	}
	if age < time.Minute {
		return "just now"
	}
	if age >= day {
		age = age.Truncate(day)
	}
	return English.Duration(age.Truncate(time.Minute)) + " ago"
}

func (x explainer) activity() string {
	newest, on := x.e.newestPost(x.now)
	text := map[Answer]string{Yes: "active", No: "not active", Unknown: "unknown"}[x.v.Activity]
	if newest.IsZero() {
		return "Activity: " + text + ", no post is known."
	}
	return fmt.Sprintf("Activity: %s, newest known post %s on %s.", text, x.ago(newest), on.Platform.Title())
}
