package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// fmt18 is i as a NIP's 18 digits.
func fmt18(i int) string { return fmt.Sprintf("%018d", i+1) }

func TestRecordRefusesZeroForAll(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(12)
		all := func(n int64) (seen []influencer.Observation) {
			for _, id := range ids {
				seen = append(seen, db.saw(id, n))
			}
			return seen
		}
		zero := db.record(influencer.X, all(0)...)
		if zero.Refused == nil || zero.Refused.Kind != influencer.Malformed || zero.Read != 0 {
			t.Fatalf("never read before: %+v", zero)
		}
		db.record(influencer.X, all(800)...)
		db.clock.advance(time.Hour)
		zero = db.record(influencer.X, all(0)...)
		if zero.Refused == nil || zero.Read != 0 || zero.Failed != 0 {
			t.Fatalf("%+v", zero)
		}
		if n := db.number("SELECT count(*) FROM readings"); n != 12 {
			t.Errorf("%d readings, want 12", n)
		}
		a := db.account(ids[0])
		if *a.Followers != 800 || a.Suspect || a.State != influencer.StateOK || a.Failures != 0 || a.Error == "" {
			t.Errorf("%+v", a)
		}
		health, err := db.PlatformHealth(context.Background())
		if err != nil || len(health) != 1 || health[0].Kind != influencer.Malformed || !health[0].Until.After(db.clock.at) {
			t.Errorf("health %+v, %v", health, err)
		}
		if n := db.number("SELECT count(*) FROM batches WHERE NOT resting"); n != 0 {
			t.Errorf("%d batches still claimed", n)
		}
		if !a.NextDueAt.Equal(db.clock.at) {
			t.Errorf("due at %v, not at once", a.NextDueAt)
		}
	})
}
