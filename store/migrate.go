package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations
var migrations embed.FS

// ErrSchema is what every [*SchemaError] is, for errors.Is.
var ErrSchema = errors.New("store: the database's schema is not this program's")

// SchemaError says that a database was migrated by an older or newer program.
type SchemaError struct {
	Have, Want int64 // versions of the schema; 0 for an empty database
}

// Error says what to do about it.
func (e *SchemaError) Error() string {
	if e.Have > e.Want {
		return fmt.Sprintf("the database has schema %d, newer than this program's %d: run a newer pengikut", e.Have, e.Want)
	}
	return fmt.Sprintf("the database has schema %d, this program needs %d: run \"pengikut migrate up\"", e.Have, e.Want)
}

// Is makes every SchemaError an [ErrSchema].
func (e *SchemaError) Is(target error) bool { return target == ErrSchema }

// Migration is one step of the schema.
type Migration struct {
	Version   int64
	Name      string    // its file, for example "0001_first.sql"
	AppliedAt time.Time // zero while it waits
}

// Migrate brings the database at url up to this program's schema and returns
// the names of the steps it took. Several processes may race: one does the work,
// the others wait and find it done. A newer schema is a [*SchemaError].
func Migrate(ctx context.Context, url string) (applied []string, err error) {
	err = withProvider(ctx, url, func(conn connection, p *goose.Provider) error {
		for try := 1; ; try++ {
			done, err := up(ctx, conn, p)
			applied = append(applied, done...)
			if err == nil || try == maxTries || conn.dialect == postgresDialect || errors.Is(err, ErrSchema) {
				return err
			}
			if err := pause(ctx, time.Duration(try)*100*time.Millisecond); err != nil {
				return err
			}
		}
	})
	return applied, err
}

// up applies what is missing. Of processes that race on a SQLite file each step
// lets one through and fails in the others, who then find it done: SQLite has no
// lock that outlives a transaction, as Postgres has, and does not wait for its
// busy timeout while another process turns a new file's journal into a WAL.
func up(ctx context.Context, conn connection, p *goose.Provider) (applied []string, err error) {
	if err := refuseNewer(ctx, conn); err != nil {
		return nil, err
	}
	results, err := p.Up(ctx)
	var partial *goose.PartialError
	if errors.As(err, &partial) {
		results = partial.Applied
	}
	for _, r := range results {
		applied = append(applied, path.Base(r.Source.Path))
	}
	return applied, err
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// MigrationStatus lists every step, done or waiting, oldest first. It changes
// nothing.
func MigrationStatus(ctx context.Context, url string) ([]Migration, error) {
	var out []Migration
	err := withProvider(ctx, url, func(conn connection, p *goose.Provider) error {
		done, err := appliedAt(ctx, conn)
		for _, src := range p.ListSources() {
			out = append(out, Migration{src.Version, path.Base(src.Path), done[src.Version]})
		}
		return err
	})
	return out, err
}

func withProvider(ctx context.Context, url string, fn func(connection, *goose.Provider) error) error {
	conn, err := connect(url, 2) // one holds the lock, one works
	if err != nil {
		return err
	}
	defer conn.db.Close()
	p, err := provider(conn)
	if err != nil {
		return fmt.Errorf("store: migrations: %w", err)
	}
	if err := fn(conn, p); err != nil {
		return fmt.Errorf("store: migrate: %w", err)
	}
	return nil
}

func provider(conn connection) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations/"+string(conn.dialect))
	if err != nil {
		return nil, err
	}
	if conn.dialect == sqliteDialect {
		return goose.NewProvider(goose.DialectSQLite3, conn.db, files)
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 600)) // tries each second for ten minutes
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, conn.db, files, goose.WithSessionLocker(locker))
}

// checkSchema refuses a database that is not exactly at this program's schema.
func checkSchema(ctx context.Context, conn connection) error {
	have, want, err := versions(ctx, conn)
	if err != nil {
		return fmt.Errorf("store: schema version: %w", err)
	}
	if have != want {
		return &SchemaError{Have: have, Want: want}
	}
	return nil
}

func refuseNewer(ctx context.Context, conn connection) error {
	have, want, err := versions(ctx, conn)
	if err == nil && have > want {
		err = &SchemaError{Have: have, Want: want}
	}
	return err
}

func versions(ctx context.Context, conn connection) (have, want int64, err error) {
	p, err := provider(conn)
	if err != nil {
		return 0, 0, err
	}
	done, err := appliedAt(ctx, conn)
	for v := range done {
		have = max(have, v)
	}
	for _, src := range p.ListSources() {
		want = max(want, src.Version)
	}
	return have, want, err
}

// appliedAt reads goose's own table, without making it as goose would.
func appliedAt(ctx context.Context, conn connection) (map[int64]time.Time, error) {
	exists := "SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'"
	at := "unixepoch(tstamp)"
	if conn.dialect == postgresDialect {
		exists = "SELECT count(*) WHERE to_regclass('goose_db_version') IS NOT NULL"
		at = "extract(epoch FROM tstamp)::bigint"
	}
	var n int
	if err := conn.db.QueryRowContext(ctx, exists).Scan(&n); err != nil || n == 0 {
		return nil, err
	}
	rows, err := conn.db.QueryContext(ctx, "SELECT version_id, "+at+" FROM goose_db_version WHERE is_applied AND version_id > 0")
	if err != nil {
		return nil, err
	}
	return scanApplied(rows)
}

func scanApplied(rows *sql.Rows) (map[int64]time.Time, error) {
	defer rows.Close()
	done := map[int64]time.Time{}
	for rows.Next() {
		var version, seconds int64
		if err := rows.Scan(&version, &seconds); err != nil {
			return nil, err
		}
		done[version] = time.Unix(seconds, 0).UTC()
	}
	return done, rows.Err()
}
