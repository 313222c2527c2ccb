package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/internal/thorough"
)

// roster is a source of these rows, with lines numbered as in a file.
func roster(rows ...influencer.Row) func(func(influencer.Row) error) error {
	return func(fn func(influencer.Row) error) error {
		for i, r := range rows {
			if r.Line == 0 {
				r.Line = i + 2
			}
			if err := fn(r); err != nil {
				return err
			}
		}
		return nil
	}
}

// line is a row of Ani's or Budi's.
func line(nip influencer.NIP, p influencer.Platform, handle, externalID string) influencer.Row {
	return influencer.Row{NIP: nip, Name: "Nama " + string(nip), Agency: "Kominfo", Unit: "Humas",
		Platform: p, Handle: handle, ExternalID: externalID}
}

const (
	ani  influencer.NIP = "198601012010012001"
	budi influencer.NIP = "198702022011011002"
)

// take imports and wants no error.
func (db *testDB) take(rows ...influencer.Row) influencer.ImportReport {
	db.t.Helper()
	report, err := db.Import(context.Background(), roster(rows...), influencer.ImportOptions{At: db.clock.at})
	if err != nil {
		db.t.Fatalf("import: %v", err)
	}
	return report
}

// tallied is a report without its problems, then the lines of those.
func tallied(r influencer.ImportReport) string {
	s := fmt.Sprintf("people +%d ~%d =%d, accounts +%d ~%d =%d", r.PeopleAdded, r.PeopleUpdated, r.PeopleUnchanged,
		r.AccountsAdded, r.AccountsUpdated, r.AccountsUnchanged)
	for _, p := range r.Problems {
		s += fmt.Sprintf(", line %d", p.Line)
	}
	return s
}

func wantTally(t *testing.T, r influencer.ImportReport, want string) {
	t.Helper()
	if got := tallied(r); got != want {
		t.Errorf("report: %s\n  want: %s\n%v", got, want, r.Problems)
	}
}

// dump is every row that an import may write, as text.
func (db *testDB) dump() string {
	db.t.Helper()
	var all strings.Builder
	for _, table := range []string{"people", "accounts", "schedule"} {
		var rows []map[string]any
		if err := db.db.Raw("SELECT * FROM " + table + " ORDER BY 1").Scan(&rows).Error; err != nil {
			db.t.Fatal(err)
		}
		fmt.Fprintln(&all, table, rows)
	}
	return all.String()
}

func TestImportTwiceChangesNothing(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		rows := []influencer.Row{
			line(ani, influencer.X, "AniResmi", "11"),
			line(ani, influencer.Instagram, "ani", ""),
			line(budi, influencer.X, "budi", ""),
		}
		wantTally(t, db.take(rows...), "people +2 ~0 =0, accounts +3 ~0 =0")
		if n := db.number("SELECT count(*) FROM schedule WHERE due_at = ?", monday.UnixMicro()); n != 3 {
			t.Errorf("%d accounts are due at once, want 3", n)
		}
		if got := db.text("SELECT handle_key || ' ' || handle || ' ' || external_id || ' ' || state FROM accounts WHERE external_id <> ''"); got != "aniresmi AniResmi 11 pending" {
			t.Errorf("account: %s", got)
		}
		before := db.dump()
		versions := rowVersions(db)
		db.clock.advance(time.Hour)
		wantTally(t, db.take(rows...), "people +0 ~0 =2, accounts +0 ~0 =3")
		if after := db.dump(); after != before {
			t.Errorf("the second import changed:\n%s\n%s", before, after)
		}
		if got := rowVersions(db); got != versions {
			t.Errorf("the second import wrote rows again:\n%s\n%s", versions, got)
		}
	})
}

// rowVersions shows Postgres's own mark of which transaction wrote each row.
func rowVersions(db *testDB) string {
	if !onPostgres(db.db) {
		return ""
	}
	return db.text(`SELECT string_agg(v, ' ' ORDER BY v) FROM (SELECT 'p' || id || ':' || xmin AS v FROM people
		UNION ALL SELECT 'a' || id || ':' || xmin FROM accounts
		UNION ALL SELECT 's' || account_id || ':' || xmin FROM schedule) AS t`)
}

func TestImportUpdatesPeople(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.take(line(ani, influencer.X, "ani", ""), line(budi, influencer.X, "budi", ""))
		db.clock.advance(time.Hour)
		moved := line(ani, influencer.X, "ani", "")
		moved.Agency, moved.Unit = "Komdigi", "" // an empty unit says nothing
		wantTally(t, db.take(moved, line(budi, influencer.X, "budi", "")), "people +0 ~1 =1, accounts +0 ~0 =2")
		if got := db.text("SELECT agency || ' ' || unit || ' ' || (updated_at - created_at) FROM people WHERE nip = ?", string(ani)); got != "Komdigi Humas 3600000000" {
			t.Errorf("person: %s", got)
		}
	})
}

