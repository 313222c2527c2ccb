package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Summary counts people by status and agency, and accounts by platform and
// state, and tells of every count on how much data it rests. In a small database
// it counts at once; in a large one it tells the last count, which is about a
// minute old where a scheduler runs: At says when. What it returns may be shared
// with others who asked the same: it is for reading.
func (s *Store) Summary(ctx context.Context, f influencer.SummaryFilter) (influencer.Summary, error) {
	t, kept, err := s.totals(ctx, f)
	if err != nil {
		return influencer.Summary{}, fmt.Errorf("store: summary: %w", err)
	}
	if kept {
		return s.counted.summaryOf(t, f), nil
	}
	return t.summary(f), nil
}

// tally gathers a summary from grouped counts.
type tally struct {
	sum       influencer.Summary
	agencies  map[string]*influencer.AgencySummary
	platforms map[influencer.Platform]*influencer.PlatformSummary
}

func newTally(at time.Time) *tally {
	t := &tally{
		sum:       influencer.Summary{At: at, Statuses: map[influencer.Status]int{}},
		agencies:  map[string]*influencer.AgencySummary{},
		platforms: map[influencer.Platform]*influencer.PlatformSummary{},
	}
	for _, status := range influencer.Statuses() {
		t.sum.Statuses[status] = 0
	}
	return t
}

func (t *tally) agency(name string) *influencer.AgencySummary {
	if t.agencies[name] == nil {
		t.agencies[name] = &influencer.AgencySummary{Agency: name, Statuses: map[influencer.Status]int{}}
	}
	return t.agencies[name]
}

func (t *tally) platform(name influencer.Platform) *influencer.PlatformSummary {
	if t.platforms[name] == nil {
		t.platforms[name] = &influencer.PlatformSummary{Platform: name, States: map[influencer.AccountState]int{}}
	}
	return t.platforms[name]
}

// summary is the part of a count that the filter leaves.
func (t totals) summary(f influencer.SummaryFilter) influencer.Summary {
	out := newTally(t.at)
	for _, p := range t.people {
		if p.platform == f.Platform && (f.Agency == "" || p.agency == f.Agency) {
			out.addPeople(p)
		}
	}
	for _, a := range t.accounts {
		if (f.Platform == "" || a.platform == f.Platform) && (f.Agency == "" || a.agency == f.Agency) {
			out.addAccounts(a)
		}
	}
	return out.summary()
}

func (t *tally) addPeople(p peopleTotal) {
	t.sum.People += p.people
	t.sum.Statuses[p.status] += p.people
	a := t.agency(p.agency)
	a.People += p.people
	a.Statuses[p.status] += p.people
}

func (t *tally) addAccounts(a accountTotal) {
	p := t.platform(a.platform)
	p.States[a.state] += a.Expected
	for _, into := range []*influencer.Coverage{&t.sum.Coverage, &t.agency(a.agency).Coverage, &p.Coverage} {
		cover(into, a.Coverage)
	}
}

// cover adds one count's coverage to another's.
func cover(into *influencer.Coverage, c influencer.Coverage) {
	into.Expected += c.Expected
	into.Read += c.Read
	if c.Read == 0 {
		return
	}
	if c.AsOf.After(into.AsOf) {
		into.AsOf = c.AsOf
	}
	if into.Oldest.IsZero() || c.Oldest.Before(into.Oldest) {
		into.Oldest = c.Oldest
	}
}

func (t *tally) summary() influencer.Summary {
	for _, a := range slices.SortedFunc(maps.Values(t.agencies), func(a, b *influencer.AgencySummary) int { return cmp.Compare(a.Agency, b.Agency) }) {
		t.sum.Agencies = append(t.sum.Agencies, *a)
	}
	for _, p := range slices.SortedFunc(maps.Values(t.platforms), func(a, b *influencer.PlatformSummary) int { return cmp.Compare(a.Platform, b.Platform) }) {
		t.sum.Platforms = append(t.sum.Platforms, *p)
	}
	return t.sum
}
