package main

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/internal/testservers"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	goleak.VerifyTestMain(m)
}

// monday is when most tests begin.
var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// clock is a clock that stands still until it is moved, or, once told, also goes
// on with the clock on the wall: who shares a rate gate waits for it.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	since time.Time // on the wall; zero while the clock stands still
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		return c.at
	}
	return c.at.Add(time.Since(c.since))
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// stand stops the clock.
func (c *clock) stand() {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at, c.since = now, time.Time{}
}

// cli runs the program in this process, as a person with this environment would.
type cli struct {
	t     testing.TB
	env   map[string]string
	clock *clock
	dir   string
}

func newCLI(t testing.TB) *cli {
	dir := t.TempDir()
	return &cli{t: t, clock: &clock{at: monday}, dir: dir, env: map[string]string{"PENGIKUT_DATA_DIR": filepath.Join(dir, "data"), "USER": "tester"}}
}

// onPostgres moves c to a fresh Postgres and Redis, migrated.
func (c *cli) onPostgres() *cli {
	c.env["PENGIKUT_DATABASE_URL"] = testservers.Postgres(c.t)
	c.env["PENGIKUT_REDIS_URL"] = testservers.Redis(c.t)
	c.env["PENGIKUT_SECRET_KEY"] = "a passphrase of more than thirty-two characters"
	c.clock.since = time.Now()
	return c
}

// result is what a run left behind.
type result struct {
	code     int
	out, err string
}

func (c *cli) app(in string) (*app, *bytes.Buffer, *bytes.Buffer) {
	var out, errs bytes.Buffer
	environ := []string{}
	for _, name := range slices.Sorted(maps.Keys(c.env)) {
		environ = append(environ, name+"="+c.env[name])
	}
	return &app{streams: streams{in: strings.NewReader(in), out: &out, err: &errs}, environ: environ, now: c.clock.now, program: "bin/pengikut"}, &out, &errs
}

// runIn runs a command with something on standard input.
func (c *cli) runIn(in string, args ...string) result {
	a, out, errs := c.app(in)
	code := a.run(context.Background(), args)
	return result{code, out.String(), errs.String()}
}

func (c *cli) run(args ...string) result { return c.runIn("", args...) }

// want runs a command that must end with the code, and returns what it printed.
func (c *cli) want(code int, args ...string) result {
	c.t.Helper()
	r := c.run(args...)
	if r.code != code {
		c.t.Fatalf("pengikut %s: exit %d, want %d\nout: %s\nerr: %s", strings.Join(args, " "), r.code, code, r.out, r.err)
	}
	return r
}

// items runs a list command and returns its items.
func items[T any](c *cli, args ...string) []T {
	c.t.Helper()
	r := c.want(exitDone, append(args, "--output", "json")...)
	var page struct {
		Items []T    `json:"items"`
		Next  string `json:"next_cursor"`
	}
	if err := json.Unmarshal([]byte(r.out), &page); err != nil || page.Items == nil {
		c.t.Fatalf("%v: %v\n%s", args, err, r.out)
	}
	return page.Items
}

// file writes a file and returns its path.
func (c *cli) file(name, text string) string {
	c.t.Helper()
	path := filepath.Join(c.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		c.t.Fatal(err)
	}
	return path
}

// rehearse starts simulated platforms on c's clock and points c at them.
func (c *cli) rehearse(o simulator.Options) *simulator.Server {
	c.t.Helper()
	o.Now = c.clock.now
	sim := simulator.New(o)
	server := httptest.NewServer(sim)
	c.t.Cleanup(server.Close)
	for _, v := range rehearsal(server.Listener.Addr()) {
		c.env[v[0]] = v[1]
	}
	return sim
}

// register imports everybody of a simulator, with their Facebook tokens.
func (c *cli) register(sim *simulator.Server) {
	c.t.Helper()
	path := filepath.Join(c.dir, "people.csv")
	if err := writeRehearsal(sim, simulateFlags{peopleCSV: path}); err != nil {
		c.t.Fatal(err)
	}
	c.want(exitDone, "import", path)
	var tokens strings.Builder
	if err := writeTokens(&tokens, sim); err != nil {
		c.t.Fatal(err)
	}
	if r := c.runIn(tokens.String(), "credential", "add", "--platform", "facebook", "--csv"); r.code != exitDone {
		c.t.Fatalf("tokens: %+v", r)
	}
}

// person is what the tests look at in a person's JSON.
type person struct {
	NIP      string `json:"nip"`
	Status   string `json:"status"`
	Accounts []struct {
		Platform  string `json:"platform"`
		State     string `json:"state"`
		Followers *int64 `json:"followers"`
		Friends   *int64 `json:"friends"`
	} `json:"accounts"`
}

func nips(people []person) []string {
	out := make([]string, len(people))
	for i, p := range people {
		out[i] = p.NIP
	}
	slices.Sort(out)
	return out
}

// both runs a test on SQLite and on Postgres with Redis.
func both(t *testing.T, test func(t *testing.T, c *cli)) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newCLI(t))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c := newCLI(t).onPostgres()
		if r := c.want(exitFailed, "people"); !strings.Contains(r.err, `run "pengikut migrate up"`) {
			t.Errorf("a database without a schema: %s", r.err)
		}
		c.want(exitDone, "migrate", "up")
		test(t, c)
	})
}
