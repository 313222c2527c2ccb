package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// everyX orders everybody's X accounts.
func everyX() influencer.ResyncOrder {
	return influencer.ResyncOrder{Actor: "cli:tester", Platforms: []influencer.Platform{influencer.X}, All: true}
}

// resync is an order that must succeed.
func (db *testDB) resync(o influencer.ResyncOrder) influencer.Resync {
	db.t.Helper()
	r, _, err := db.OrderResync(context.Background(), o)
	if err != nil {
		db.t.Fatal(err)
	}
	return r
}

// manual is a claim of what resyncs wait for on X.
func (db *testDB) manual() influencer.ClaimOrder {
	o := db.order()
	o.Purpose, o.Resyncs = influencer.PurposeManual, true
	return o
}

// readRefs records batches, each account with 900 followers or as odd says.
func (db *testDB) readRefs(refs []influencer.BatchRef, odd map[int64]influencer.Observation) {
	db.t.Helper()
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
}

// resyncStands is how a resync stands: state, total, done, failed, cancelled, waiting.
func (db *testDB) resyncStands(id int64) string {
	db.t.Helper()
	r, err := db.Resync(context.Background(), id, "")
	if err != nil {
		db.t.Fatal(err)
	}
	return fmt.Sprint(r.State, " ", r.Total, " ", r.Done, " ", r.Failed, " ", r.Cancelled, " ", r.Waiting())
}

func (db *testDB) mustStand(id int64, want string) {
	db.t.Helper()
	if got := db.resyncStands(id); got != want {
		db.t.Errorf("resync %d stands at %s, want %s", id, got, want)
	}
}

func (db *testDB) tend(on ...influencer.Platform) {
	db.t.Helper()
	if err := db.TendResyncs(context.Background(), on, db.clock.at); err != nil {
		db.t.Fatal(err)
	}
}

func TestResyncReadsWhoIsNotDue(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(250)
		db.readAll(nil)
		db.clock.advance(time.Hour)
		r := db.resync(everyX())
		if r.State != influencer.ResyncQueued || r.Reads != 250 || r.Wanted.All != true {
			t.Errorf("%+v", r)
		}
		got := db.claim(db.manual())
		if n := sizes(got.Refs); !slices.Equal(n, []int{50, 100, 100}) || got.Refs[0].Purpose != influencer.PurposeManual {
			t.Fatalf("batches %+v", got.Refs)
		}
		if again := db.claim(db.manual()); len(again.Refs) != 0 {
			t.Errorf("handed out twice: %v", again.Refs)
		}
		db.mustStand(r.ID, "running 250 0 0 0 250")
		db.readRefs(got.Refs, map[int64]influencer.Observation{ids[3]: failed(ids[3], influencer.Gone), ids[7]: failed(ids[7], influencer.Unavailable)})
		db.mustStand(r.ID, "running 250 248 1 0 1")
		if wait, err := db.ResyncsWait(t.Context(), influencer.X, db.clock.at); wait || err != nil {
			t.Errorf("waits before the pause is over: %v", err)
		}
		for range 2 {
			db.clock.advance(5 * time.Minute)
			refs := db.claim(db.manual()).Refs
			if len(refs) != 1 || refs[0].Size != 1 {
				t.Fatalf("a passing failure is tried again with %+v", refs)
			}
			db.readRefs(refs, map[int64]influencer.Observation{ids[7]: failed(ids[7], influencer.Unavailable)})
		}
		db.mustStand(r.ID, "done 250 248 2 0 0")
		page, err := db.ResyncFailures(t.Context(), r.ID, "", influencer.Paging{})
		if err != nil || len(page.Items) != 2 || page.Items[0].Kind != influencer.Gone || page.Items[1].Kind != influencer.Unavailable ||
			page.Items[0].Handle == "" || page.Items[0].NIP == "" || page.Items[0].Detail == "" || !page.Items[1].At.Equal(db.clock.at) {
			t.Errorf("failures %+v, %v", page.Items, err)
		}
		if n := db.number("SELECT count(*) FROM audit WHERE action = 'resync.order' AND target = 'resync:1'"); n != 1 {
			t.Errorf("%d audit entries", n)
		}
	})
}

