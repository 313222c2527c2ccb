package testservers

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Template is a database that is prepared once in a test binary and copied for each test, in a fraction of the time that
// preparing takes.
type Template struct {
	postgres, sqlite func() (string, error)
}

// NewTemplate is a template that prepare fills when it is first needed, once for each kind of database. It gets the URL of
// an empty one, and must have closed what it opened there when it returns.
func NewTemplate(prepare func(url string) error) *Template {
	return &Template{
		postgres: sync.OnceValues(func() (string, error) { return preparePostgres(prepare) }),
		sqlite:   sync.OnceValues(func() (string, error) { return prepareSQLite(prepare) }),
	}
}

// Postgres returns the postgres:// URL of a copy on the test binary's shared server, as [Postgres] does of an empty one.
func (t *Template) Postgres(tb testing.TB) string {
	tb.Helper()
	name, err := t.postgres()
	if err != nil {
		tb.Fatalf("prepare a database: %v", err)
	}
	s, err := sharedPostgres()
	if err != nil {
		tb.Fatalf("start postgres: %v", err)
	}
	return s.newDatabase(tb, name)
}

// SQLite returns the sqlite: URL of a copy in a folder of the test.
func (t *Template) SQLite(tb testing.TB) string {
	tb.Helper()
	content, err := t.sqlite()
	path := filepath.Join(tb.TempDir(), "test.db")
	if err == nil {
		err = os.WriteFile(path, []byte(content), 0o600)
	}
	if err != nil {
		tb.Fatalf("prepare a database: %v", err)
	}
	return "sqlite:" + path
}

// preparePostgres returns the name of the database to copy.
func preparePostgres(prepare func(url string) error) (string, error) {
	s, err := sharedPostgres()
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("template_%d", s.created.Add(1))
	if err := s.admin("CREATE DATABASE " + name); err != nil {
		return "", err
	}
	return name, prepare(s.url(name))
}

// prepareSQLite returns the content of the file to copy.
func prepareSQLite(prepare func(url string) error) (string, error) {
	dir, err := os.MkdirTemp("", "sqlite-template-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "template.db")
	if err := prepare("sqlite:" + path); err != nil {
		return "", err
	}
	content, err := os.ReadFile(path)
	return string(content), err
}
