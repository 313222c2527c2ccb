package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// PauseWebhook stops sending to a webhook. What happens meanwhile waits for it.
func (s *Store) PauseWebhook(ctx context.Context, id int64, by, reason string) error {
	return s.actOnWebhook(ctx, id, by, "pause", reason, func(tx *gorm.DB) error {
		return tx.Exec(`UPDATE webhooks SET state = ?, detail = ? WHERE id = ?`, string(influencer.WebhookPaused), reason, id).Error
	})
}

// ResumeWebhook sends again, at once and with the whole time for each delivery
// that waited.
func (s *Store) ResumeWebhook(ctx context.Context, id int64, by string) error {
	return s.actOnWebhook(ctx, id, by, "resume", "", func(tx *gorm.DB) error {
		err := tx.Exec(`UPDATE webhooks SET state = ?, detail = '', failures = 0, closed_to = NULL WHERE id = ?`,
			string(influencer.WebhookActive), id).Error
		if err != nil {
			return err
		}
		now := s.now()
		return tx.Exec(`UPDATE deliveries SET expires_at = ?, due_at = CASE WHEN leased THEN due_at ELSE ? END
			WHERE webhook_id = ? AND state = 'waiting'`, now.Add(influencer.DeliveryLife).UnixMicro(), now.UnixMicro(), id).Error
	})
}

// RotateWebhook gives a webhook another secret, which nobody is shown again. For a
// day messages are signed with the one of before as well.
func (s *Store) RotateWebhook(ctx context.Context, id int64, by string) (influencer.Secret, error) {
	secret := newSigningSecret()
	err := s.actOnWebhook(ctx, id, by, "rotate", "", func(tx *gorm.DB) error {
		err := tx.Exec(`UPDATE webhooks SET old_key_id = key_id, old_ciphertext = ciphertext, old_until = ? WHERE id = ?`,
			s.now().Add(oldSecretLife).UnixMicro(), id).Error
		if err != nil {
			return err
		}
		return s.putSecret(tx, id, secret)
	})
	if err != nil {
		return "", err
	}
	return secret, nil
}

// RemoveWebhook deletes a webhook and all that waited for it.
func (s *Store) RemoveWebhook(ctx context.Context, id int64, by string) error {
	return s.actOnWebhook(ctx, id, by, "remove", "", func(tx *gorm.DB) error {
		if err := tx.Exec(`DELETE FROM deliveries WHERE webhook_id = ?`, id).Error; err != nil {
			return err
		}
		return tx.Exec(`DELETE FROM webhooks WHERE id = ?`, id).Error
	})
}

// actOnWebhook does what somebody ordered, with its audit entry.
// [influencer.ErrNotFound] when there is no such webhook.
func (s *Store) actOnWebhook(ctx context.Context, id int64, by, verb, note string, act func(tx *gorm.DB) error) error {
	err := s.write(ctx, func(tx *gorm.DB) error {
		if err := lockWebhook(tx, id); err != nil {
			return err
		}
		w, err := loadWebhook(tx, id)
		if err != nil {
			return err
		}
		if err := act(tx); err != nil {
			return err
		}
		c := changes{tx: tx}
		entry := webhookAudit(s.now(), by, verb, id, w.Agency, nil)
		entry.Note, entry.Before = note, webhookJSON(w.WebhookSettings)
		c.audit(entry)
		return c.run()
	})
	if err != nil {
		return fmt.Errorf("store: %s webhook %d: %w", verb, id, err)
	}
	return nil
}

// lockWebhook makes claims of its deliveries and acts on it wait for each other.
func lockWebhook(tx *gorm.DB, id int64) error {
	if !onPostgres(tx) {
		return nil
	}
	return tx.Exec(`SELECT 1 FROM webhooks w WHERE w.id = ?`+forUpdate(tx, "w"), id).Error
}

// ResendDeliveries sends again what was given up, or what a receiver lost: one
// delivery, or every dead one of a webhook. They keep their message id and count
// as new tries; what happened since to the same people and was not delivered yet
// waits for them. It tells how many they are; [influencer.ErrNotFound] when a
// delivery that was named is not there or still waits.
func (s *Store) ResendDeliveries(ctx context.Context, which influencer.ResendOrder, by string) (int, error) {
	var n int64
	err := s.write(ctx, func(tx *gorm.DB) error {
		now := s.now()
		where, arg, target := "id = ? AND state <> 'waiting'", which.Delivery, fmt.Sprintf("delivery:%d", which.Delivery)
		if which.Delivery == 0 {
			where, arg, target = "webhook_id = ? AND state = 'dead'", which.DeadOf, fmt.Sprintf("webhook:%d", which.DeadOf)
		}
		done := tx.Exec(`UPDATE deliveries SET state = 'waiting', leased = ?, fence = fence + 1, attempts = 0, done_at = NULL,
			due_at = ?, expires_at = ? WHERE `+where, false, now.UnixMicro(), now.Add(influencer.DeliveryLife).UnixMicro(), arg)
		n = done.RowsAffected
		if done.Error != nil {
			return done.Error
		}
		if n == 0 && which.Delivery != 0 {
			return influencer.ErrNotFound
		}
		var agency string
		if _, err := scanOne(tx.Raw(`SELECT agency FROM webhooks WHERE id = coalesce((SELECT webhook_id FROM deliveries WHERE id = ?), ?)`,
			which.Delivery, which.DeadOf), &agency); err != nil {
			return err
		}
		c := changes{tx: tx}
		c.audit(influencer.AuditEntry{At: now, Actor: by, Action: "delivery.resend", Target: target, Agency: agency, Note: fmt.Sprintf("%d sent again", n)})
		return c.run()
	})
	if err != nil {
		return 0, fmt.Errorf("store: resend: %w", err)
	}
	return int(n), nil
}
