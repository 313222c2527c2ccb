package influencer

import (
	"fmt"
)

// changes lists what would change a person's situation, an admin's part first: only
// what matters, not each requirement that happens to be unmet.
func (x explainer) changes() []string {
	var lines []string
	switch status := x.e.Standing.Status; {
	case x.v.Move != nil:
		lines = append(lines, fmt.Sprintf("Due now: %s to %s (%s).", x.v.Move.From, x.v.Move.To, x.v.Move.Reason))
	case status == StatusBlocked:
		return []string{"To change it: an admin's unblock."}
	case x.e.Standing.Left != "":
		return []string{"To change it: an admin's rejoin, if the person is in the service after all."}
	case status == StatusSuspended:
		return []string{"To change it: an admin's reinstate, or the end of the suspension."}
	case x.v.Qualifies == Yes && !status.Holds() && x.e.frozen(x.now):
		return []string{"To change it: the end of the freeze of new grants. Who qualifies then is decided at once."}
	case status == StatusPending && x.v.Qualifies == Yes:
		lines = append(lines, "To change it: an admin's approval.")
	}
	for _, r := range x.v.Requirements {
		lines = append(lines, x.change(r)...)
	}
	switch x.v.Activity {
	case No:
		lines = append(lines, "To change it: a post on any of the accounts.")
	case Unknown:
		lines = append(lines, "To change it: a reading that shows a post within "+English.Duration(x.p.Activity.Within)+".")
	}
	return lines
}

// requirements is how the requirements fare together.
func (x explainer) requirements() Answer {
	met, unknown := 0, 0
	for _, r := range x.v.Requirements {
		switch r.Answer {
		case Yes:
			met++
		case Unknown:
			unknown++
		}
	}
	return combine(x.p.Match.Needed(len(x.v.Requirements)), met, unknown)
}

// change tells what would change the answer of one requirement, where that
// would matter to the person.
func (x explainer) change(r RequirementResult) []string {
	if r.Why == WhyAbove {
		return x.fall(r)
	}
	if x.requirements() == Yes {
		return nil
	}
	switch r.Why {
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
	switch state := x.e.account(a.AccountID).State; {
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
		what = x.loss()
	}
	return fmt.Sprintf("What would change it: %s of %s below %s after %s would %s.", readings, r.Platform.Title(),
		English.Number(r.Line), English.DateTime(a.SeenAt.Add(x.p.ConfirmGap)), what)
}

// fall tells a holder what would end the status by a requirement that is met.
func (x explainer) fall(r RequirementResult) []string {
	if !x.e.Standing.Status.Holds() || x.v.Qualifies != Yes || !x.decides(r) {
		return nil
	}
	reads := fmt.Sprintf("%d good %s", x.p.Confirm, plural(int64(x.p.Confirm), "reading"))
	if x.p.Confirm > 1 && x.p.ConfirmGap > 0 {
		reads += ", " + English.Duration(x.p.ConfirmGap) + " apart,"
	}
	return []string{fmt.Sprintf("What would change it: %s of %s below %s would %s.", reads, r.Platform.Title(), English.Number(r.Line), x.loss())}
}

func (x explainer) loss() string {
	if x.p.Grace > 0 && x.e.Standing.Status != StatusGrace {
		return "start the grace"
	}
	return "end the status"
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
