package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Summary counts people by status and agency, and accounts by platform and
// state, and tells of every count on how much data it rests.
func (s *Store) Summary(ctx context.Context, f influencer.SummaryFilter) (influencer.Summary, error) {
	db, now := s.db.WithContext(ctx), s.now()
	if f.FreshWithin <= 0 {
		p, err := s.currentPolicy(db)
		if err != nil {
			return influencer.Summary{}, fmt.Errorf("store: summary: %w", err)
		}
		f.FreshWithin = p.EvidenceMaxAge
	}
	t := newTally(now)
	if err := t.countPeople(db, f); err != nil {
		return influencer.Summary{}, fmt.Errorf("store: summary of people: %w", err)
	}
	if err := t.countAccounts(db, f, now.Add(-f.FreshWithin)); err != nil {
		return influencer.Summary{}, fmt.Errorf("store: summary of accounts: %w", err)
	}
	return t.summary(), nil
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

func (t *tally) countPeople(db *gorm.DB, f influencer.SummaryFilter) error {
	l := peopleListing(influencer.PeopleFilter{Agency: f.Agency, Platform: f.Platform})
	rows, err := db.Raw("SELECT p.agency, p.status, count(*) FROM people p"+l.whereSQL()+" GROUP BY p.agency, p.status", l.args...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var status influencer.Status
		var n int
		if err := rows.Scan(&name, &status, &n); err != nil {
			return err
		}
		t.sum.People += n
		t.sum.Statuses[status] += n
		a := t.agency(name)
		a.People += n
		a.Statuses[status] += n
	}
	return rows.Err()
}

func (t *tally) countAccounts(db *gorm.DB, f influencer.SummaryFilter, freshSince time.Time) error {
	l := newListing("summary", f)
	if f.Agency != "" {
		l.only("p.agency = ?", f.Agency)
	}
	if f.Platform != "" {
		l.only("a.platform = ?", f.Platform)
	}
	fresh := freshSince.UnixMicro()
	rows, err := db.Raw(`SELECT p.agency, a.platform, a.state, count(*), count(a.fresh), max(a.fresh), min(a.fresh)
		FROM (SELECT person_id, platform, state, CASE WHEN synced_at >= ? THEN synced_at END AS fresh FROM accounts) a
		JOIN people p ON p.id = a.person_id`+l.whereSQL()+` GROUP BY p.agency, a.platform, a.state`,
		append([]any{fresh}, l.args...)...).Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var agency string
		var platform influencer.Platform
		var state influencer.AccountState
		var c influencer.Coverage
		var newest, oldest sql.NullInt64
		if err := rows.Scan(&agency, &platform, &state, &c.Expected, &c.Read, &newest, &oldest); err != nil {
			return err
		}
		c.AsOf, c.Oldest = timeOf(newest), timeOf(oldest)
		p := t.platform(platform)
		p.States[state] += c.Expected
		for _, into := range []*influencer.Coverage{&t.sum.Coverage, &t.agency(agency).Coverage, &p.Coverage} {
			cover(into, c)
		}
	}
	return rows.Err()
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
