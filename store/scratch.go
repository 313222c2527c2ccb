package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Scratch is a database of its own beside another one, for a measurement that
// must not touch what is there.
type Scratch struct {
	URL   string
	owner string // the database it was made beside
}

// NewScratch makes an empty database on the server of a Postgres URL, or beside
// the file of a SQLite one. With a template it begins as a copy of that, to which
// nobody may be connected.
func NewScratch(ctx context.Context, address string, template *Scratch) (*Scratch, error) {
	name := "pengikut_bench_" + strings.ToLower(rand.Text()[:12])
	scheme, rest, _ := strings.Cut(address, ":")
	if scheme == "sqlite" {
		s := &Scratch{URL: "sqlite:" + filepath.Join(filepath.Dir(rest), name+".db"), owner: address}
		return s, s.copyFile(template)
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("store: the database URL cannot be read")
	}
	statement := "CREATE DATABASE " + name
	if template != nil {
		statement += " TEMPLATE " + template.database()
	}
	if err := execOnce(ctx, address, statement); err != nil {
		return nil, fmt.Errorf("store: scratch: %w", err)
	}
	u.Path = "/" + name
	return &Scratch{URL: u.String(), owner: address}, nil
}

// Settle writes what is still in memory to disk and cleans up after a load, so
// that a measurement does not pay for what came before it.
func (s *Scratch) Settle(ctx context.Context) error {
	if strings.HasPrefix(s.URL, "sqlite:") {
		return execOnce(ctx, s.URL, "PRAGMA wal_checkpoint(TRUNCATE)", "ANALYZE")
	}
	return execOnce(ctx, s.URL, "VACUUM (ANALYZE)", "CHECKPOINT")
}

// Drop removes the database.
func (s *Scratch) Drop(ctx context.Context) error {
	if path, ok := strings.CutPrefix(s.URL, "sqlite:"); ok {
		return errors.Join(remove(path), remove(path+"-wal"), remove(path+"-shm"))
	}
	return execOnce(ctx, s.owner, "DROP DATABASE IF EXISTS "+s.database()+" WITH (FORCE)")
}

// Durable tells whether a commit is on disk before it is answered, and what the
// server says to that.
func (s *Scratch) Durable(ctx context.Context) (durable bool, says string, err error) {
	conn, err := connect(s.URL, 1)
	if err != nil {
		return false, "", err
	}
	defer conn.db.Close()
	if conn.dialect == sqliteDialect {
		var level int
		err := conn.db.QueryRowContext(ctx, "PRAGMA synchronous").Scan(&level)
		return level >= 2, fmt.Sprintf("synchronous=%d", level), err
	}
	var fsync, commit, buffers string
	err = conn.db.QueryRowContext(ctx, "SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('shared_buffers')").Scan(&fsync, &commit, &buffers)
	return fsync == "on" && commit != "off", "fsync=" + fsync + " synchronous_commit=" + commit + " shared_buffers=" + buffers, err
}

func (s *Scratch) database() string {
	u, err := url.Parse(s.URL)
	if err != nil {
		return ""
	}
	return strings.TrimPrefix(u.Path, "/")
}

// copyFile begins a SQLite file as a copy of the template's. A file whose last
// connection has closed is whole: its log was folded in.
func (s *Scratch) copyFile(template *Scratch) error {
	if template == nil {
		return nil
	}
	from, err := os.Open(strings.TrimPrefix(template.URL, "sqlite:"))
	if err != nil {
		return fmt.Errorf("store: scratch: %w", err)
	}
	defer from.Close()
	to, err := os.OpenFile(strings.TrimPrefix(s.URL, "sqlite:"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("store: scratch: %w", err)
	}
	_, err = io.Copy(to, from)
	if err := errors.Join(err, to.Close()); err != nil {
		return fmt.Errorf("store: scratch: %w", err)
	}
	return nil
}

func execOnce(ctx context.Context, address string, statements ...string) error {
	conn, err := connect(address, 1)
	if err != nil {
		return err
	}
	defer conn.db.Close()
	for _, statement := range statements {
		if _, err := conn.db.ExecContext(ctx, statement); err != nil {
			verb, _, _ := strings.Cut(statement, " ")
			return fmt.Errorf("%s: %w", verb, err)
		}
	}
	return nil
}

func remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
