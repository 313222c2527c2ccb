package main

import (
	"context"
	"net/http"
	"slices"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// mostWeighed is how many people of each kind the service lists at most.
const mostWeighed = 500

// Weigh asks what a policy would do.
func (r remotePolicies) Weigh(ctx context.Context, p influencer.Policy, o weighing) (weighed, error) {
	body := struct {
		Policy influencer.Policy     `json:"policy"`
		By     influencer.CoverageBy `json:"by,omitempty"`
		Limit  int                   `json:"limit"`
	}{p, o.by, 1}
	if o.row != nil {
		body.Limit = o.limit
		if o.limit == 0 || o.limit > mostWeighed {
			body.Limit = mostWeighed
		}
	}
	v, err := ask[web.PolicyPreview](ctx, r.remote, http.MethodPost, policyPath+"/preview", nil, body)
	if err != nil {
		return weighed{}, err
	}
	out := weighedOf(v, o.by)
	if o.row != nil && body.Limit != o.limit {
		out.most = mostWeighed
	}
	if o.known != nil {
		err = o.known(out.Coverage)
	}
	for i := 0; o.row != nil && err == nil && i < len(v.Rows); i++ {
		err = o.row(previewRowOf(v.Rows[i]))
	}
	return out, err
}

func weighedOf(v web.PolicyPreview, by influencer.CoverageBy) weighed {
	return weighed{
		Coverage: influencer.Coverage{Expected: v.Expected, Read: v.Read, AsOf: timeOr(v.AsOf), Oldest: timeOr(v.Oldest)},
		people:   v.People, counts: previewCountsOf(v.PreviewCounts), breaker: influencer.BreakerView(v.Breaker),
		groups: mapped(v.Groups, func(g web.PreviewGroup) influencer.PreviewGroup {
			name := g.Agency
			if by == influencer.ByPlatform {
				name = string(g.Platform)
			}
			return influencer.PreviewGroup{Name: name, Effects: previewCountsOf(g.PreviewCounts),
				Coverage: influencer.Coverage{Expected: g.Expected, Read: g.Read, AsOf: timeOr(g.AsOf)}}
		}),
	}
}

func previewCountsOf(v web.PreviewCounts) [effects]int {
	return [effects]int{gains: v.Gain, loses: v.Lose, warned: v.Grace, unconfirmed: v.Unconfirmed, otherwise: v.Otherwise, near: v.Near}
}

func previewRowOf(v web.PreviewRow) influencer.PreviewRow {
	r := influencer.PreviewRow{Platforms: slices.Clone(v.Platform)}
	r.ID, r.NIP, r.Name, r.Agency, r.Status, r.Since = v.PersonID, influencer.NIP(v.NIP), v.Name, v.Agency, v.Status, timeOr(v.Since)
	if v.To != nil && v.Reason != nil {
		move := &influencer.Move{From: v.Status, To: *v.To, Reason: *v.Reason}
		if v.Effect == "unconfirmed" {
			r.Unconfirmed = move
		} else {
			r.Move = move
		}
	}
	if n := v.Near; n != nil {
		r.Near = &influencer.NearLine{Line: n.Line, Value: n.Value}
		r.Near.Platform, r.Near.Metric = n.Platform, n.Metric
	}
	return r
}
