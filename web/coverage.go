package web

import (
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// AccountProblem is why an account is not read as it should be.
type AccountProblem struct {
	Kind     influencer.Problem   `json:"kind" format:"problem" doc:"never: not read since it was registered; stale: can be read, but was not for too long; unreadable: something stands in the way that somebody must remove"`
	Cause    influencer.Bilingual `json:"cause" doc:"What stands in the way"`
	NextStep influencer.Bilingual `json:"next_step" doc:"What the account's owner or an admin can do"`
}

// AdvisedAccount views an account with its owner and its problem. Reads before
// staleBefore are too old.
func (v Viewer) AdvisedAccount(a influencer.OwnedAccount, staleBefore time.Time) OwnedAccount {
	out := v.OwnedAccount(a)
	kind := a.Problem(a.SyncedAt.Before(staleBefore))
	if kind == "" {
		return out
	}
	id, en := influencer.Advise(influencer.Indonesian, a.Account, kind), influencer.Advise(influencer.English, a.Account, kind)
	out.Problem = &AccountProblem{
		Kind:     kind,
		Cause:    influencer.Bilingual{Indonesian: id.Cause, English: en.Cause},
		NextStep: influencer.Bilingual{Indonesian: id.NextStep, English: en.NextStep},
	}
	return out
}

// CoverageReport tells where numbers are missing.
type CoverageReport struct {
	CountedAt time.Time     `json:"counted_at"`
	Total     CoverageRow   `json:"total" doc:"All rows together"`
	Items     []CoverageRow `json:"items"`
}

// CoverageRow is the accounts of an agency, of a platform, or of an agency on a
// platform.
type CoverageRow struct {
	Agency   *string              `json:"agency" doc:"null in a row over all agencies"`
	Platform *influencer.Platform `json:"platform" doc:"null in a row over all platforms"`
	Coverage
	// An unreadable account may still count as read, by what it showed before.
	Never      int `json:"never" minimum:"0" doc:"Not read since they were registered"`
	Stale      int `json:"stale" minimum:"0" doc:"Can be read, but were not for too long"`
	Unreadable int `json:"unreadable" minimum:"0" doc:"Something stands in the way that somebody must remove"`
}

// CoverageReportView views a report of coverage.
func CoverageReportView(r influencer.CoverageReport) CoverageReport {
	return CoverageReport{CountedAt: r.At.UTC(), Total: coverageRow(r.Total), Items: each(r.Rows, coverageRow)}
}

func coverageRow(c influencer.CoverageRow) CoverageRow {
	out := CoverageRow{Coverage: coverageView(c.Coverage), Never: c.Never, Stale: c.Stale, Unreadable: c.Unreadable}
	if c.Agency != "" {
		out.Agency = &c.Agency
	}
	if c.Platform != "" {
		out.Platform = &c.Platform
	}
	return out
}
