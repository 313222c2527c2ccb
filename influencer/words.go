package influencer

// named is the word for a value, or the value itself where there is none.
func named[T ~string](l Lang, words map[T]text, value T) string {
	if t, known := words[value]; known {
		return l.say(t)
	}
	return string(value)
}

// statusWords name the statuses for people.
var statusWords = map[Status]text{
	StatusNone:      {"belum memenuhi syarat", "not an influencer"},
	StatusPending:   {"menunggu persetujuan", "waits for approval"},
	StatusActive:    {"aktif", "active"},
	StatusGrace:     {"masa tenggang", "grace period"},
	StatusSuspended: {"ditangguhkan", "suspended"},
	StatusBlocked:   {"diblokir", "blocked"},
	StatusRevoked:   {"dicabut", "revoked"},
}

// Status names a status for people.
func (l Lang) Status(s Status) string { return named(l, statusWords, s) }

// stateWords name the states of an account for people.
var stateWords = map[AccountState]text{
	StatePending:        {"belum dibaca", "not read yet"},
	StateOK:             {"terbaca", "readable"},
	StateGone:           {"tidak ditemukan", "gone"},
	StateSuspended:      {"ditangguhkan platform", "suspended by the platform"},
	StatePrivate:        {"dikunci pemilik", "private"},
	StateNeedsConsent:   {"perlu izin pemilik", "needs the owner's consent"},
	StateCredentialDead: {"izin tidak berlaku", "consent no longer valid"},
	StateUnreadable:     {"tidak dapat dibaca", "unreadable"},
	StateConflict:       {"nama akun bentrok", "handle in conflict"},
}

// State names the state of an account for people.
func (l Lang) State(s AccountState) string { return named(l, stateWords, s) }

// leavingWords name the ways of leaving the service for people.
var leavingWords = map[Leaving]text{
	LeftRetired:   {"pensiun", "retired"},
	LeftMoved:     {"pindah", "moved"},
	LeftDeceased:  {"meninggal dunia", "deceased"},
	LeftDismissed: {"diberhentikan", "dismissed"},
	LeftEnded:     {"masa kerja berakhir", "ended"},
}

// Leaving names a way of leaving the service for people.
func (l Lang) Leaving(w Leaving) string { return named(l, leavingWords, w) }
