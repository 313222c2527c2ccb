package influencer

import (
	"io"
	"time"
)

func Explain(p Policy, v Verdict, e Evidence, now time.Time) []string { panic("") }
func Sentence(lang Lang, d Decision, p Policy) string                 { panic("") }
func ReadRoster(r io.Reader, now time.Time, known func(Platform) bool, fn func(Row) error) (RosterReport, error) {
	panic("")
}