func TestImportReportsContradictoryLines(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		other := line(ani, influencer.Instagram, "ani", "")
		other.Name, other.Agency = "Ani Baru", "Komdigi"
		rows := []influencer.Row{line(ani, influencer.X, "ani", ""), other}
		first := db.take(rows...)
		wantTally(t, first, "people +1 ~0 =0, accounts +2 ~0 =0, line 3")
		if want := "name and agency of this person differ from an earlier line; the later one was taken"; first.Problems[0].Text != want {
			t.Errorf("problem: %s", first.Problems[0].Text)
		}
		before := db.dump()
		wantTally(t, db.take(rows...), "people +0 ~0 =1, accounts +0 ~0 =2, line 3")
		if db.dump() != before {
			t.Error("the second import changed something")
		}
	})
}

func TestImportKeepsAccountsOfOthers(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.take(line(ani, influencer.X, "ani", "11"))
		db.exec("UPDATE accounts SET handle = 'AniBaru', state = 'ok'") // a read found it renamed
		before := db.dump()
		for _, c := range []struct{ handle, id, why string }{
			{"ANI", "", `x handle "ANI" is registered to another person`},
			{"anibaru", "", `x handle "anibaru" is registered to another person`},
			{"sesuatu", "11", `x id "11" is that of another person's account "AniBaru"`},
		} {
			r := db.take(line(budi, influencer.X, c.handle, c.id))
			wantTally(t, r, "people +0 ~0 =0, accounts +0 ~0 =0, line 2")
			if r.Problems[0].Text != c.why {
				t.Errorf("problem: %s\n   want: %s", r.Problems[0].Text, c.why)
			}
		}
		if db.dump() != before {
			t.Error("a line that was left out changed something")
		}
		wantTally(t, db.take(line(budi, influencer.Instagram, "ani", "11")), "people +1 ~0 =0, accounts +1 ~0 =0")
	})
}

func TestImportWithinOneRosterKeepsTheFirstOwner(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		r := db.take(line(ani, influencer.X, "sama", "11"), line(budi, influencer.X, "SAMA", ""),
			line(budi, influencer.X, "budi", "11"), line(ani, influencer.X, "sama", "11"), line(ani, influencer.X, "sama", "12"))
		wantTally(t, r, "people +1 ~0 =0, accounts +1 ~0 =1, line 3, line 4, line 6")
		if n := db.number("SELECT count(*) FROM people"); n != 1 {
			t.Errorf("%d people, want 1: one whose lines are all left out is not added", n)
		}
	})
}

func TestImportPins(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.take(line(ani, influencer.X, "ani", ""), line(ani, influencer.X, "kedua", "22"))
		db.exec("UPDATE schedule SET due_at = ?", monday.Add(24*time.Hour).UnixMicro())
		db.clock.advance(time.Hour)
		wantTally(t, db.take(line(ani, influencer.X, "ani", "11")), "people +0 ~0 =1, accounts +0 ~1 =0")
		if n := db.number("SELECT count(*) FROM schedule WHERE due_at = ?", db.clock.at.UnixMicro()); n != 1 {
			t.Errorf("%d accounts became due, want the pinned one", n)
		}
		wantTally(t, db.take(line(ani, influencer.X, "ani", "11")), "people +0 ~0 =1, accounts +0 ~0 =1")

		r := db.take(line(ani, influencer.X, "ani", "12"))
		wantTally(t, r, "people +0 ~0 =0, accounts +0 ~0 =0, line 2")
		if want := `x handle "ani" has id "11" here, not "12"`; r.Problems[0].Text != want {
			t.Errorf("problem: %s", r.Problems[0].Text)
		}
		wantTally(t, db.take(line(ani, influencer.X, "ani", "22")), "people +0 ~0 =0, accounts +0 ~0 =0, line 2")
		if got := db.text("SELECT external_id FROM accounts WHERE handle_key = 'ani'"); got != "11" {
			t.Errorf("pinned to %s", got)
		}
	})
}

func TestImportFollowsRenames(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.take(line(ani, influencer.Instagram, "lama", "11"))
		db.exec("UPDATE accounts SET handle = 'Tengah', state = 'ok'")
		wantTally(t, db.take(line(ani, influencer.Instagram, "lama", "11")), "people +0 ~0 =1, accounts +0 ~0 =1")
		wantTally(t, db.take(line(ani, influencer.Instagram, "tengah", "")), "people +0 ~0 =1, accounts +0 ~0 =1")
		wantTally(t, db.take(line(ani, influencer.Instagram, "baru", "11")), "people +0 ~0 =1, accounts +0 ~0 =1")
		if got := db.text("SELECT handle FROM accounts"); got != "Tengah" {
			t.Errorf("handle %s: a roster overruled a platform that answers", got)
		}
		db.exec("UPDATE accounts SET state = 'gone'")
		wantTally(t, db.take(line(ani, influencer.Instagram, "baru", "11")), "people +0 ~0 =1, accounts +0 ~1 =0")
		if got := db.text("SELECT handle || ' ' || handle_key FROM accounts"); got != "baru lama" {
			t.Errorf("handle %s, want the roster's, which may be read again", got)
		}
		wantTally(t, db.take(line(ani, influencer.Instagram, "baru", "11")), "people +0 ~0 =1, accounts +0 ~0 =1")
	})
}

