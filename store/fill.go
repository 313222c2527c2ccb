package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// fillChunk is how many people one statement of [Scratch.Fill] makes.
const fillChunk = 50_000

// Fill brings a scratch database on Postgres to so many people, with an account
// on each of X, Instagram and Facebook and a reading of each, as they are some weeks
// after the start: spread over 640 agencies, of which the first are the largest,
// nearly half of them influencers, one account in fifty not readable. People who are
// there already are given the accounts that they lack, and registered when the
// others were. Nothing of it is due.
func (s *Scratch) Fill(ctx context.Context, people int, progress func(done int)) error {
	if !strings.HasPrefix(s.URL, "postgres") {
		return errors.New("store: only a scratch database on Postgres can be filled")
	}
	conn, err := connect(s.URL, 1)
	if err != nil {
		return err
	}
	defer conn.db.Close()
	var there int
	if err := conn.db.QueryRowContext(ctx, "SELECT count(*) FROM people").Scan(&there); err != nil {
		return fmt.Errorf("store: fill: %w", err)
	}
	if _, err := conn.db.ExecContext(ctx, fillEarlier); err != nil {
		return fmt.Errorf("store: fill: %w", err)
	}
	for done := 0; done < people; done += fillChunk {
		last := min(done+fillChunk, people)
		for _, statement := range fillSQL {
			first := done
			if strings.HasPrefix(statement, "INSERT INTO people") {
				first = max(done, there)
			}
			if _, err := conn.db.ExecContext(ctx, statement, first+1, last); err != nil {
				return fmt.Errorf("store: fill: %w", err)
			}
		}
		progress(last)
	}
	return nil
}

// FilledAgency names the agencies that [Scratch.Fill] makes, from 1 to 640.
func FilledAgency(n int) string { return fmt.Sprintf("Instansi %03d", n) }

// fillEarlier makes older by as much as the others are who is there already: the
// oldest account tells the views when the history begins.
const fillEarlier = `UPDATE accounts SET created_at = created_at - 3086400000000, state_since = state_since - 3086400000000`

// fillSQL makes the people from $1 to $2, and all that belongs to them. Ids are
// given in order, so that a person's number is the person's id.
var fillSQL = [...]string{
	`INSERT INTO people (nip, name, agency, unit, status, since, first_granted_at, reason, reason_version, created_at, updated_at)
SELECT lpad((300000000000000000 + i * 104729)::text, 18, '0'),
	(ARRAY['Ani','Budi','Citra','Dewi','Eko','Fajar','Gita','Hadi','Indah','Joko','Kartika','Lestari','Made','Nadia','Oka','Putri','Rizki','Sari','Tono','Wayan'])[1 + i % 20]
	|| ' ' || (ARRAY['Wardana','Maulana','Santoso','Siregar','Nasution','Wijaya','Hidayat','Kusuma','Pratama','Saputra','Lubis','Harahap'])[1 + (i / 20) % 12]
	|| ' ' || substr(md5(i::text), 1, 6),
	'Instansi ' || lpad((1 + floor(640 * power(((i * 7919) % 1000003) / 1000003.0, 2)))::text, 3, '0'), 'Biro ' || i % 12,
	t.status, t.since, t.since, CASE WHEN t.status = 'none' THEN '' ELSE 'qualifies' END, 1, t.since - 86400000000, t.since
FROM generate_series($1::bigint, $2::bigint) i
CROSS JOIN LATERAL (SELECT CASE WHEN i % 100 < 43 THEN 'active' WHEN i % 100 < 45 THEN 'grace' WHEN i % 100 < 48 THEN 'revoked' ELSE 'none' END AS status,
	((extract(epoch FROM now()) - 3000000)::bigint * 1000000) AS since) t`,
	`INSERT INTO accounts (person_id, platform, handle_key, handle, external_id, state, state_since, followers, friends, following, posts,
	last_active_at, observed_at, synced_at, reads, source, attempted_at, failures, error, created_at)
SELECT p.id, t.platform, 'f' || p.id, 'f' || p.id, '9' || p.id, CASE WHEN good THEN 'ok' ELSE t.bad END, p.created_at,
	CASE WHEN good AND t.platform <> 'facebook' THEN (p.id * 31) % 3000 END, CASE WHEN good AND t.platform = 'facebook' THEN (p.id * 17) % 1500 END,
	100, 50, at, at, CASE WHEN good THEN at END, 5, t.platform, at, CASE WHEN good THEN 0 ELSE 3 END, CASE WHEN good THEN '' ELSE t.bad END, p.created_at
FROM people p
CROSS JOIN (VALUES ('x', 'gone'), ('instagram', 'unreadable'), ('facebook', 'needs_consent')) AS t (platform, bad)
CROSS JOIN LATERAL (SELECT p.id % 50 <> 7 AS good, (extract(epoch FROM now()) * 1000)::bigint * 1000 - (p.id * 37 % 86400) * 1000000 AS at) m
WHERE p.id BETWEEN $1 AND $2 AND NOT EXISTS (SELECT 1 FROM accounts a WHERE a.person_id = p.id AND a.platform = t.platform)
ORDER BY p.id`,
	`INSERT INTO schedule (account_id, platform, due_at)
SELECT a.id, a.platform, a.attempted_at + 172800000000 FROM accounts a
WHERE a.person_id BETWEEN $1 AND $2 AND a.attempted_at IS NOT NULL`,
	`INSERT INTO readings (account_id, observed_at, last_seen_at, reads, followers, friends, following, posts, last_active_at, source)
SELECT a.id, a.created_at + 60000000, a.synced_at, 5, a.followers, a.friends, a.following, a.posts, a.last_active_at, a.source
FROM accounts a WHERE a.person_id BETWEEN $1 AND $2 AND a.synced_at IS NOT NULL`,
	`INSERT INTO decisions (person_id, at, from_status, to_status, reason, policy_version, actor, evidence)
SELECT p.id, p.since + (p.id % 30) * 86400000000, 'none', p.status, p.reason, 1, 'rule', '{}' FROM people p
WHERE p.id BETWEEN $1 AND $2 AND p.status <> 'none' AND p.nip >= '3'`,
}

