package store

import (
	"context"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// rules puts the default policy, changed by change, in force.
func (db *testDB) rules(change func(p *influencer.Policy)) influencer.Policy {
	db.t.Helper()
	p := influencer.DefaultPolicy()
	change(&p)
	body, err := p.MarshalJSON()
	if err != nil {
		db.t.Fatal(err)
	}
	db.exec(`INSERT INTO policies (version, body, author, created_at) SELECT max(version) + 1, ?, 'test', 0 FROM policies`, string(body))
	p.Version = int(db.number("SELECT max(version) FROM policies"))
	return p
}

func (db *testDB) wantStatus(person int64, want influencer.Status) {
	db.t.Helper()
	if got := db.status(person); got != want {
		db.t.Fatalf("%s after %v, want %s", got, db.clock.at.Sub(monday), want)
	}
}

func (db *testDB) decideDue() int {
	db.t.Helper()
	n, err := db.DecideDue(context.Background(), db.clock.at, 100)
	if err != nil {
		db.t.Fatal(err)
	}
	return n
}

func TestDefaultPolicyIsStored(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		p, err := db.currentPolicy(db.db)
		if err != nil {
			t.Fatal(err)
		}
		if diff := influencer.Diff(p, influencer.DefaultPolicy()); len(diff) != 0 || p.Version != 1 {
			t.Errorf("version %d, %v", p.Version, diff)
		}
	})
}

func TestLossIsConfirmedThenGraced(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.rules(func(p *influencer.Policy) { p.Grace = 48 * time.Hour })
		person, ids := db.addPerson("199001012015011001", influencer.X)
		x := ids[0]
		db.record(influencer.X, db.saw(x, 520))
		db.wantStatus(person, influencer.StatusActive)
		granted := db.number("SELECT first_granted_at FROM people")

		db.clock.advance(24 * time.Hour)
		db.record(influencer.X, db.saw(x, 480)) // below once: doubtful
		db.wantStatus(person, influencer.StatusActive)
		if wait := db.account(x).NextDueAt.Sub(db.clock.at); wait < time.Hour || wait > 90*time.Minute {
			t.Errorf("doubtful: due again in %v", wait)
		}
		db.clock.advance(30 * time.Minute)
		db.record(influencer.X, db.saw(x, 479)) // too soon to confirm
		db.wantStatus(person, influencer.StatusActive)
		db.clock.advance(time.Hour)
		db.record(influencer.X, db.saw(x, 478))
		db.wantStatus(person, influencer.StatusGrace)
		if n := db.decideDue(); n != 0 {
			t.Errorf("%d moves within the grace", n)
		}
		db.clock.advance(24 * time.Hour)
		db.record(influencer.X, db.saw(x, 510))
		db.wantStatus(person, influencer.StatusActive)

		for range 2 {
			db.clock.advance(2 * time.Hour)
			db.record(influencer.X, db.saw(x, 470))
		}
		db.wantStatus(person, influencer.StatusGrace)
		db.clock.advance(48*time.Hour - time.Microsecond)
		if n := db.decideDue(); n != 0 {
			t.Errorf("%d moves within the grace", n)
		}
		db.clock.advance(time.Microsecond)
		if n := db.decideDue(); n != 1 {
			t.Errorf("%d moves when the grace is over, want 1", n)
		}
		db.wantStatus(person, influencer.StatusRevoked)
		db.clock.advance(time.Hour)
		db.record(influencer.X, db.saw(x, 600))
		db.wantStatus(person, influencer.StatusActive)
		if again := db.number("SELECT first_granted_at FROM people"); again != granted {
			t.Error("the first award date did not survive")
		}
		if n := db.number("SELECT count(*) FROM decisions"); n != 6 {
			t.Errorf("%d decisions, want 6", n)
		}
		db.chain()
	})
}

