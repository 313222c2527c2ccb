package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/internal/testservers"
)

// problems asks every check, and gives those that are not well by name.
func problems(ctx context.Context, h *house) map[string]string {
	out := map[string]string{}
	for _, c := range h.checks(nil, nil) {
		if c.Name == "queue" {
			continue
		}
		if err := c.Probe(ctx); err != nil {
			out[c.Name] = err.Error()
		}
	}
	return out
}

// TestReadyTellsWhatIsWrong spoils one thing after the other: exactly that is told.
func TestReadyTellsWhatIsWrong(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	c := newCLI(t)
	server := testservers.StartPostgres(t)
	database := server.NewDatabase(t)
	c.env["PENGIKUT_DATABASE_URL"], c.env["PENGIKUT_SECRET_KEY"] = database, "a passphrase of more than thirty-two characters"
	c.clock.at, c.clock.since = time.Now(), time.Now()
	c.want(exitDone, "migrate", "up")
	a, _, log := c.app("")
	h, err := a.open(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	exec := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(ctx, sql); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(what string, want map[string]string) {
		t.Helper()
		got := problems(ctx, h)
		if len(got) != len(want) {
			t.Errorf("%s: told of %v, want %v", what, got, want)
		}
		for name, text := range want {
			if !strings.Contains(got[name], text) {
				t.Errorf("%s: %s says %q, want %q", what, name, got[name], text)
			}
		}
	}
	expect("all is well", nil)
	c.clock.advance(2 * time.Minute)
	expect("a fast clock", map[string]string{"clock": "this machine's clock is 2m0s ahead of the database's"})
	c.clock.advance(-4 * time.Minute)
	expect("a slow clock", map[string]string{"clock": "this machine's clock is 2m0s behind the database's"})
	c.clock.advance(2 * time.Minute)
	exec("ALTER TABLE policies RENAME TO hidden")
	expect("no policy", map[string]string{"policy": "no policy can be read, so nobody is decided"})
	exec("ALTER TABLE hidden RENAME TO policies")
	exec("UPDATE goose_db_version SET version_id = version_id - 1 WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
	expect("an old schema", map[string]string{"schema": "the database has schema "})
	_ = conn.Close(ctx)
	server.Kill()
	expect("no database", map[string]string{"database": "does not answer"})
	if text := log.String(); strings.Contains(text, "passphrase") {
		t.Errorf("the log shows the key: %s", text)
	}
}

// TestEmbeddedReadyDoesNotFlap asks again and again while the service is busy.
func TestEmbeddedReadyDoesNotFlap(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.clock.at, c.clock.since = time.Now().Truncate(time.Second), time.Now()
	c.env["PENGIKUT_LISTEN"] = "127.0.0.1:0"
	c.register(c.rehearse(simulator.Options{Seed: 2, People: 150, Mix: plainMix(), Speed: 1e-9}))
	p := c.start("serve")
	ready := "http://" + p.err.await(t, `"msg":"serving".*"listen":"([^"]+)"`)[1] + "/readyz"
	eventually(t, "ready", func() bool { code, _ := get(ready); return code == http.StatusOK })
	for range 300 {
		if code, body := get(ready); code != http.StatusOK {
			t.Fatalf("%d %s", code, body)
		}
	}
	p.end(t)
}
