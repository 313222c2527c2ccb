package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// billed reopens the database for a platform that bills once a day, as X does,
// with a cap unless that is below 0.
func (db *testDB) billed(cap int64) *testDB {
	db.t.Helper()
	b := Billing{OncePerDay: true}
	if cap >= 0 {
		b.MonthlyReads = &cap
	}
	other := *db
	other.Store = db.reopen(Options{Billing: map[influencer.Platform]Billing{influencer.X: b}})
	return &other
}

// used is the month's reads on X.
func (db *testDB) used() int64 {
	db.t.Helper()
	list, err := db.Usage(context.Background(), db.clock.at)
	if err != nil {
		db.t.Fatal(err)
	}
	var n int64
	for _, u := range list {
		if u.Platform == influencer.X {
			n += u.Reads
		}
	}
	return n
}

// readRef reads a batch: everybody has 700 followers.
func (db *testDB) readRef(ref influencer.BatchRef) error {
	req, err := db.Begin(context.Background(), ref, time.Minute)
	if err != nil {
		return err
	}
	_, err = db.Record(context.Background(), ref, pick(req.Targets, func(t *influencer.Target) influencer.Observation { return db.saw(t.AccountID, 700) }), db.clock.at)
	return err
}

// readDue claims and reads what is due until a claim gives nothing, and returns
// how many accounts that were, and why there were no more.
func (db *testDB) readDue(o influencer.ClaimOrder) (n int, withheld *influencer.Failure) {
	db.t.Helper()
	for {
		got, err := db.Claim(context.Background(), o)
		if err != nil {
			db.t.Error(err)
			return n, nil
		}
		for _, ref := range got.Refs {
			if err := db.readRef(ref); err != nil {
				db.t.Error(err)
				return n, nil
			}
			n += ref.Size
		}
		if len(got.Refs) == 0 {
			return n, got.Withheld
		}
	}
}

func TestReadsAreBilledOncePerDay(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db = db.billed(-1)
		_, ids := db.addPerson("199001012015011001", influencer.X, influencer.Facebook)
		day := influencer.DayOf(monday)
		for i, step := range []struct {
			at   time.Time
			seen influencer.Observation
			want int64 // on X, in all
		}{
			{day.Add(2 * time.Hour), db.saw(ids[0], 900), 1},
			{day.Add(3 * time.Hour), db.saw(ids[0], 900), 1},
			{day.Add(4 * time.Hour), db.saw(ids[0], 3), 1},                                // suspect, and handed out for nothing
			{day.Add(26 * time.Hour), failed(ids[0], influencer.Gone), 1},                 // not handed out
			{day.Add(27 * time.Hour), failed(ids[0], influencer.Unavailable), 1},          // nor was this
			{day.Add(28 * time.Hour), failed(ids[0], influencer.Private), 2},              // handed out without counts
			{day.Add(50 * time.Hour), db.saw(ids[0], 3), 3},                               // suspect
			{day.Add(51 * time.Hour), db.saw(ids[0], 900), 3},                             // after a suspect one, the same day
			{day.Add(71*time.Hour + 59*time.Minute), db.saw(ids[0], 900), 3},              // still
			{day.Add(72 * time.Hour), db.saw(ids[0], 900), 4},                             // the next
			{influencer.MonthOf(monday).AddDate(0, 1, 0), db.saw(ids[0], 900), 1},         // a new month
			{influencer.MonthOf(monday).AddDate(0, 1, 0), failed(ids[0], "forbidden"), 1}, // nothing of an account
		} {
			db.clock.at = step.at
			db.record(influencer.X, step.seen)
			if n := db.used(); n != step.want {
				t.Errorf("step %d: %d reads, want %d", i, n, step.want)
			}
		}
		for range 2 { // Graph has no price and no free rides
			seen := db.saw(ids[1], 0)
			seen.Counts.Friends = ptr(5)
			db.record(influencer.Facebook, seen)
		}
		if n := db.number(`SELECT sum(reads) FROM usage WHERE platform = 'facebook' AND purpose = 'planned'`); n != 2 {
			t.Errorf("%d reads on Facebook", n)
		}
	})
}

// TestADisbelievedBatchIsBilled: everybody at 0 is not believed, and paid for.
func TestADisbelievedBatchIsBilled(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db = db.billed(-1)
		ids := db.addMany(60)
		var good, zero []influencer.Observation
		for _, id := range ids {
			good, zero = append(good, db.saw(id, 700)), append(zero, db.saw(id, 0))
		}
		db.record(influencer.X, good...)
		db.clock.advance(24 * time.Hour)
		if out := db.record(influencer.X, zero...); out.Refused == nil {
			t.Fatalf("%+v", out)
		}
		if n := db.used(); n != 120 {
			t.Errorf("%d reads, want 120", n)
		}
	})
}