func TestImportDryRunWritesNothing(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		db.take(line(ani, influencer.X, "ani", ""))
		before := db.dump()
		rows := []influencer.Row{line(ani, influencer.X, "ani", "11"), line(budi, influencer.X, "budi", ""), line(budi, influencer.X, "ani", "")}
		for i := range 3 * importChunk { // many chunks that build on each other
			rows = append(rows, line(budi, influencer.Instagram, fmt.Sprintf("budi%d", i%importChunk), ""))
		}
		o := influencer.ImportOptions{At: monday, DryRun: true}
		dry, err := db.Import(context.Background(), roster(rows...), o)
		if err != nil {
			t.Fatal(err)
		}
		if db.dump() != before {
			t.Error("a dry run wrote something")
		}
		o.DryRun = false
		wet, err := db.Import(context.Background(), roster(rows...), o)
		if err != nil {
			t.Fatal(err)
		}
		wantTally(t, wet, "people +1 ~0 =1, accounts +2001 ~1 =4000, line 4")
		if !reflect.DeepEqual(dry, wet) {
			t.Errorf("the dry run foretold %s, the import did %s", tallied(dry), tallied(wet))
		}
	})
}

func TestImportStopsAtItsSource(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		broken := errors.New("the file ends here")
		for _, dry := range []bool{true, false} {
			_, err := db.Import(context.Background(), func(fn func(influencer.Row) error) error {
				return errors.Join(fn(line(ani, influencer.X, "ani", "")), broken)
			}, influencer.ImportOptions{DryRun: dry})
			if !errors.Is(err, broken) {
				t.Errorf("dry run %v: %v, want the source's error", dry, err)
			}
		}
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		if _, err := db.Import(ctx, roster(line(ani, influencer.X, "ani", "")), influencer.ImportOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if n := db.number("SELECT count(*) FROM people"); n != 0 {
			t.Errorf("%d people went in", n)
		}
	})
}

// TestImportMemory takes in 100,000 rows of which every hundredth is a problem,
// and watches the heap from inside. It runs alone, since the heap is everybody's.
func TestImportMemory(t *testing.T) {
	for name, url := range map[string]func(testing.TB) string{"postgres": migrated.Postgres, "sqlite": migrated.SQLite} {
		if thorough.Race() && name == "sqlite" {
			continue // as in large
		}
		t.Run(name, func(t *testing.T) { importMany(t, newTestDB(t, url(t))) })
	}
}

func importMany(t *testing.T, db *testDB) {
	const bound = 4 << 20
	rows := thorough.Times(100_000)
	var first, most uint64 // bytes in use after the first chunk, and at most
	problems := 0
	o := influencer.ImportOptions{At: monday, Problem: func(influencer.RosterProblem) { problems++ }}
	o.Progress = func(int) {
		runtime.GC()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		if first == 0 {
			first = now.HeapAlloc
		}
		most = max(most, now.HeapAlloc)
	}
	source := func(fn func(influencer.Row) error) error {
		for i := range rows {
			handle := fmt.Sprintf("h%d", i)
			if i%100 == 99 {
				handle = "h0"
			}
			if err := fn(line(influencer.NIP(fmt.Sprintf("%018d", i/3)), influencer.X, handle, fmt.Sprint(i))); err != nil {
				return err
			}
		}
		return nil
	}
	for _, want := range []string{
		fmt.Sprintf("people +%d ~0 =0, accounts +%d ~0 =0", rows/3, rows/100*99), fmt.Sprintf("people +0 ~0 =%d, accounts +0 ~0 =%d", rows/3, rows/100*99)} {
		problems = 0
		report, err := db.Import(context.Background(), source, o)
		if err != nil {
			t.Fatal(err)
		}
		if problems != rows/100 || len(report.Problems) != problems || report.Rows != rows {
			t.Errorf("%d problems told, %d reported, %d rows", problems, len(report.Problems), report.Rows)
		}
		report.Problems = nil
		wantTally(t, report, want)
	}
	if grown := most - first; grown > bound {
		t.Errorf("the heap grew by %d KiB while the rows went in", grown>>10)
	}
}

func TestImportIsAudited(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		rows := roster(line(ani, influencer.X, "ani", ""), line(ani, influencer.Instagram, "ani", ""), line(budi, influencer.X, "budi", ""))
		for _, dry := range []bool{true, false, false} { // of the three, the second changes something
			o := influencer.ImportOptions{At: db.clock.at, Actor: "key:1 siti", DryRun: dry}
			if _, err := db.Import(ctx, rows, o); err != nil {
				t.Fatal(err)
			}
		}
		page, err := db.Audit(ctx, influencer.AuditFilter{}, influencer.Paging{})
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("%+v %v", page, err)
		}
		want := `{"accounts_added":3,"accounts_updated":0,"first_line":2,"last_line":4,"people_added":2,"people_updated":0}`
		if e := page.Items[0]; e.Action != "roster.import" || e.Actor != "key:1 siti" || string(e.After) != want {
			t.Errorf("%+v %s", e, e.After)
		}
	})
}
