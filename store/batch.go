package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Begin returns what a batch asks of its connector, whose claim it makes last for
// lease at least. It is [influencer.ErrStale] when the batch is no longer the
// caller's, or when all its accounts have left it.
func (s *Store) Begin(ctx context.Context, ref influencer.BatchRef, lease time.Duration) (influencer.Request, error) {
	db := s.db.WithContext(ctx)
	out := influencer.Request{Purpose: ref.Purpose}
	b, err := s.renew(db, ref, lease)
	if err == nil {
		out.Targets, err = s.targets(db, ref, b)
	}
	if err != nil {
		return influencer.Request{}, fmt.Errorf("store: begin batch %d: %w", ref.ID, err)
	}
	return out, nil
}

// renew makes sure of the claim. A write, which the disk must confirm, is only
// made when little of the lease is left.
func (s *Store) renew(db *gorm.DB, ref influencer.BatchRef, lease time.Duration) (batch, error) {
	until := s.now().Add(lease).UnixMicro()
	var b batch
	var due int64
	mine, err := scanOne(db.Raw(`SELECT due_at, account_ids FROM batches WHERE id = ? AND fence = ? AND resting = ?`,
		ref.ID, ref.Fence, false), &due, &b.accounts)
	if err == nil && mine && due < until {
		mine, err = scanOne(db.Raw(`UPDATE batches SET due_at = ? WHERE id = ? AND fence = ? AND resting = ? RETURNING due_at`,
			until, ref.ID, ref.Fence, false), &due)
	}
	if err == nil && !mine {
		err = influencer.ErrStale
	}
	return b, err
}

// targets are the members that still belong to the batch. The batch forgets the
// others, of which there are none on most days: then the count tells.
func (s *Store) targets(tx *gorm.DB, ref influencer.BatchRef, b batch) ([]influencer.Target, error) {
	var residents int
	_, err := scanOne(tx.Raw(`SELECT count(*) FROM schedule WHERE batch_id = ?`, ref.ID), &residents)
	if err == nil && residents < max(len(b.accounts), 1) {
		b, err = s.shrink(tx, ref)
	}
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	targets := make([]influencer.Target, 0, len(b.accounts))
	err = each(tx, `SELECT id, handle, external_id FROM accounts WHERE id ?`, []any{anyOf(tx, b.accounts)}, func(c *cursor) {
		targets = append(targets, influencer.Target{AccountID: c.int(), Handle: c.text(), ExternalID: c.text()})
	})
	if err != nil {
		return nil, fmt.Errorf("targets: %w", err)
	}
	return targets, s.addTokens(tx, b.accounts, targets)
}

// shrink makes the batch forget who left it.
func (s *Store) shrink(tx *gorm.DB, ref influencer.BatchRef) (batch, error) {
	var b batch
	err := each(tx, `SELECT a.id, a.person_id FROM schedule s JOIN accounts a ON a.id = s.account_id
		WHERE s.batch_id = ? ORDER BY a.id`, []any{ref.ID}, func(c *cursor) {
		b.accounts, b.people = append(b.accounts, c.int()), append(b.people, c.int())
	})
	if err == nil {
		err = forget(tx, ref, b.accounts, b.people)
	}
	return b, err
}

// forget keeps only these members in a claimed batch; one without any ends.
func forget(tx *gorm.DB, ref influencer.BatchRef, accounts, people []int64) error {
	if len(accounts) == 0 {
		if err := tx.Exec(`DELETE FROM batches WHERE id = ? AND fence = ?`, ref.ID, ref.Fence).Error; err != nil {
			return fmt.Errorf("end batch: %w", err)
		}
		return influencer.ErrStale
	}
	sql, args := membersSQL(tx, accounts, people)
	done := tx.Exec(`UPDATE batches SET `+sql+` WHERE id = ? AND fence = ?`, append(args, ref.ID, ref.Fence)...)
	if done.Error != nil {
		return fmt.Errorf("shrink batch: %w", done.Error)
	}
	if done.RowsAffected == 0 {
		return influencer.ErrStale
	}
	return nil
}

