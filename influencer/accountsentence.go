package influencer

// Problem tells whether an account in this state cannot be read, or not in full.
func (s AccountState) Problem() bool {
	return s != StateOK && s != StatePending
}

// AccountEvent is what a change of an account's state means to the world outside;
// "" where it means nothing: a first good read is no news.
func AccountEvent(from, to AccountState) Event {
	switch {
	case from == to:
		return ""
	case to.Problem():
		return EventAccountProblem
	case to == StateOK && from.Problem():
		return EventAccountOK
	}
	return ""
}

// accountTexts go on after "The account NAME on PLATFORM".
var accountTexts = map[AccountState]text{
	StateOK:             {"dapat dibaca kembali", "can be read again"},
	StateGone:           {"tidak ditemukan di platform", "was not found on the platform"},
	StateSuspended:      {"ditangguhkan oleh platform", "was suspended by the platform"},
	StatePrivate:        {"bersifat privat, sehingga unggahannya tidak dapat dilihat", "is private, so that its posts cannot be seen"},
	StateNeedsConsent:   {"belum dapat dibaca tanpa persetujuan pemiliknya", "cannot be read without its owner's consent"},
	StateCredentialDead: {"perlu ditautkan kembali karena tokennya tidak berlaku lagi", "has to be connected again, because its token no longer works"},
	StateUnreadable:     {"tidak dapat dibaca melalui cara yang disediakan platform", "cannot be read in any way that the platform offers"},
	StateConflict:       {"bukan lagi akun yang terdaftar: namanya kini milik akun lain", "is no longer the one registered: its handle belongs to another account now"},
}

// AccountSentences tells a person what became of an account, and when it was
// noticed.
func AccountSentences(a Account) Bilingual {
	return bilingual(func(lang Lang) string {
		what := lang.say(accountTexts[a.State])
		return lang.say(text{"Akun %s %s %s (diketahui pada %s).", "The %s account %s %s (noticed on %s)."},
			a.Platform.Title(), a.Handle, what, lang.Date(a.StateSince))
	})
}