func TestSuspectReadingWaitsForTheNext(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson("199001012015011001", influencer.X)
		x := ids[0]
		db.record(influencer.X, db.saw(x, 10_000))

		// A drop that the next reading takes back is forgotten.
		db.clock.advance(24 * time.Hour)
		if out := db.record(influencer.X, db.saw(x, 0)); out.Suspect != 1 || out.Read != 1 || out.Moved != 0 {
			t.Errorf("%+v", out)
		}
		a := db.account(x)
		if !a.Suspect || *a.Followers != 10_000 || a.State != influencer.StateOK || a.NextDueAt.Sub(db.clock.at) > 90*time.Minute {
			t.Errorf("suspect: %+v", a)
		}
		db.clock.advance(2 * time.Hour)
		db.record(influencer.X, db.saw(x, 10_001))
		if a := db.account(x); a.Suspect || *a.Followers != 10_001 {
			t.Errorf("taken back: %+v", a)
		}
		if n := db.number("SELECT count(*) FROM readings WHERE suspect"); n != 1 {
			t.Errorf("%d suspect readings, want 1: what was seen stays", n)
		}

		// A drop that the next reading confirms counts, and takes the status.
		db.clock.advance(24 * time.Hour)
		db.record(influencer.X, db.saw(x, 100))
		db.wantStatus(person, influencer.StatusActive)
		for range 3 {
			db.clock.advance(2 * time.Hour)
			db.record(influencer.X, db.saw(x, 100))
		}
		if a := db.account(x); a.Suspect || *a.Followers != 100 {
			t.Errorf("confirmed: %+v", a)
		}
		db.wantStatus(person, influencer.StatusRevoked)
		if n := db.number("SELECT count(*) FROM readings WHERE suspect"); n != 1 {
			t.Errorf("%d suspect readings, want the first alone", n)
		}
		db.chain()
	})
}

func TestHistoryIsFoundBehindOtherNumbers(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		db.rules(func(p *influencer.Policy) { p.Confirm, p.ConfirmGap = 5, 24*time.Hour })
		person, ids := db.addPerson("199001012015011001", influencer.X)
		x := ids[0]
		db.record(influencer.X, db.saw(x, 520))
		// Other numbers with every read: each confirmation is a reading of its own.
		for i := range 4*24/2 + 1 {
			db.wantStatus(person, influencer.StatusActive)
			db.clock.advance(2 * time.Hour)
			db.record(influencer.X, db.saw(x, int64(499-i)))
		}
		db.wantStatus(person, influencer.StatusRevoked)
		evidence, err := decodeEvidence(db.text("SELECT evidence FROM decisions ORDER BY id DESC LIMIT 1"))
		if err != nil {
			t.Fatal(err)
		}
		if n := len(evidence.Accounts[0].Readings); n != 49 {
			t.Errorf("the decision keeps %d readings, want the 49 it took", n)
		}
		p, err := db.currentPolicy(db.db)
		if err != nil {
			t.Fatal(err)
		}
		v := influencer.Decide(p, evidence, db.clock.at)
		if v.Move == nil || v.Move.To != influencer.StatusRevoked {
			t.Errorf("the stored evidence decides otherwise: %+v", v.Move)
		}
	})
}

func TestGoneForLongEnough(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson("199001012015011001", influencer.X)
		db.record(influencer.X, db.saw(ids[0], 900))
		db.clock.advance(time.Hour)
		db.record(influencer.X, failed(ids[0], influencer.Gone))
		db.wantStatus(person, influencer.StatusActive)
		db.clock.advance(14*24*time.Hour - time.Microsecond)
		if n := db.decideDue(); n != 0 {
			t.Fatalf("%d moves before its time", n)
		}
		db.clock.advance(time.Microsecond)
		if n := db.decideDue(); n != 1 {
			t.Errorf("%d moves, want 1", n)
		}
		db.wantStatus(person, influencer.StatusRevoked)
		if n := db.decideDue(); n != 0 {
			t.Errorf("%d moves again", n)
		}
		db.chain()
	})
}

