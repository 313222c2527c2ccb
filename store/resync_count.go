package store

import (
	"context"
	"fmt"

	"github.com/pengikut/pengikut/influencer"
)

// ResyncsUnderWay counts the orders that are not over, by their state.
func (s *Store) ResyncsUnderWay(ctx context.Context) (map[influencer.ResyncState]int64, error) {
	out := map[influencer.ResyncState]int64{influencer.ResyncQueued: 0, influencer.ResyncRunning: 0}
	err := each(s.db.WithContext(ctx), `SELECT state, count(*) FROM resyncs WHERE ended_at IS NULL GROUP BY state`, nil,
		func(c *cursor) { out[influencer.ResyncState(c.text())] = c.int() })
	if err != nil {
		return nil, fmt.Errorf("store: resyncs under way: %w", err)
	}
	return out, nil
}
