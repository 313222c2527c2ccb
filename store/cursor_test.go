package store

import (
	"strings"
	"testing"
	"time"
)

type row struct {
	small, big int64
	unknown    *int64
	known      *int64
	text, word string
	yes, no    bool
	never, at  time.Time
	times      []time.Time
}

// query asks for one row of each kind of column.
func query(t *testing.T, db *testDB) (got row) {
	t.Helper()
	sql := `SELECT reads, CAST(? AS bigint), friends, followers, handle, platform, NOT suspect, suspect, synced_at, created_at, between_reads FROM accounts`
	err := each(db.db, sql, []any{int64(-5e15)}, func(c *cursor) {
		got = row{c.int(), c.int(), c.number(), c.number(), c.text(), c.word(), c.flag(), c.flag(), c.time(), c.time(), c.times()}
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func checkRow(t *testing.T, got row) {
	t.Helper()
	if got.small != 7 || got.big != -5e15 || got.unknown != nil || *got.known != 0 || got.text != "é" || got.word != "x" ||
		!got.yes || got.no || !got.never.IsZero() || !got.at.Equal(monday) || got.at.Location() != time.UTC ||
		len(got.times) != 2 || !got.times[1].Equal(monday) {
		t.Errorf("%+v", got)
	}
}

func (db *testDB) addCursorRow() {
	person, _ := db.addPerson("199001012015011001")
	id := db.addAccount(person, "x", "é")
	db.exec("UPDATE accounts SET reads = 7, followers = 0, between_reads = ? WHERE id = ?", "1,"+itoa(int(monday.UnixMicro())), id)
}

func TestCursorReadsEveryKind(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addCursorRow()
		checkRow(t, query(t, db))
	})
}

// Behind a pooler people ask for the simple protocol, which sends numbers as text.
func TestCursorReadsTheSimpleProtocol(t *testing.T) {
	t.Parallel()
	db := newTestDB(t, migrated.Postgres(t)+"&default_query_exec_mode=simple_protocol")
	db.addCursorRow()
	checkRow(t, query(t, db))
}

func TestCursorRefusesWhatItCannotRead(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addCursorRow()
		for sql, want := range map[string]string{
			"SELECT 1, friends FROM accounts":         "column 2 is NULL",
			"SELECT 1, CAST(1.5 AS real) AS n":        "column 2",
			"SELECT 1, no_such_column FROM people":    "no_such_column",
			"SELECT 1, handle_key AS n FROM accounts": "column 2",
		} {
			err := each(db.db, sql, nil, func(c *cursor) { c.int(); c.int() })
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %q", sql, err, want)
			}
		}
	})
}
