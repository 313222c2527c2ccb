package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// order is a claim of everything due on X, in batches of 100.
func (db *testDB) order() influencer.ClaimOrder {
	return influencer.ClaimOrder{
		Platform: influencer.X, Purpose: influencer.PurposePlanned, BatchSize: 100, Limit: 10_000,
		Lease: time.Minute, At: db.clock.at,
	}
}

// claim is Claim that must succeed.
func (db *testDB) claim(o influencer.ClaimOrder) influencer.Claimed {
	db.t.Helper()
	got, err := db.Claim(context.Background(), o)
	if err != nil {
		db.t.Fatal(err)
	}
	return got
}

// begin is Begin that must succeed; it returns the accounts' ids, sorted.
func (db *testDB) begin(ref influencer.BatchRef) []int64 {
	db.t.Helper()
	req, err := db.Begin(context.Background(), ref, time.Minute)
	if err != nil {
		db.t.Fatal(err)
	}
	ids := pick(req.Targets, func(t *influencer.Target) int64 { return t.AccountID })
	slices.Sort(ids)
	return ids
}

// addMany puts in n people with one X account each, and returns the accounts.
func (db *testDB) addMany(n int) []int64 {
	db.t.Helper()
	at := db.clock.at.UnixMicro()
	nips := make([]string, n)
	for i := range nips {
		nips[i] = fmt.Sprintf("%018d", i+1)
	}
	set := new(rowSet).texts("nip", nips)
	db.exec(`INSERT INTO people (nip, name, agency, created_at, updated_at) SELECT nip, 'Orang', 'Uji', CAST(? AS bigint), CAST(? AS bigint) FROM ?`,
		at, at, set.as(db.db, "t"))
	db.exec(`INSERT INTO accounts (person_id, platform, handle_key, handle, state_since, created_at)
		SELECT id, 'x', 'h' || id, 'h' || id, created_at, created_at FROM people`)
	db.exec(`INSERT INTO schedule (account_id, platform, due_at) SELECT id, platform, created_at FROM accounts`)
	var ids []int64
	if err := db.db.Raw("SELECT id FROM accounts ORDER BY id").Scan(&ids).Error; err != nil {
		db.t.Fatal(err)
	}
	return ids
}

func TestClaimFillsBatches(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(1000)
		got := db.claim(db.order())
		if len(got.Refs) != 10 || got.More {
			t.Fatalf("%d batches, more %v; want 10 and no more", len(got.Refs), got.More)
		}
		var all []int64
		for _, ref := range got.Refs {
			if ref.Size != 100 || ref.Fence != 1 || ref.Platform != influencer.X || ref.Purpose != influencer.PurposePlanned {
				t.Errorf("%+v", ref)
			}
			all = append(all, db.begin(ref)...)
		}
		slices.Sort(all)
		if !slices.Equal(all, ids) {
			t.Errorf("claimed %d accounts, want each of %d once", len(all), len(ids))
		}
		if again := db.claim(db.order()); len(again.Refs) != 0 {
			t.Errorf("claimed twice: %v", again.Refs)
		}
	})
}

func TestClaimKeepsPinnedApart(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(30)
		db.exec("UPDATE accounts SET external_id = 'x' || id WHERE id % 3 = 0")
		o := db.order()
		o.BatchSize = 10
		got := db.claim(o)
		if len(got.Refs) != 3 {
			t.Fatalf("%d batches, want 3: one of 10 pinned, two of 10 unpinned", len(got.Refs))
		}
		for _, ref := range got.Refs {
			kinds := map[bool]int{}
			for _, id := range db.begin(ref) {
				kinds[id%3 == 0]++
			}
			if len(kinds) != 1 {
				t.Errorf("a batch mixes pinned and unpinned: %v", kinds)
			}
		}
	})
}

func TestClaimServesTheLongestOverdueFirst(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(5)
		for i, id := range ids {
			db.exec("UPDATE schedule SET due_at = ? WHERE account_id = ?", db.clock.at.Add(-time.Duration(i)*time.Hour).UnixMicro(), id)
		}
		db.exec("UPDATE schedule SET due_at = ? WHERE account_id = ?", db.clock.at.Add(time.Microsecond).UnixMicro(), ids[0])
		o := db.order()
		o.Limit = 3
		got := db.claim(o)
		if len(got.Refs) != 1 || !got.More || !slices.Equal(db.begin(got.Refs[0]), []int64{ids[2], ids[3], ids[4]}) {
			t.Fatalf("%+v", got)
		}
		if rest := db.claim(o); len(rest.Refs) != 1 || rest.More || !slices.Equal(db.begin(rest.Refs[0]), []int64{ids[1]}) {
			t.Errorf("%+v, want the one that is due and free", rest)
		}
	})
}

