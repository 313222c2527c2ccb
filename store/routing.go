package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// RouteEvents gives up to limit events of the outbox to the webhooks that want
// them, oldest first, and tells how many events it took. One routing at a time:
// two at once could turn a person's order around.
func (s *Store) RouteEvents(ctx context.Context, limit int) (int, error) {
	var n int
	err := s.write(ctx, func(tx *gorm.DB) error {
		n = 0
		if mine, err := lockRouting(tx); err != nil || !mine {
			return err
		}
		hooks, err := loadTargets(tx)
		if err != nil {
			return err
		}
		events, err := unrouted(tx, limit)
		if err != nil || len(events) == 0 {
			return err
		}
		n = len(events)
		return s.route(tx, hooks, events)
	})
	if err != nil {
		return 0, fmt.Errorf("store: route events: %w", err)
	}
	return n, nil
}

// lockRouting is false while another process routes: what is to be done will be.
func lockRouting(tx *gorm.DB) (mine bool, err error) {
	if !onPostgres(tx) {
		return true, nil
	}
	_, err = scanOne(tx.Raw(`SELECT pg_try_advisory_xact_lock(hashtextextended('pengikut route events', 0))`), &mine)
	return mine, err
}

// target is a webhook as the routing sees it.
type target struct {
	id      int64
	created int64
	influencer.WebhookSettings
}

func loadTargets(tx *gorm.DB) ([]target, error) {
	var out []target
	err := each(tx, `SELECT id, created_at, events, agency FROM webhooks ORDER BY id`, nil, func(c *cursor) {
		t := target{id: c.int(), created: c.int()}
		t.Events, t.Agency = parseEvents(c.text()), c.text()
		out = append(out, t)
	})
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	return out, nil
}

// unroutedEvent is an event whose webhooks are to be chosen.
type unroutedEvent struct {
	id, lane, at int64
	kind         influencer.Event
	agency       string
}

func unrouted(tx *gorm.DB, limit int) ([]unroutedEvent, error) {
	var out []unroutedEvent
	err := each(tx, `SELECT id, coalesce(person_id, 0), created_at, kind, coalesce(payload ->> 'agency', '')
		FROM outbox WHERE delivered_at IS NULL ORDER BY id LIMIT ?`, []any{limit}, func(c *cursor) {
		out = append(out, unroutedEvent{id: c.int(), lane: c.int(), at: c.int(), kind: influencer.Event(c.word()), agency: c.word()})
	})
	if err != nil {
		return nil, fmt.Errorf("events: %w", err)
	}
	return out, nil
}

func (s *Store) route(tx *gorm.DB, hooks []target, events []unroutedEvent) error {
	type pair struct {
		webhook int64
		event   *unroutedEvent
	}
	var pairs []pair
	for i := range events {
		for _, w := range hooks {
			if e := &events[i]; e.at >= w.created && w.Wants(e.kind, e.agency) {
				pairs = append(pairs, pair{w.id, e})
			}
		}
	}
	now := s.now()
	if len(pairs) > 0 {
		set := new(rowSet).
			ints("webhook_id", pick(pairs, func(p *pair) int64 { return p.webhook })).
			ints("event_id", pick(pairs, func(p *pair) int64 { return p.event.id })).
			ints("lane", pick(pairs, func(p *pair) int64 { return p.event.lane }))
		// Each is due at once, also behind one that waits: what becomes of that one
		// meanwhile cannot be seen here, and its end must not be missed.
		err := tx.Exec(`INSERT INTO deliveries (webhook_id, event_id, lane, due_at, expires_at, created_at)
			SELECT t.webhook_id, t.event_id, t.lane, CAST(? AS bigint), CAST(? AS bigint), CAST(? AS bigint)
			FROM ? ORDER BY t.event_id, t.webhook_id`,
			now.UnixMicro(), now.Add(influencer.DeliveryLife).UnixMicro(), now.UnixMicro(), set.as(tx, "t")).Error
		if err != nil {
			return fmt.Errorf("deliveries: %w", err)
		}
	}
	ids := pick(events, func(e *unroutedEvent) int64 { return e.id })
	if err := tx.Exec(`UPDATE outbox SET delivered_at = ? WHERE id ?`, now.UnixMicro(), anyOf(tx, ids)).Error; err != nil {
		return fmt.Errorf("note events: %w", err)
	}
	return nil
}