// TestResyncsJoin orders accounts that another resync waits for, and that a
// planned read is about to read.
func TestResyncsJoin(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(100)
		planned := db.claim(db.order()).Refs // everybody is being read
		first := db.resync(everyX())
		one := influencer.ResyncOrder{Actor: "a", NIPs: []influencer.NIP{"000000000000000005"}}
		second := db.resync(one)
		if again, fresh, err := db.OrderResync(t.Context(), one); err != nil || fresh || again.ID != second.ID {
			t.Errorf("the same order again: %+v, %v, %v", again, fresh, err)
		}
		e, err := db.EstimateResync(t.Context(), one)
		if err != nil || e.Accounts != 1 || e.Reads != 0 || e.Platforms[0].Joined != 1 || e.SameAs != second.ID {
			t.Errorf("estimate %+v, %v", e, err)
		}
		if got := db.claim(db.manual()); len(got.Refs) != 0 {
			t.Errorf("read twice at once: %+v", got.Refs)
		}
		db.readRefs(planned, nil)
		db.mustStand(first.ID, "done 100 100 0 0 0")
		db.mustStand(second.ID, "done 1 1 0 0 0")
		if n := db.number("SELECT count(*) FROM readings"); n != 100 || db.number("SELECT sum(reads) FROM usage") != 100 {
			t.Errorf("%d readings", n)
		}
		if r, fresh, err := db.OrderResync(t.Context(), one); err != nil || !fresh || r.ID == second.ID {
			t.Errorf("the same order after the end: %+v, %v, %v", r, fresh, err)
		}
	})
}

// TestSmallResyncsGoFirst does not let one person wait for everybody.
func TestSmallResyncsGoFirst(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(60)
		big := db.resync(everyX())
		small := db.resync(influencer.ResyncOrder{Actor: "a", NIPs: []influencer.NIP{"000000000000000050"}})
		o := db.manual()
		o.Limit, o.BatchSize = 10, 10
		refs := db.claim(o).Refs
		if len(refs) != 1 || !slices.Contains(db.begin(refs[0]), ids[49]) {
			t.Errorf("first read: %+v", refs)
		}
		db.readRefs(refs, nil)
		db.mustStand(small.ID, "done 1 1 0 0 0")
		db.mustStand(big.ID, "running 60 10 0 0 50")
	})
}

func TestCancelledResyncLeavesNoTrace(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(250)
		db.readAll(nil)
		db.clock.advance(time.Hour)
		due := db.text(`SELECT CAST(sum(coalesce(s.due_at, b.due_at) / 1000) AS text) FROM schedule s LEFT JOIN batches b ON b.id = s.batch_id`)
		r := db.resync(everyX())
		refs := db.claim(db.manual()).Refs
		if err := db.Release(t.Context(), refs[0], &influencer.Failure{Kind: influencer.Unavailable, Detail: "no"}, db.clock.at); err != nil {
			t.Fatal(err)
		}
		db.mustStand(r.ID, "running 250 0 0 0 250")
		r, err := db.CancelResync(t.Context(), "cli:tester", r.ID, "")
		if err != nil || r.State != influencer.ResyncCancelled {
			t.Fatal(r, err)
		}
		db.mustStand(r.ID, "cancelled 250 0 0 250 0")
		if _, err := db.Begin(t.Context(), refs[1], time.Minute); !errors.Is(err, influencer.ErrStale) {
			t.Errorf("a cancelled batch begins: %v", err)
		}
		if now := db.text(`SELECT CAST(sum(coalesce(s.due_at, b.due_at) / 1000) AS text) FROM schedule s LEFT JOIN batches b ON b.id = s.batch_id`); now != due {
			t.Errorf("due times were %s and are %s", due, now)
		}
		if got := db.claim(db.manual()); len(got.Refs) != 0 {
			t.Errorf("still read: %+v", got.Refs)
		}
		if again, err := db.CancelResync(t.Context(), "x", r.ID, ""); err != nil || !again.EndedAt.Equal(r.EndedAt) {
			t.Errorf("cancelled twice: %+v, %v", again, err)
		}
		if n := db.number("SELECT count(*) FROM audit WHERE action = 'resync.cancel'"); n != 1 {
			t.Errorf("%d audit entries", n)
		}
	})
}

// TestCancelKeepsWhatAnotherWaitsFor.
func TestCancelKeepsWhatAnotherWaitsFor(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(10)
		first := db.resync(everyX())
		second := db.resync(influencer.ResyncOrder{Actor: "a", NIPs: []influencer.NIP{"000000000000000001", "000000000000000002"}})
		refs := db.claim(db.manual()).Refs
		if _, err := db.CancelResync(t.Context(), "a", first.ID, ""); err != nil {
			t.Fatal(err)
		}
		if ids := db.begin(refs[0]); len(ids) != 2 {
			t.Errorf("%d accounts are read, want the other's 2", len(ids))
		}
		db.readRefs(refs, nil)
		db.mustStand(second.ID, "done 2 2 0 0 0")
		db.mustStand(first.ID, "cancelled 10 0 0 10 0")
	})
}

