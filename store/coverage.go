package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pengikut/pengikut/influencer"
)

// Coverage tells where numbers are missing, from the same count as [Store.Summary].
func (s *Store) Coverage(ctx context.Context, f influencer.CoverageFilter) (influencer.CoverageReport, error) {
	t, _, err := s.totals(ctx, influencer.SummaryFilter{Agency: f.Agency, Platform: f.Platform})
	if err != nil {
		return influencer.CoverageReport{}, fmt.Errorf("store: coverage: %w", err)
	}
	return t.coverage(f), nil
}

// coverage is the part of a count that the filter leaves.
func (t totals) coverage(f influencer.CoverageFilter) influencer.CoverageReport {
	out := influencer.CoverageReport{At: t.at, Total: influencer.CoverageRow{Agency: f.Agency, Platform: f.Platform}}
	type key struct {
		agency   string
		platform influencer.Platform
	}
	rows := map[key]*influencer.CoverageRow{}
	for _, a := range t.accounts {
		if f.Agency != "" && a.agency != f.Agency || f.Platform != "" && a.platform != f.Platform {
			continue
		}
		k := key{a.agency, a.platform}
		switch f.By {
		case influencer.ByAgency:
			k.platform = f.Platform
		case influencer.ByPlatform:
			k.agency = f.Agency
		}
		if rows[k] == nil {
			rows[k] = &influencer.CoverageRow{Agency: k.agency, Platform: k.platform}
		}
		a.addTo(rows[k])
		a.addTo(&out.Total)
	}
	for _, row := range slices.SortedFunc(maps.Values(rows), func(a, b *influencer.CoverageRow) int {
		return cmp.Or(cmp.Compare(a.Agency, b.Agency), cmp.Compare(a.Platform, b.Platform))
	}) {
		out.Rows = append(out.Rows, *row)
	}
	return out
}

// addTo counts the accounts in a row. It says of a group what
// [influencer.Account.Problem] says of one account.
func (a accountTotal) addTo(row *influencer.CoverageRow) {
	cover(&row.Coverage, a.Coverage)
	row.Stale += a.stale
	switch a.state {
	case influencer.StatePending:
		row.Never += a.Expected
	case influencer.StateOK:
	default:
		row.Unreadable += a.failing
	}
}
