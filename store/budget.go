package store

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// within claims no more than the month's cap lets through, counting what is
// claimed and not recorded yet as read. It runs under the platform's lock, so that
// no two claims spend the same reads.
func (c *claiming) within(cap int64) error {
	left, err := c.left(cap)
	if err != nil {
		return err
	}
	if err := c.takeBack(); err != nil {
		return err
	}
	c.budget = max(left, 0)
	limit := c.room
	if c.room = min(c.room, c.budget); c.room > 0 {
		if err := c.take(); err != nil {
			return err
		}
	}
	if err := c.takePart(); err != nil || c.budget > 0 || limit <= 0 {
		return err
	}
	return c.withhold(cap)
}

// left is the cap less what the month has used and what is claimed, which one
// statement must see at one moment: a batch goes from the one to the other.
func (c *claiming) left(cap int64) (int, error) {
	args := append(usedArgs(c.order.Platform, c.order.At), string(c.order.Platform), false)
	var read, held int64
	_, err := scanOne(c.tx.Raw(`SELECT (`+usedSQL+`), (SELECT coalesce(sum(`+sizeSQL(c.tx)+`), 0) FROM batches
		WHERE platform = ? AND resting = ?)`, args...), &read, &held)
	if err != nil {
		return 0, fmt.Errorf("budget: %w", err)
	}
	return int(min(cap-read-held, math.MaxInt32)), nil
}

// sizeSQL is the number of a batch's accounts.
func sizeSQL(tx *gorm.DB) string {
	if onPostgres(tx) {
		return "cardinality(account_ids)"
	}
	return "json_array_length(account_ids)"
}

// takeBack claims what somebody had claimed and did not finish in time. It is
// counted as claimed already.
func (c *claiming) takeBack() error {
	if c.selective() && !c.order.Resyncs || c.room <= 0 {
		return nil
	}
	return c.update(`SELECT id FROM batches WHERE platform = ? AND due_at <= ? AND NOT resting ORDER BY due_at, id LIMIT ?`,
		string(c.order.Platform), c.order.At.UnixMicro(), c.most(c.room))
}

// takeWhole claims due batches as long as the budget holds a whole one.
func (c *claiming) takeWhole(room int) error {
	return c.update(`SELECT id FROM (
			SELECT id, sum(`+sizeSQL(c.tx)+`) OVER (ORDER BY due_at, id) AS reads FROM (
				SELECT id, due_at, account_ids FROM batches WHERE platform = ? AND due_at <= ? AND resting ORDER BY due_at, id LIMIT ?
			) b
		) b WHERE reads <= ?`,
		string(c.order.Platform), c.order.At.UnixMicro(), c.most(room), c.budget)
}

// takePart spends what is left of the budget on a part of the next batch.
func (c *claiming) takePart() error {
	if c.room = min(c.room, c.budget); c.room <= 0 || c.selective() {
		return nil
	}
	var ids idList
	_, err := scanOne(c.tx.Raw(`SELECT account_ids FROM batches WHERE platform = ? AND due_at <= ? AND resting ORDER BY due_at, id LIMIT 1`,
		string(c.order.Platform), c.order.At.UnixMicro()), &ids)
	if err != nil {
		return fmt.Errorf("take part of a batch: %w", err)
	}
	if len(ids) <= c.budget { // none, or one for which there was no room
		return nil
	}
	c.order.AccountIDs = ids
	err = c.takeAccounts()
	c.order.AccountIDs = nil
	return err
}

// withhold tells that the budget is spent, if that keeps anything back.
func (c *claiming) withhold(cap int64) error {
	c.room = 1
	found, err := c.choose()
	wanted := len(found) > 0
	if err == nil && !wanted && !c.selective() {
		var id int64
		wanted, err = scanOne(c.tx.Raw(`SELECT id FROM batches WHERE platform = ? AND due_at <= ? AND resting LIMIT 1`,
			string(c.order.Platform), c.order.At.UnixMicro()), &id)
	}
	if err != nil {
		return fmt.Errorf("look what is withheld: %w", err)
	}
	c.out.More = false
	if wanted {
		c.out.Withheld = influencer.Budget{Month: influencer.MonthOf(c.order.At), Cap: &cap}.Failure()
	}
	return nil
}

// withhold puts a spent budget into the health of a platform. Worse trouble stays
// in view.
func withhold(all []influencer.PlatformHealth, p influencer.Platform, f *influencer.Failure, since time.Time) []influencer.PlatformHealth {
	i, found := slices.BinarySearchFunc(all, p, func(h influencer.PlatformHealth, p influencer.Platform) int { return cmp.Compare(h.Platform, p) })
	if !found {
		all = slices.Insert(all, i, influencer.PlatformHealth{Platform: p})
	}
	h := &all[i]
	h.Until = later(h.Until, f.Until)
	if h.Kind != "" && h.Kind != influencer.RateLimited {
		h.Detail += "; and " + f.Detail
		return all
	}
	h.Kind, h.Detail, h.Since = f.Kind, f.Error(), since
	return all
}
