package store

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/internal/testservers"
)

// BenchmarkRoad claims, begins and records batches of 100 accounts on a durable
// Postgres, two at a time; every person has three accounts. An operation is one
// account. "first" grants most people the status, "changed" brings other
// numbers, "same" the same ones.
func BenchmarkRoad(b *testing.B) {
	for _, kind := range []string{"first", "changed", "same"} {
		b.Run(kind, func(b *testing.B) {
			db := newTestDB(b, testservers.StartPostgres(b, testservers.Durable()).NewDatabase(b))
			db.populate(max(b.N, 100))
			at, add := db.clock.at, int64(0)
			if kind != "first" {
				db.road(b, at, 0)
				at = at.Add(25 * time.Hour)
			}
			if kind == "changed" {
				add = 7
			}
			b.ResetTimer()
			db.road(b, at, add)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "accounts/s")
		})
	}
}

// populate puts in n people with an account on each platform, of which X is due.
func (db *testDB) populate(n int) {
	db.t.Helper()
	at := db.clock.at.UnixMicro()
	db.exec(`INSERT INTO people (nip, name, agency, unit, created_at, updated_at)
		SELECT lpad(i::text, 18, '0'), 'Orang Nomor ' || i, 'Kementerian ' || i % 40, 'Biro', ?::bigint, ?::bigint FROM generate_series(1, ?::bigint) i`, at, at, n)
	db.exec(`INSERT INTO accounts (person_id, platform, handle_key, handle, state_since, created_at)
		SELECT p.id, t.platform, 'handle' || p.id, 'handle' || p.id, p.created_at, p.created_at
		FROM people p CROSS JOIN unnest(ARRAY['x', 'instagram', 'facebook']) AS t(platform)`)
	db.exec(`INSERT INTO schedule (account_id, platform, due_at) SELECT id, platform, created_at FROM accounts`)
	db.exec(`ANALYZE`)
}

// road reads all that is due on X.
func (db *testDB) road(b testing.TB, at time.Time, add int64) {
	ctx := context.Background()
	refs := make(chan influencer.BatchRef)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for ref := range refs {
				if err := db.readOne(ctx, ref, at, add); err != nil {
					b.Error(err)
				}
			}
		})
	}
	o := influencer.ClaimOrder{Platform: influencer.X, Purpose: influencer.PurposePlanned, BatchSize: 100, Limit: 2000, Lease: time.Hour, At: at}
	for more := true; more; {
		got, err := db.Claim(ctx, o)
		if err != nil {
			b.Fatal(err)
		}
		for _, ref := range got.Refs {
			refs <- ref
		}
		more = got.More
	}
	close(refs)
	wg.Wait()
}

func (db *testDB) readOne(ctx context.Context, ref influencer.BatchRef, at time.Time, add int64) error {
	req, err := db.Begin(ctx, ref, time.Hour)
	if err != nil {
		return err
	}
	seen := make([]influencer.Observation, len(req.Targets))
	for i, t := range req.Targets {
		seen[i] = influencer.Observation{
			AccountID: t.AccountID, ExternalID: "1" + t.Handle[6:], Handle: t.Handle, Source: "x/v2",
			Counts: influencer.Counts{
				Followers: ptr(200 + t.AccountID%1000 + add), Following: ptr(100 + add), Posts: ptr(50 + add),
				LastActiveAt: at.Truncate(48 * time.Hour),
			},
		}
	}
	_, err = db.Record(ctx, ref, seen, at)
	return err
}
