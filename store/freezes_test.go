package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

func (db *testDB) freeze(agency string, from, until time.Duration) influencer.Freeze {
	db.t.Helper()
	f, err := db.AddFreeze(context.Background(), influencer.Freeze{Agency: agency, From: db.clock.at.Add(from), Until: db.clock.at.Add(until), Note: "Pilkada"}, theAdmin, db.clock.at)
	if err != nil {
		db.t.Fatal(err)
	}
	return f
}

// TestFreezeWithholdsGrants: new grants wait for the end, of the frozen agency
// alone; recoveries, losses and acts do not. When it ends who qualifies is
// decided without being read again.
func TestFreezeWithholdsGrants(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.rules(func(p *influencer.Policy) { p.Grace = 48 * time.Hour })
		fresh, ids := db.addPerson(ani, influencer.X)
		elsewhere, others := db.addPerson(budi, influencer.X)
		holder, held := db.addPerson("199001012015011003", influencer.X)
		db.exec("UPDATE people SET agency = 'Komdigi' WHERE id = ?", elsewhere)
		db.record(influencer.X, db.saw(held[0], 600))
		db.freeze("Kementerian Uji", time.Hour, 72*time.Hour)
		db.clock.advance(time.Hour)
		db.record(influencer.X, db.saw(ids[0], 900))
		db.record(influencer.X, db.saw(others[0], 900))
		db.wantStatus(fresh, influencer.StatusNone)
		db.wantStatus(elsewhere, influencer.StatusActive)
		for range 2 {
			db.clock.advance(2 * time.Hour)
			db.record(influencer.X, db.saw(held[0], 400))
		}
		db.wantStatus(holder, influencer.StatusGrace)
		db.clock.advance(2 * time.Hour)
		db.record(influencer.X, db.saw(held[0], 600))
		db.wantStatus(holder, influencer.StatusActive)
		if n := db.decideDue(); n != 0 {
			t.Errorf("%d moves within the freeze", n)
		}
		p, err := db.CurrentPolicy(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		seen, err := db.PreviewPolicy(context.Background(), p, db.clock.at, func(influencer.PreviewRow) error { return nil })
		if err != nil || len(seen.Moves) != 0 {
			t.Errorf("the preview sees %v, %v", seen.Moves, err)
		}
		if made, err := db.Redecide(context.Background(), db.clock.at, nil); err != nil || len(made.Moves) != 0 {
			t.Errorf("redecide: %v, %v", made, err)
		}
		db.clock.at = monday.Add(72 * time.Hour)
		if n := db.decideDue(); n != 1 {
			t.Errorf("%d moves when the freeze ends, want 1", n)
		}
		db.wantStatus(fresh, influencer.StatusActive)
		if n := db.number("SELECT count(*) FROM freezes WHERE settled_at IS NOT NULL"); n != 1 {
			t.Error("the freeze is not settled")
		}
		db.chain()
		db.wantReplay(0)
	})
}

// TestFreezeEndsEarlyForMany: people are decided again in rounds, none twice and
// none forgotten.
func TestFreezeEndsEarlyForMany(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		const people = 2*duePeople + 30
		ids := db.addMany(people)
		f := db.freeze("", 0, 1000*time.Hour)
		var seen []influencer.Observation
		for i, id := range ids {
			seen = append(seen, db.saw(id, int64(400+i%2*200)))
		}
		o := db.order()
		o.BatchSize = len(ids)
		if out, err := db.Record(context.Background(), db.claim(o).Refs[0], seen, db.clock.at); err != nil || out.Moved != 0 {
			t.Fatalf("%+v, %v", out, err)
		}
		ended, err := db.EndFreeze(context.Background(), f.ID, "over", theAdmin, db.clock.at)
		if err != nil || !ended.EndedAt.Equal(db.clock.at) {
			t.Fatalf("%+v, %v", ended, err)
		}
		moved, rounds := 0, 0
		for {
			n := db.decideDue()
			if n == 0 {
				break
			}
			moved, rounds = moved+n, rounds+1
		}
		if moved != people/2 || rounds < 2 {
			t.Errorf("%d moved in %d rounds, want %d", moved, rounds, people/2)
		}
		if n := db.number("SELECT count(*) FROM audit WHERE action IN ('freeze.add', 'freeze.end')"); n != 2 {
			t.Errorf("%d audit entries", n)
		}
		db.wantReplay(0)
	})
}

