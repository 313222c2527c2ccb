package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// awaited finds accounts that resyncs wait for: of the smallest resync first, so
// that one person's need not wait for everybody's.
func (c *claiming) awaited() ([]choice, error) {
	open, err := openResyncs(c.tx)
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

// openResyncs are those under way, the smallest first.
func openResyncs(tx *gorm.DB) (ids []int64, err error) {
	err = each(tx, `SELECT id FROM resyncs WHERE ended_at IS NULL ORDER BY total, id`, nil, func(row *cursor) {
		ids = append(ids, row.int())
	})
	return ids, err
}

// ResyncsWait tells whether a resync waits for accounts of a platform at a time.
// Each is asked by itself, so that one row of the index answers.
func (s *Store) ResyncsWait(ctx context.Context, p influencer.Platform, at time.Time) (bool, error) {
	tx := s.db.WithContext(ctx)
	open, err := openResyncs(tx)
	found := false
	for i := 0; i < len(open) && !found && err == nil; i++ {
		var account int64
		found, err = scanOne(tx.Raw(`SELECT account_id FROM resync_members WHERE resync_id = ? AND platform = ? AND state = 'waiting' AND next_at <= ?
			ORDER BY next_at LIMIT 1`, open[i], string(p), at.UnixMicro()), &account)
	}
	if err != nil {
		return false, fmt.Errorf("store: do resyncs wait on %s: %w", p, err)
	}
	return found, nil
}
