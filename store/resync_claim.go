package store

import (
	"context"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// awaited finds accounts that resyncs wait for: of the smallest resync first, so
// that one person's need not wait for everybody's.
func (c *claiming) awaited() ([]choice, error) {
	var open []int64
	err := each(c.tx, `SELECT id FROM resyncs WHERE ended_at IS NULL ORDER BY total, id`, nil, func(row *cursor) {
		open = append(open, row.int())
	})
	if err != nil {
		return nil, err
	}
	var found []choice
	var begun []int64
	seen := map[int64]bool{}
	for _, id := range open {
		if len(found) >= c.room {
			break
		}
		n := len(found)
		if found, err = c.awaitedBy(id, found, seen); err != nil {
			return nil, err
		}
		if len(found) > n {
			begun = append(begun, id)
		}
	}
	return found, c.noteBegun(begun)
}

// awaitedBy adds the accounts that one resync waits for and that nobody reads.
func (c *claiming) awaitedBy(resync int64, found []choice, seen map[int64]bool) ([]choice, error) {
	at := c.order.At.UnixMicro()
	err := each(c.tx, `SELECT s.account_id, a.person_id, a.external_id <> ''
		FROM resync_members m JOIN schedule s ON s.account_id = m.account_id JOIN accounts a ON a.id = m.account_id
		LEFT JOIN batches b ON b.id = s.batch_id
		WHERE m.resync_id = ? AND m.platform = ? AND m.state = 'waiting' AND m.next_at <= ? AND (b.id IS NULL OR b.resting)
		ORDER BY m.next_at, m.account_id LIMIT ?`,
		[]any{resync, string(c.order.Platform), at, c.room}, func(row *cursor) {
			one := choice{id: row.int(), person: row.int(), pinned: row.flag()}
			if !seen[one.id] && len(found) < c.room {
				seen[one.id] = true
				found = append(found, one)
			}
		})
	return found, err
}

// noteBegun lets resyncs run whose first accounts are handed out.
func (c *claiming) noteBegun(ids []int64) error {
	if len(ids) == 0 || c.budget == 0 {
		return nil
	}
	return c.tx.Exec(`UPDATE resyncs SET state = 'running', started_at = ? WHERE state = 'queued' AND id ?`,
		c.order.At.UnixMicro(), anyOf(c.tx, ids)).Error
}

// ResyncsWait tells whether a resync waits for accounts of a platform at a time.
func (s *Store) ResyncsWait(ctx context.Context, p influencer.Platform, at time.Time) (bool, error) {
	var id int64
	found, err := scanOne(s.db.WithContext(ctx).Raw(`SELECT r.id FROM resyncs r WHERE r.ended_at IS NULL AND EXISTS (
		SELECT 1 FROM resync_members m WHERE m.resync_id = r.id AND m.platform = ? AND m.state = 'waiting' AND m.next_at <= ?) LIMIT 1`,
		string(p), at.UnixMicro()), &id)
	if err != nil {
		return false, fmt.Errorf("store: do resyncs wait on %s: %w", p, err)
	}
	return found, nil
}
