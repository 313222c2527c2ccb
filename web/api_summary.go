package web

import (
	"context"
	"net/http"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Summarizer counts.
type Summarizer interface {
	Summary(ctx context.Context, f influencer.SummaryFilter) (influencer.Summary, error)
}

// Coverage tells on how much data a total rests. Whoever ranks agencies looks
// here first.
type Coverage struct {
	Expected int        `json:"expected" minimum:"0" doc:"Accounts registered"`
	Read     int        `json:"read" minimum:"0" doc:"Of these, read recently enough for the rule to trust"`
	AsOf     *time.Time `json:"as_of" doc:"The newest of those reads; null when there is none"`
	Oldest   *time.Time `json:"oldest" doc:"The oldest of those reads; null when there is none"`
}

// Summary counts people and accounts.
type Summary struct {
	CountedAt time.Time `json:"counted_at"`
	Coverage
	People    int                       `json:"people" minimum:"0"`
	Statuses  map[influencer.Status]int `json:"statuses" doc:"People by status: every status, 0 included"`
	Agencies  []AgencySummary           `json:"agencies"`
	Platforms []PlatformSummary         `json:"platforms"`
}

// AgencySummary is one agency's part.
type AgencySummary struct {
	Agency string `json:"agency"`
	Coverage
	People   int                       `json:"people" minimum:"0"`
	Statuses map[influencer.Status]int `json:"statuses" doc:"People by status: those that occur"`
}

// PlatformSummary is one platform's part.
type PlatformSummary struct {
	Platform influencer.Platform `json:"platform" format:"platform"`
	Coverage
	States map[influencer.AccountState]int `json:"states" doc:"Accounts by state: those that occur"`
}

type summaryInput struct {
	Agency   string `query:"agency" maxLength:"200" doc:"Only this agency, by its whole name"`
	Platform string `query:"platform" format:"platform" doc:"Only accounts there, and people who have one"`
}

func (a *api) summaryRoutes(summaries Summarizer) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/summary", id: "get-summary", tag: "numbers", who: viewers,
		summary:     "Counts by status, agency and platform",
		description: "Every part says on how many accounts it should rest (expected), on how many it does (read), and as of when.",
	}, func(ctx context.Context, in *summaryInput) (*reply[Summary], error) {
		agency, err := principalOf(ctx).agency(in.Agency)
		if err != nil {
			return nil, err
		}
		s, err := summaries.Summary(ctx, influencer.SummaryFilter{Agency: agency, Platform: influencer.Platform(in.Platform)})
		if err != nil {
			return nil, err
		}
		return &reply[Summary]{SummaryView(s)}, nil
	})
}

// SummaryView views a summary.
func SummaryView(s influencer.Summary) Summary {
	return Summary{
		CountedAt: s.At.UTC(), Coverage: coverageView(s.Coverage), People: s.People, Statuses: s.Statuses,
		Agencies: each(s.Agencies, func(a influencer.AgencySummary) AgencySummary {
			return AgencySummary{Agency: a.Agency, Coverage: coverageView(a.Coverage), People: a.People, Statuses: a.Statuses}
		}),
		Platforms: each(s.Platforms, func(p influencer.PlatformSummary) PlatformSummary {
			return PlatformSummary{Platform: p.Platform, Coverage: coverageView(p.Coverage), States: p.States}
		}),
	}
}

func coverageView(c influencer.Coverage) Coverage {
	return Coverage{Expected: c.Expected, Read: c.Read, AsOf: stamp(c.AsOf), Oldest: stamp(c.Oldest)}
}
