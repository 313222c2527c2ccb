package store

import (
	"context"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// pretend lets the last count have found so many accounts, more than there are.
func (db *testDB) pretend(accounts int) {
	db.exec("UPDATE totals SET accounts = ?", accounts)
}

func TestALargeDatabaseTellsItsLastCount(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		someone(db)
		people := func(s *Store, f influencer.SummaryFilter) (int, time.Duration) {
			t.Helper()
			sum, err := s.Summary(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			return sum.People, db.clock.at.Sub(sum.At)
		}
		if err := db.CountTotals(ctx); err != nil {
			t.Fatal(err)
		}
		if n := db.number("SELECT accounts FROM totals"); n != 4 {
			t.Errorf("counted %d accounts, want 4", n)
		}
		db.pretend(countAtOnce + 1)
		other := db.reopen(Options{}) // another replica, with nothing in memory
		db.exec(`INSERT INTO people (nip, name, agency, created_at, updated_at) VALUES ('199104042016012005', 'Eka', 'Komdigi', 1, 1)`)
		db.clock.advance(time.Minute)
		for _, f := range []influencer.SummaryFilter{{}, {Agency: "Komdigi"}, {Platform: influencer.X}, {Agency: "Komdigi", Platform: influencer.Facebook}} {
			live := totals{at: db.clock.at, fresh: time.Hour}
			if err := live.count(db.db, influencer.SummaryFilter{Agency: f.Agency, Platform: f.Platform, FreshWithin: time.Hour}, span{}, false); err != nil {
				t.Fatal(err)
			}
			want := live.summary(f).People
			if f.Platform == "" {
				want-- // who came since
			}
			for range 2 { // the second from memory
				if n, age := people(other, f); n != want || age != time.Minute {
					t.Errorf("%+v: %d people of %v ago, want %d of a minute ago", f, n, age, want)
				}
			}
		}
		if n, age := people(other, influencer.SummaryFilter{FreshWithin: time.Minute}); n != 5 || age != 0 {
			t.Errorf("with an idea of fresh of one's own: %d people of %v ago", n, age)
		}
		db.clock.advance(oldestCount)
		db.exec("UPDATE totals SET took = 0")
		service := db.reopen(Options{})
		service.AnswerFromOldCounts()
		var later []func(context.Context)
		service.later = func(fn func(context.Context)) { later = append(later, fn) }
		for range 2 { // a second one begins no second count
			if n, age := people(service, influencer.SummaryFilter{}); n != 4 || age != oldestCount+time.Minute {
				t.Errorf("a service tells of %d people of %v ago, want 4 of the last count", n, age)
			}
		}
		if len(later) != 1 {
			t.Fatalf("%d counts begun, want 1", len(later))
		}
		if n, age := people(other, influencer.SummaryFilter{}); n != 5 || age != 0 {
			t.Errorf("when nobody counts: %d people of %v ago, want 5 of now", n, age)
		}
		db.exec("UPDATE totals SET counted_at = 0")
		later[0](ctx)
		db.pretend(countAtOnce + 1)
		if n, age := people(service, influencer.SummaryFilter{}); n != 5 || age != 0 || len(later) != 1 {
			t.Errorf("once counted: %d people of %v ago, want 5 of now", n, age)
		}
	})
}

func TestTotalsAreCountedAnewWhenItIsTime(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		someone(db)
		countedAt := func() time.Duration {
			t.Helper()
			if err := db.RefreshTotals(ctx); err != nil {
				t.Fatal(err)
			}
			return time.UnixMicro(db.number("SELECT counted_at FROM totals")).Sub(monday)
		}
		if at := countedAt(); at != 0 {
			t.Errorf("first counted at %v", at)
		}
		db.exec("UPDATE totals SET took = 6000000") // six seconds: not before two minutes
		db.clock.advance(time.Minute)
		if at := countedAt(); at != 0 {
			t.Errorf("counted again after a minute, at the cost of six seconds")
		}
		db.clock.advance(time.Minute)
		if at := countedAt(); at != 2*time.Minute {
			t.Errorf("not counted again after two minutes")
		}
		db.exec("UPDATE totals SET took = 6000000, fresh_within = 1") // under another policy
		if countedAt(); db.number("SELECT fresh_within FROM totals") == 1 {
			t.Error("a count under an old policy stays")
		}
	})
}

func TestAnImportIsCountedAtOnce(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		someone(db)
		if n := db.number("SELECT sum(people) FROM totals_people WHERE platform = ''"); n != 3 {
			t.Errorf("%d people counted after the import, want 3", n)
		}
	})
}
