package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Claim takes batches to be read under a lease: batches whose time has come or
// whose lease ran out, with a higher fence so that whoever held them is too late,
// and new batches of accounts that are in none and due, the longest overdue
// first. No account is in two batches. A batch holds pinned accounts or unpinned
// ones, never both.
//
// An order for all, for named people or accounts, or for what resyncs wait for,
// takes accounts out of the batches that they rest in, and leaves batches alone
// that somebody is reading.
func (s *Store) Claim(ctx context.Context, o influencer.ClaimOrder) (influencer.Claimed, error) {
	var out influencer.Claimed
	if o.BatchSize <= 0 || o.Limit <= 0 {
		return out, nil
	}
	err := s.write(ctx, func(tx *gorm.DB) error {
		c := claiming{tx: tx, order: o, room: o.Limit, budget: math.MaxInt, out: influencer.Claimed{LastID: o.AfterID}}
		err := c.run(s.opts.Billing[o.Platform].MonthlyReads)
		out = c.out
		return err
	})
	if err != nil {
		return influencer.Claimed{}, fmt.Errorf("store: claim %s: %w", o.Platform, err)
	}
	return out, nil
}

// claiming is one Claim under way.
type claiming struct {
	tx     *gorm.DB
	order  influencer.ClaimOrder
	room   int // accounts that may still be claimed
	budget int // accounts that the month's cap still lets through
	out    influencer.Claimed
}

func (c *claiming) run(cap *int64) error {
	if err := lockClaims(c.tx, c.order.Platform); err != nil {
		return err
	}
	if cap != nil {
		return c.within(*cap)
	}
	if c.order.Resyncs {
		if err := c.takeBack(); err != nil {
			return err
		}
	}
	return c.take()
}

// take shares the room between batches and single accounts: while neither has
// been read for days, neither waits for the other.
func (c *claiming) take() error {
	if c.selective() {
		return c.takeAccounts()
	}
	if err := c.takeBatches((c.room + 1) / 2); err != nil {
		return err
	}
	if err := c.takeAccounts(); err != nil || c.room <= 0 {
		return err
	}
	return c.takeBatches(c.room)
}

// lockClaims lets one claim of a platform at a time choose its accounts. On
// SQLite there is one writer anyway.
func lockClaims(tx *gorm.DB, p influencer.Platform) error {
	return lockNamed(tx, "claim "+string(p))
}

// selective orders say what they want.
func (c *claiming) selective() bool {
	return c.order.All || c.order.Resyncs || len(c.order.NIPs) > 0 || len(c.order.AccountIDs) > 0
}

// lease is when the claim ends, as a column holds it.
func (c *claiming) lease() int64 { return c.order.At.Add(c.order.Lease).UnixMicro() }

// got notes a claimed batch.
func (c *claiming) got(ref influencer.BatchRef) {
	c.out.Refs = append(c.out.Refs, ref)
	c.room -= ref.Size
	c.budget -= ref.Size
	c.out.More = c.out.More || c.room <= 0
}

// takeBatches claims batches that are due, or whose lease ran out. It may pass
// the room by less than one batch.
func (c *claiming) takeBatches(room int) error {
	if c.budget < math.MaxInt {
		return c.takeWhole(room)
	}
	return c.update(`SELECT id FROM batches WHERE platform = ? AND due_at <= ? ORDER BY due_at, id LIMIT ?`,
		string(c.order.Platform), c.order.At.UnixMicro(), c.most(room))
}

// most is how many batches there is room for.
func (c *claiming) most(room int) int { return (room + c.order.BatchSize - 1) / c.order.BatchSize }

