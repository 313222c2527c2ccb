package store

import (
	"context"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/internal/testservers"
	"github.com/pengikut/pengikut/internal/thorough"
)

// monday is when most tests begin.
var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// migrated has the newest schema and nothing else.
var migrated = testservers.NewTemplate(func(url string) error {
	_, err := Migrate(context.Background(), url)
	return err
})

// both runs a test on a fresh, migrated database of each dialect, side by side.
func both(t *testing.T, test func(t *testing.T, db *testDB)) {
	t.Helper()
	t.Parallel()
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, newTestDB(t, migrated.Postgres(t)))
	})
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, newTestDB(t, migrated.SQLite(t)))
	})
}

// large is [both] for a test with thousands of rows. Under the race detector it
// runs on Postgres alone: SQLite in pure Go is ten times slower there, and has one
// writer. make test runs these tests without the detector too, on both.
func large(t *testing.T, test func(t *testing.T, db *testDB)) {
	t.Helper()
	if !thorough.Race() {
		both(t, test)
		return
	}
	t.Parallel()
	t.Run("postgres", func(t *testing.T) { test(t, newTestDB(t, migrated.Postgres(t))) })
}

// testDB is an open store with a clock that stands still until told, and short
// ways to put rows in and look at them.
type testDB struct {
	*Store
	t     testing.TB
	url   string
	clock *clock
}

// clock is the time as a test sets it. It is not for concurrent use.
type clock struct{ at time.Time }

func (c *clock) now() time.Time          { return c.at }
func (c *clock) advance(d time.Duration) { c.at = c.at.Add(d) }

// newTestDB migrates the database at url and opens it at monday.
func newTestDB(t testing.TB, url string) *testDB {
	t.Helper()
	if _, err := Migrate(context.Background(), url); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	db := &testDB{t: t, url: url, clock: &clock{monday}}
	db.Store = db.reopen(Options{})
	return db
}

// reopen opens the same database once more with other options, and the same
// clock unless o brings one.
func (db *testDB) reopen(o Options) *Store {
	db.t.Helper()
	o.URL = db.url
	if o.Now == nil {
		o.Now = db.clock.now
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		db.t.Fatalf("open: %v", err)
	}
	db.t.Cleanup(func() {
		if err := s.Close(); err != nil {
			db.t.Errorf("close: %v", err)
		}
	})
	return s
}

// exec runs a statement that must succeed.
func (db *testDB) exec(sql string, args ...any) {
	db.t.Helper()
	if err := db.db.Exec(sql, args...).Error; err != nil {
		db.t.Fatalf("%s: %v", sql, err)
	}
}

// number is the one number that a query answers; NULL fails the test.
func (db *testDB) number(sql string, args ...any) int64 {
	db.t.Helper()
	var n int64
	if err := db.db.Raw(sql, args...).Row().Scan(&n); err != nil {
		db.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// text is the one text that a query answers; NULL fails the test.
func (db *testDB) text(sql string, args ...any) string {
	db.t.Helper()
	var s string
	if err := db.db.Raw(sql, args...).Row().Scan(&s); err != nil {
		db.t.Fatalf("%s: %v", sql, err)
	}
	return s
}

// addPerson puts in a person with one account on each platform, all due now,
// and returns the person's id and the accounts' in the order given.
func (db *testDB) addPerson(nip influencer.NIP, platforms ...influencer.Platform) (int64, []int64) {
	db.t.Helper()
	at := db.clock.at.UnixMicro()
	person := db.number(`INSERT INTO people (nip, name, agency, created_at, updated_at)
		VALUES (?, ?, 'Kementerian Uji', ?, ?) RETURNING id`, string(nip), "Orang "+string(nip), at, at)
	var accounts []int64
	for _, p := range platforms {
		accounts = append(accounts, db.addAccount(person, p, "u"+string(nip)))
	}
	return person, accounts
}

// addAccount puts in an account that is due now.
func (db *testDB) addAccount(person int64, p influencer.Platform, handle string) int64 {
	db.t.Helper()
	at := db.clock.at.UnixMicro()
	id := db.number(`INSERT INTO accounts (person_id, platform, handle_key, handle, state_since, created_at)
		VALUES (?, ?, ?, ?, ?, ?) RETURNING id`, person, p, handle, handle, at, at)
	db.exec("INSERT INTO schedule (account_id, platform, due_at) VALUES (?, ?, ?)", id, p, at)
	return id
}
