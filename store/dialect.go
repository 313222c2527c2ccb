package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/driver/postgres"
	"gorm.io/driver/sqlite"
	"gorm.io/gorm"
	modernc "modernc.org/sqlite"
	sqlitecodes "modernc.org/sqlite/lib"
)

type dialect string

const (
	postgresDialect dialect = "postgres"
	sqliteDialect   dialect = "sqlite"
)

// connection is an open pool and the dialect it speaks.
type connection struct {
	dialect dialect
	db      *sql.DB
}

func (c connection) dialector() gorm.Dialector {
	if c.dialect == postgresDialect {
		return postgres.New(postgres.Config{Conn: c.db})
	}
	return sqlite.New(sqlite.Config{DriverName: "sqlite", Conn: c.db})
}

// connect opens a pool by URL. Errors hold no password: pgx masks it.
func connect(address string, maxConns int) (connection, error) {
	scheme, rest, _ := strings.Cut(address, ":")
	var c connection
	var err error
	switch scheme {
	case "postgres", "postgresql":
		c.dialect = postgresDialect
		c.db, err = openPostgres(address)
	case "sqlite":
		c.dialect = sqliteDialect
		c.db, err = openSQLite(rest)
	default:
		return c, errors.New("store: a database URL begins with postgres:// or sqlite:")
	}
	if err != nil {
		return c, fmt.Errorf("store: open %s: %w", c.dialect, err)
	}
	c.db.SetMaxOpenConns(maxConns)
	c.db.SetMaxIdleConns(maxConns)
	return c, nil
}

func openPostgres(address string) (*sql.DB, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	config.RuntimeParams["timezone"] = "UTC"
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "pengikut"
	}
	return stdlib.OpenDB(*config, stdlib.OptionAfterConnect(tune)), nil
}

// tune tells the planner what this program is like: it looks rows up by key, so
// that an index is right even while a table is small, for the plan is kept when
// the table has grown; and no statement is worth compiling.
func tune(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SET random_page_cost = 1.1; SET jit = off")
	return err
}

// openSQLite opens a file in WAL mode, so that readers do not wait for the
// writer, with transactions that take the write lock at once: a transaction that
// reads first and locks later can only fail when another wrote in between.
func openSQLite(path string) (*sql.DB, error) {
	if path == "" {
		return nil, errors.New("no file is named after sqlite:")
	}
	if err := makePrivate(path); err != nil {
		return nil, err
	}
	name := strings.NewReplacer("%", "%25", "?", "%3F", "#", "%23").Replace(path)
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "foreign_keys(1)",
	}}
	return sql.Open("sqlite", "file:"+name+"?"+q.Encode())
}

// makePrivate makes the file of a new database, for its owner alone: it holds
// personal data, and SQLite by itself would let everybody on the machine read it.
// The files that SQLite puts beside it get the same mode. One that is there keeps
// what its owner has given it.
func makePrivate(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// onPostgres tells which dialect a statement on tx must speak.
func onPostgres(tx *gorm.DB) bool { return tx.Dialector.Name() == string(postgresDialect) }

// forUpdate locks the selected rows of a table, which SQLite does not need: its
// transaction is alone. KEY is left out, so that rows may still be referred to.
func forUpdate(tx *gorm.DB, table string) string {
	if onPostgres(tx) {
		return " FOR NO KEY UPDATE OF " + table
	}
	return ""
}

// lockNamed lets one transaction at a time hold a name, until it ends. On SQLite
// there is one writer anyway.
func lockNamed(tx *gorm.DB, name string) error {
	if !onPostgres(tx) {
		return nil
	}
	return tx.Exec("SELECT pg_advisory_xact_lock(hashtextextended('pengikut ' || ?, 0))", name).Error
}

// isDuplicate tells whether err is a violated unique index.
func isDuplicate(err error) bool {
	return errors.Is(err, gorm.ErrDuplicatedKey) || postgresCode(err) == "23505" ||
		sqliteCode(err) == sqlitecodes.SQLITE_CONSTRAINT_UNIQUE
}

// isPassing tells whether the same transaction may succeed when run again: two
// transactions were in each other's way.
func isPassing(err error) bool {
	switch postgresCode(err) {
	case "40001", "40P01": // serialization_failure, deadlock_detected
		return true
	}
	return sqliteCode(err)&0xff == sqlitecodes.SQLITE_BUSY
}

func postgresCode(err error) string {
	var e *pgconn.PgError
	if errors.As(err, &e) {
		return e.Code
	}
	return ""
}

func sqliteCode(err error) int {
	var e *modernc.Error
	if errors.As(err, &e) {
		return e.Code()
	}
	return 0
}

const maxTries = 5

// write runs fn in a transaction, and again when another transaction was in the
// way. fn must be free to run more than once.
func (s *Store) write(ctx context.Context, fn func(tx *gorm.DB) error) error {
	for try := 1; ; try++ {
		err := s.writeOnce(ctx, fn)
		if err == nil || try == maxTries || ctx.Err() != nil || !isPassing(err) && !errors.Is(err, errRunAgain) {
			return err
		}
	}
}

// errRunAgain makes [Store.write] run its function again in a new transaction.
var errRunAgain = errors.New("run the transaction again")

func (s *Store) writeOnce(ctx context.Context, fn func(tx *gorm.DB) error) error {
	if s.writing != nil {
		select {
		case s.writing <- struct{}{}:
			defer func() { <-s.writing }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if s.writing != nil {
		return s.db.WithContext(ctx).Transaction(fn)
	}
	return s.withConn(ctx, func(db *gorm.DB) error { return db.Transaction(fn) })
}

// scanOne reads the one row of a query, if there is one.
func scanOne(query *gorm.DB, into ...any) (found bool, err error) {
	rows, err := query.Rows()
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if !rows.Next() {
		return false, rows.Err()
	}
	if err := rows.Scan(into...); err != nil {
		return false, err
	}
	return true, rows.Close()
}
