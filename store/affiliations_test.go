package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

func (db *testDB) affiliations(person int64) []influencer.Affiliation {
	db.t.Helper()
	out, err := db.Affiliations(context.Background(), person)
	if err != nil {
		db.t.Fatal(err)
	}
	return out
}

func (db *testDB) move(person int64, agency, unit string, by influencer.Orderer) error {
	o := influencer.Order{PersonID: person, Action: influencer.Action{Kind: influencer.ActionMove}, Agency: agency, Unit: unit}
	_, err := db.Act(context.Background(), o, by, db.clock.at)
	return err
}

// TestMoveKeepsHistoryOnBothSides: where the person was, and whose decisions are
// whose.
func TestMoveKeepsHistoryOnBothSides(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson(ani, influencer.X)
		db.addPerson(budi)
		db.exec("UPDATE people SET agency = 'Komdigi' WHERE nip = ?", string(budi))
		db.record(influencer.X, db.saw(ids[0], 900))
		db.exec("UPDATE decisions SET agency = ''") // as a program before this one wrote it
		db.clock.advance(time.Hour)
		if err := db.move(person, "Komdigi", "Biro Humas", theAdmin); err != nil {
			t.Fatal(err)
		}
		moved := db.clock.at
		db.clock.advance(time.Hour)
		db.act(person, theActs[influencer.ActionSuspend])
		want := []influencer.Affiliation{
			{Agency: "Kementerian Uji", From: monday, Until: moved},
			{Agency: "Komdigi", Unit: "Biro Humas", From: moved},
		}
		if diff := cmp.Diff(want, db.affiliations(person)); diff != "" {
			t.Error(diff)
		}
		for agency, want := range map[string]influencer.Status{"Kementerian Uji": influencer.StatusActive, "Komdigi": influencer.StatusSuspended} {
			page, err := db.Decisions(context.Background(), influencer.DecisionFilter{Agency: agency}, influencer.Paging{})
			if err != nil || len(page.Items) != 1 || page.Items[0].To != want || page.Items[0].Agency != agency {
				t.Errorf("decisions of %s: %+v, %v", agency, page.Items, err)
			}
			audit, err := db.Audit(context.Background(), influencer.AuditFilter{Agency: agency}, influencer.Paging{})
			if err != nil || len(audit.Items) == 0 || !strings.HasPrefix(audit.Items[len(audit.Items)-1].Action, "person.move_") {
				t.Errorf("audit of %s: %+v, %v", agency, audit.Items, err)
			}
		}
		if n := db.number("SELECT count(*) FROM decisions"); n != 2 {
			t.Errorf("%d decisions: a move to another agency moves no status", n)
		}
		db.wantReplay(0)
	})
}

func TestMoveRefuses(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, _ := db.addPerson(ani)
		confined := influencer.Orderer{Actor: "key:1 a", Agency: "Kementerian Uji"}
		for _, c := range []struct {
			agency, unit string
			by           influencer.Orderer
			want         string
		}{
			{"Kementerian Ujian", "", theAdmin, "nobody is registered"},
			{"Kementerian Uji", "", theAdmin, "where the person is"},
			{"", "", theAdmin, "needs the agency"},
			{"Komdigi", "", confined, "in one agency only"},
			{"Kementerian  Uji", "", theAdmin, "too many spaces"},
		} {
			if err := db.move(person, c.agency, c.unit, c.by); !errors.Is(err, influencer.ErrIllegalAct) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("to %q: %v", c.agency, err)
			}
		}
		if err := db.move(person, "", "Biro Umum", confined); err != nil {
			t.Errorf("to another unit of the own agency: %v", err)
		}
		if got := db.affiliations(person); len(got) != 2 || got[1].Unit != "Biro Umum" || got[0].Unit != "" {
			t.Errorf("%+v", got)
		}
		o := influencer.Order{PersonID: person, Action: influencer.Action{Kind: influencer.ActionMove}, Agency: "Badan Baru", NewAgency: true}
		if done, err := db.Act(context.Background(), o, theAdmin, db.clock.at); err != nil || done.Person.Agency != "Badan Baru" || done.Person.Unit != "" {
			t.Errorf("to a new agency: %+v, %v", done, err)
		}
		if _, err := db.Affiliations(context.Background(), 999); !errors.Is(err, influencer.ErrNotFound) {
			t.Error(err)
		}
	})
}

// TestImportMovesKeepHistory: a roster with another agency is a move too.
func TestImportMovesKeepHistory(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		row := line(ani, influencer.X, "ani", "")
		db.take(row)
		began := db.clock.at
		before := row.Agency
		db.clock.advance(time.Hour)
		row.Unit = "another unit"
		db.take(row) // no move
		row.Agency = "Badan Lain"
		db.clock.advance(time.Hour)
		db.take(row)
		db.take(row)
		want := []influencer.Affiliation{
			{Agency: before, Unit: "another unit", From: began, Until: db.clock.at},
			{Agency: "Badan Lain", Unit: "another unit", From: db.clock.at},
		}
		if diff := cmp.Diff(want, db.affiliations(db.number("SELECT id FROM people"))); diff != "" {
			t.Error(diff)
		}
	})
}
