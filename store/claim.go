package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Claim puts accounts into batches under a lease: first batches whose lease ran
// out, with a higher fence so that whoever held them is too late, then accounts
// that are due, the longest overdue first. No account is in two batches that
// both stand. A batch holds pinned accounts or unpinned ones, never both.
//
// An order for named people or accounts leaves other people's lapsed batches
// alone, and takes an account out of a lapsed one if it is named: the lapsed
// batch may still be taken over and read it again, which costs a read and harms
// nothing.
func (s *Store) Claim(ctx context.Context, o influencer.ClaimOrder) (influencer.Claimed, error) {
	var out influencer.Claimed
	if o.BatchSize <= 0 || o.Limit <= 0 {
		return out, nil
	}
	err := s.write(ctx, func(tx *gorm.DB) error {
		out = influencer.Claimed{LastID: o.AfterID}
		if err := lockClaims(tx, o.Platform); err != nil {
			return err
		}
		if err := takeOver(tx, o, &out); err != nil {
			return err
		}
		return claimAccounts(tx, o, &out)
	})
	if err != nil {
		return influencer.Claimed{}, fmt.Errorf("store: claim %s: %w", o.Platform, err)
	}
	return out, nil
}

// lockClaims lets one claim of a platform at a time choose its accounts. On
// SQLite there is one writer anyway.
func lockClaims(tx *gorm.DB, p influencer.Platform) error {
	if !onPostgres(tx) {
		return nil
	}
	return tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('pengikut claim ' || ?, 0))", string(p)).Error
}

// selective orders name what they want.
func selective(o influencer.ClaimOrder) bool { return len(o.NIPs) > 0 || len(o.AccountIDs) > 0 }

