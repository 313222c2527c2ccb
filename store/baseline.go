package store

import (
	"context"
	"errors"
	"fmt"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/pengikut/pengikut/influencer"
)

// Baseline holds the two designs that the benchmark measures the store against,
// on the store's own schema: the naive one, a row at a time through gorm with
// its default settings, and the ceiling, one set-based write a batch with no
// rule behind it. The service itself uses neither.
type Baseline struct {
	db    *gorm.DB
	close func() error
}

// OpenBaseline connects to a migrated database, with at most conns connections.
func OpenBaseline(url string, conns int) (*Baseline, error) {
	conn, err := connect(url, conns)
	if err != nil {
		return nil, err
	}
	db, err := gorm.Open(conn.dialector(), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, errors.Join(fmt.Errorf("baseline: gorm: %w", err), conn.db.Close())
	}
	return &Baseline{db: db, close: conn.db.Close}, nil
}

// Close ends the connections.
func (d *Baseline) Close() error { return d.close() }

// Targets lists n accounts of a platform in id order, from the one after id on.
func (d *Baseline) Targets(ctx context.Context, p influencer.Platform, after int64, n int) ([]influencer.Target, error) {
	var rows []struct {
		ID         int64
		Handle     string
		ExternalID string
	}
	err := d.db.WithContext(ctx).Raw(
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
