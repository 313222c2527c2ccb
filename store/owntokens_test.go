package store

import (
	"context"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// asked claims an account's batch and returns it with the target that the
// connector would get.
func (db *testDB) asked(account int64) (influencer.BatchRef, influencer.Target) {
	db.t.Helper()
	o := db.order()
	o.Platform, o.All, o.AccountIDs = influencer.Facebook, true, []int64{account}
	got := db.claim(o)
	if len(got.Refs) != 1 {
		db.t.Fatalf("claimed %d batches, want 1", len(got.Refs))
	}
	req, err := db.Begin(context.Background(), got.Refs[0], time.Minute)
	if err != nil || len(req.Targets) != 1 {
		db.t.Fatalf("begin: %d targets, %v", len(req.Targets), err)
	}
	return got.Refs[0], req.Targets[0]
}

// refused records that the platform refused what a target carried.
func (db *testDB) refused(ref influencer.BatchRef, target influencer.Target, f influencer.Failure) {
	db.t.Helper()
	seen := []influencer.Observation{{AccountID: target.AccountID, TokenAt: target.TokenAt, Failure: &f}}
	if _, err := db.Record(context.Background(), ref, seen, db.clock.at); err != nil {
		db.t.Fatal(err)
	}
}

func TestDeadTokenIsKeptBack(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db = db.withKeys(phraseOld)
		_, a := db.addPerson(ani, influencer.Facebook)
		_, b := db.addPerson(budi, influencer.Facebook)
		own := CredentialRef{Platform: influencer.Facebook, NIP: ani}
		db.add(own, "first")
		db.add(CredentialRef{Platform: influencer.Facebook, NIP: budi}, "another's")
		db.clock.advance(time.Hour)
		gone := influencer.Failure{Kind: influencer.CredentialDead, Code: "190/460", Detail: "the password was changed"}

		ref, target := db.asked(a[0])
		db.refused(ref, target, influencer.Failure{Kind: influencer.Unavailable, Code: "500", Detail: "out of order"})
		db.clock.advance(time.Hour)
		ref, target = db.asked(a[0])
		if target.Token != "first" || target.TokenDead != nil || !target.TokenAt.Equal(monday) {
			t.Fatalf("after a passing failure: kept back %v, stored at %v", target.TokenDead, target.TokenAt)
		}
		db.refused(ref, target, gone)
		dead := db.credentials(CredentialFilter{State: CredentialDead})
		if len(dead) != 1 || dead[0].AccountID != a[0] || dead[0].Detail != "190/460: the password was changed" {
			t.Errorf("dead: %+v", dead)
		}
		if state := db.text("SELECT state FROM credentials WHERE account_id = ?", b[0]); state != "ok" {
			t.Errorf("another's token is %s", state)
		}

		db.clock.advance(time.Hour)
		ref, target = db.asked(a[0])
		if target.Token != "" || target.TokenDead == nil || *target.TokenDead != gone {
			t.Errorf("after it died: handed out %t, kept back for %v", target.Token != "", target.TokenDead)
		}
		db.clock.advance(time.Minute)
		db.add(own, "second")
		db.refused(ref, influencer.Target{AccountID: a[0], TokenAt: monday}, gone) // of the first, told late
		db.clock.advance(time.Minute)
		if _, target = db.asked(a[0]); target.Token != "second" || target.TokenDead != nil {
			t.Errorf("a new token died of what befell the one before it: %v", target.TokenDead)
		}
	})
}

func TestExpiredTokenIsKeptBack(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db = db.withKeys(phraseOld)
		_, a := db.addPerson(ani, influencer.Facebook)
		ref := CredentialRef{Platform: influencer.Facebook, NIP: ani}
		if err := db.AddCredential(context.Background(), ref, "short", monday.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		db.clock.advance(time.Hour)
		_, target := db.asked(a[0])
		if target.Token != "" || target.TokenDead == nil || target.TokenDead.Kind != influencer.CredentialDead {
			t.Errorf("handed out %t, kept back for %v", target.Token != "", target.TokenDead)
		}
	})
}
