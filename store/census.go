package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Census counts people by status, accounts by platform and state, and tokens. It
// reads every account once, which takes seconds where there are millions: ask
// seldom.
func (s *Store) Census(ctx context.Context) (influencer.Census, error) {
	db, now := s.db.WithContext(ctx), s.now()
	c := influencer.Census{At: now, People: map[influencer.Status]int64{}}
	for _, status := range influencer.Statuses() {
		c.People[status] = 0
	}
	p, err := s.currentPolicy(db)
	if err == nil {
		err = each(db, `SELECT status, count(*) FROM people GROUP BY status`, nil,
			func(r *cursor) { c.People[influencer.Status(r.text())] = r.int() })
	}
	if err == nil {
		c.Accounts, err = s.countStates(db, now, p.EvidenceMaxAge)
	}
	if err == nil {
		c.Tokens, err = countTokens(db, now)
	}
	if err != nil {
		return c, fmt.Errorf("store: census: %w", err)
	}
	return c, nil
}

func (s *Store) countStates(db *gorm.DB, now time.Time, proving time.Duration) ([]influencer.AccountCount, error) {
	due, args := s.dueSince(now)
	var out []influencer.AccountCount
	err := each(db, `SELECT platform, state, count(*), count(CASE WHEN synced_at >= `+due+` THEN 1 END),
			count(CASE WHEN synced_at >= ? THEN 1 END), min(synced_at)
		FROM accounts a WHERE `+inService+` GROUP BY platform, state ORDER BY platform, state`,
		append(args, now.Add(-proving).UnixMicro()), func(r *cursor) {
			out = append(out, influencer.AccountCount{Platform: influencer.Platform(r.text()), State: influencer.AccountState(r.text()),
				Registered: r.int(), InTime: r.int(), Proving: r.int(), Oldest: r.time()})
		})
	return out, err
}

// dueSince is an expression for when an account was read last, if it is read in
// time, by its platform.
func (s *Store) dueSince(now time.Time) (sql string, args []any) {
	var b strings.Builder
	b.WriteString("CASE platform")
	for _, p := range slices.Sorted(maps.Keys(s.opts.Every)) {
		b.WriteString(" WHEN ? THEN CAST(? AS bigint)")
		args = append(args, string(p), now.Add(-s.every(p)).UnixMicro())
	}
	b.WriteString(" WHEN '' THEN 0 ELSE CAST(? AS bigint) END")
	return b.String(), append(args, now.Add(-s.every("")).UnixMicro())
}

func countTokens(db *gorm.DB, now time.Time) ([]influencer.TokenCount, error) {
	var out []influencer.TokenCount
	err := each(db, `SELECT platform, state, own, count(*), min(expires_at) FROM (
			SELECT platform, CASE WHEN state = ? AND expires_at <= CAST(? AS bigint) THEN ? ELSE state END AS state,
				CASE WHEN account_id IS NULL THEN 1 ELSE 0 END AS own, expires_at FROM credentials) c
		GROUP BY platform, state, own ORDER BY platform, state, own`,
		[]any{string(CredentialOK), now.UnixMicro(), string(CredentialExpired)}, func(r *cursor) {
			t := influencer.TokenCount{Platform: influencer.Platform(r.text()), State: r.text(), Own: r.int() == 1, Count: r.int()}
			if end := r.time(); t.State == string(CredentialOK) {
				t.FirstEnd = end
			}
			out = append(out, t)
		})
	return out, err
}

// NewestDecision is the id of the newest decision, 0 when there is none.
func (s *Store) NewestDecision(ctx context.Context) (int64, error) {
	var id int64
	if _, err := scanOne(s.db.WithContext(ctx).Raw(`SELECT coalesce(max(id), 0) FROM decisions`), &id); err != nil {
		return 0, fmt.Errorf("store: newest decision: %w", err)
	}
	return id, nil
}

// CountMoves counts the decisions with ids above after, up to upTo, by what they
// moved. upTo 0 is no bound.
func (s *Store) CountMoves(ctx context.Context, after, upTo int64) ([]influencer.MoveCount, error) {
	where, args := "id > ?", []any{after}
	if upTo > 0 {
		where, args = where+" AND id <= ?", append(args, upTo)
	}
	var out []influencer.MoveCount
	err := each(s.db.WithContext(ctx), `SELECT from_status, to_status, reason, count(*) FROM decisions WHERE `+where+`
		GROUP BY from_status, to_status, reason ORDER BY from_status, to_status, reason`, args, func(r *cursor) {
		out = append(out, influencer.MoveCount{From: influencer.Status(r.text()), To: influencer.Status(r.text()),
			Reason: influencer.Reason(r.text()), Count: r.int()})
	})
	if err != nil {
		return nil, fmt.Errorf("store: count moves: %w", err)
	}
	return out, nil
}
