package influencer

// changes lists what would change a person's situation, an admin's part first: only
// what matters, not each requirement that happens to be unmet.
func (x explainer) changes() []string {
	var lines []string
	switch status := x.e.Standing.Status; {
	case x.v.Move != nil:
		lines = append(lines, x.say(text{"Segera diputuskan: dari “%s” menjadi “%s”.", "Due now: from “%s” to “%s”."},
			x.lang.Status(x.v.Move.From), x.lang.Status(x.v.Move.To)))
	case status == StatusBlocked:
		return x.toChange(text{"pembukaan blokir oleh admin", "an admin's unblock"})
	case x.e.Standing.Left != "":
		return x.toChange(text{"pencatatan kembali oleh admin, jika ternyata masih bertugas", "an admin's rejoin, if the person is in the service after all"})
	case status == StatusSuspended:
		return x.toChange(text{"pemulihan oleh admin, atau berakhirnya penangguhan", "an admin's reinstate, or the end of the suspension"})
	case x.v.Qualifies == Yes && !status.Holds() && x.e.frozen(x.now):
		return x.toChange(text{"berakhirnya pembekuan. Yang memenuhi syarat saat itu langsung diputuskan",
			"the end of the freeze of new grants. Whoever qualifies then is decided at once"})
	case status == StatusPending && x.v.Qualifies == Yes:
		lines = x.toChange(text{"persetujuan admin", "an admin's approval"})
	}
	for _, r := range x.v.Requirements {
		lines = append(lines, x.change(r)...)
	}
	switch x.v.Activity {
	case No:
		lines = append(lines, x.toChange(text{"unggahan di salah satu akun", "a post on any of the accounts"})...)
	case Unknown:
		lines = append(lines, x.toChange(text{"pembacaan yang menunjukkan unggahan dalam %s terakhir", "a reading that shows a post within %s"},
			x.lang.Duration(x.p.Activity.Within))...)
	}
	return lines
}

// toChange is the line that says what it takes.
func (x explainer) toChange(what text, args ...any) []string {
	return []string{x.say(text{"Untuk mengubahnya: ", "To change it: "}) + x.say(what, args...) + "."}
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
		return x.toChange(text{"mendaftarkan akun di %s", "register an account on %s"}, r.Platform.Title())
	case WhyBelow:
		missing := r.Line - *r.Best
		return x.toChange(text{"%s %s lagi di %s", "%s more %s on %s"}, x.lang.Number(missing), x.lang.metric(missing, r.Metric), r.Platform.Title())
	}
	var lines []string
	for _, a := range r.Accounts {
		lines = append(lines, x.changeAccount(r, a)...)
	}
	return lines
}

func (x explainer) changeAccount(r RequirementResult, a AccountResult) []string {
	var what text
	switch state := x.e.account(a.AccountID).State; {
	case a.Why == WhyUnconfirmed:
		return []string{x.confirmation(r, a)}
	case state == StateNeedsConsent || state == StateCredentialDead:
		what = text{"izin (token) dari yang bersangkutan untuk %s", "a token from this person for %s"}
	case state == StateUnreadable:
		what = text{"akun yang boleh dibaca lewat %s, untuk Instagram akun profesional", "an account that %s lets be read, for Instagram a professional one"}
	case state == StatePrivate:
		what = text{"akun %s dibuat publik", "the account on %s made public"}
	case state == StateConflict:
		what = text{"pemeriksaan milik siapa nama akun %s itu sekarang", "check whose account the handle on %s is now"}
	case state == StateGone || state == StateSuspended:
		what = text{"akun %s aktif kembali, atau akun lain didaftarkan", "the account on %s back, or another one registered"}
	default:
		what = text{"pembacaan akun %s yang baik", "a good reading of the account on %s"}
	}
	return x.toChange(what, r.Platform.Title())
}

// confirmation tells when the next reading below the line would count, and what
// it would do if nothing else held the status.
func (x explainer) confirmation(r RequirementResult, a AccountResult) string {
	needs := x.p.Confirm - a.Confirmed
	readings := x.say(text{"satu pembacaan baik lagi", "one more good reading"})
	if needs > 1 {
		readings = x.say(text{"%d pembacaan baik lagi, berselang %s,", "%d more good readings, %s apart,"}, needs, x.lang.Duration(x.p.ConfirmGap))
	}
	what := x.say(text{"dihitung tidak memenuhi", "count as lost"})
	if x.decides(r) {
		what = x.loss()
	}
	return x.say(text{"Yang akan mengubahnya: %s dari %s di bawah %s setelah %s akan %s.", "What would change it: %s of %s below %s after %s would %s."},
		readings, r.Platform.Title(), x.lang.Number(r.Line), x.lang.DateTime(a.SeenAt.Add(x.p.ConfirmGap)), what)
}

// fall tells a holder what would end the status by a requirement that is met.
func (x explainer) fall(r RequirementResult) []string {
	if !x.e.Standing.Status.Holds() || x.v.Qualifies != Yes || !x.decides(r) {
		return nil
	}
	reads := x.say(text{"%d pembacaan baik", "%d good " + plural(int64(x.p.Confirm), "reading")}, x.p.Confirm)
	if x.p.Confirm > 1 && x.p.ConfirmGap > 0 {
		reads += x.say(text{", berselang %s,", ", %s apart,"}, x.lang.Duration(x.p.ConfirmGap))
	}
	return []string{x.say(text{"Yang akan mengubahnya: %s dari %s di bawah %s akan %s.", "What would change it: %s of %s below %s would %s."},
		reads, r.Platform.Title(), x.lang.Number(r.Line), x.loss())}
}

func (x explainer) loss() string {
	if x.p.Grace > 0 && x.e.Standing.Status != StatusGrace {
		return x.say(text{"memulai masa tenggang", "start the grace"})
	}
	return x.say(text{"mengakhiri status", "end the status"})
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
