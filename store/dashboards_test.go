package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// dashboardColumns are the views and columns that other people's dashboards name.
var dashboardColumns = map[string]string{
	"dashboard_people":       "id nip name agency unit status since first_granted_at reason policy_version until registered_at",
	"dashboard_accounts":     "id person_id name agency unit status platform handle external_id state state_since followers friends following posts last_active_at synced_at next_due_at attempted_at failures error",
	"dashboard_daily":        "account day followers friends agency platform person_id",
	"dashboard_decisions":    "id person_id name agency at from_status to_status reason policy_version actor",
	"dashboard_agency_daily": "agency platform day expected read followers friends counted_at",
	"dashboard_coverage":     "agency platform expected read as_of counted_at",
}

func TestDashboardColumnsStay(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		someone(db)
		for view, want := range dashboardColumns {
			if got := columnsOf(t, db, view); got != want {
				t.Errorf("%s has the columns\n%s, want\n%s", view, got, want)
			}
		}
		if nip := db.text("SELECT nip FROM dashboard_people WHERE name = 'Ani'"); nip != "1986**** ****** * 001" {
			t.Errorf("a dashboard sees the NIP %s", nip)
		}
		if got := db.text("SELECT agency || platform || expected || read FROM dashboard_coverage WHERE platform = 'x'"); got != "Kominfox20" {
			t.Errorf("coverage as of the import: %s", got)
		}
	})
}

func columnsOf(t *testing.T, db *testDB, view string) string {
	rows, err := db.sql.Query("SELECT * FROM " + view)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil || rows.Err() != nil {
		t.Fatal(err, rows.Err())
	}
	return strings.Join(columns, " ")
}

func TestDashboardTimesAreTimes(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		someone(db)
		since := "to_char(since AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')"
		want := "2026-11-23T02:00:00.123457"
		if !onPostgres(db.db) {
			since, want = "since", "2026-11-23T02:00:00Z"
		}
		db.exec("UPDATE people SET since = ? WHERE name = 'Ani'", monday.UnixMicro()+123457)
		if got := db.text("SELECT " + since + " FROM dashboard_people WHERE name = 'Ani'"); got != want {
			t.Errorf("since %s, want %s", got, want)
		}
	})
}

// TestDashboardDaily has an account whose numbers stood for three days, changed
// twice within one, were unknown for two, and were doubted once.
func TestDashboardDaily(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		day := func(d, hour int) int64 { return time.Date(2026, 11, d, hour, 0, 0, 0, wib).UnixMicro() }
		db.clock.at = time.UnixMicro(day(1, 12))
		someone(db)
		id := db.number("SELECT id FROM accounts WHERE handle_key = 'budi'")
		reading := func(from, to int64, followers any, suspect bool) {
			db.exec("INSERT INTO readings (account_id, observed_at, last_seen_at, followers, suspect) VALUES (?, ?, ?, ?, ?)", id, from, to, followers, suspect)
		}
		reading(day(2, 23), day(4, 1), 100, false) // on the 2nd in WIB, though not yet in UTC
		reading(day(4, 5), day(4, 5), 110, false)
		reading(day(4, 6), day(4, 6), 120, false)
		reading(day(5, 6), day(5, 6), 0, true)
		reading(day(7, 0), day(7, 0), nil, false)
		db.exec("UPDATE accounts SET observed_at = ?, synced_at = ? WHERE id = ?", day(7, 0), day(7, 0), id)
		read := func(where string) string {
			t.Helper()
			rows, err := db.sql.Query("SELECT day, followers FROM dashboard_daily WHERE account = " + fmt.Sprint(id) + where + " ORDER BY day")
			if err != nil {
				t.Fatal(err)
			}
			defer rows.Close()
			var out []string
			for rows.Next() {
				var day any
				var n sql.NullInt64
				if err := rows.Scan(&day, &n); err != nil {
					t.Fatal(err)
				}
				if at, ok := day.(time.Time); ok {
					day = at.Format(time.DateOnly)
				}
				text := fmt.Sprint(day, "=unknown")
				if n.Valid {
					text = fmt.Sprint(day, "=", n.Int64)
				}
				out = append(out, text)
			}
			if err := rows.Err(); err != nil {
				t.Fatal(err)
			}
			return strings.Join(out, " ")
		}
		if got := read(""); got != "2026-11-02=100 2026-11-03=100 2026-11-04=120 2026-11-07=unknown" {
			t.Errorf("daily: %s", got)
		}
		if got := read(" AND day >= '2026-11-04' AND agency = 'Kominfo' AND platform = 'x'"); got != "2026-11-04=120 2026-11-07=unknown" {
			t.Errorf("from the 4th on: %s", got)
		}
		if got := read(" AND agency = 'Komdigi'"); got != "" {
			t.Errorf("of another agency: %s", got)
		}
	})
}

var wib = time.FixedZone("WIB", 7*60*60)

// TestTheDashboardRoleReadsTheViewsAndNothingElse runs what deploy ships, and the
// queries of the documentation as that role.
func TestTheDashboardRoleReadsTheViewsAndNothingElse(t *testing.T) {
	t.Parallel()
	db := newTestDB(t, migrated.Postgres(t))
	someone(db)
	script, err := os.ReadFile("../deploy/readonly.sql")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // it may be run again
		if _, err := db.sql.Exec(string(script)); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		db.exec("DROP OWNED BY pengikut_dashboard")
		db.exec("DROP ROLE pengikut_dashboard")
	})
	u, err := url.Parse(db.url)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User("pengikut_dashboard")
	role, err := openPostgres(u.String())
	if err != nil {
		t.Fatal(err)
	}
	defer role.Close()
	for view := range dashboardColumns {
		if _, err := role.Exec("SELECT * FROM " + view); err != nil {
			t.Errorf("%s: %v", view, err)
		}
	}
	for _, query := range documentedQueries(t) {
		if _, err := role.Exec(query); err != nil {
			t.Errorf("%s\n%v", query, err)
		}
	}
	var tables []string
	if err := db.db.Raw("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").Scan(&tables).Error; err != nil || len(tables) < 10 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	forbidden := []string{"CREATE TABLE public.mine (n int)", "DELETE FROM dashboard_people", "UPDATE dashboard_people SET name = ''",
		"SET default_transaction_read_only = off; UPDATE dashboard_people SET name = ''"}
	for _, table := range tables {
		forbidden = append(forbidden, "SELECT * FROM "+table)
	}
	for _, statement := range forbidden {
		if _, err := role.ExecContext(context.Background(), statement); err == nil {
			t.Errorf("the role may: %s", statement)
		}
	}
}

// documentedQueries are the examples of docs/dashboards.md: those of
// [DashboardQueries], with an agency's name.
func documentedQueries(t *testing.T) []string {
	text, err := os.ReadFile("../docs/dashboards.md")
	if err != nil {
		t.Fatal(err)
	}
	var out, want []string
	for _, found := range regexp.MustCompile("(?s)```sql(\n.*?)```").FindAllSubmatch(text, -1) {
		out = append(out, string(found[1]))
	}
	asked := map[string]bool{}
	for _, q := range DashboardQueries() {
		asked[q.View] = strings.Contains(q.SQL, "FROM "+q.View)
		want = append(want, strings.ReplaceAll(q.SQL, "$1", "'Kementerian Kesehatan'"))
	}
	if !slices.Equal(out, want) {
		t.Errorf("the documentation asks\n%s\nand the measurement\n%s", strings.Join(out, ""), strings.Join(want, ""))
	}
	for view := range dashboardColumns {
		if !asked[view] {
			t.Errorf("there is no example for %s", view)
		}
	}
	return out
}
