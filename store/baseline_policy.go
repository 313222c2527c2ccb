package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// FillPolicy fills an empty database with people who were read and decided under
// the default policy before a time: three accounts each, counts from 99 to 10,000
// of which a fifth reach the line, half of the numbers new since the day before.
func (d *Baseline) FillPolicy(ctx context.Context, people int, at time.Time) error {
	now := at.UnixMicro()
	db := d.db.WithContext(ctx)
	for _, step := range []struct {
		sql  string
		args []any
	}{
		{`INSERT INTO people (nip, name, agency, unit, created_at, updated_at)
			SELECT CAST(199001012015000000 + i AS text), 'Orang Nomor ' || i, 'Kementerian ' || (i % 40), 'Biro Umum', CAST(? AS bigint), CAST(? AS bigint)
			FROM (` + numbersSQL + `) n`, []any{now, now, people}},
		{`INSERT INTO accounts (person_id, platform, handle_key, handle, external_id, state, state_since, followers, friends, following, posts,
				last_active_at, observed_at, synced_at, reads, source, attempted_at, created_at)
			SELECT i, platform, 'handle' || i, 'handle' || i, CAST(100000000 + i AS text), 'ok', now - 60 * day,
				CASE WHEN k < 3 THEN n END, CASE WHEN k = 3 THEN n END, 100, 50, now - seed * 40 % 1000000 * day / 25000,
				CASE WHEN seed % 2 = 0 THEN seen ELSE seen - 3 * day END, seen, CASE WHEN seed % 2 = 0 THEN 1 ELSE 4 END, source, seen, now - 60 * day
			FROM (SELECT i, k, platform, source, now, day, seed, 100000000 / (seed + 10000) AS n, now - seed * 7 % day AS seen
				FROM (SELECT i, k, platform, source, CAST(? AS bigint) AS now, CAST(86400000000 AS bigint) AS day,
						(CAST(i AS bigint) * 2654435761 + k * 40503) % 1000003 * 7919 % 1000000 AS seed
					FROM (` + numbersSQL + `) n
					CROSS JOIN (SELECT 1 AS k, 'x' AS platform, 'x/v2' AS source UNION ALL SELECT 2, 'instagram', 'graph/v26.0'
						UNION ALL SELECT 3, 'facebook', 'graph/v26.0') t) s) a`, []any{now, people}},
		{`INSERT INTO readings (account_id, observed_at, last_seen_at, followers, friends, following, posts, last_active_at, source)
			SELECT id, observed_at - 86400000000, observed_at - 86400000000, followers - 1, friends - 1, following, posts, last_active_at, source
			FROM accounts WHERE reads = 1`, nil},
		{`UPDATE people SET status = 'active', since = created_at, first_granted_at = created_at, reason = 'qualifies', reason_version = 1
			WHERE EXISTS (SELECT 1 FROM accounts a WHERE a.person_id = people.id AND coalesce(a.followers, a.friends) >= 500)
			AND EXISTS (SELECT 1 FROM accounts a WHERE a.person_id = people.id AND a.last_active_at >= ?)`, []any{at.Add(-30 * 24 * time.Hour).UnixMicro()}},
	} {
		if err := db.Exec(step.sql, step.args...).Error; err != nil {
			return fmt.Errorf("baseline: fill: %w", err)
		}
	}
	return nil
}

// numbersSQL counts from 1 to a number.
const numbersSQL = `WITH RECURSIVE c(i) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT i + 1 FROM c WHERE i < CAST(? AS bigint)) SELECT i FROM c`

// GroupByPerson is the bare query that a preview is measured against: all
// accounts, grouped by person, and received. It returns how many people it found.
func (d *Baseline) GroupByPerson(ctx context.Context) (people int, err error) {
	err = each(d.db.WithContext(ctx), `SELECT person_id, max(followers), max(friends), max(last_active_at), count(*) FROM accounts GROUP BY person_id`,
		nil, func(c *cursor) {
			c.int()
			people++
		})
	if err != nil {
		return 0, fmt.Errorf("baseline: group: %w", err)
	}
	return people, nil
}

// UpdatePeople is the bare statement that applying a policy is measured against:
// the status of so many people, and nothing else.
func (d *Baseline) UpdatePeople(ctx context.Context, people int, at time.Time) error {
	done := d.db.WithContext(ctx).Exec(`UPDATE people SET status = 'revoked', since = ?, reason = ?, reason_version = 2, updated_at = ?
		WHERE id IN (SELECT id FROM people WHERE status = 'active' ORDER BY id LIMIT ?)`,
		at.UnixMicro(), string(influencer.ReasonBelowLine), at.UnixMicro(), people)
	if done.Error == nil && done.RowsAffected != int64(people) {
		return fmt.Errorf("baseline: updated %d people of %d", done.RowsAffected, people)
	}
	if done.Error != nil {
		return fmt.Errorf("baseline: update: %w", done.Error)
	}
	return nil
}
