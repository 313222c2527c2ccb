package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/pengikut/pengikut/influencer"
)

const day = 24 * time.Hour

// unknown stands for a number that no platform has told; it is not 0.
const unknown = "-"

// number writes 1234567 as 1,234,567.
func number[N int | int64](n N) string { return influencer.English.Number(int64(n)) }

// count writes a count that may be unknown.
func count(n *int64) string {
	if n == nil {
		return unknown
	}
	return number(*n)
}

// plainCount is count for a machine: empty when unknown.
func plainCount(n *int64) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}

// plural writes "1 person", "2 people".
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return number(n) + " " + many
}

// age writes how long ago t was, or how far ahead it is.
func age(t, now time.Time) string {
	if t.IsZero() {
		return "never"
	}
	d := now.Sub(t)
	switch {
	case d < -time.Second:
		return "in " + span(-d)
	case d < time.Second:
		return "now"
	}
	return span(d) + " ago"
}

// span writes a duration in its largest unit.
func span(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 2*day:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d/day))
}

// stamp writes a time for a machine; never is empty.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// clean takes away what could steer a terminal: names and handles come from
// outside.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, s)
}

// stateWords says what an account's state means for reading it.
var stateWords = map[influencer.AccountState]string{
	influencer.StatePending:        "not read yet",
	influencer.StateOK:             "ok",
	influencer.StateGone:           "gone",
	influencer.StateSuspended:      "suspended",
	influencer.StatePrivate:        "private",
	influencer.StateNeedsConsent:   "needs consent",
	influencer.StateCredentialDead: "token dead",
	influencer.StateUnreadable:     "unreadable",
	influencer.StateConflict:       "conflict",
}

func stateWord(s influencer.AccountState) string {
	if w, ok := stateWords[s]; ok {
		return w
	}
	return string(s)
}

// snake turns a column's head into a field's name.
func snake(head string) string { return strings.ReplaceAll(strings.ToLower(head), " ", "_") }

// reasonWord turns a reason's code into words: "below line".
func reasonWord(r influencer.Reason) string { return strings.ReplaceAll(string(r), "_", " ") }

// never is the zero time.
var never time.Time