func TestSuspensionOver(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson("199001012015011001", influencer.X)
		db.record(influencer.X, db.saw(ids[0], 900))
		db.exec("UPDATE people SET status = 'suspended', held_before = 'active', until = ?", db.clock.at.Add(time.Hour).UnixMicro())
		db.exec(`INSERT INTO decisions (person_id, at, from_status, to_status, reason, policy_version, actor, evidence)
			VALUES (?, 0, 'active', 'suspended', 'suspended', 1, 'admin', '{}')`, person)
		db.exec("INSERT INTO outbox (person_id, kind, payload, created_at) VALUES (?, 'suspended', '{}', 0)", person)
		if n := db.decideDue(); n != 0 {
			t.Fatalf("%d moves before its time", n)
		}
		db.clock.advance(time.Hour)
		if n := db.decideDue(); n != 1 {
			t.Errorf("%d moves, want 1", n)
		}
		db.wantStatus(person, influencer.StatusActive)
		if kind := db.text("SELECT kind FROM outbox ORDER BY id DESC LIMIT 1"); kind != string(influencer.EventSuspensionEnded) {
			t.Errorf("event %s", kind)
		}
		db.chain()
	})
}

func TestDoubtHastensOtherPlatforms(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.rules(func(p *influencer.Policy) { p.Confirm = 3; p.ConfirmGap = 2 * time.Hour })
		person, ids := db.addPerson("199001012015011001", influencer.X, influencer.Instagram)
		db.record(influencer.X, db.saw(ids[0], 300))
		db.record(influencer.Instagram, db.saw(ids[1], 900))
		db.wantStatus(person, influencer.StatusActive)
		db.clock.advance(time.Hour)
		db.record(influencer.X, db.saw(ids[0], 299)) // held by Instagram: no doubt
		if wait := db.account(ids[0]).NextDueAt.Sub(db.clock.at); wait < 20*time.Hour {
			t.Fatalf("X is due in %v", wait)
		}
		db.clock.advance(time.Hour)
		db.record(influencer.Instagram, db.saw(ids[1], 490))
		db.wantStatus(person, influencer.StatusActive)
		if wait := db.account(ids[1]).NextDueAt.Sub(db.clock.at); wait > 3*time.Hour {
			t.Errorf("Instagram is due in %v", wait)
		}
		if wait := db.account(ids[0]).NextDueAt.Sub(db.clock.at); wait > 2*time.Hour {
			t.Errorf("X, which must be confirmed as well, is due in %v", wait)
		}
	})
}

func TestRedecideUnderANewPolicy(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(2100)
		var seen []influencer.Observation
		for i, id := range ids {
			seen = append(seen, db.saw(id, int64(400+i%3*200))) // 400, 600, 800
		}
		o := db.order()
		o.BatchSize = len(ids)
		ref := db.claim(o).Refs[0]
		if out, err := db.Record(context.Background(), ref, seen, db.clock.at); err != nil || out.Moved != 1400 {
			t.Fatalf("%+v, %v", out, err)
		}
		db.rules(func(p *influencer.Policy) {
			p.Requirements[0].AtLeast, p.Confirm, p.Breaker.Share = 700, 1, influencer.Whole
		})
		db.clock.advance(time.Minute)
		var lastDone, lastTotal int
		made, err := db.Redecide(context.Background(), db.clock.at, func(done, total int) { lastDone, lastTotal = done, total })
		if err != nil {
			t.Fatal(err)
		}
		loss := influencer.Move{From: influencer.StatusActive, To: influencer.StatusRevoked, Reason: influencer.ReasonBelowLine}
		if len(made.Moves) != 1 || made.Moves[loss] != 700 || made.Held != 0 || lastDone != 2100 || lastTotal != 2100 {
			t.Errorf("%v, %d of %d done", made, lastDone, lastTotal)
		}
		if again, err := db.Redecide(context.Background(), db.clock.at, nil); err != nil || len(again.Moves) != 0 {
			t.Errorf("once more: %v, %v", again, err)
		}
		if n := db.number("SELECT count(*) FROM decisions WHERE policy_version = 2"); n != 700 {
			t.Errorf("%d decisions under the new policy", n)
		}
		db.chain()
	})
}
