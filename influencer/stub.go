package influencer

import (
	"io"
	"time"
)

const maxConfirm = 5

func ParsePolicy(data []byte) (Policy, error)                     { panic("") }
func (p Policy) MarshalJSON() ([]byte, error)                     { panic("") }
func (p *Policy) UnmarshalJSON(data []byte) error                 { panic("") }
func (p Policy) Validate() error                                  { panic("") }
func Diff(a, b Policy) []string                                   { panic("") }
func Decide(p Policy, e Evidence, now time.Time) Verdict          { panic("") }
func (s Standing) After(m Move, p Policy, now time.Time) Standing { panic("") }
func NeedsHistory(p Policy, e Evidence) []int64                   { panic("") }
func Weigh(p Policy, w Weighing) Weighed                          { panic("") }
func NextDue(s Schedule) time.Time                                { panic("") }
func ParseNIP(s string, now time.Time) (NIP, error)               { panic("") }
func (n NIP) Masked() string                                      { panic("") }
func (n NIP) Grouped() string                                     { panic("") }
func (n NIP) Kind() NIPKind                                       { panic("") }

type Lang string

func Explain(p Policy, v Verdict, e Evidence, now time.Time) []string { panic("") }
func Sentence(lang Lang, d Decision, p Policy) string                 { panic("") }
func Act(s Standing, a Action, now time.Time) (Move, Standing, error) { panic("") }
func (m Move) Event() Event                                           { panic("") }
func ReadRoster(r io.Reader, now time.Time, known func(Platform) bool, fn func(Row) error) (RosterReport, error) {
	panic("")
}
