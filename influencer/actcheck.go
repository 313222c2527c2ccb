package influencer

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Check tells whether the act is whole in itself, whoever it is for: each part
// that its kind needs is there, and no other. The error is [ErrIllegalAct].
func (a Action) Check(now time.Time) error {
	for _, wrong := range []struct {
		is   bool
		text string
	}{
		{!slices.Contains(ActionKinds(), a.Kind), fmt.Sprintf("there is no act %q", a.Kind)},
		{!a.Until.IsZero() && a.Kind != ActionSuspend, string(a.Kind) + " takes no end date"},
		{!a.Until.IsZero() && !a.Until.After(now), "the end of a suspension must lie in the future"},
		{a.Kind == ActionBlock && a.Basis == "", "a block needs its legal basis"},
		{a.Kind == ActionBlock && a.Decree == "", "a block needs the number of its decree"},
		{a.Kind == ActionMove && a.Basis+a.Decree != "", "move takes no legal basis and no decree"},
		{a.Kind == ActionLeave && !slices.Contains(Leavings(), a.Why), "leave needs why: " + List(Leavings())},
		{a.Kind != ActionLeave && a.Why != "", string(a.Kind) + " takes no way of leaving"},
	} {
		if wrong.is {
			return fmt.Errorf("%w: %s", ErrIllegalAct, wrong.text)
		}
	}
	return errors.Join(checkWords("legal basis", a.Basis), checkWords("decree", a.Decree))
}

// List writes names separated by commas.
func List[T ~string](names []T) string {
	texts := make([]string, len(names))
	for i, n := range names {
		texts[i] = string(n)
	}
	return strings.Join(texts, ", ")
}

// maxWords bounds what somebody writes with an act, in characters.
const maxWords = 1000

// checkWords refuses a text that must not be kept for ever: it is shown to others
// and never deleted, so that a NIP has no place in it.
func checkWords(what, text string) error {
	var wrong string
	switch {
	case !utf8.ValidString(text):
		wrong = "is not UTF-8"
	case strings.ContainsFunc(text, unicode.IsControl):
		wrong = "holds a control character"
	case utf8.RuneCountInString(text) > maxWords:
		wrong = fmt.Sprintf("is longer than %d characters", maxWords)
	case holdsNIP(text):
		wrong = "names a NIP, and is kept for ever: leave it out"
	default:
		return nil
	}
	return fmt.Errorf("%w: the %s %s", ErrIllegalAct, what, wrong)
}

// holdsNIP tells whether 18 digits stand in a row, with spaces between them or
// without.
func holdsNIP(text string) bool {
	run := 0
	for _, r := range text {
		switch {
		case r >= '0' && r <= '9':
			if run++; run == nipDigits {
				return true
			}
		case !unicode.IsSpace(r):
			run = 0
		}
	}
	return false
}
