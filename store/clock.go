package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// ClockAhead is how far this process's clock runs ahead of the database's, below
// 0 when it lags. A SQLite file has no clock of its own: it is 0 then.
func (s *Store) ClockAhead(ctx context.Context) (time.Duration, error) {
	if !onPostgres(s.db) {
		return 0, nil
	}
	before := s.now()
	var theirs int64
	_, err := scanOne(s.db.WithContext(ctx).Raw(`SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS bigint)`), &theirs)
	if err != nil {
		return 0, fmt.Errorf("store: clock: %w", err)
	}
	ours := before.Add(s.now().Sub(before) / 2) // the answer was made about half way
	return ours.Sub(time.UnixMicro(theirs)), nil
}

// Pool tells how the connections to the database are used.
func (s *Store) Pool() sql.DBStats { return s.sql.Stats() }

// CheckSchema is a [*SchemaError] when the database has an older schema than this
// program knows, as after a backup was put back. A newer one is none: a program
// that runs goes on while others are upgraded.
func (s *Store) CheckSchema(ctx context.Context) error {
	have, want, err := versions(ctx, connection{dialect(s.db.Dialector.Name()), s.sql})
	switch {
	case err != nil:
		return fmt.Errorf("store: schema version: %w", err)
	case have < want:
		return &SchemaError{Have: have, Want: want}
	}
	return nil
}
