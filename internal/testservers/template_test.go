package testservers

import (
	"context"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestATemplateIsPreparedOnceAndCopied(t *testing.T) {
	t.Parallel()
	var prepared atomic.Int64
	template := NewTemplate(func(url string) error {
		prepared.Add(1)
		if path, is := strings.CutPrefix(url, "sqlite:"); is {
			return os.WriteFile(path, []byte("people"), 0o600)
		}
		conn, err := pgx.Connect(context.Background(), url)
		if err != nil {
			return err
		}
		defer conn.Close(context.Background())
		_, err = conn.Exec(context.Background(), "CREATE TABLE people (id int)")
		return err
	})
	exec1(t, connect(t, template.Postgres(t)), "INSERT INTO people VALUES (1)")
	if got := ask(t, connect(t, template.Postgres(t)), "SELECT count(*)::text FROM people"); got != "0" {
		t.Errorf("a copy has %s of another copy's rows", got)
	}
	first, second := strings.TrimPrefix(template.SQLite(t), "sqlite:"), strings.TrimPrefix(template.SQLite(t), "sqlite:")
	if err := os.WriteFile(first, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if content, err := os.ReadFile(second); string(content) != "people" || err != nil {
		t.Errorf("a copy of the file has %q, %v", content, err)
	}
	if n := prepared.Load(); n != 2 {
		t.Errorf("prepared %d times, want once for each kind", n)
	}
}