// membersSQL sets a batch's members.
func membersSQL(tx *gorm.DB, accounts, people []int64) (string, []any) {
	args := []any{idList(accounts).text(onPostgres(tx)), idList(people).text(onPostgres(tx))}
	if onPostgres(tx) {
		return `account_ids = ?::bigint[], person_ids = ?::bigint[]`, args
	}
	return `account_ids = ?, person_ids = ?`, args
}

func (s *Store) addTokens(tx *gorm.DB, ids []int64, targets []influencer.Target) error {
	tokens, err := s.tokens(tx, ids)
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	for i, t := range targets {
		own := tokens[t.AccountID]
		targets[i].Token, targets[i].TokenAt, targets[i].TokenDead = own.token, own.at, own.dead
	}
	return nil
}

// batch is who is read together.
type batch struct {
	accounts, people idList // in the same order
	capacity         int    // accounts that it had room for when it was made
}

// restBatch ends the claim of a batch that is still the caller's; it is read next
// at due. Whoever ends the claim may write what the batch showed; nobody else can
// after that.
func restBatch(tx *gorm.DB, ref influencer.BatchRef, due time.Time) (b batch, mine bool, err error) {
	mine, err = scanOne(tx.Raw(`UPDATE batches SET fence = fence + 1, resting = ?, purpose = ?, due_at = ?
		WHERE id = ? AND fence = ? AND resting = ? RETURNING account_ids, person_ids, capacity`,
		true, string(influencer.PurposePlanned), due.UnixMicro(), ref.ID, ref.Fence, false), &b.accounts, &b.people, &b.capacity)
	if err != nil {
		return b, false, fmt.Errorf("rest batch: %w", err)
	}
	return b, mine, nil
}

// Release gives a batch back unread. Its accounts stay due and keep their state,
// counts and failures. A nil failure means that nothing was tried; else it is
// the platform's as a whole: its accounts say when they were attempted and why
// in vain, and its [influencer.PlatformHealth] says until when not to try. A manual
// batch ends: each of its accounts is due when it was before. It is
// [influencer.ErrStale] when the batch is no longer the caller's.
func (s *Store) Release(ctx context.Context, ref influencer.BatchRef, f *influencer.Failure, at time.Time) error {
	err := s.write(ctx, func(tx *gorm.DB) error {
		b, mine, err := leaveBatch(tx, ref, at)
		if err != nil {
			return err
		}
		if !mine {
			return influencer.ErrStale
		}
		if f == nil {
			return nil
		}
		return releaseFailed(tx, ref.Platform, b.accounts, f, at)
	})
	if err != nil {
		return fmt.Errorf("store: release batch %d: %w", ref.ID, err)
	}
	return nil
}

// leaveBatch ends the claim of a batch that was not read.
func leaveBatch(tx *gorm.DB, ref influencer.BatchRef, at time.Time) (b batch, mine bool, err error) {
	if ref.Purpose != influencer.PurposeManual {
		return restBatch(tx, ref, at)
	}
	mine, err = scanOne(tx.Raw(`DELETE FROM batches WHERE id = ? AND fence = ? AND resting = ? RETURNING account_ids`,
		ref.ID, ref.Fence, false), &b.accounts)
	if err == nil && mine {
		err = dueAsBefore(tx, at, "batch_id = ?", ref.ID)
	}
	if err != nil {
		return b, false, fmt.Errorf("leave batch: %w", err)
	}
	return b, mine, nil
}

// dueAsBefore takes accounts out of manual batches: they are due when they would
// have been without.
func dueAsBefore(tx *gorm.DB, at time.Time, which string, args ...any) error {
	return tx.Exec(`UPDATE schedule SET due_at = coalesce(was_due_at, CAST(? AS bigint)), batch_id = NULL WHERE `+which,
		append([]any{at.UnixMicro()}, args...)...).Error
}

func releaseFailed(tx *gorm.DB, p influencer.Platform, ids []int64, f *influencer.Failure, at time.Time) error {
	if f.NotCalled {
		return noteTrouble(tx, p, f, at)
	}
	err := tx.Exec(`UPDATE accounts SET attempted_at = ?, error = ? WHERE id ?`, at.UnixMicro(), f.Error(), anyOf(tx, ids)).Error
	if err != nil {
		return fmt.Errorf("note attempts: %w", err)
	}
	return noteTrouble(tx, p, f, at)
}
