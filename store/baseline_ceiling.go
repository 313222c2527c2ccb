package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// WriteAll stores what a whole batch showed, its counts and a reading for each
// account, with one statement and nothing else: no claim, no queue, no schedule,
// no rule, no decision. No design that keeps the same history writes less, which
// is why it is the ceiling.
func (d *Baseline) WriteAll(ctx context.Context, seen []influencer.Observation, at time.Time) error {
	good := make([]influencer.Observation, 0, len(seen))
	for _, o := range seen {
		if o.Failure == nil {
			good = append(good, o)
		}
	}
	type one = influencer.Observation
	set := new(rowSet).
		ints("id", pick(good, func(o *one) int64 { return o.AccountID })).
		nullInts("followers", pick(good, func(o *one) *int64 { return o.Counts.Followers })).
		nullInts("following", pick(good, func(o *one) *int64 { return o.Counts.Following })).
		nullInts("posts", pick(good, func(o *one) *int64 { return o.Counts.Posts })).
		times("active", pick(good, func(o *one) time.Time { return o.Counts.LastActiveAt }))
	c := changes{tx: d.db.WithContext(ctx)}
	c.add("ceiling accounts", len(good), `UPDATE accounts AS a
		SET followers = t.followers, following = t.following, posts = t.posts, last_active_at = t.active,
		    state = 'ok', synced_at = ?, attempted_at = ?
		FROM ? WHERE a.id = t.id`, at.UnixMicro(), at.UnixMicro(), set.as(c.tx, "t"))
	c.add("ceiling readings", len(good), `INSERT INTO readings (account_id, observed_at, last_seen_at, followers, following, posts, last_active_at)
		SELECT id, CAST(? AS bigint), CAST(? AS bigint), followers, following, posts, active FROM ?`, at.UnixMicro(), at.UnixMicro(), set.as(c.tx, "t"))
	write := func(tx *gorm.DB) error { c.tx = tx; return c.run() }
	var err error
	if onPostgres(c.tx) {
		err = write(c.tx) // one statement is one transaction
	} else {
		err = c.tx.Transaction(write)
	}
	if err != nil {
		return fmt.Errorf("baseline: write all: %w", err)
	}
	return nil
}
