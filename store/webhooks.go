package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// AddWebhook makes a webhook and returns it with its secret, which nobody is shown
// again. It gets what happens from now on.
func (s *Store) AddWebhook(ctx context.Context, settings influencer.WebhookSettings, by string) (influencer.Webhook, influencer.Secret, error) {
	var id int64
	secret := newSigningSecret()
	settings, err := settings.Normal()
	if err == nil {
		err = s.write(ctx, func(tx *gorm.DB) (err error) {
			id, err = s.insertWebhook(tx, settings, secret, by)
			return err
		})
	}
	if err != nil {
		return influencer.Webhook{}, "", fmt.Errorf("store: add webhook: %w", err)
	}
	w, err := s.WebhookByID(ctx, id)
	return w, secret, err
}

func (s *Store) insertWebhook(tx *gorm.DB, w influencer.WebhookSettings, secret influencer.Secret, by string) (id int64, err error) {
	now := s.now()
	_, err = scanOne(tx.Raw(`INSERT INTO webhooks (url, format, events, agency, nip, created_by, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`,
		w.URL, string(w.Format), formatEvents(w.Events), w.Agency, string(w.NIP), by, now.UnixMicro()), &id)
	if err != nil {
		return 0, err
	}
	if err := s.putSecret(tx, id, secret); err != nil {
		return 0, err
	}
	c := changes{tx: tx}
	c.audit(webhookAudit(now, by, "create", id, w.Agency, webhookJSON(w)))
	return id, c.run()
}

// webhookAudit is the audit entry of an act on one webhook.
func webhookAudit(at time.Time, by, verb string, id int64, agency string, after json.RawMessage) influencer.AuditEntry {
	return influencer.AuditEntry{At: at, Actor: by, Action: "webhook." + verb, Target: fmt.Sprintf("webhook:%d", id), Agency: agency, After: after}
}

// webhookJSON is what the audit log keeps of a webhook's settings: the address
// without its query, which may hold a secret.
func webhookJSON(w influencer.WebhookSettings) json.RawMessage {
	b, err := json.Marshal(map[string]any{
		"url": influencer.PlainURL(w.URL), "format": w.Format, "events": append([]influencer.Event{}, w.Events...), "agency": w.Agency, "nip": w.NIP,
	})
	if err != nil { // texts always marshal
		panic(err)
	}
	return b
}

func formatEvents(events []influencer.Event) string {
	return strings.Join(pick(events, func(e *influencer.Event) string { return string(*e) }), ",")
}

func parseEvents(s string) []influencer.Event {
	if s == "" {
		return nil
	}
	var out []influencer.Event
	for name := range strings.SplitSeq(s, ",") {
		out = append(out, influencer.Event(name))
	}
	return out
}

// Webhooks lists webhooks, oldest first.
func (s *Store) Webhooks(ctx context.Context, agency string, paging influencer.Paging) (influencer.Page[influencer.Webhook], error) {
	l := newListing("webhooks", agency)
	if agency != "" {
		l.only("w.agency = ?", agency)
	}
	out, err := list(l, paging, func(after int64, limit int) ([]influencer.Webhook, error) {
		return loadWebhooks(s.db.WithContext(ctx), l.whereSQL("w.id > ?")+" ORDER BY w.id LIMIT ?", l.with(after, limit)...)
	}, func(w influencer.Webhook) int64 { return w.ID })
	if err != nil {
		return out, fmt.Errorf("store: webhooks: %w", err)
	}
	return out, nil
}

// WebhookByID is one webhook; [influencer.ErrNotFound] when there is none.
func (s *Store) WebhookByID(ctx context.Context, id int64) (influencer.Webhook, error) {
	w, err := loadWebhook(s.db.WithContext(ctx), id)
	if err != nil {
		return w, fmt.Errorf("store: webhook %d: %w", id, err)
	}
	return w, nil
}

func loadWebhook(db *gorm.DB, id int64) (influencer.Webhook, error) {
	found, err := loadWebhooks(db, " WHERE w.id = ?", id)
	if err == nil && len(found) == 0 {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return influencer.Webhook{}, err
	}
	return found[0], nil
}

func loadWebhooks(db *gorm.DB, where string, args ...any) ([]influencer.Webhook, error) {
	rows, err := db.Raw(`SELECT w.id, w.url, w.format, w.events, w.agency, w.nip, w.state, w.detail, w.failures, w.failed_at, w.closed_to,
			w.created_by, w.created_at,
			(SELECT count(*) FROM deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting'),
			(SELECT count(*) FROM deliveries d WHERE d.webhook_id = w.id AND d.state = 'dead')
		FROM webhooks w`+where, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []influencer.Webhook
	for rows.Next() {
		var w influencer.Webhook
		var events string
		var failed, closed, created sql.NullInt64
		err := rows.Scan(&w.ID, &w.URL, &w.Format, &events, &w.Agency, &w.NIP, &w.State, &w.Detail, &w.Failures, &failed, &closed,
			&w.CreatedBy, &created, &w.Waiting, &w.Dead)
		if err != nil {
			return nil, err
		}
		w.Events = parseEvents(events)
		w.FailedAt, w.ClosedTo, w.CreatedAt = timeOf(failed), timeOf(closed), timeOf(created)
		out = append(out, w)
	}
	return out, rows.Err()
}