// TestResyncKeepsToTheCap reads what the cap allows, and then says so.
func TestResyncKeepsToTheCap(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(20)
		db = db.billed(15)
		r := db.resync(everyX())
		e, err := db.EstimateResync(t.Context(), everyX())
		if err != nil || *e.Platforms[0].CapLeft != 15 {
			t.Errorf("estimate %+v, %v", e, err)
		}
		got := db.claim(db.manual())
		if n := sizes(got.Refs); !slices.Equal(n, []int{15}) || got.Withheld == nil {
			t.Fatalf("claimed %+v", got)
		}
		db.readRefs(got.Refs, nil)
		if got := db.claim(db.manual()); len(got.Refs) != 0 || got.Withheld == nil || db.used() != 15 {
			t.Errorf("beyond the cap: %+v", got)
		}
		db.tend(influencer.X)
		db.mustStand(r.ID, "running 20 15 0 0 5")
		db.clock.advance(2 * time.Minute)
		db.tend(influencer.X)
		db.mustStand(r.ID, "done 20 15 5 0 0")
		if f, _ := db.ResyncFailures(t.Context(), r.ID, "", influencer.Paging{}); len(f.Items) != 5 || f.Items[0].Kind != influencer.BudgetSpent {
			t.Errorf("failures %+v", f.Items)
		}
	})
}

func TestResyncGivesUp(t *testing.T) {
	for name, c := range map[string]struct {
		trouble influencer.FailureKind
		on      []influencer.Platform
		after   time.Duration
		want    string
	}{
		"rate limit":     {influencer.RateLimited, []influencer.Platform{influencer.X}, 20 * 24 * time.Hour, "queued 3 0 0 0 3"},
		"outage":         {influencer.Unavailable, []influencer.Platform{influencer.X}, time.Hour, "done 3 0 3 0 0"},
		"short outage":   {influencer.Unavailable, []influencer.Platform{influencer.X}, 59 * time.Minute, "queued 3 0 0 0 3"},
		"dead token":     {influencer.CredentialDead, []influencer.Platform{influencer.X}, 10 * time.Minute, "done 3 0 3 0 0"},
		"off":            {"", nil, 10 * time.Minute, "done 3 0 3 0 0"},
		"a month is out": {influencer.RateLimited, []influencer.Platform{influencer.X}, 30 * 24 * time.Hour, "done 3 0 3 0 0"},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, db *testDB) {
				db.addMany(3)
				if c.trouble != "" {
					db.fail(influencer.Failure{Kind: c.trouble, Detail: "so it is"})
				}
				r := db.resync(everyX())
				db.clock.advance(c.after)
				db.tend(c.on...)
				db.mustStand(r.ID, c.want)
			})
		})
	}
}

// TestResyncSkipsLeavers leaves out who is not read any more, before and after the
// order.
func TestResyncSkipsLeavers(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(3)
		db.exec("DELETE FROM schedule WHERE account_id = ?", ids[0])
		r := db.resync(everyX())
		db.exec("DELETE FROM schedule WHERE account_id = ?", ids[1])
		db.readRefs(db.claim(db.manual()).Refs, nil)
		db.tend(influencer.X)
		db.mustStand(r.ID, "done 2 1 0 1 0")
	})
}