func TestClaimAllWalksByID(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(25)
		db.exec("UPDATE schedule SET due_at = ?", db.clock.at.Add(time.Hour).UnixMicro())
		o := db.order()
		o.All, o.Limit = true, 10
		var all []int64
		for range 10 {
			got := db.claim(o)
			for _, ref := range got.Refs {
				all = append(all, db.begin(ref)...)
			}
			if !got.More {
				break
			}
			o.AfterID = got.LastID
		}
		if !slices.Equal(all, ids) {
			t.Errorf("walked %v, want %v", all, ids)
		}
	})
}

func TestClaimSelects(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		_, a := db.addPerson("199001012015011001", influencer.X, influencer.Facebook)
		_, b := db.addPerson("199001012015011002", influencer.X)
		db.addPerson("199001012015011003", influencer.X)
		o := db.order()
		o.NIPs = []influencer.NIP{"199001012015011001", "199001012015011002"}
		got := db.claim(o)
		if len(got.Refs) != 1 || !slices.Equal(db.begin(got.Refs[0]), []int64{a[0], b[0]}) {
			t.Fatalf("by NIP: %+v", got)
		}
		o.NIPs, o.AccountIDs = nil, b
		if got := db.claim(o); len(got.Refs) != 0 {
			t.Errorf("%+v: the account is in a standing batch", got)
		}
		db.clock.advance(2 * time.Minute) // past the lease that Begin renewed
		o.At = db.clock.at
		if got := db.claim(o); len(got.Refs) != 1 || got.Refs[0].Fence != 1 || !slices.Equal(db.begin(got.Refs[0]), b) {
			t.Errorf("%+v: want a batch of the account alone, out of the lapsed one", got)
		}
	})
}

func TestClaimTakesOverLapsedBatches(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(3)
		ctx := context.Background()
		late := db.claim(db.order()).Refs[0]
		db.begin(late)
		db.clock.advance(59 * time.Second)
		if got := db.claim(db.order()); len(got.Refs) != 0 {
			t.Fatalf("taken over within the lease: %v", got.Refs)
		}
		db.clock.advance(time.Second)
		got := db.claim(db.order())
		if len(got.Refs) != 1 || got.Refs[0].ID != late.ID || got.Refs[0].Fence != late.Fence+1 || got.Refs[0].Size != 3 {
			t.Fatalf("%+v, want the same batch under the next fence", got)
		}
		if _, err := db.Begin(ctx, late, time.Minute); !errors.Is(err, influencer.ErrStale) {
			t.Errorf("the late one begins: %v", err)
		}
		if err := db.Release(ctx, late, nil, db.clock.at); !errors.Is(err, influencer.ErrStale) {
			t.Errorf("the late one releases: %v", err)
		}
		out, err := db.Record(ctx, late, nil, db.clock.at)
		if err != nil || !out.Stale {
			t.Errorf("the late one records: %+v, %v", out, err)
		}
		if !slices.Equal(db.begin(got.Refs[0]), ids) {
			t.Error("the new holder does not have the accounts")
		}
	})
}

func TestConcurrentClaimsTakeEachAccountOnce(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(2000)
		o := db.order()
		o.BatchSize, o.Limit = 50, 150
		var mu sync.Mutex
		var refs []influencer.BatchRef
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for {
					got, err := db.Claim(context.Background(), o)
					if err != nil {
						t.Error(err)
					}
					if err != nil || len(got.Refs) == 0 {
						return
					}
					mu.Lock()
					refs = append(refs, got.Refs...)
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		var all []int64
		for _, ref := range refs {
			all = append(all, db.begin(ref)...)
		}
		slices.Sort(all)
		if !slices.Equal(all, ids) {
			t.Errorf("claimed %d accounts in all, want each of %d once", len(all), len(ids))
		}
	})
}
