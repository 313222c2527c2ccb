package influencer

import (
	"strings"
	"testing"
)

func TestProblemOfAnAccount(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		account Account
		stale   bool
		want    Problem
	}{
		"well":                       {Account{State: StateOK}, false, ""},
		"not read for long":          {Account{State: StateOK, Failures: 3}, true, ProblemStale},
		"never read":                 {Account{State: StatePending}, true, ProblemNever},
		"gone":                       {Account{State: StateGone, Failures: 1}, true, ProblemUnreadable},
		"private, but counts public": {Account{State: StatePrivate}, false, ""},
		"private and old":            {Account{State: StatePrivate}, true, ProblemStale},
		"private, no counts":         {Account{State: StatePrivate, Failures: 1}, false, ProblemUnreadable},
	} {
		if got := c.account.Problem(c.stale); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestAdviseNamesCauseAndNextStep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		account    Account
		problem    Problem
		lang       Lang
		cause, say string
	}{
		{Account{Platform: Instagram, State: StateUnreadable}, ProblemUnreadable, Indonesian,
			"Akun Instagram pribadi tidak dapat dibaca", "Ubah menjadi akun profesional (bisnis atau kreator) di pengaturan Instagram"},
		{Account{Platform: X, Handle: "ani", State: StateGone}, ProblemUnreadable, English,
			"X knows no account ani", "Check the account's name; if it has changed, ask an admin to register the new one"},
		{Account{Platform: Facebook, Error: "rate_limited (4): too many until 2026-11-25T00:00:00Z"}, ProblemStale, English,
			"The rate limit of Facebook is reached", "Nothing to do; it is read again by itself"},
		{Account{Platform: X, Error: "credential_dead: 401"}, ProblemNever, Indonesian,
			"Token instansi untuk X tidak berlaku lagi", "Admin perlu memasang token baru"},
		{Account{Platform: X, Error: "something else"}, ProblemNever, Indonesian,
			"Belum pernah dibaca: menunggu giliran", "Tidak perlu tindakan; dibaca lagi secara otomatis"},
		{Account{Platform: X}, "", Indonesian, "", ""},
	} {
		if got := Advise(c.lang, c.account, c.problem); got.Cause != c.cause || got.NextStep != c.say {
			t.Errorf("%+v %s: %+v", c.account, c.problem, got)
		}
	}
}

// Every problem of every kind has its words, in both languages, and none is left
// with a hole in it.
func TestAdviceIsWholeForEveryStateAndFailure(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, lang := range []Lang{Indonesian, English} {
		for _, platform := range []Platform{X, Instagram, Facebook} {
			for _, state := range AccountStates() {
				for _, kind := range append(FailureKinds(), "") {
					a := Account{Platform: platform, Handle: "h", State: state, Error: string(kind), Failures: 1}
					p := a.Problem(true)
					got := Advise(lang, a, p)
					if got.Cause == "" || got.NextStep == "" || strings.ContainsAny(got.Cause+got.NextStep, "{}") {
						t.Errorf("%s %s %s %q: %+v", lang, platform, state, kind, got)
					}
					seen[string(lang)+got.Cause] = true
				}
			}
		}
	}
	if len(seen) < 40 {
		t.Errorf("only %d different causes", len(seen))
	}
}
