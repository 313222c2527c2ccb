package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// FinishDelivery writes what became of an attempt. It is [influencer.ErrStale]
// when the delivery is no longer the caller's.
func (s *Store) FinishDelivery(ctx context.Context, ref influencer.DeliveryRef, o influencer.Outcome) error {
	err := s.write(ctx, func(tx *gorm.DB) error {
		f := finishing{tx: tx, ref: ref, Outcome: o}
		switch {
		case o.Interrupted:
			return f.change(`leased = ?, fence = fence + 1, due_at = ?`, false, o.At.UnixMicro())
		case o.Error == "":
			return f.succeed()
		}
		return f.fail()
	})
	if err != nil && !errors.Is(err, influencer.ErrStale) {
		return fmt.Errorf("store: finish delivery %d: %w", ref.ID, err)
	}
	return err
}

// finishing is one FinishDelivery under way.
type finishing struct {
	tx  *gorm.DB
	ref influencer.DeliveryRef
	influencer.Outcome
}

// change changes the delivery while it is still the caller's.
func (f *finishing) change(set string, args ...any) error {
	done := f.tx.Exec(`UPDATE deliveries SET `+set+` WHERE id = ? AND fence = ? AND state = 'waiting'`, append(args, f.ref.ID, f.ref.Fence)...)
	if done.Error == nil && done.RowsAffected == 0 {
		return influencer.ErrStale
	}
	return done.Error
}

// succeed locks the webhook only when there is something to be changed about it:
// it would make all that are delivered at a time wait for each other.
func (f *finishing) succeed() error {
	var failures int
	_, err := scanOne(f.tx.Raw(`SELECT failures FROM webhooks WHERE id = ?`, f.ref.WebhookID), &failures)
	if err == nil && failures > 0 {
		err = lockWebhook(f.tx, f.ref.WebhookID)
	}
	if err != nil {
		return err
	}
	at := f.At.UnixMicro()
	err = f.change(`state = 'delivered', leased = ?, attempts = attempts + 1, status = ?, error = '', attempted_at = ?, done_at = ?`,
		false, f.Status, at, at)
	if err == nil {
		err = f.next()
	}
	if err != nil || failures == 0 {
		return err
	}
	return f.reopen(failures)
}

// reopen ends a row of failures. What a receiver that was down let wait need not
// wait for its next try; what a receiver that works has refused must.
func (f *finishing) reopen(failures int) error {
	at := f.At.UnixMicro()
	err := f.tx.Exec(`UPDATE webhooks SET failures = 0, closed_to = CASE WHEN closed_to > ? THEN closed_to END WHERE id = ?`, at, f.ref.WebhookID).Error
	if err != nil || failures < influencer.ClosesAfter {
		return err
	}
	return f.tx.Exec(`UPDATE deliveries SET due_at = ? WHERE webhook_id = ? AND state = 'waiting' AND NOT leased AND due_at > ?`,
		at, f.ref.WebhookID, at).Error
}

const sameLane = ` AND lane = (SELECT lane FROM deliveries WHERE id = ?)`

// next lets the person's next event go at once.
func (f *finishing) next() error {
	at := f.At.UnixMicro()
	return f.tx.Exec(`UPDATE deliveries SET due_at = ? WHERE webhook_id = ? AND state = 'waiting' AND NOT leased AND due_at > ? AND id > ?`+sameLane,
		at, f.ref.WebhookID, at, f.ref.ID, f.ref.ID).Error
}

// fail notes a failed attempt: the delivery and those behind it wait, or it is
// dead when its time is over.
func (f *finishing) fail() error {
	if err := lockWebhook(f.tx, f.ref.WebhookID); err != nil {
		return err
	}
	attempts, end, err := f.note()
	if err == nil {
		err = f.failWebhook()
	}
	switch {
	case err != nil:
		return err
	case f.Gone || f.At.Before(end):
		return f.wait(influencer.RetryAt(f.ref, attempts, f.Outcome, end))
	}
	if err := f.change(`state = 'dead', done_at = ?`, f.At.UnixMicro()); err != nil {
		return err
	}
	if err := f.bury(); err != nil {
		return err
	}
	return f.next()
}

// note writes the attempt down, and tells how many there were and when the
// delivery's time is over.
func (f *finishing) note() (attempts int, end time.Time, err error) {
	var expires int64
	mine, err := scanOne(f.tx.Raw(`UPDATE deliveries SET attempts = attempts + 1, status = ?, error = ?, attempted_at = ?, leased = ?
		WHERE id = ? AND fence = ? AND state = 'waiting' RETURNING attempts, expires_at`,
		f.Status, f.Error, f.At.UnixMicro(), false, f.ref.ID, f.ref.Fence), &attempts, &expires)
	if err == nil && !mine {
		err = influencer.ErrStale
	}
	return attempts, time.UnixMicro(expires).UTC(), err
}

// failWebhook counts the failure, and leaves the webhook alone for a while when
// there are many or the receiver asks for it.
func (f *finishing) failWebhook() error {
	var failures int
	_, err := scanOne(f.tx.Raw(`UPDATE webhooks SET failures = failures + 1, failed_at = ? WHERE id = ? RETURNING failures`,
		f.At.UnixMicro(), f.ref.WebhookID), &failures)
	if err == nil && f.Gone {
		err = f.tx.Exec(`UPDATE webhooks SET state = ?, detail = ? WHERE id = ?`, string(influencer.WebhookPaused), f.Error, f.ref.WebhookID).Error
	}
	until := influencer.ClosedUntil(f.ref.WebhookID, failures, f.Outcome)
	if err != nil || until.IsZero() {
		return err
	}
	return f.tx.Exec(`UPDATE webhooks SET closed_to = ? WHERE id = ? AND (closed_to IS NULL OR closed_to < ?)`,
		until.UnixMicro(), f.ref.WebhookID, until.UnixMicro()).Error
}

// wait puts the delivery off, and those behind it with it: they would only be
// looked at in vain.
func (f *finishing) wait(due time.Time) error {
	at := due.UnixMicro()
	if err := f.change(`due_at = ?`, at); err != nil {
		return err
	}
	return f.tx.Exec(`UPDATE deliveries SET due_at = ? WHERE webhook_id = ? AND state = 'waiting' AND id > ? AND due_at < ?`+sameLane,
		at, f.ref.WebhookID, f.ref.ID, at, f.ref.ID).Error
}

// bury gives up what else the webhook let wait for its whole time: to try each
// once more would keep the others waiting when it is back. It has just failed, and
// so often that only one at a time was tried.
func (f *finishing) bury() error {
	at := f.At.UnixMicro()
	return f.tx.Exec(`UPDATE deliveries SET state = 'dead', done_at = ?, fence = fence + 1,
			error = CASE WHEN error = '' THEN 'not tried: the receiver failed for as long as this was to be sent' ELSE error END
		WHERE webhook_id = ? AND state = 'waiting' AND NOT leased AND expires_at <= ?
			AND EXISTS (SELECT 1 FROM webhooks w WHERE w.id = ? AND w.failures >= ?)`,
		at, f.ref.WebhookID, at, f.ref.WebhookID, influencer.ClosesAfter).Error
}
