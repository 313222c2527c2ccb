package store

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/pengikut/pengikut/internal/testservers"
)

func bothURLs(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Parallel()
	t.Run("postgres", func(t *testing.T) { t.Parallel(); test(t, testservers.Postgres(t)) })
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, "sqlite:"+filepath.Join(t.TempDir(), "a b?c#d%20.db"))
	})
}

func TestMigrateRaces(t *testing.T) {
	bothURLs(t, func(t *testing.T, url string) {
		var wg sync.WaitGroup
		applied := make([][]string, 4)
		errs := make([]error, 4)
		for i := range applied {
			wg.Go(func() { applied[i], errs[i] = Migrate(context.Background(), url) })
		}
		wg.Wait()
		if err := errors.Join(errs...); err != nil {
			t.Fatal(err)
		}
		var steps []string
		for _, a := range applied {
			steps = append(steps, a...)
		}
		status, err := MigrationStatus(context.Background(), url)
		if err != nil {
			t.Fatal(err)
		}
		if len(steps) != len(status) || len(status) == 0 || status[0].AppliedAt.IsZero() {
			t.Errorf("four racing processes applied %v of %v", steps, status)
		}
	})
}

func TestOpenRefusesOtherSchemas(t *testing.T) {
	bothURLs(t, func(t *testing.T, url string) {
		ctx := context.Background()
		var schema *SchemaError
		_, err := Open(ctx, Options{URL: url})
		if !errors.As(err, &schema) || !errors.Is(err, ErrSchema) || schema.Have != 0 {
			t.Fatalf("empty database: %v", err)
		}
		if !strings.Contains(err.Error(), `run "pengikut migrate up"`) {
			t.Errorf("%q does not say what to run", err)
		}
		status, err := MigrationStatus(ctx, url)
		if err != nil || len(status) == 0 || !status[0].AppliedAt.IsZero() {
			t.Fatalf("status of an empty database: %v, %v", status, err)
		}
		db := newTestDB(t, url)
		db.exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, ?)", true)
		if _, err = Open(ctx, Options{URL: url}); !errors.As(err, &schema) || schema.Have != 9999 {
			t.Errorf("newer schema: %v", err)
		}
		if _, err = Migrate(ctx, url); !errors.Is(err, ErrSchema) {
			t.Errorf("migrate a newer schema: %v", err)
		}
	})
}

func TestOpenHidesThePassword(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"postgres://u:hunter2@127.0.0.1:1/x?sslmode=disable", "postgres://u:hunter2@h:bad/x", "mysql://u:hunter2@h/x"} {
		_, err := Open(context.Background(), Options{URL: url})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v", err)
		}
	}
}