func TestResyncSelections(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addPerson("199001012015011001", influencer.X, influencer.Facebook)
		db.addPerson("199001012015011002", influencer.X)
		db.exec("UPDATE people SET agency = 'Kemenkes' WHERE nip = '199001012015011001'")
		order := func(change func(*influencer.ResyncOrder)) influencer.ResyncOrder {
			o := influencer.ResyncOrder{Actor: "a"}
			change(&o)
			return o
		}
		for name, c := range map[string]struct {
			order influencer.ResyncOrder
			want  int64
		}{
			"all":    {order(func(o *influencer.ResyncOrder) { o.All = true }), 3},
			"agency": {order(func(o *influencer.ResyncOrder) { o.Agency = "Kemenkes" }), 2},
			"scope":  {order(func(o *influencer.ResyncOrder) { o.All, o.Scope = true, "Kemenkes" }), 2},
			"agency, platform": {order(func(o *influencer.ResyncOrder) {
				o.Agency, o.Platforms = "Kemenkes", []influencer.Platform{influencer.X}
			}), 1},
			"person":            {order(func(o *influencer.ResyncOrder) { o.NIPs = []influencer.NIP{"199001012015011002"} }), 1},
			"one of the scope":  {order(func(o *influencer.ResyncOrder) { o.Scope, o.NIPs = "Kemenkes", []influencer.NIP{"199001012015011001"} }), 2},
			"platform, no word": {order(func(o *influencer.ResyncOrder) { o.Platforms = []influencer.Platform{influencer.Facebook} }), 1},
		} {
			if e, err := db.EstimateResync(t.Context(), c.order); err != nil || e.Accounts != c.want {
				t.Errorf("%s: %+v, %v", name, e, err)
			}
			if r := db.resync(c.order); r.Total != c.want {
				t.Errorf("%s: %+v", name, r)
			}
		}
		var unknown *influencer.UnknownPeopleError
		for name, c := range map[string]struct {
			order influencer.ResyncOrder
			is    func(error) bool
		}{
			"nothing said":  {order(func(*influencer.ResyncOrder) {}), func(err error) bool { return errors.Is(err, influencer.ErrResyncEmpty) }},
			"nobody there":  {order(func(o *influencer.ResyncOrder) { o.Agency = "Kemenhut" }), func(err error) bool { return errors.Is(err, influencer.ErrResyncNobody) }},
			"another's":     {order(func(o *influencer.ResyncOrder) { o.Scope, o.Agency = "Kemenkes", "Kementerian Uji" }), func(err error) bool { return errors.Is(err, influencer.ErrResyncNobody) }},
			"unknown":       {order(func(o *influencer.ResyncOrder) { o.NIPs = []influencer.NIP{"199001012015011001", "1"} }), func(err error) bool { return errors.As(err, &unknown) && cmp.Equal(unknown.Places, []int{1}) }},
			"not his scope": {order(func(o *influencer.ResyncOrder) { o.Scope, o.NIPs = "Kemenkes", []influencer.NIP{"199001012015011002"} }), func(err error) bool { return errors.As(err, &unknown) }},
		} {
			if _, _, err := db.OrderResync(t.Context(), c.order); !c.is(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if page, err := db.Resyncs(t.Context(), "Kemenkes", influencer.Paging{}); err != nil || len(page.Items) != 4 {
			t.Errorf("the agency sees %d, %v", len(page.Items), err)
		}
		if page, err := db.Resyncs(t.Context(), "", influencer.Paging{Limit: 4}); err != nil || len(page.Items) != 4 || page.Next == "" {
			t.Errorf("all see %d, %v", len(page.Items), err)
		}
		all := db.resync(order(func(o *influencer.ResyncOrder) { o.All = true }))
		if _, err := db.Resync(t.Context(), all.ID, "Kemenkes"); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("another's resync: %v", err)
		}
		if _, err := db.CancelResync(t.Context(), "a", all.ID, "Kemenkes"); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("another's resync cancelled: %v", err)
		}
		if _, err := db.ResyncFailures(t.Context(), all.ID, "Kemenkes", influencer.Paging{}); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("another's failures: %v", err)
		}
	})
}

// TestResyncEndsWhenTheLastAreReadAtOnce records the last batches side by side:
// one of them must see that nobody waits any more.
func TestResyncEndsWhenTheLastAreReadAtOnce(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(80)
		r := db.resync(everyX())
		o := db.manual()
		o.BatchSize = 10
		var all sync.WaitGroup
		for _, ref := range db.claim(o).Refs {
			seen := pick(db.begin(ref), func(id *int64) influencer.Observation { return db.saw(*id, 900) })
			all.Go(func() {
				if _, err := db.Record(t.Context(), ref, seen, monday); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		db.mustStand(r.ID, "done 80 80 0 0 0")
	})
}

// TestEqualOrdersAtOnceAreOne.
func TestEqualOrdersAtOnceAreOne(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(5)
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if r, _, err := db.OrderResync(t.Context(), everyX()); err != nil || r.ID != 1 {
					t.Errorf("%+v, %v", r, err)
				}
			})
		}
		all.Wait()
		if n := db.number("SELECT count(*) FROM resync_members"); n != 5 {
			t.Errorf("%d members", n)
		}
	})
}

// TestResyncTakesOverFromTheDead hands out again what a killed worker held.
func TestResyncTakesOverFromTheDead(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(10)
		r := db.resync(everyX())
		lost := db.claim(db.manual()).Refs
		db.clock.advance(2 * time.Minute)
		again := db.claim(db.manual()).Refs
		if !slices.Equal(sizes(again), []int{10}) {
			t.Fatalf("%+v", again)
		}
		db.readRefs(again, nil)
		if out, err := db.Record(t.Context(), lost[0], nil, db.clock.at); err != nil || !out.Stale {
			t.Errorf("the dead one writes too: %+v", out)
		}
		db.mustStand(r.ID, "done 10 10 0 0 0")
	})
}

// TestOldResyncsForgetTheirMembers.
func TestOldResyncsForgetTheirMembers(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(2)
		r := db.resync(everyX())
		db.readRefs(db.claim(db.manual()).Refs, nil)
		db.clock.at = monday.Add(29 * 24 * time.Hour)
		db.tend(influencer.X)
		if n := db.number("SELECT count(*) FROM resync_members"); n != 2 {
			t.Errorf("%d members within a month", n)
		}
		db.clock.at = monday.Add(31 * 24 * time.Hour)
		db.tend(influencer.X)
		if n := db.number("SELECT count(*) FROM resync_members"); n != 0 {
			t.Errorf("%d members after a month", n)
		}
		db.mustStand(r.ID, "done 2 2 0 0 0")
	})
}
