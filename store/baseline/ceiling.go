package baseline

import (
	"context"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// WriteAll writes the counts of a whole batch with one statement, and nothing
// else: no claim, no reading, no rule, no decision. No design that stores what
// it fetched can be faster, which is why it is the ceiling.
func (d *DB) WriteAll(ctx context.Context, seen []influencer.Observation, at time.Time) error {
	ids, followers := make([]int64, 0, len(seen)), make([]*int64, 0, len(seen))
	following, posts := make([]*int64, 0, len(seen)), make([]*int64, 0, len(seen))
	active := make([]*int64, 0, len(seen))
	for _, o := range seen {
		if o.Failure != nil {
			continue
		}
		ids = append(ids, o.AccountID)
		followers, following = append(followers, o.Counts.Followers), append(following, o.Counts.Following)
		posts = append(posts, o.Counts.Posts)
		active = append(active, lastActive(o.Counts))
	}
	err := d.gorm.WithContext(ctx).Exec(`UPDATE accounts AS a
		SET followers = t.followers, following = t.following, posts = t.posts, last_active_at = t.active,
		    state = 'ok', synced_at = ?, attempted_at = ?
		FROM unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[]) AS t(id, followers, following, posts, active)
		WHERE a.id = t.id`, at.UnixMicro(), at.UnixMicro(), &ids, &followers, &following, &posts, &active).Error
	if err != nil {
		return fmt.Errorf("baseline: write all: %w", err)
	}
	return nil
}

func lastActive(c influencer.Counts) *int64 {
	if c.LastActiveAt.IsZero() {
		return nil
	}
	v := c.LastActiveAt.UnixMicro()
	return &v
}
