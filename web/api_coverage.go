package web

import (
	"context"
	"net/http"

	"github.com/pengikut/pengikut/influencer"
)

// Coverer tells where numbers are missing.
type Coverer interface {
	Coverage(ctx context.Context, f influencer.CoverageFilter) (influencer.CoverageReport, error)
}

type coverageInput struct {
	Agency   string `query:"agency" maxLength:"200" doc:"Only this agency, by its whole name"`
	Platform string `query:"platform" format:"platform" doc:"Only this platform"`
	By       string `query:"by" enum:"agency,platform" doc:"A row for each agency or platform, not for each pair of both"`
}

func (a *api) coverageRoutes(numbers Coverer) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/coverage", id: "get-coverage", tag: "numbers", who: viewers,
		summary:     "On how many accounts totals rest, by agency and platform",
		description: "As of the last count, at counted_at. The accounts behind never, stale and unreadable: /api/v1/accounts?problem=",
	}, func(ctx context.Context, in *coverageInput) (*reply[CoverageReport], error) {
		agency, err := principalOf(ctx).agency(in.Agency)
		if err != nil {
			return nil, err
		}
		r, err := numbers.Coverage(ctx, influencer.CoverageFilter{Agency: agency, Platform: influencer.Platform(in.Platform), By: influencer.CoverageBy(in.By)})
		if err != nil {
			return nil, err
		}
		return &reply[CoverageReport]{CoverageReportView(r)}, nil
	})
}
