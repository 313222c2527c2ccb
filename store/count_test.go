package store

import (
	"context"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

func (db *testDB) countDue(o influencer.ClaimOrder) int {
	db.t.Helper()
	n, err := db.CountDue(context.Background(), o)
	if err != nil {
		db.t.Fatal(err)
	}
	return n
}

func TestCountDue(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(250)
		db.addPerson("199001012015011001", influencer.X, influencer.Facebook)
		db.exec("UPDATE schedule SET due_at = ? WHERE account_id = ?", db.clock.at.Add(time.Hour).UnixMicro(), ids[0])
		all, named, some := db.order(), db.order(), db.order()
		all.All = true
		named.NIPs = []influencer.NIP{"199001012015011001", "199001012015011002"}
		some.AccountIDs = ids[:3]
		for name, c := range map[string]struct {
			order influencer.ClaimOrder
			want  int
		}{"due": {db.order(), 250}, "all": {all, 251}, "named": {named, 1}, "accounts": {some, 2}} {
			if n := db.countDue(c.order); n != c.want {
				t.Errorf("%s: %d, want %d", name, n, c.want)
			}
		}
		o := db.order()
		o.Limit = 100
		held := db.claim(o)
		for name, c := range map[string]struct {
			order influencer.ClaimOrder
			want  int
		}{"due": {db.order(), 150}, "all": {all, 151}} {
			if n := db.countDue(c.order); n != c.want {
				t.Errorf("%s, beside a claim: %d, want %d", name, n, c.want)
			}
		}
		if err := db.Release(context.Background(), held.Refs[0], nil, db.clock.at); err != nil {
			t.Fatal(err)
		}
		if due, all := db.countDue(db.order()), db.countDue(all); due != 250 || all != 251 {
			t.Errorf("after the claim: %d due and %d in all, want 250 and 251", due, all)
		}
	})
}

// TestCountDueIsWhatClaimsGet lets claims take everything, single accounts and
// resting batches of which some have lost members.
func TestCountDueIsWhatClaimsGet(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(300)
		o := db.order()
		o.Limit = 200
		for _, ref := range db.claim(o).Refs {
			if err := db.Release(context.Background(), ref, nil, db.clock.at); err != nil {
				t.Fatal(err)
			}
		}
		db.clock.advance(time.Minute)
		db.exec("UPDATE schedule SET due_at = ?, batch_id = NULL WHERE account_id = ?", db.clock.at.UnixMicro(), ids[0])
		o = db.order()
		want := db.countDue(o)
		got := 0
		for _, ref := range db.claim(o).Refs {
			got += len(db.begin(ref))
		}
		if got != want || want != 300 {
			t.Errorf("counted %d, and claims got %d of 300", want, got)
		}
	})
}
