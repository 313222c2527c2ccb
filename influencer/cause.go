package influencer

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// Cause says what is wrong, for a person: the innermost text of an error without
// the operations that it was wrapped in on its way, and each of several joined
// errors once. The number of a line stays, and so do the words of an error whose
// type is more than a wrapping, such as the name of a file that is not there.
func Cause(err error) string {
	return strings.Join(causes(err), "; ")
}

func causes(err error) []string {
	switch inner := Unwrapped(err); {
	case len(inner) == 1:
		return within(err.Error(), inner[0])
	case len(inner) > 1:
		var all []string
		for _, one := range inner {
			for _, text := range causes(one) {
				if !slices.Contains(all, text) {
					all = append(all, text)
				}
			}
		}
		return all
	}
	return []string{err.Error()}
}

// lineNumber finds the one part of a wrapping that a person needs.
var lineNumber = regexp.MustCompile(`line [0-9]+: $`)

// within is the causes of inner, whose wrapping says text in all. A predicate
// such as "is empty" needs the subject before it.
func within(text string, inner error) []string {
	said := inner.Error()
	before, wraps := strings.CutSuffix(text, said)
	first, _, _ := strings.Cut(said, " ")
	if !wraps || slices.Contains([]string{"is", "has", "holds", "must"}, first) {
		return []string{text}
	}
	all := causes(inner)
	if line := lineNumber.FindString(before); line != "" && len(all) == 1 {
		all[0] = line + all[0]
	}
	return all
}

// Unwrapped is what err wraps when it is no more than a wrapping, as fmt.Errorf
// and errors.Join make them; nil for every other error.
func Unwrapped(err error) []error {
	switch e := err.(type) { //nolint:errorlint // it is the chain itself that is walked
	case interface{ Unwrap() error }:
		if made := reflect.TypeOf(err); made == reflect.TypeOf(fmt.Errorf("%w", errBlank)) {
			return []error{e.Unwrap()}
		}
	case interface{ Unwrap() []error }:
		if made := reflect.TypeOf(err); made == reflect.TypeOf(errors.Join(errBlank)) {
			return e.Unwrap()
		}
	}
	return nil
}
