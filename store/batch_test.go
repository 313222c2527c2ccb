package store

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// readAll records every batch that is due, each account with 900 followers or as
// odd says, and returns the refs.
func (db *testDB) readAll(odd map[int64]influencer.Observation) []influencer.BatchRef {
	db.t.Helper()
	refs := db.claim(db.order()).Refs
	for _, ref := range refs {
		var seen []influencer.Observation
		for _, id := range db.begin(ref) {
			o, ok := odd[id]
			if !ok {
				o = db.saw(id, 900)
			}
			seen = append(seen, o)
		}
		if out, err := db.Record(context.Background(), ref, seen, db.clock.at); err != nil || out.Stale {
			db.t.Fatalf("%+v, %v", out, err)
		}
	}
	return refs
}

func sizes(refs []influencer.BatchRef) []int {
	out := pick(refs, func(r *influencer.BatchRef) int { return r.Size })
	slices.Sort(out)
	return out
}

func TestBatchIsReadTogetherDayAfterDay(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(250)
		first := db.readAll(nil)
		if got := sizes(first); !slices.Equal(got, []int{50, 100, 100}) {
			t.Fatalf("batches of %v", got)
		}
		if n := db.number("SELECT count(*) FROM batches"); n != 2 {
			t.Errorf("%d batches rest, want the two full ones", n)
		}
		if due := db.account(ids[0]).NextDueAt; due.Before(db.clock.at.Add(20*time.Hour)) || due.After(db.clock.at.Add(24*time.Hour)) {
			t.Errorf("due at %v", due)
		}
		if again := db.claim(db.order()); len(again.Refs) != 0 {
			t.Fatalf("due at once: %+v", again)
		}
		db.clock.advance(25 * time.Hour)
		if got := sizes(db.readAll(nil)); !slices.Equal(got, []int{50, 100, 100}) {
			t.Fatalf("the next day batches of %v", got)
		}
		if n := db.number("SELECT count(*) FROM (SELECT account_id FROM readings GROUP BY account_id HAVING count(*) = 2) t"); n != 250 {
			t.Errorf("%d accounts were read on both days, want 250", n)
		}
	})
}

func TestBatchLosesWhoWasNotRead(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(100)
		db.readAll(map[int64]influencer.Observation{ids[3]: failed(ids[3], influencer.Unavailable), ids[4]: failed(ids[4], influencer.Gone)})
		db.clock.advance(30 * time.Minute)
		refs := db.readAll(nil)
		if got := sizes(refs); !slices.Equal(got, []int{1}) {
			t.Fatalf("half an hour later batches of %v, want the one that failed for a passing reason", got)
		}
		db.clock.advance(25 * time.Hour)
		if got := sizes(db.readAll(nil)); !slices.Equal(got, []int{2, 98}) {
			t.Fatalf("the next day batches of %v", got)
		}
	})
}

func TestThinBatchIsPutTogetherAnew(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(200)
		odd := map[int64]influencer.Observation{}
		for _, id := range ids[:60] {
			odd[id] = failed(id, influencer.Gone)
		}
		db.readAll(odd)
		db.clock.advance(25 * time.Hour)
		if got := sizes(db.readAll(nil)); !slices.Equal(got, []int{100, 100}) {
			t.Fatalf("batches of %v, want two full ones", got)
		}
	})
}

func TestAccountMadeDueLeavesItsBatch(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(100)
		db.readAll(nil)
		db.clock.advance(time.Hour)
		if err := makeDue(db.db, ids[:5], db.clock.at); err != nil {
			t.Fatal(err)
		}
		if got := sizes(db.readAll(nil)); !slices.Equal(got, []int{5}) {
			t.Fatalf("batches of %v", got)
		}
		db.clock.advance(23*time.Hour + 30*time.Minute)
		refs := db.claim(db.order()).Refs
		if len(refs) != 2 {
			t.Fatalf("%d batches, want the rest of the old one and the five", len(refs))
		}
		var all []int64
		for _, ref := range refs {
			all = append(all, db.begin(ref)...)
		}
		slices.Sort(all)
		if !slices.Equal(all, ids) {
			t.Errorf("%d accounts, want each of %d once", len(all), len(ids))
		}
	})
}

func TestClaimOfAllEmptiesBatches(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(200)
		old := db.readAll(nil)
		o := db.order()
		o.All = true
		got := db.claim(o)
		if s := sizes(got.Refs); !slices.Equal(s, []int{100, 100}) {
			t.Fatalf("batches of %v", s)
		}
		o.AfterID = 0
		if again := db.claim(o); len(again.Refs) != 0 {
			t.Fatalf("claimed what somebody reads: %+v", again.Refs)
		}
		db.clock.advance(25 * time.Hour) // the leases ran out, and the old batches' time has come
		ended := 0
		for _, ref := range db.claim(db.order()).Refs {
			_, err := db.Begin(context.Background(), ref, time.Minute)
			switch {
			case errors.Is(err, influencer.ErrStale):
				ended++
			case err != nil:
				t.Fatal(err)
			}
		}
		if ended != len(old) || db.number("SELECT count(*) FROM batches") != 2 {
			t.Errorf("%d empty batches ended, want %d", ended, len(old))
		}
	})
}

// TestNeitherBatchesNorAccountsStarve: with more due of both than a claim may
// take, each claim takes some of both.
func TestNeitherBatchesNorAccountsStarve(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(500)
		db.readAll(nil)
		if err := makeDue(db.db, ids[:100], db.clock.at); err != nil {
			t.Fatal(err)
		}
		db.clock.advance(25 * time.Hour)
		o := db.order()
		o.Limit = 200
		fences := map[bool]int{}
		for _, ref := range db.claim(o).Refs {
			fences[ref.Fence == 1]++
		}
		if fences[true] != 1 || fences[false] != 1 {
			t.Errorf("%d new batches and %d old ones, want one of each", fences[true], fences[false])
		}
	})
}

// TestUntriedStayDue: whoever nobody asked about is neither read nor blamed.
func TestUntriedStayDue(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(100)
		ref := db.claim(db.order()).Refs[0]
		var seen []influencer.Observation
		for i, id := range db.begin(ref) {
			o := db.saw(id, 900)
			if i >= 90 {
				o = influencer.Observation{AccountID: id, Untried: true}
			}
			seen = append(seen, o)
		}
		out, err := db.Record(context.Background(), ref, seen, db.clock.at)
		if err != nil || out.Read != 90 || out.Failed != 0 {
			t.Fatalf("%+v, %v", out, err)
		}
		if a := db.account(ids[95]); !a.AttemptedAt.IsZero() || a.Failures != 0 || a.State != influencer.StatePending || a.NextDueAt.After(db.clock.at) {
			t.Errorf("%+v", a)
		}
		if got := sizes(db.readAll(nil)); !slices.Equal(got, []int{10}) {
			t.Errorf("due at once: batches of %v, want the ten", got)
		}
	})
}
