package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// ClaimDeliveries takes deliveries of a webhook to be sent now, under a lease, the
// longest due first and no more than limit under way at a time whoever sends
// them. Of one person only the earliest is ever under way. A webhook that keeps
// failing is tried with one. One whose lease ran out is handed out again with a
// higher fence: then a receiver may get it twice, with the same message id.
func (s *Store) ClaimDeliveries(ctx context.Context, webhook int64, limit int, lease time.Duration) ([]influencer.Outgoing, error) {
	var out []influencer.Outgoing
	err := s.write(ctx, func(tx *gorm.DB) error {
		out = nil
		if err := lockWebhook(tx, webhook); err != nil {
			return err
		}
		now := s.now().UnixMicro()
		w, err := s.loadSender(tx, webhook, ` AND state = 'active' AND (closed_to IS NULL OR closed_to <= ?)`, now)
		if err != nil || w == nil {
			return err
		}
		if w.failures >= influencer.ClosesAfter {
			limit = min(limit, 1)
		}
		refs, err := s.lease(tx, webhook, limit, lease)
		if err == nil && len(refs) > 0 {
			out, err = w.outgoing(tx, refs)
		}
		if err == nil {
			err = s.addReceipts(tx, out)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("store: claim deliveries of webhook %d: %w", webhook, err)
	}
	return out, nil
}

// TestDelivery is a message that tells nothing but that a webhook works. It is no
// delivery, and leaves a webhook that is paused or failing as it is.
func (s *Store) TestDelivery(ctx context.Context, webhook int64) (influencer.Outgoing, error) {
	w, err := s.loadSender(s.db.WithContext(ctx), webhook, "")
	if err == nil && w == nil {
		err = influencer.ErrNotFound
	}
	var data []byte
	if err == nil {
		data, err = json.Marshal(map[string]any{"text": influencer.TestText()})
	}
	if err != nil {
		return influencer.Outgoing{}, fmt.Errorf("store: test webhook %d: %w", webhook, err)
	}
	return w.message(influencer.DeliveryRef{WebhookID: webhook}, influencer.OutEvent{Kind: influencer.EventTest, At: s.now(), Data: data}), nil
}

// sender is a webhook with all that it takes to send to it.
type sender struct {
	url, format, nip string
	secrets          []influencer.Secret
	failures         int
}

// loadSender is nil when there is no such webhook.
func (s *Store) loadSender(tx *gorm.DB, id int64, only string, args ...any) (*sender, error) {
	var w *sender
	var keyID, ciphertext, oldKeyID, oldCiphertext string
	err := each(tx, `SELECT url, format, nip, failures, key_id, ciphertext, old_key_id,
			CASE WHEN old_until > ? THEN old_ciphertext ELSE '' END
		FROM webhooks WHERE id = ?`+only, append([]any{s.now().UnixMicro(), id}, args...), func(c *cursor) {
		w = &sender{url: c.text(), format: c.text(), nip: c.text(), failures: int(c.int())}
		keyID, ciphertext, oldKeyID, oldCiphertext = c.text(), c.text(), c.text(), c.text()
	})
	if err != nil || w == nil {
		return nil, err
	}
	secret, err := s.opts.Keys.unseal(keyID, ciphertext, secretPlace(id))
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	w.secrets = []influencer.Secret{secret}
	if oldCiphertext == "" {
		return w, nil
	}
	if secret, err = s.opts.Keys.unseal(oldKeyID, oldCiphertext, secretPlace(id)); err != nil {
		return nil, fmt.Errorf("earlier secret: %w", err)
	}
	w.secrets = append(w.secrets, secret)
	return w, nil
}

// lease chooses and takes. Whoever holds a lease that is not over counts against
// the limit.
func (s *Store) lease(tx *gorm.DB, webhook int64, limit int, lease time.Duration) (map[int64]influencer.DeliveryRef, error) {
	now := s.now()
	var busy int
	_, err := scanOne(tx.Raw(`SELECT count(*) FROM deliveries WHERE webhook_id = ? AND state = 'waiting' AND leased AND due_at > ?`,
		webhook, now.UnixMicro()), &busy)
	if err != nil || busy >= limit {
		return nil, err
	}
	refs := map[int64]influencer.DeliveryRef{} // by event
	err = each(tx, `UPDATE deliveries SET leased = ?, fence = fence + 1, due_at = ? WHERE id IN (
			SELECT d.id FROM deliveries d WHERE d.webhook_id = ? AND d.state = 'waiting' AND d.due_at <= ?`+firstOfLane+`
			ORDER BY d.due_at, d.id LIMIT ?)
		RETURNING id, fence, event_id`,
		[]any{true, now.Add(lease).UnixMicro(), webhook, now.UnixMicro(), limit - busy}, func(c *cursor) {
			ref := influencer.DeliveryRef{ID: c.int(), Fence: c.int(), WebhookID: webhook}
			refs[c.int()] = ref
		})
	return refs, err
}

// outgoing loads the events of deliveries, in their order.
func (w *sender) outgoing(tx *gorm.DB, refs map[int64]influencer.DeliveryRef) ([]influencer.Outgoing, error) {
	ids := make([]int64, 0, len(refs))
	for id := range refs {
		ids = append(ids, id)
	}
	var out []influencer.Outgoing
	err := each(tx, `SELECT id, kind, coalesce(person_id, 0), created_at, payload FROM outbox WHERE id ? ORDER BY id`, []any{anyOf(tx, ids)}, func(c *cursor) {
		e := influencer.OutEvent{ID: c.int(), Kind: influencer.Event(c.word()), PersonID: c.int(), At: c.time(), Data: json.RawMessage(c.text())}
		out = append(out, w.message(refs[e.ID], e))
	})
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return out, nil
}

func (w *sender) message(ref influencer.DeliveryRef, e influencer.OutEvent) influencer.Outgoing {
	return influencer.Outgoing{
		Ref: ref, URL: w.url, Format: influencer.WebhookFormat(w.format), NIP: influencer.NIPForm(w.nip), Secrets: w.secrets, Event: e,
	}
}