// TestTheCapHolds lets three claimers read what is due: exactly the cap's reads
// are made, and everybody is told why there are no more. The cap ends in the
// middle of a batch, on the first day and on one where the batches stand.
func TestTheCapHolds(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		db.addMany(1000)
		next := influencer.MonthOf(monday).AddDate(0, 1, 0)
		for _, step := range []struct {
			at   time.Time
			cap  int64
			want int
		}{
			{monday, 630, 630},
			{monday.Add(time.Hour), 700, 70},          // more was bought
			{monday.Add(25 * time.Hour), 1555, 855},   // the next day
			{monday.Add(26 * time.Hour), 1555, 0},     // and no more
			{next.Add(time.Minute), 1555, 1000},       // a month later
			{next.Add(25 * time.Hour), 1555, 555},     // and all over again
			{next.Add(49 * time.Hour), 0, 0},          // nothing is allowed
			{next.Add(49 * time.Hour), 1 << 40, 1000}, // and now everything
		} {
			db.clock.at = step.at
			capped := db.billed(step.cap)
			before := capped.used()
			var mu sync.Mutex
			var all sync.WaitGroup
			read := 0
			for range 3 {
				all.Go(func() {
					o := capped.order()
					o.Limit = 250
					n, withheld := capped.readDue(o)
					mu.Lock()
					defer mu.Unlock()
					read += n
					if withheld != nil && (withheld.Kind != influencer.BudgetSpent || !withheld.Until.Equal(influencer.MonthOf(step.at).AddDate(0, 1, 0))) {
						t.Errorf("withheld: %v", withheld)
					}
				})
			}
			all.Wait()
			if read != step.want || capped.used()-before != int64(step.want) {
				t.Errorf("%v, cap %d: %d accounts read and %d counted, want %d", step.at, step.cap, read, capped.used()-before, step.want)
			}
			capped.wantSpent(step.cap, read < 1000)
		}
	})
}

// wantSpent looks at what the health says of the budget.
func (db *testDB) wantSpent(cap int64, spent bool) {
	db.t.Helper()
	got := db.claim(db.order())
	if (got.Withheld != nil) != spent || len(got.Refs) > 0 {
		db.t.Errorf("cap %d: a claim gets %+v", cap, got)
	}
	h := db.health()
	if (h.Kind == influencer.BudgetSpent) != spent || spent && !h.Until.Equal(influencer.MonthOf(db.clock.at).AddDate(0, 1, 0)) {
		db.t.Errorf("cap %d: health %+v", cap, h)
	}
}

// TestClaimedIsSpent: what somebody holds is counted as read, also when the lease
// has run out, and whoever takes it over spends nothing more.
func TestClaimedIsSpent(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		db.addMany(300)
		db = db.billed(250)
		o := db.order()
		o.Limit = 200
		held := db.claim(o)
		if n := db.claim(db.order()); len(n.Refs) != 1 || n.Refs[0].Size != 50 || n.Withheld == nil {
			t.Errorf("beside 200 held of 250: %+v", n)
		}
		db.clock.advance(2 * time.Minute)
		over := db.claim(db.order())
		sum := 0
		for _, ref := range over.Refs {
			sum += ref.Size
		}
		if sum != 250 {
			t.Errorf("taken over %d", sum)
		}
		if err := db.readRef(held.Refs[0]); err != nil && !errors.Is(err, influencer.ErrStale) {
			t.Error(err)
		}
		for _, ref := range over.Refs {
			if err := db.readRef(ref); err != nil {
				t.Error(err)
			}
		}
		if n, withheld := db.readDue(db.order()); n != 0 || withheld == nil || db.used() != 250 {
			t.Errorf("%d read beyond the cap, %d used, %v", n, db.used(), withheld)
		}
	})
}

// TestTheCapHoldsForOrders: whoever orders reads by hand gets no more either.
func TestTheCapHoldsForOrders(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(20)
		db = db.billed(15)
		o := db.order()
		o.All, o.Purpose = true, influencer.PurposeManual
		got := db.claim(o)
		if len(got.Refs) != 1 || got.Refs[0].Size != 15 || got.Withheld == nil || got.More {
			t.Errorf("%+v", got)
		}
		o.AccountIDs, o.AfterID = ids[:3], 0
		if got := db.claim(o); len(got.Refs) != 0 || got.Withheld != nil {
			t.Errorf("accounts that are being read: %+v", got)
		}
	})
}

// TestWorseTroubleStaysInView: a dead credential is not hidden by a spent budget.
func TestWorseTroubleStaysInView(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(1)
		db.fail(influencer.Failure{Kind: influencer.CredentialDead, Detail: "no"})
		h := db.billed(0).health()
		if h.Kind != influencer.CredentialDead || h.Detail != "credential_dead: no; and the cap of 0 account reads a month is used up" ||
			!h.Until.Equal(influencer.MonthOf(monday).AddDate(0, 1, 0)) {
			t.Errorf("%+v", h)
		}
	})
}
