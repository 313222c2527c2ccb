package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Forecast tells how a platform's reads of this UTC month stand, and how many it
// will have been at the month's end if every account goes on being read when it is
// due and no cap is in the way. Accounts that the platform does not hand out, as
// they are gone or have no token, cost nothing and are not counted.
func (s *Store) Forecast(ctx context.Context, p influencer.Platform) (influencer.Budget, error) {
	now := s.now()
	b := influencer.Budget{Platform: p, Month: influencer.MonthOf(now), Cap: s.opts.Billing[p].MonthlyReads}
	var err error
	if b.Used, err = used(s.db.WithContext(ctx), p, now); err != nil {
		return b, fmt.Errorf("store: forecast %s: %w", p, err)
	}
	ahead, err := s.ahead(ctx, p, now, b.NextMonth())
	if err != nil {
		return b, fmt.Errorf("store: forecast %s: %w", p, err)
	}
	b.Forecast = b.Used + ahead
	return b, nil
}

// ahead is how many reads will be billed from now to the month's end.
func (s *Store) ahead(ctx context.Context, p influencer.Platform, now, end time.Time) (int64, error) {
	every := s.every(p)
	between := every - every/20 // a read comes up to a tenth early
	today := influencer.DayOf(now)
	var accounts, readToday, reads int64
	err := each(s.db.WithContext(ctx), `SELECT count(*), count(CASE WHEN synced_at >= ? THEN 1 END),
			CAST(coalesce(sum(CASE WHEN due < CAST(? AS bigint) THEN 1 + (CAST(? AS bigint) - due) / CAST(? AS bigint) ELSE 0 END), 0) AS bigint)
		FROM (SELECT a.synced_at, CASE WHEN coalesce(s.due_at, b.due_at) > CAST(? AS bigint) THEN coalesce(s.due_at, b.due_at) ELSE CAST(? AS bigint) END AS due
			FROM schedule s JOIN accounts a ON a.id = s.account_id LEFT JOIN batches b ON b.id = s.batch_id
			WHERE s.platform = ? AND a.state IN ('pending', 'ok', 'private')) d`,
		[]any{today.UnixMicro(), end.UnixMicro(), end.UnixMicro(), between.Microseconds(), now.UnixMicro(), now.UnixMicro(), string(p)},
		func(c *cursor) { accounts, readToday, reads = c.int(), c.int(), c.int() })
	if s.opts.Billing[p].OncePerDay && every <= 24*time.Hour {
		days := int64(end.Sub(today) / (24 * time.Hour)) // this one included
		reads = accounts*days - readToday
	}
	return reads, err
}