// update claims the batches that a query chooses.
func (c *claiming) update(choice string, args ...any) error {
	o := c.order
	rows, err := c.tx.Raw(`UPDATE batches SET fence = fence + 1, due_at = ?, resting = ? WHERE id IN (`+choice+`)
		RETURNING id, fence, purpose, account_ids`, append([]any{c.lease(), false}, args...)...).Rows()
	if err != nil {
		return fmt.Errorf("take batches: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		ref := influencer.BatchRef{Platform: o.Platform}
		var ids idList
		if err := rows.Scan(&ref.ID, &ref.Fence, &ref.Purpose, &ids); err != nil {
			return fmt.Errorf("take batches: %w", err)
		}
		ref.Size = len(ids)
		c.got(ref)
	}
	return rows.Err()
}

// takeAccounts makes batches of single accounts.
func (c *claiming) takeAccounts() error {
	if c.room <= 0 {
		return nil
	}
	found, err := c.choose()
	if err != nil {
		return fmt.Errorf("choose: %w", err)
	}
	c.out.More = c.out.More || len(found) == c.room
	if c.order.All && len(found) > 0 {
		c.out.LastID = found[len(found)-1].id
	}
	batches := cut(found, c.order.BatchSize)
	if len(batches) == 0 {
		return nil
	}
	ids, err := c.insert(batches)
	if err != nil {
		return fmt.Errorf("insert batches: %w", err)
	}
	return c.house(batches, ids)
}

// choice is an account to be read.
type choice struct {
	id, person int64
	pinned     bool
}

// choose finds free accounts in the order in which they shall be read.
func (c *claiming) choose() ([]choice, error) {
	if c.order.Resyncs {
		return c.awaited()
	}
	join, where, args := c.wanted()
	order := "s.due_at, s.account_id"
	if c.order.All {
		order = "s.account_id"
	}
	var found []choice
	err := each(c.tx, `SELECT s.account_id, a.person_id, a.external_id <> '' FROM schedule s JOIN accounts a ON a.id = s.account_id `+join+`
		WHERE `+where+` ORDER BY `+order+` LIMIT ?`, append(args, c.room), func(row *cursor) {
		found = append(found, choice{id: row.int(), person: row.int(), pinned: row.flag()})
	})
	return found, err
}

func (c *claiming) wanted() (join, where string, args []any) {
	o := c.order
	where, args = `s.platform = ?`, []any{string(o.Platform)}
	if c.selective() {
		join = `LEFT JOIN batches b ON b.id = s.batch_id`
		where += ` AND (b.id IS NULL OR b.resting = ? OR b.due_at <= ?)`
		args = append(args, true, o.At.UnixMicro())
	}
	if o.All {
		where += ` AND s.account_id > ?`
		args = append(args, o.AfterID)
	} else {
		due := `s.due_at <= ?`
		args = append(args, o.At.UnixMicro())
		if c.selective() {
			due = `coalesce(s.due_at, b.due_at) <= ?`
		}
		where += ` AND ` + due
	}
	if len(o.AccountIDs) > 0 {
		where += ` AND s.account_id ?`
		args = append(args, anyOf(c.tx, o.AccountIDs))
	}
	if len(o.NIPs) > 0 {
		nips := pick(o.NIPs, func(n *influencer.NIP) string { return string(*n) })
		where += ` AND a.person_id IN (SELECT id FROM people WHERE nip ?)`
		args = append(args, anyOf(c.tx, nips))
	}
	return join, where, args
}

// cut makes batches of one kind each, in the order of the first account of each.
func cut(found []choice, size int) [][]choice {
	var batches [][]choice
	open := map[bool]int{} // the batch of each kind that still has room
	for _, c := range found {
		i, ok := open[c.pinned]
		if !ok || len(batches[i]) == size {
			i = len(batches)
			batches = append(batches, nil)
			open[c.pinned] = i
		}
		batches[i] = append(batches[i], c)
	}
	return batches
}

// insert writes new batches and returns their ids, in the order of the batches.
func (c *claiming) insert(batches [][]choice) ([]int64, error) {
	postgres, cast := onPostgres(c.tx), ""
	if postgres {
		cast = "::bigint[]"
	}
	list := func(batch []choice, get func(*choice) int64) string { return idList(pick(batch, get)).text(postgres) }
	first := make(map[int64]int, len(batches)) // which batch an account is the first of
	for i, b := range batches {
		first[b[0].id] = i
	}
	set := new(rowSet).
		texts("accounts", pick(batches, func(b *[]choice) string { return list(*b, func(c *choice) int64 { return c.id }) })).
		texts("people", pick(batches, func(b *[]choice) string { return list(*b, func(c *choice) int64 { return c.person }) }))
	rows, err := c.tx.Raw(`INSERT INTO batches (platform, purpose, fence, resting, due_at, capacity, account_ids, person_ids)
		SELECT ?, ?, 1, ?, CAST(? AS bigint), CAST(? AS int), t.accounts`+cast+`, t.people`+cast+` FROM ? RETURNING id, account_ids`,
		string(c.order.Platform), string(c.order.Purpose), false, c.lease(), c.order.BatchSize, set.as(c.tx, "t")).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	ids := make([]int64, len(batches))
	for rows.Next() {
		var members idList
		ref := influencer.BatchRef{Platform: c.order.Platform, Fence: 1, Purpose: c.order.Purpose}
		if err := rows.Scan(&ref.ID, &members); err != nil {
			return nil, err
		}
		ref.Size = len(members)
		ids[first[members[0]]] = ref.ID
		c.got(ref)
	}
	return ids, rows.Err()
}

// house lets accounts belong to their new batches.
func (c *claiming) house(batches [][]choice, ids []int64) error {
	var accounts, homes []int64
	for i, b := range batches {
		for _, one := range b {
			accounts, homes = append(accounts, one.id), append(homes, ids[i])
		}
	}
	set := new(rowSet).ints("id", accounts).ints("batch_id", homes)
	was := ""
	if c.order.Purpose == influencer.PurposeManual {
		was = wasDueSQL
	}
	done := c.tx.Exec(`UPDATE schedule SET `+was+` due_at = NULL, batch_id = t.batch_id FROM ? WHERE schedule.account_id = t.id`, set.as(c.tx, "t"))
	if done.Error == nil && done.RowsAffected != int64(len(accounts)) {
		return errRunAgain // one was made due, or read, meanwhile
	}
	return done.Error
}

// wasDueSQL remembers when an account would have been read: a manual read that
// does not come about leaves the account as due as it was.
const wasDueSQL = `was_due_at = coalesce(schedule.due_at, (SELECT CASE WHEN b.resting THEN b.due_at ELSE schedule.was_due_at END
	FROM batches b WHERE b.id = schedule.batch_id)),`

// makeDue lets the planner take accounts at once that it would take later. They
// leave the batches that they rest in.
func makeDue(tx *gorm.DB, ids []int64, at time.Time) error {
	return tx.Exec(`UPDATE schedule SET due_at = ?, batch_id = NULL WHERE (due_at IS NULL OR due_at > ?) AND account_id ?`,
		at.UnixMicro(), at.UnixMicro(), anyOf(tx, ids)).Error
}
