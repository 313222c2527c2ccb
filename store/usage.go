package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Billing says how a platform's account reads are counted, and how many there may
// be.
type Billing struct {
	OncePerDay   bool   // an account read again on the same UTC day rides free
	MonthlyReads *int64 // a UTC month at most; nil is no cap
}

// usageShards is among how many rows a day's reads of one purpose are spread.
// Batches that are recorded at the same time were claimed at the same time, and
// then have ids in a row.
const usageShards = 64

// meter counts the reads that the platform bills for the batch.
func (r *recording) meter(c *changes) {
	reads := r.billed()
	if reads == 0 {
		return
	}
	shard := 0
	if onPostgres(r.tx) {
		shard = int(r.ref.ID % usageShards)
	}
	c.add("usage", 1, `INSERT INTO usage (platform, day, purpose, shard, reads)
		VALUES (?, CAST(? AS bigint), ?, CAST(? AS int), CAST(? AS bigint))
		ON CONFLICT (platform, day, purpose, shard) DO UPDATE SET reads = usage.reads + excluded.reads`,
		string(r.ref.Platform), influencer.DayOf(r.at).UnixMicro(), string(r.ref.Purpose), shard, reads)
}

// meterRefused counts a batch that is not believed: it was paid for all the same.
func (r *recording) meterRefused() error {
	c := changes{tx: r.tx}
	r.meter(&c)
	return c.run()
}

// billed is how many of the batch's accounts the platform handed out for money.
func (r *recording) billed() int64 {
	today, once := influencer.DayOf(r.at), r.store.opts.Billing[r.ref.Platform].OncePerDay
	var reads int64
	for _, a := range r.attempts {
		if handedOut(a.seen.Failure) && !(once && a.readSince(today)) {
			reads++
		}
	}
	return reads
}

// handedOut tells whether an account was in the answer. Where that is not known,
// it was: a cap must not be passed by a guess.
func handedOut(f *influencer.Failure) bool {
	return f == nil || f.Kind == influencer.Private || f.Kind == influencer.Malformed
}

// readSince tells whether the account had a reading since a time, before this one.
func (a *attempt) readSince(t time.Time) bool {
	return !a.before.SyncedAt.Before(t) || a.newest != nil && !a.newest.LastSeenAt.Before(t)
}

// Usage lists the reads of the UTC month that holds a time, by platform, day and
// purpose.
func (s *Store) Usage(ctx context.Context, month time.Time) ([]influencer.Usage, error) {
	from := influencer.MonthOf(month)
	var out []influencer.Usage
	err := each(s.db.WithContext(ctx), `SELECT platform, day, purpose, CAST(sum(reads) AS bigint) FROM usage
		WHERE day >= ? AND day < ? GROUP BY platform, day, purpose ORDER BY platform, day, purpose`,
		[]any{from.UnixMicro(), from.AddDate(0, 1, 0).UnixMicro()}, func(c *cursor) {
			out = append(out, influencer.Usage{Platform: influencer.Platform(c.text()), Day: c.time(), Purpose: influencer.Purpose(c.text()), Reads: c.int()})
		})
	if err != nil {
		return nil, fmt.Errorf("store: usage: %w", err)
	}
	return out, nil
}

const usedSQL = `SELECT CAST(coalesce(sum(u.reads), 0) AS bigint) FROM usage u WHERE u.platform = ? AND u.day >= ? AND u.day < ?`

func usedArgs(p influencer.Platform, at time.Time) []any {
	from := influencer.MonthOf(at)
	return []any{string(p), from.UnixMicro(), from.AddDate(0, 1, 0).UnixMicro()}
}

// used is how many reads of a platform the month of a time has had.
func used(db *gorm.DB, p influencer.Platform, at time.Time) (n int64, err error) {
	if _, err = scanOne(db.Raw(usedSQL, usedArgs(p, at)...), &n); err != nil {
		err = fmt.Errorf("reads of the month: %w", err)
	}
	return n, err
}

// usedUp adds to the health of platforms with a cap that their budget is spent.
// It is looked up each time, so that another cap holds as soon as it is set.
func (s *Store) usedUp(db *gorm.DB, all []influencer.PlatformHealth) ([]influencer.PlatformHealth, error) {
	now := s.now()
	for p, b := range s.opts.Billing {
		if b.MonthlyReads == nil {
			continue
		}
		n, err := used(db, p, now)
		if err != nil {
			return nil, err
		}
		budget := influencer.Budget{Platform: p, Month: influencer.MonthOf(now), Used: n, Cap: b.MonthlyReads}
		if budget.Spent() {
			all = withhold(all, p, budget.Failure(), budget.Month)
		}
	}
	return all, nil
}