// takeOver gives lapsed batches a new lease and fence. It may pass the limit by
// less than one batch.
func takeOver(tx *gorm.DB, o influencer.ClaimOrder, out *influencer.Claimed) error {
	if selective(o) {
		return nil
	}
	most := (o.Limit + o.BatchSize - 1) / o.BatchSize
	rows, err := tx.Raw(`UPDATE batches SET fence = fence + 1, leased_until = ?
		WHERE id IN (SELECT id FROM batches WHERE platform = ? AND leased_until <= ? ORDER BY leased_until, id LIMIT ?)
		RETURNING id, fence, purpose, account_ids`,
		o.At.Add(o.Lease).UnixMicro(), string(o.Platform), o.At.UnixMicro(), most).Rows()
	if err != nil {
		return fmt.Errorf("take over: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		ref := influencer.BatchRef{Platform: o.Platform}
		var ids idList
		if err := rows.Scan(&ref.ID, &ref.Fence, &ref.Purpose, &ids); err != nil {
			return fmt.Errorf("take over: %w", err)
		}
		ref.Size = len(ids)
		out.Refs = append(out.Refs, ref)
	}
	return rows.Err()
}

// claimAccounts fills up to the limit with accounts that are in no batch.
func claimAccounts(tx *gorm.DB, o influencer.ClaimOrder, out *influencer.Claimed) error {
	room := o.Limit
	for _, ref := range out.Refs {
		room -= ref.Size
	}
	if room <= 0 {
		out.More = true
		return nil
	}
	found, err := choose(tx, o, room)
	if err != nil {
		return fmt.Errorf("choose: %w", err)
	}
	out.More = len(found) == room
	if o.All && len(found) > 0 {
		out.LastID = found[len(found)-1].id
	}
	refs, err := insertBatches(tx, o, cut(found, o.BatchSize))
	out.Refs = append(out.Refs, refs...)
	return err
}

// choice is an account to be read.
type choice struct {
	id, person int64
	pinned     bool
}

// choose finds free accounts in the order in which they shall be read. NOT IN
// over the ids of standing batches, which are few, is a hash table to Postgres
// and leaves the index its order; an anti-join would sort all that is due.
func choose(tx *gorm.DB, o influencer.ClaimOrder, limit int) ([]choice, error) {
	where, args := chooseWhere(tx, o)
	order := "s.due_at, s.account_id"
	if o.All {
		order = "s.account_id"
	}
	var found []choice
	err := each(tx, `SELECT s.account_id, a.person_id, a.external_id <> '' FROM schedule s JOIN accounts a ON a.id = s.account_id
		WHERE `+where+` ORDER BY `+order+` LIMIT ?`, append(args, limit), func(c *cursor) {
		found = append(found, choice{id: c.int(), person: c.int(), pinned: c.flag()})
	})
	return found, err
}

func chooseWhere(tx *gorm.DB, o influencer.ClaimOrder) (where string, args []any) {
	standing := `SELECT unnest(account_ids) FROM batches`
	if !onPostgres(tx) {
		standing = `SELECT j.value FROM batches, json_each(account_ids) j`
	}
	where = `s.platform = ? AND s.account_id NOT IN (` + standing + ` WHERE platform = ? AND leased_until > ?)`
	args = []any{string(o.Platform), string(o.Platform), leasedAfter(o)}
	if o.All {
		where += ` AND s.account_id > ?`
		args = append(args, o.AfterID)
	} else {
		where += ` AND s.due_at <= ?`
		args = append(args, o.At.UnixMicro())
	}
	if len(o.AccountIDs) > 0 {
		where += ` AND s.account_id ?`
		args = append(args, anyOf(tx, o.AccountIDs))
	}
	if len(o.NIPs) > 0 {
		nips := pick(o.NIPs, func(n *influencer.NIP) string { return string(*n) })
		where += ` AND a.person_id IN (SELECT id FROM people WHERE nip ?)`
		args = append(args, anyOf(tx, nips))
	}
	return where, args
}

// leasedAfter is the end of a lease after which a batch stands in the way of o.
// All batches do in a planner's claim, which takes over what has lapsed.
func leasedAfter(o influencer.ClaimOrder) int64 {
	if selective(o) {
		return o.At.UnixMicro()
	}
	return -1 << 62
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

func insertBatches(tx *gorm.DB, o influencer.ClaimOrder, batches [][]choice) ([]influencer.BatchRef, error) {
	if len(batches) == 0 {
		return nil, nil
	}
	postgres, cast := onPostgres(tx), ""
	if postgres {
		cast = "::bigint[]"
	}
	list := func(batch []choice, get func(*choice) int64) string { return idList(pick(batch, get)).text(postgres) }
	set := new(rowSet).
		texts("accounts", pick(batches, func(b *[]choice) string { return list(*b, func(c *choice) int64 { return c.id }) })).
		texts("people", pick(batches, func(b *[]choice) string { return list(*b, func(c *choice) int64 { return c.person }) }))
	rows, err := tx.Raw(`INSERT INTO batches (platform, purpose, fence, leased_until, account_ids, person_ids)
		SELECT ?, ?, 1, CAST(? AS bigint), t.accounts`+cast+`, t.people`+cast+` FROM ? RETURNING id, account_ids`,
		string(o.Platform), string(o.Purpose), o.At.Add(o.Lease).UnixMicro(), set.as(tx, "t")).Rows()
	if err != nil {
		return nil, fmt.Errorf("insert batches: %w", err)
	}
	defer rows.Close()
	var refs []influencer.BatchRef
	for rows.Next() {
		var members idList
		ref := influencer.BatchRef{Platform: o.Platform, Fence: 1, Purpose: o.Purpose}
		if err := rows.Scan(&ref.ID, &members); err != nil {
			return nil, fmt.Errorf("insert batches: %w", err)
		}
		ref.Size = len(members)
		refs = append(refs, ref)
	}
	return refs, rows.Err()
}

// Begin returns what a batch asks of its connector and renews the lease. It is
// [influencer.ErrStale] when the batch is no longer the caller's.
func (s *Store) Begin(ctx context.Context, ref influencer.BatchRef, lease time.Duration) (influencer.Request, error) {
	db := s.db.WithContext(ctx)
	var ids idList
	mine, err := scanOne(db.Raw(`UPDATE batches SET leased_until = ? WHERE id = ? AND fence = ? RETURNING account_ids`,
		s.now().Add(lease).UnixMicro(), ref.ID, ref.Fence), &ids)
	if err == nil && !mine {
		err = influencer.ErrStale
	}
	out := influencer.Request{Purpose: ref.Purpose}
	if err == nil {
		out.Targets, err = s.targets(db, ids)
	}
	if err != nil {
		return influencer.Request{}, fmt.Errorf("store: begin batch %d: %w", ref.ID, err)
	}
	return out, nil
}

func (s *Store) targets(tx *gorm.DB, ids []int64) ([]influencer.Target, error) {
	targets := make([]influencer.Target, 0, len(ids))
	err := each(tx, `SELECT id, handle, external_id FROM accounts WHERE id ?`, []any{anyOf(tx, ids)}, func(c *cursor) {
		targets = append(targets, influencer.Target{AccountID: c.int(), Handle: c.text(), ExternalID: c.text()})
	})
	if err != nil {
		return nil, fmt.Errorf("targets: %w", err)
	}
	return targets, s.addTokens(tx, ids, targets)
}

func (s *Store) addTokens(tx *gorm.DB, ids []int64, targets []influencer.Target) error {
	tokens, err := s.tokens(tx, ids)
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	for i, t := range targets {
		targets[i].Token = tokens[t.AccountID]
	}
	return nil
}
