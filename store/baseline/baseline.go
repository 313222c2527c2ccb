// Package baseline holds the two designs that the benchmark measures the store
// against, on the store's own schema: the naive one, a row at a time through
// gorm, and the ceiling, one set-based write per batch with no rule behind it.
// The service itself uses neither.
package baseline

import (
	"context"
	"fmt"
	"time"

	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/pengikut/pengikut/influencer"
)

// DB is a Postgres database with the store's schema.
type DB struct{ gorm *gorm.DB }

// Open connects to a Postgres URL with at most conns connections.
func Open(url string, conns int) (*DB, error) {
	g, err := gorm.Open(postgres.Open(url), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, fmt.Errorf("baseline: open: %w", err)
	}
	pool, err := g.DB()
	if err != nil {
		return nil, fmt.Errorf("baseline: pool: %w", err)
	}
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	return &DB{gorm: g}, nil
}

// Close ends the connections.
func (d *DB) Close() error {
	pool, err := d.gorm.DB()
	if err != nil {
		return fmt.Errorf("baseline: pool: %w", err)
	}
	return pool.Close()
}

// Targets lists n accounts of a platform in id order, from the one after id on.
func (d *DB) Targets(ctx context.Context, p influencer.Platform, after int64, n int) ([]influencer.Target, error) {
	var rows []struct {
		ID         int64
		Handle     string
		ExternalID string
	}
	err := d.gorm.WithContext(ctx).Raw(
		`SELECT id, handle, external_id FROM accounts WHERE platform = ? AND id > ? ORDER BY id LIMIT ?`, p, after, n).Scan(&rows).Error
	if err != nil {
		return nil, fmt.Errorf("baseline: targets: %w", err)
	}
	out := make([]influencer.Target, len(rows))
	for i, r := range rows {
		out[i] = influencer.Target{AccountID: r.ID, Handle: r.Handle, ExternalID: r.ExternalID}
	}
	return out, nil
}

func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}
