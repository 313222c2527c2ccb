package influencer

import (
	"slices"
	"strings"
)

// Problem says in which way an account's numbers are not what they should be.
type Problem string

// The problems. An account has one at most.
const (
	ProblemNever      Problem = "never"      // not read since it was registered
	ProblemStale      Problem = "stale"      // can be read, but was not for too long
	ProblemUnreadable Problem = "unreadable" // something stands in the way that somebody must remove
)

// Problems lists every problem.
func Problems() []Problem { return []Problem{ProblemNever, ProblemStale, ProblemUnreadable} }

// Advice says why an account is not read, and what its owner or an admin can do.
type Advice struct {
	Cause    string
	NextStep string
}

// Problem tells what is wrong with an account, "" when nothing is. Its numbers are
// stale when stale says so, which is for the caller to judge.
func (a Account) Problem(stale bool) Problem {
	_, settled := FailureKind(a.State).State()
	switch {
	case a.State == StatePending:
		return ProblemNever
	case settled && a.Failures > 0:
		return ProblemUnreadable
	case stale:
		return ProblemStale
	}
	return ""
}

// Advise says in plain words what stands between an account and its numbers, and
// the next step: of the account's owner where it is in the owner's hands. It is
// empty for an account with no problem.
func Advise(lang Lang, a Account, p Problem) Advice {
	var c counsel
	switch p {
	case ProblemUnreadable:
		c = settledCounsel(a.Platform, a.State)
	case ProblemNever, ProblemStale:
		c = passingCounsel(failureOf(a.Error), p)
	default:
		return Advice{}
	}
	name := strings.NewReplacer("{platform}", a.Platform.Title(), "{handle}", a.Handle)
	return Advice{Cause: name.Replace(lang.say(c.cause)), NextStep: name.Replace(lang.say(c.step))}
}

// failureOf is the kind that the text of a [Failure] begins with, "" for another
// text.
func failureOf(text string) FailureKind {
	word, _, _ := strings.Cut(text, " ")
	if kind := FailureKind(strings.TrimSuffix(word, ":")); slices.Contains(FailureKinds(), kind) {
		return kind
	}
	return ""
}

// counsel is an [Advice] in both languages, with places for the names of the
// platform and the account.
type counsel struct{ cause, step text }

// settledCounsels are for states that last until somebody changes them.
var settledCounsels = map[AccountState]counsel{
	StateGone: {text{"{platform} tidak mengenal akun {handle}", "{platform} knows no account {handle}"},
		text{"Periksa nama akun; bila sudah berganti, minta admin mendaftarkan nama yang baru", "Check the account's name; if it has changed, ask an admin to register the new one"}},
	StateSuspended: {text{"{platform} menangguhkan akun ini", "{platform} has suspended this account"},
		text{"Ajukan banding ke {platform}; akun dibaca lagi begitu aktif kembali", "Appeal to {platform}; the account is read again once it is active"}},
	StatePrivate: {text{"Akun ini dikunci oleh pemiliknya", "Its owner has made this account private"},
		text{"Buka akun untuk umum di pengaturan privasi {platform}", "Make the account public in {platform}'s privacy settings"}},
	StateNeedsConsent: {text{"Pemilik akun belum memberi izin membaca jumlah teman atau pengikutnya", "The account's owner has not yet allowed its number of friends or followers to be read"},
		text{"Hubungkan akun {platform} dan setujui izin yang diminta", "Connect the {platform} account and agree to what is asked"}},
	StateCredentialDead: {text{"Izin yang pernah diberikan sudah kedaluwarsa atau dicabut", "The permission once given has expired or was withdrawn"},
		text{"Hubungkan ulang akun {platform}", "Connect the {platform} account again"}},
	StateConflict: {text{"Nama akun {handle} sekarang milik akun lain, atau akun ini sudah terdaftar atas nama lain", "The handle {handle} belongs to another account now, or this account is registered under another name"},
		text{"Minta admin memeriksa siapa pemilik akun dan memperbaiki pendaftarannya", "Ask an admin to check whose account it is and to correct the registration"}},
	StateUnreadable: {text{"{platform} tidak menyediakan cara membaca akun seperti ini", "{platform} offers no way to read an account of this kind"},
		text{"Daftarkan akun lain yang dapat dibaca", "Register another account that can be read"}},
}

var personalInstagram = counsel{text{"Akun Instagram pribadi tidak dapat dibaca", "A personal Instagram account cannot be read"},
	text{"Ubah menjadi akun profesional (bisnis atau kreator) di pengaturan Instagram", "Turn it into a professional account (business or creator) in Instagram's settings"}}

func settledCounsel(p Platform, s AccountState) counsel {
	if p == Instagram && (s == StateUnreadable || s == StatePrivate) {
		return personalInstagram
	}
	if c, known := settledCounsels[s]; known {
		return c
	}
	return settledCounsels[StateUnreadable]
}

var (
	// readByItself is the step where the owner need do nothing.
	readByItself = text{"Tidak perlu tindakan; dibaca lagi secara otomatis", "Nothing to do; it is read again by itself"}
	inTrouble    = counsel{text{"{platform} sedang terganggu", "{platform} is having trouble"}, readByItself}

	// passingCounsels are for trouble that is not of the account.
	passingCounsels = map[FailureKind]counsel{
		RateLimited: {text{"Batas permintaan {platform} tercapai", "The rate limit of {platform} is reached"}, readByItself},
		BudgetSpent: {text{"Kuota baca {platform} bulan ini habis", "This month's reads of {platform} are used up"},
			text{"Admin dapat menaikkan batas, atau menunggu bulan berikutnya", "An admin can raise the cap, or wait for the next month"}},
		Forbidden: {text{"Aplikasi tidak berhak membaca di {platform}", "The app may not read on {platform}"},
			text{"Admin perlu memeriksa paket dan izin aplikasi", "An admin must check the app's plan and permissions"}},
		CredentialDead: {text{"Token instansi untuk {platform} tidak berlaku lagi", "The institution's token for {platform} is no longer valid"},
			text{"Admin perlu memasang token baru", "An admin must put in a new token"}},
		Unavailable: inTrouble,
		Malformed:   inTrouble,
	}

	// unexplainedCounsels are for a problem of which no failure tells the cause.
	unexplainedCounsels = map[Problem]counsel{
		ProblemNever: {text{"Belum pernah dibaca: menunggu giliran", "Never read yet: it waits for its turn"}, readByItself},
		ProblemStale: {text{"Sudah terlalu lama tidak dibaca", "Not read for too long"},
			text{"Admin perlu memeriksa apakah layanan berjalan dan {platform} dapat dihubungi", "An admin must check that the service runs and reaches {platform}"}},
	}
)

func passingCounsel(k FailureKind, p Problem) counsel {
	if c, known := passingCounsels[k]; known {
		return c
	}
	return unexplainedCounsels[p]
}
