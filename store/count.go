package store

import (
	"context"
	"fmt"

	"github.com/pengikut/pengikut/influencer"
)

// CountDue says how many accounts claims of this order would get in all, however
// many they took each: its batch size and limit do not matter. Those that
// somebody is reading under a lease are not among them.
func (s *Store) CountDue(ctx context.Context, o influencer.ClaimOrder) (int, error) {
	tx := s.db.WithContext(ctx)
	c := claiming{tx: tx, order: o}
	join, where, args := c.wanted()
	if !c.selective() { // which takes batches that are due, as well as single accounts
		join = `LEFT JOIN batches b ON b.id = s.batch_id`
		where, args = `s.platform = ? AND coalesce(s.due_at, b.due_at) <= ?`, []any{string(o.Platform), o.At.UnixMicro()}
	}
	var n int
	_, err := scanOne(tx.Raw(`SELECT count(*) FROM schedule s JOIN accounts a ON a.id = s.account_id `+join+` WHERE `+where, args...), &n)
	if err != nil {
		return 0, fmt.Errorf("store: count what is due on %s: %w", o.Platform, err)
	}
	return n, nil
}
