package store

import (
	"context"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

func TestTheLastCountOfADayStays(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		someone(db)
		count := func(followers int) {
			t.Helper()
			db.exec("UPDATE accounts SET followers = ?, synced_at = ? WHERE handle_key = 'ani'", followers, db.clock.at.UnixMicro())
			if err := db.CountTotals(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		sums := func(where string) string {
			t.Helper()
			return db.text(`SELECT coalesce(max(day || ': ' || expected || ' ' || read || ' ' || coalesce(CAST(followers AS text), '?') || ' ' || coalesce(CAST(friends AS text), '?')), 'nothing')
				FROM dashboard_agency_daily WHERE agency = 'Kominfo' AND ` + where)
		}
		count(700)
		db.clock.advance(time.Hour)
		count(800)
		if got, want := sums("platform = 'x'"), "2026-11-23: 2 2 800 ?"; got != want {
			t.Errorf("X: %s, want %s: the other account's number is unknown", got, want)
		}
		if got, want := sums("platform = 'instagram'"), "2026-11-23: 1 0 ? ?"; got != want {
			t.Errorf("Instagram: %s, want %s: never read", got, want)
		}
		db.clock.at = monday.Truncate(24 * time.Hour).Add(17*time.Hour - time.Microsecond)
		count(900)
		db.clock.advance(time.Microsecond) // Tuesday in WIB
		count(950)
		if got, want := sums("platform = 'x' AND day = '2026-11-23'"), "2026-11-23: 2 2 900 ?"; got != want {
			t.Errorf("Monday: %s, want %s", got, want)
		}
		if got, want := sums("platform = 'x'"), "2026-11-24: 2 2 950 ?"; got != want {
			t.Errorf("Tuesday: %s, want %s", got, want)
		}
	})
}

// TestSumsOfStretches adds counts of other people and states to one row.
func TestSumsOfStretches(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	part := func(state influencer.AccountState, followers, friends *int64) totals {
		return totals{accounts: []accountTotal{{agency: "Kominfo", platform: influencer.X, state: state,
			Coverage: influencer.Coverage{Expected: 10, Read: 4}, followers: followers, friends: friends}}}
	}
	whole := newTotalsSum(totals{})
	for _, p := range []totals{part(influencer.StateOK, n(5), nil), part(influencer.StateOK, n(7), nil), part(influencer.StateGone, nil, nil), part(influencer.StateOK, nil, n(0))} {
		whole.add(p)
	}
	days := whole.days()
	if len(days) != 1 {
		t.Fatalf("%d rows, want 1", len(days))
	}
	if d := days[0]; d.expected != 40 || d.read != 16 || d.followers == nil || *d.followers != 12 || d.friends == nil || *d.friends != 0 {
		t.Errorf("%+v", d)
	}
}