// firstOfLane holds for a delivery that no earlier one of the same person is before.
const firstOfLane = ` AND NOT EXISTS (SELECT 1 FROM deliveries e WHERE e.webhook_id = d.webhook_id AND e.lane = d.lane
	AND e.state = 'waiting' AND e.id < d.id)`

// DueWebhooks lists the webhooks to which something may be sent now.
func (s *Store) DueWebhooks(ctx context.Context) ([]int64, error) {
	now := s.now().UnixMicro()
	var ids []int64
	err := each(s.db.WithContext(ctx), `SELECT w.id FROM webhooks w WHERE w.state = 'active' AND (w.closed_to IS NULL OR w.closed_to <= ?)
		AND EXISTS (SELECT 1 FROM deliveries d WHERE d.webhook_id = w.id AND d.state = 'waiting' AND d.due_at <= ?`+firstOfLane+`) ORDER BY w.id`,
		[]any{now, now}, func(c *cursor) { ids = append(ids, c.int()) })
	if err != nil {
		return nil, fmt.Errorf("store: due webhooks: %w", err)
	}
	return ids, nil
}

// OutboxState counts what waits to leave. Deliveries of paused webhooks count:
// somebody waits for them.
func (s *Store) OutboxState(ctx context.Context) (influencer.OutboxState, error) {
	var out influencer.OutboxState
	var waiting, events int
	var oldest, oldestEvent sql.NullInt64
	_, err := scanOne(s.db.WithContext(ctx).Raw(`SELECT
		(SELECT count(*) FROM deliveries WHERE state = 'waiting'), (SELECT count(*) FROM deliveries WHERE state = 'dead'),
		(SELECT min(created_at) FROM deliveries WHERE state = 'waiting'),
		(SELECT count(*) FROM outbox WHERE delivered_at IS NULL),
		(SELECT min(created_at) FROM outbox WHERE delivered_at IS NULL)`), &waiting, &out.Dead, &oldest, &events, &oldestEvent)
	if err != nil {
		return out, fmt.Errorf("store: outbox: %w", err)
	}
	out.Waiting, out.Oldest = waiting+events, timeOf(oldest)
	if oldestEvent.Valid && (!oldest.Valid || oldestEvent.Int64 < oldest.Int64) {
		out.Oldest = timeOf(oldestEvent)
	}
	return out, nil
}

const (
	keepDelivered = 30 * 24 * time.Hour // deliveries that went well, and events
	keepDead      = 90 * 24 * time.Hour
	pruneAtOnce   = 5000
)

// PruneDeliveries forgets deliveries that went well 30 days ago and dead ones
// after 90, and events that no delivery needs any more, some thousands at a time.
// It tells how many rows went; call it again while that is more than none.
func (s *Store) PruneDeliveries(ctx context.Context) (int, error) {
	now := s.now()
	well, dead := now.Add(-keepDelivered).UnixMicro(), now.Add(-keepDead).UnixMicro()
	total := 0
	for _, one := range []struct {
		sql  string
		args []any
	}{
		{`DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE state <> 'waiting' AND done_at < ?
			AND (state = 'delivered' OR done_at < ?) LIMIT ?)`, []any{well, dead, pruneAtOnce}},
		{`DELETE FROM outbox WHERE id IN (SELECT o.id FROM outbox o WHERE o.delivered_at < ?
			AND NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.event_id = o.id) ORDER BY o.id LIMIT ?)`, []any{well, pruneAtOnce}},
	} {
		done := s.db.WithContext(ctx).Exec(one.sql, one.args...)
		if done.Error != nil {
			return total, fmt.Errorf("store: prune deliveries: %w", done.Error)
		}
		total += int(done.RowsAffected)
	}
	return total, nil
}
