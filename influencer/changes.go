package influencer

import (
	"fmt"
)

// changes lists what would change a person's situation, an admin's part first.
func (x explainer) changes() []string {
	s := x.e.Standing
	switch s.Status {
	case StatusBlocked:
		return []string{"To change it: an admin's unblock."}
	case StatusSuspended:
		return []string{"To change it: an admin's reinstate, or the end of the suspension."}
	}
	var lines []string
	if x.v.Move != nil {
		lines = append(lines, fmt.Sprintf("Due now: %s to %s (%s).", x.v.Move.From, x.v.Move.To, x.v.Move.Reason))
	}
	if s.Status == StatusPending && x.v.Qualifies != No {
		lines = append(lines, "To change it: an admin's approval.")
	}
	for _, r := range x.v.Requirements {
		lines = append(lines, x.change(r)...)
	}
	switch x.v.Activity {
	case No:
		lines = append(lines, "To change it: a post on any of the accounts.")
	case Unknown:
		lines = append(lines, "To change it: a reading that shows the newest post of an account.")
	}
	return lines
}

// change tells what would change the answer of one requirement that is not met
// for good.
func (x explainer) change(r RequirementResult) []string {
	switch r.Why {
	case WhyAbove:
		return nil
	case WhyNoAccount:
		return []string{fmt.Sprintf("To change it: register an account on %s.", r.Platform.Title())}
	case WhyBelow:
		missing := r.Line - *r.Best
		return []string{fmt.Sprintf("To change it: %s more %s on %s.", English.Number(missing), English.metric(missing, r.Metric), r.Platform.Title())}
	}
	var lines []string
	for _, a := range r.Accounts {
		if text := x.changeAccount(r, a); text != "" {
			lines = append(lines, text)
		}
	}
	return lines
}

func (x explainer) changeAccount(r RequirementResult, a AccountResult) string {
	title := r.Platform.Title()
	switch state := x.evidence(a.AccountID).State; {
	case a.Why == WhyUnconfirmed:
		return x.confirmation(r, a)
	case state == StateNeedsConsent || state == StateCredentialDead:
		return fmt.Sprintf("To change it: a token from this person for %s.", title)
	case state == StateUnreadable:
		return fmt.Sprintf("To change it: an account that %s lets be read, for Instagram a professional one.", title)
	case state == StatePrivate:
		return fmt.Sprintf("To change it: the account on %s made public.", title)
	case state == StateConflict:
		return fmt.Sprintf("To change it: check whose account the handle on %s is now.", title)
	case state == StateGone || state == StateSuspended:
		return fmt.Sprintf("To change it: the account on %s back, or another one registered.", title)
	default:
		return fmt.Sprintf("To change it: a good reading of the account on %s.", title)
	}
}

// confirmation tells when the next reading below the line would count, and what
// it would do if nothing else held the status.
func (x explainer) confirmation(r RequirementResult, a AccountResult) string {
	needs := x.p.Confirm - a.Confirmed
	readings, what := "one more good reading", "count as lost"
	if needs > 1 {
		readings = fmt.Sprintf("%d more good readings, %s apart,", needs, English.Duration(x.p.ConfirmGap))
	}
	if x.decides(r) {
		what = map[bool]string{true: "start the grace", false: "end the status"}[x.p.Grace > 0 && x.e.Standing.Status != StatusGrace]
	}
	return fmt.Sprintf("What would change it: %s of %s below %s after %s would %s.", readings, r.Platform.Title(),
		English.Number(r.Line), English.DateTime(a.SeenAt.Add(x.p.ConfirmGap)), what)
}

// decides tells whether a "not met" of r alone would make the person no longer
// qualify.
func (x explainer) decides(r RequirementResult) bool {
	met, unknown := 0, 0
	for _, o := range x.v.Requirements {
		switch {
		case o.Requirement == r.Requirement:
		case o.Answer == Yes:
			met++
		case o.Answer == Unknown:
			unknown++
		}
	}
	return combine(x.p.Match.Needed(len(x.v.Requirements)), met, unknown) == No
}
