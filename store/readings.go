package store

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// readingColumns is what readReading reads.
const readingColumns = `r.account_id, r.observed_at, r.last_seen_at, r.reads, r.between_reads,
	r.followers, r.friends, r.following, r.posts, r.last_active_at, r.suspect, r.source`

// newestReadings loads the newest reading of each account, suspect or not.
func newestReadings(tx *gorm.DB, accountIDs []int64) (map[int64]influencer.Reading, error) {
	set := new(rowSet).ints("id", accountIDs)
	found, err := loadReadings(tx, `SELECT `+readingColumns+` FROM ? JOIN readings r ON r.account_id = t.id
		WHERE r.observed_at = (SELECT max(observed_at) FROM readings WHERE account_id = t.id)`, set.as(tx, "t"))
	if err != nil {
		return nil, fmt.Errorf("newest readings: %w", err)
	}
	newest := make(map[int64]influencer.Reading, len(found))
	for _, r := range found {
		newest[r.AccountID] = r
	}
	return newest, nil
}

// loadOlder gives accounts the good readings before their newest good one,
// newest first, at most [influencer.HistoryRows].
func loadOlder(tx *gorm.DB, accounts []*account) error {
	if len(accounts) == 0 {
		return nil
	}
	ids, before := make([]int64, len(accounts)), make([]int64, len(accounts))
	byID := make(map[int64]*account, len(accounts))
	for i, a := range accounts {
		ids[i], before[i] = a.ID, a.ObservedAt.UnixMicro()
		byID[a.ID], a.older = a, nil
		if a.cleared != nil {
			a.older = append(a.older, *a.cleared)
		}
	}
	set := new(rowSet).ints("id", ids).ints("before", before)
	found, err := loadReadings(tx, olderSQL(tx), set.as(tx, "t"), influencer.HistoryRows)
	if err != nil {
		return fmt.Errorf("older readings: %w", err)
	}
	for _, r := range found {
		a := byID[r.AccountID]
		a.older = append(a.older, r)
	}
	return nil
}

// olderSQL finds the good ones among so many readings before a time, newest first.
// Postgres finds them in one descent of the index an account.
func olderSQL(tx *gorm.DB) string {
	if onPostgres(tx) {
		return `SELECT ` + readingColumns + ` FROM ? CROSS JOIN LATERAL (SELECT * FROM readings n
				WHERE n.account_id = t.id AND n.observed_at < t.before ORDER BY n.observed_at DESC LIMIT ?) r
			WHERE NOT r.suspect ORDER BY r.account_id, r.observed_at DESC`
	}
	return `SELECT ` + readingColumns + ` FROM ? JOIN readings r ON r.account_id = t.id
		WHERE r.observed_at < t.before AND NOT r.suspect AND r.observed_at >= coalesce((
			SELECT n.observed_at FROM readings n WHERE n.account_id = t.id AND n.observed_at < t.before
			ORDER BY n.observed_at DESC LIMIT 1 OFFSET ? - 1), 0)
		ORDER BY r.account_id, r.observed_at DESC`
}

func loadReadings(tx *gorm.DB, query string, args ...any) ([]influencer.Reading, error) {
	var out []influencer.Reading
	err := each(tx, query, args, func(c *cursor) { out = append(out, readReading(c)) })
	return out, err
}

// readReading reads readingColumns.
func readReading(c *cursor) influencer.Reading {
	return influencer.Reading{
		AccountID: c.int(), ObservedAt: c.time(), LastSeenAt: c.time(), Reads: int(c.int()), Between: c.times(),
		Counts: readCounts(c), Suspect: c.flag(), Source: c.word(),
	}
}

// addReadings adds new readings.
func (c *changes) addReadings(readings []influencer.Reading) {
	if len(readings) == 0 {
		return
	}
	c.add("readings", len(readings), `INSERT INTO readings (account_id, observed_at, last_seen_at, reads, between_reads,
			followers, friends, following, posts, last_active_at, suspect, source)
		SELECT id, observed_at, last_seen_at, reads, between_reads,
			followers, friends, following, posts, last_active_at, suspect, source FROM ?`, readingSet(readings).as(c.tx, "t"))
}

// changeReadings writes stored readings anew that were extended or are no longer
// suspect; they have their place by account and observed_at.
func (c *changes) changeReadings(readings []influencer.Reading) {
	if len(readings) == 0 {
		return
	}
	c.add("extended readings", len(readings), `UPDATE readings AS r SET last_seen_at = t.last_seen_at,
			reads = t.reads, between_reads = t.between_reads, followers = t.followers,
			friends = t.friends, following = t.following, posts = t.posts,
			last_active_at = t.last_active_at, suspect = t.suspect, source = t.source
		FROM ? WHERE r.account_id = t.id AND r.observed_at = t.observed_at`, readingSet(readings).as(c.tx, "t"))
}

func readingSet(readings []influencer.Reading) *rowSet {
	type row = influencer.Reading
	return new(rowSet).
		ints("id", pick(readings, func(r *row) int64 { return r.AccountID })).
		ints("observed_at", pick(readings, func(r *row) int64 { return r.ObservedAt.UnixMicro() })).
		ints("last_seen_at", pick(readings, func(r *row) int64 { return r.LastSeenAt.UnixMicro() })).
		ints("reads", pick(readings, func(r *row) int64 { return int64(r.Reads) })).
		texts("between_reads", pick(readings, func(r *row) string { return formatTimes(r.Between) })).
		nullInts("followers", pick(readings, func(r *row) *int64 { return r.Followers })).
		nullInts("friends", pick(readings, func(r *row) *int64 { return r.Friends })).
		nullInts("following", pick(readings, func(r *row) *int64 { return r.Following })).
		nullInts("posts", pick(readings, func(r *row) *int64 { return r.Posts })).
		times("last_active_at", pick(readings, func(r *row) time.Time { return r.LastActiveAt })).
		bools("suspect", pick(readings, func(r *row) bool { return r.Suspect })).
		texts("source", pick(readings, func(r *row) string { return r.Source }))
}
