package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// WriteAll writes the counts of a whole batch with one statement, and nothing
// else: no claim, no schedule, no reading, no rule, no decision. No design that
// stores what it fetched writes less, which is why it is the ceiling.
func (d *Baseline) WriteAll(ctx context.Context, seen []influencer.Observation, at time.Time) error {
	good := make([]influencer.Observation, 0, len(seen))
	for _, o := range seen {
		if o.Failure == nil {
			good = append(good, o)
		}
	}
	type seenOne = influencer.Observation
	set := new(rowSet).
		ints("id", pick(good, func(o *seenOne) int64 { return o.AccountID })).
		nullInts("followers", pick(good, func(o *seenOne) *int64 { return o.Counts.Followers })).
		nullInts("following", pick(good, func(o *seenOne) *int64 { return o.Counts.Following })).
		nullInts("posts", pick(good, func(o *seenOne) *int64 { return o.Counts.Posts })).
		times("active", pick(good, func(o *seenOne) time.Time { return o.Counts.LastActiveAt }))
	tx := d.db.WithContext(ctx)
	err := tx.Exec(`UPDATE accounts AS a
		SET followers = t.followers, following = t.following, posts = t.posts, last_active_at = t.active,
		    state = 'ok', synced_at = ?, attempted_at = ?
		FROM ? WHERE a.id = t.id`, at.UnixMicro(), at.UnixMicro(), set.as(tx, "t")).Error
	if err != nil {
		return fmt.Errorf("baseline: write all: %w", err)
	}
	return nil
}
