package store

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// told are a person's events about the status, oldest first.
func (db *testDB) told(person int64) []string {
	db.t.Helper()
	var kinds []string
	err := db.db.Raw(`SELECT kind FROM outbox WHERE person_id = ? AND kind NOT IN ('account_problem', 'account_ok') ORDER BY id`, person).Scan(&kinds).Error
	if err != nil {
		db.t.Fatal(err)
	}
	return kinds
}

// TestFairWayDown walks a person into a grace, through all that may happen in it,
// out of it, down, and back.
func TestFairWayDown(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		rule := db.rules(func(p *influencer.Policy) { p.Grace, p.LeaveBelow = 7*24*time.Hour, influencer.Whole*9/10 })
		person, ids := db.addPerson(ani, influencer.X)
		x := ids[0]
		read := func(followers int64) {
			db.record(influencer.X, db.saw(x, followers))
			db.clock.advance(2 * time.Hour)
		}
		read(520)
		first := db.number("SELECT first_granted_at FROM people")
		read(460) // below at_least, above leave_below: nothing to confirm
		if wait := db.account(x).NextDueAt.Sub(db.clock.at); wait < 12*time.Hour {
			t.Errorf("in no doubt, and yet read again in %v", wait)
		}
		read(440)
		if wait := db.account(x).NextDueAt.Sub(db.clock.at); wait > time.Hour {
			t.Errorf("in doubt, and read again in %v", wait)
		}
		db.wantStatus(person, influencer.StatusActive)
		read(439)
		db.wantStatus(person, influencer.StatusGrace)
		if diff := cmp.Diff([]string{"granted", "grace_started"}, db.told(person)); diff != "" {
			t.Fatalf("told (-want +got):\n%s", diff)
		}

		db.wantOneNotice(person, rule, read)

		// Recovery takes nothing away.
		read(455)
		db.wantStatus(person, influencer.StatusActive)
		if kinds := db.told(person); kinds[len(kinds)-1] != "recovered" {
			t.Errorf("told %v", kinds)
		}
		if again := db.number("SELECT first_granted_at FROM people"); again != first {
			t.Error("the first award date is another one after a recovery")
		}

		// Down at the end of a second grace, and back.
		read(420)
		read(420)
		db.clock.advance(7 * 24 * time.Hour)
		db.decideDue()
		db.wantStatus(person, influencer.StatusRevoked)
		read(495) // enough to keep it, not to get it
		db.wantStatus(person, influencer.StatusRevoked)
		read(500)
		db.wantStatus(person, influencer.StatusActive)
		db.wantReceiptsOfReturn(person, first)
		if _, found := db.replay(ReplayOptions{}); len(found) != 0 {
			t.Errorf("replay: %v", found)
		}
		db.chain()
	})
}

// wantOneNotice lets all happen to a person in a grace that must not begin it anew:
// there is one notice, whatever happens meanwhile.
func (db *testDB) wantOneNotice(person int64, rule influencer.Policy, read func(int64)) {
	t, ctx := db.t, context.Background()
	t.Helper()
	started := db.number("SELECT grace_since FROM people")
	read(430)
	read(430)
	for db.decideDue() > 0 {
	}
	stricter := rule
	stricter.Requirements = []influencer.Requirement{{Platform: influencer.X, Metric: influencer.Followers, AtLeast: 900}}
	for _, p := range []influencer.Policy{stricter, rule} {
		if _, err := db.ApplyPolicy(ctx, p, "tester", "", db.clock.at, nil); err != nil {
			t.Fatal(err)
		}
	}
	db.act(person, influencer.Action{Kind: influencer.ActionSuspend, Until: db.clock.at.Add(time.Hour)})
	db.clock.advance(time.Hour)
	db.decideDue()
	db.act(person, influencer.Action{Kind: influencer.ActionSuspend})
	db.act(person, influencer.Action{Kind: influencer.ActionReinstate})
	read(431)
	db.wantStatus(person, influencer.StatusGrace)
	if now := db.number("SELECT grace_since FROM people"); now != started {
		t.Error("the grace began anew")
	}
	if n := len(slices.DeleteFunc(db.told(person), func(k string) bool { return k != "grace_started" })); n != 1 {
		t.Errorf("%d notices of one grace: %v", n, db.told(person))
	}
}

// wantReceiptsOfReturn looks at the receipts of a person's newest two decisions: a
// loss after a grace, and the return that names the first award.
func (db *testDB) wantReceiptsOfReturn(person, first int64) {
	t := db.t
	t.Helper()
	page, err := db.Decisions(context.Background(), influencer.DecisionFilter{PersonID: person}, influencer.Paging{})
	if err != nil {
		t.Fatal(err)
	}
	back, lost := page.Items[0].Receipt, page.Items[1].Receipt
	if back.Event != influencer.EventGranted || back.FirstGrantedAt.UnixMicro() != first ||
		!strings.HasSuffix(back.Sentence.Indonesian, "; pertama kali diberikan pada 23 Nov 2026.") {
		t.Errorf("the receipt of the return: %+v", back)
	}
	if lost.Event != influencer.EventRevoked || lost.Sum.Met != 0 || lost.Sum.Requirements[0].Line != 450 || *lost.Sum.Requirements[0].Value != 420 ||
		lost.Sum.Requirements[0].Accounts[0].Confirmed < 2 || lost.Readings[0].Source != "x/v2" || !strings.Contains(lost.Sentence.English, "after a grace period since") {
		t.Errorf("the receipt of the loss: %+v", lost)
	}
}

// TestAPolicyThatCausesDoubtHastensReads: who would fall under a new rule and was
// seen below it once is read as soon as that can confirm it, not a day later.
func TestAPolicyThatCausesDoubtHastensReads(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 550))
		db.clock.advance(10 * time.Minute)
		if _, err := db.ApplyPolicy(context.Background(), trials()["a higher line"], "tester", "", db.clock.at, nil); err != nil {
			t.Fatal(err)
		}
		db.wantStatus(person, influencer.StatusActive)
		if wait := db.account(ids[0]).NextDueAt.Sub(db.clock.at); wait > time.Hour {
			t.Errorf("read again in %v", wait)
		}
	})
}
