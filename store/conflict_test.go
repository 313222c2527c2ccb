package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

func (db *testDB) sawAs(account, followers int64, externalID, handle string) influencer.Observation {
	seen := db.saw(account, followers)
	seen.ExternalID, seen.Handle = externalID, handle
	return seen
}

func TestRecordFollowsARename(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		_, ids := db.addPerson("199001012015011001", influencer.X)
		db.record(influencer.X, db.sawAs(ids[0], 900, "7", "before"))
		db.clock.advance(time.Hour)
		db.record(influencer.X, db.sawAs(ids[0], 901, "7", "after"))
		if a := db.account(ids[0]); a.Handle != "after" || a.State != influencer.StateOK || a.ExternalID != "7" {
			t.Errorf("%+v", a)
		}
		if key := db.text("SELECT handle_key FROM accounts"); key != "u199001012015011001" {
			t.Errorf("the registered handle became %s", key)
		}
	})
}

func TestRecordRefusesAnotherProfile(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson("199001012015011001", influencer.X)
		db.record(influencer.X, db.sawAs(ids[0], 900, "7", "mine"))
		db.clock.advance(time.Hour)
		out := db.record(influencer.X, db.sawAs(ids[0], 5, "8", "squatter"))
		if out != (influencer.Recorded{Failed: 1}) {
			t.Errorf("%+v", out)
		}
		a := db.account(ids[0])
		if a.State != influencer.StateConflict || a.ExternalID != "7" || a.Handle != "mine" || *a.Followers != 900 || a.Error == "" {
			t.Errorf("%+v", a)
		}
		db.wantStatus(person, influencer.StatusActive)
		if n := db.number("SELECT count(*) FROM readings"); n != 1 {
			t.Errorf("%d readings", n)
		}
	})
}

func TestOneProfileCountsForOneAccount(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		_, first := db.addPerson("199001012015011001", influencer.X)
		_, second := db.addPerson("199001012015011002", influencer.X)
		third := db.addAccount(db.account(second[0]).PersonID, influencer.X, "third")
		db.record(influencer.X, db.sawAs(first[0], 900, "7", "same"))
		// One is held by an account of before; of two in one batch the first wins.
		db.record(influencer.X, db.sawAs(second[0], 900, "7", "same"))
		if a := db.account(second[0]); a.State != influencer.StateConflict || a.ExternalID != "" || a.Followers != nil {
			t.Errorf("%+v", a)
		}
		db.record(influencer.X, db.sawAs(second[0], 900, "9", "nine"), db.sawAs(third, 900, "9", "nine"))
		if a := db.account(second[0]); a.State != influencer.StateOK || a.ExternalID != "9" {
			t.Errorf("%+v", a)
		}
		if a := db.account(third); a.State != influencer.StateConflict || a.ExternalID != "" {
			t.Errorf("%+v", a)
		}
	})
}

// Every account of every batch answers with the same profiles, all at once: the
// unique index lets one pin each, and the others must find that out.
func TestConcurrentPinsOfOneProfile(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(80)
		o := db.order()
		o.BatchSize = 10
		var wg sync.WaitGroup
		for _, ref := range db.claim(o).Refs {
			ids := db.begin(ref)
			var seen []influencer.Observation
			for i, id := range ids {
				seen = append(seen, db.sawAs(id, 900, fmt.Sprint("p", i), ""))
			}
			rand.Shuffle(len(seen), func(i, j int) { seen[i], seen[j] = seen[j], seen[i] })
			wg.Go(func() {
				if _, err := db.Record(context.Background(), ref, seen, db.clock.at); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if ok, conflict := db.number("SELECT count(*) FROM accounts WHERE state = 'ok'"), db.number("SELECT count(*) FROM accounts WHERE state = 'conflict'"); ok != 10 || conflict != 70 {
			t.Errorf("%d ok and %d in conflict, want 10 and 70", ok, conflict)
		}
	})
}

// Batches of three platforms that share all their people are recorded at once,
// over and over, in orders of their own.
func TestConcurrentRecordsOfSharedPeople(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		db.rules(func(p *influencer.Policy) {
			p.Confirm, p.Suspect.Drop, p.Breaker.Share = 1, influencer.Whole, influencer.Whole
		})
		platforms := []influencer.Platform{influencer.X, influencer.Instagram, "threads"}
		var people []int64
		for i := range 60 {
			person, _ := db.addPerson(influencer.NIP(fmt18(i)), platforms...)
			people = append(people, person)
		}
		for round := range 4 {
			at := db.clock.at.Add(time.Duration(round) * 25 * time.Hour)
			var wg sync.WaitGroup
			for _, p := range platforms {
				wg.Go(func() { db.recordAll(t, p, at, func() int64 { return 400 + rand.Int64N(200) }) })
			}
			wg.Go(func() {
				if _, err := db.Redecide(context.Background(), at, nil); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			db.chain()
		}
		// What stands must be what the rule says of the evidence that stands.
		db.clock.advance(76 * time.Hour)
		if made, err := db.Redecide(context.Background(), db.clock.at, nil); err != nil || len(made.Moves) != 0 {
			t.Errorf("decided otherwise afterwards: %v, %v", made, err)
		}
		if n := db.number("SELECT count(*) FROM readings"); n < 3*60 {
			t.Errorf("%d readings of %d people", n, len(people))
		}
	})
}

// recordAll reads all accounts of a platform in batches of 7, four at a time.
func (db *testDB) recordAll(t *testing.T, p influencer.Platform, at time.Time, number func() int64) {
	ctx := context.Background()
	o := influencer.ClaimOrder{Platform: p, BatchSize: 7, Limit: 1000, Lease: time.Minute, At: at}
	got, err := db.Claim(ctx, o)
	if err != nil {
		t.Error(err)
		return
	}
	gate := make(chan struct{}, 4)
	var wg sync.WaitGroup
	for _, ref := range got.Refs {
		req, err := db.Begin(ctx, ref, time.Minute)
		if err != nil {
			t.Error(err)
			return
		}
		var seen []influencer.Observation
		for _, target := range req.Targets {
			seen = append(seen, db.saw(target.AccountID, number()))
		}
		gate <- struct{}{}
		wg.Go(func() {
			defer func() { <-gate }()
			if out, err := db.Record(ctx, ref, seen, at); err != nil || out.Stale || out.Read != len(seen) {
				t.Errorf("%+v, %v", out, err)
			}
		})
	}
	wg.Wait()
}
