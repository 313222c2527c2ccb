package store

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

const aDay = 24 * time.Hour

// ending stores a Facebook token that ends after a time.
func (db *testDB) ending(nip influencer.NIP, token influencer.Secret, in time.Duration) CredentialRef {
	db.t.Helper()
	ref := CredentialRef{Platform: influencer.Facebook, NIP: nip}
	until := time.Time{}
	if in != 0 {
		until = db.clock.at.Add(in)
	}
	if err := db.AddCredential(context.Background(), ref, token, until); err != nil {
		db.t.Fatal(err)
	}
	return ref
}

func (db *testDB) renewals(limit int) []Renewal {
	db.t.Helper()
	got, err := db.ClaimRenewals(context.Background(), influencer.Facebook, limit, time.Minute)
	if err != nil {
		db.t.Fatal(err)
	}
	return got
}

func TestRenewalsAreOfTokensNearTheirEnd(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db = db.withKeys(phraseOld)
		for i, in := range []time.Duration{5 * aDay, 3 * aDay, 30 * aDay, 0, 25 * time.Hour} {
			nip := influencer.NIP(fmt.Sprintf("person %d", i))
			db.addPerson(nip, influencer.Facebook)
			db.ending(nip, influencer.Secret(fmt.Sprintf("token-%d", i)), in)
		}
		told := func() (s string) {
			for _, r := range db.renewals(10) {
				s += r.Token.Reveal() + " "
			}
			return s
		}
		if got := told(); got != "token-3 " {
			t.Errorf("young tokens: %q, want only the one whose end is not known", got)
		}
		db.clock.advance(aDay)
		if got := told(); got != "token-4 token-1 token-0 token-3 " {
			t.Errorf("after a day: %q", got)
		}
		if got := told(); got != "" {
			t.Errorf("claimed twice: %q", got)
		}
		db.clock.advance(time.Hour) // the leases are over, and so is the life of one
		if got := told(); got != "token-1 token-0 token-3 " {
			t.Errorf("after a crash: %q", got)
		}
	})
}

func TestRenewalsAreClaimedOnce(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db = db.withKeys(phraseOld)
		const people = 20
		for i := range people {
			nip := influencer.NIP(fmt.Sprintf("person %d", i))
			db.addPerson(nip, influencer.Facebook)
			db.ending(nip, "token", 3*aDay)
		}
		db.clock.advance(aDay)
		var mu sync.Mutex
		var group sync.WaitGroup
		times := map[int64]int{}
		for range 4 {
			group.Go(func() {
				for {
					got, err := db.ClaimRenewals(context.Background(), influencer.Facebook, 3, time.Minute)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					for _, r := range got {
						times[r.row.id]++
					}
					mu.Unlock()
					if len(got) == 0 {
						return
					}
				}
			})
		}
		group.Wait()
		for id, n := range times {
			if n != 1 {
				t.Errorf("token %d was claimed %d times", id, n)
			}
		}
		if len(times) != people {
			t.Errorf("%d tokens were claimed, want %d", len(times), people)
		}
	})
}

func TestStoreRenewed(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db = db.withKeys(phraseOld)
		_, a := db.addPerson(ani, influencer.Facebook)
		ref := db.ending(ani, "older", 3*aDay)
		db.clock.advance(aDay)
		claimed := db.renewals(1)[0]
		end := db.clock.at.Add(60 * aDay)
		if ok, err := db.StoreRenewed(ctx, claimed, "newer", end); !ok || err != nil {
			t.Fatalf("stored %t, %v", ok, err)
		}
		list := db.credentials(CredentialFilter{})
		if got, err := db.held(a[0]); err != nil || got[a[0]] != "newer" || !list[0].ExpiresAt.Equal(end) || !list[0].CreatedAt.Equal(db.clock.at) {
			t.Errorf("after the renewal: %+v, %v", list, err)
		}
		db.clock.advance(55 * aDay)
		claimed = db.renewals(1)[0]
		db.clock.advance(time.Second)
		if err := db.AddCredential(ctx, ref, "anothers", end); err != nil {
			t.Fatal(err)
		}
		if ok, err := db.StoreRenewed(ctx, claimed, "late", end); ok || err != nil {
			t.Errorf("a renewal took the place of what a person stored: %t, %v", ok, err)
		}
		if got, err := db.held(a[0]); err != nil || got[a[0]] != "anothers" {
			t.Errorf("held: %v", err)
		}
	})
}

func TestFailedRenewalKeepsTheToken(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db = db.withKeys(phraseOld)
		_, a := db.addPerson(ani, influencer.Facebook)
		db.ending(ani, "older", 7*aDay)
		db.clock.advance(aDay)
		fail := func(f influencer.Failure) {
			t.Helper()
			got := db.renewals(1)
			if len(got) != 1 {
				t.Fatalf("at %v: %d renewals", db.clock.at, len(got))
			}
			if err := db.RenewalFailed(ctx, got[0], &f); err != nil {
				t.Fatal(err)
			}
		}
		for _, hours := range []time.Duration{1, 2, 4} {
			fail(influencer.Failure{Kind: influencer.Unavailable, Code: "503", Detail: "out of order"})
			db.clock.advance(hours*time.Hour - time.Second)
			if got := db.renewals(1); len(got) != 0 {
				t.Errorf("tried again before %d hours", hours)
			}
			db.clock.advance(time.Second)
		}
		list := db.credentials(CredentialFilter{State: CredentialOK})
		if got, err := db.held(a[0]); err != nil || got[a[0]] != "older" || len(list) != 1 || list[0].Detail != "not renewed: 503: out of order" {
			t.Errorf("after failures: %+v, %v", list, err)
		}
		fail(influencer.Failure{Kind: influencer.CredentialDead, Code: "190/460", Detail: "the password was changed"})
		dead := db.credentials(CredentialFilter{State: CredentialDead})
		if got, err := db.held(a[0]); err != nil || len(got) != 0 || len(dead) != 1 || dead[0].Detail != "190/460: the password was changed" {
			t.Errorf("after its death: %+v, %v", dead, err)
		}
	})
}

func TestLearnExpiry(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db = db.withKeys(phraseOld)
		db.addPerson(ani, influencer.Facebook)
		db.ending(ani, "unknown", 0)
		if err := db.LearnExpiry(ctx, db.renewals(1)[0], time.Time{}); err != nil {
			t.Fatal(err)
		}
		if got := db.renewals(1); len(got) != 0 {
			t.Error("asked again at once")
		}
		db.clock.advance(7 * aDay)
		end := db.clock.at.Add(60 * aDay)
		if err := db.LearnExpiry(ctx, db.renewals(1)[0], end); err != nil {
			t.Fatal(err)
		}
		if list := db.credentials(CredentialFilter{}); !list[0].ExpiresAt.Equal(end) || list[0].State != CredentialOK {
			t.Errorf("%+v", list)
		}
	})
}
