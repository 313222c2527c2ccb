package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Deliveries lists deliveries, oldest first.
func (s *Store) Deliveries(ctx context.Context, f influencer.DeliveryFilter, paging influencer.Paging) (influencer.Page[influencer.Delivery], error) {
	l := newListing("deliveries", f)
	if f.WebhookID != 0 {
		l.only("d.webhook_id = ?", f.WebhookID)
	}
	if f.State != "" {
		l.only("d.state = ?", string(f.State))
	}
	if f.PersonID != 0 {
		l.only("d.lane = ?", f.PersonID)
	}
	if f.Agency != "" {
		l.only("d.webhook_id IN (SELECT id FROM webhooks WHERE agency = ?)", f.Agency)
	}
	out, err := list(l, paging, func(after int64, limit int) ([]influencer.Delivery, error) {
		return loadDeliveries(s.db.WithContext(ctx), l.whereSQL("d.id > ?")+" ORDER BY d.id LIMIT ?", l.with(after, limit)...)
	}, func(d influencer.Delivery) int64 { return d.ID })
	if err != nil {
		return out, fmt.Errorf("store: deliveries: %w", err)
	}
	return out, nil
}

// DeliveryByID is one delivery; [influencer.ErrNotFound] when there is none.
func (s *Store) DeliveryByID(ctx context.Context, id int64) (influencer.Delivery, error) {
	found, err := loadDeliveries(s.db.WithContext(ctx), " WHERE d.id = ?", id)
	if err == nil && len(found) == 0 {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return influencer.Delivery{}, fmt.Errorf("store: delivery %d: %w", id, err)
	}
	return found[0], nil
}

func loadDeliveries(db *gorm.DB, where string, args ...any) ([]influencer.Delivery, error) {
	var out []influencer.Delivery
	err := each(db, `SELECT d.id, d.webhook_id, d.event_id, o.kind, d.lane, d.state, d.attempts, d.due_at, d.expires_at,
			d.status, d.error, d.created_at, d.attempted_at, d.done_at, o.created_at
		FROM deliveries d JOIN outbox o ON o.id = d.event_id`+where, args, func(c *cursor) {
		d := influencer.Delivery{ID: c.int(), WebhookID: c.int(), EventID: c.int(), Event: influencer.Event(c.word()), PersonID: c.int()}
		d.State, d.Attempts, d.NextTry, d.ExpiresAt = influencer.DeliveryState(c.word()), int(c.int()), c.time(), c.time()
		d.Status, d.Error, d.CreatedAt, d.AttemptedAt, d.EndedAt = int(c.int()), c.text(), c.time(), c.time(), c.time()
		d.MessageID = influencer.MessageID(d.WebhookID, d.EventID, c.time())
		out = append(out, d)
	})
	return out, err
}