func TestFreezeApprovals(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.rules(func(p *influencer.Policy) { p.Approval = influencer.Manual })
		person, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 900))
		f := db.freeze("", 0, time.Hour)
		approve := influencer.Order{PersonID: person, Action: theActs[influencer.ActionApprove], Note: "n"}
		if _, err := db.Act(context.Background(), approve, theAdmin, db.clock.at); !errors.Is(err, influencer.ErrIllegalAct) || !strings.Contains(err.Error(), "frozen") {
			t.Errorf("approved within a freeze: %v", err)
		}
		db.act(person, theActs[influencer.ActionSuspend])
		db.act(person, theActs[influencer.ActionReinstate])
		db.wantStatus(person, influencer.StatusPending)
		db.clock.at = f.Until
		if _, err := db.Act(context.Background(), approve, theAdmin, db.clock.at); err != nil {
			t.Error(err)
		}
		db.wantReplay(0)
	})
}

func TestFreezeRefuses(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addPerson(ani)
		now := db.clock.at
		confined := influencer.Orderer{Actor: "key:1 a", Agency: "Kementerian Uji"}
		for want, c := range map[string]struct {
			f  influencer.Freeze
			by influencer.Orderer
		}{
			"needs its end":       {influencer.Freeze{Note: "n"}, theAdmin},
			"in the future":       {influencer.Freeze{Note: "n", Until: now}, theAdmin},
			"after its begin":     {influencer.Freeze{Note: "n", From: now.Add(2 * time.Hour), Until: now.Add(time.Hour)}, theAdmin},
			"needs a reason":      {influencer.Freeze{Until: now.Add(time.Hour)}, theAdmin},
			"another agency's":    {influencer.Freeze{Note: "n", Until: now.Add(time.Hour)}, confined},
			"nobody of this agen": {influencer.Freeze{Note: "n", Until: now.Add(time.Hour), Agency: "Ujian"}, theAdmin},
		} {
			if _, err := db.AddFreeze(context.Background(), c.f, c.by, now); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("want %q: %v", want, err)
			}
		}
		all := db.freeze("", -time.Hour, time.Hour)
		if !all.From.Equal(now) {
			t.Errorf("begins %v: what was granted stays", all.From)
		}
		own := db.freeze("Kementerian Uji", 2*time.Hour, 3*time.Hour)
		if _, err := db.EndFreeze(context.Background(), all.ID, "", confined, now); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("ended everybody's freeze: %v", err)
		}
		if ended, err := db.EndFreeze(context.Background(), own.ID, "", confined, now); err != nil || ended.State(own.From) != influencer.FreezeOver {
			t.Errorf("%+v, %v", ended, err)
		}
		if _, err := db.EndFreeze(context.Background(), own.ID, "", theAdmin, own.From); !errors.Is(err, influencer.ErrIllegalAct) {
			t.Errorf("ended twice: %v", err)
		}
		list, err := db.Freezes(context.Background(), "Kementerian Uji")
		if err != nil || len(list) != 2 || list[0].ID != own.ID || list[0].EndedAt.IsZero() || !list[1].EndedAt.IsZero() {
			t.Errorf("%+v, %v", list, err)
		}
		if list, err := db.Freezes(context.Background(), "Komdigi"); err != nil || len(list) != 1 {
			t.Errorf("of another agency: %+v, %v", list, err)
		}
		if until, err := db.FrozenUntil(context.Background(), "Komdigi", now); err != nil || !until.Equal(all.Until) {
			t.Errorf("%v, %v", until, err)
		}
	})
}