// FillMonth gives each readable account of an agency of a filled database another
// reading for every day of the last month, each with other numbers, and returns
// how many people the agency has.
func (s *Scratch) FillMonth(ctx context.Context, agency string) (people int, err error) {
	conn, err := connect(s.URL, 1)
	if err != nil {
		return 0, err
	}
	defer conn.db.Close()
	_, err = conn.db.ExecContext(ctx, `INSERT INTO readings (account_id, observed_at, last_seen_at, reads, followers, friends, following, posts, last_active_at, source)
		SELECT a.id, a.synced_at - d * 86400000000 + 1000000, a.synced_at - d * 86400000000 + 1000000, 1, a.followers + d, a.friends + d, 100, 50, a.last_active_at, a.source
		FROM generate_series(34, 1, -1) AS d, accounts a JOIN people p ON p.id = a.person_id
		WHERE p.agency = $1 AND a.synced_at IS NOT NULL ON CONFLICT DO NOTHING`, agency)
	if err == nil {
		err = conn.db.QueryRowContext(ctx, "SELECT count(*) FROM people WHERE agency = $1", agency).Scan(&people)
	}
	if err != nil {
		return 0, fmt.Errorf("store: fill a month: %w", err)
	}
	return people, nil
}

// FillDays gives every agency of a filled database the sums of each day of a year.
func (s *Scratch) FillDays(ctx context.Context) error {
	conn, err := connect(s.URL, 1)
	if err != nil {
		return err
	}
	defer conn.db.Close()
	_, err = conn.db.ExecContext(ctx, `INSERT INTO totals_days (agency, platform, day, counted_at, expected, read, followers, friends)
		SELECT p.agency, f.platform, current_date - date '1970-01-01' - d, 0, p.n, p.n, 500 * p.n + d, 300 * p.n + d
		FROM (SELECT agency, count(*) AS n FROM people GROUP BY agency) p, (VALUES ('x'), ('instagram'), ('facebook')) f (platform), generate_series(1, 365) AS d
		ON CONFLICT DO NOTHING`)
	if err != nil {
		return fmt.Errorf("store: fill days: %w", err)
	}
	return nil
}

// RoundTrip asks the database for nothing, through the pool that all else goes
// through: what no answer can be faster than.
func (s *Store) RoundTrip(ctx context.Context) error {
	var one int
	if err := s.sql.QueryRowContext(ctx, "SELECT 1").Scan(&one); err != nil {
		return fmt.Errorf("store: round trip: %w", err)
	}
	return nil
}

// ReadSince counts the accounts of a platform that were read since some time, by
// looking at all of them.
func (s *Store) ReadSince(ctx context.Context, p influencer.Platform, at time.Time) (int, error) {
	var n int
	_, err := scanOne(s.db.WithContext(ctx).Raw("SELECT count(*) FROM accounts WHERE platform = ? AND synced_at >= ?", p, at.UnixMicro()), &n)
	if err != nil {
		return 0, fmt.Errorf("store: count reads: %w", err)
	}
	return n, nil
}
