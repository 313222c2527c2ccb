package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// replay replays everything and returns the differences.
func (db *testDB) replay(o ReplayOptions) (checked int, differences []Difference) {
	db.t.Helper()
	checked, err := db.Replay(context.Background(), o, func(d Difference) error {
		differences = append(differences, d)
		return nil
	})
	if err != nil {
		db.t.Fatal(err)
	}
	return checked, differences
}

// act is an admin's act on a person, which must be possible.
func (db *testDB) act(person int64, a influencer.Action) influencer.ActResult {
	db.t.Helper()
	done, err := db.Act(context.Background(), influencer.Order{PersonID: person, Action: a, Note: "why"}, theAdmin, db.clock.at)
	if err != nil {
		db.t.Fatal(err)
	}
	return done
}

var theAdmin = influencer.Orderer{Actor: "cli:siti"}

// stormy is a crowd that lived through policies and admins.
func stormy(db *testDB) {
	db.t.Helper()
	crowd(db)
	db.act(1, influencer.Action{Kind: influencer.ActionSuspend, Until: db.clock.at.Add(time.Hour)})
	db.act(20, influencer.Action{Kind: influencer.ActionSuspend})
	db.act(23, influencer.Action{Kind: influencer.ActionBlock, Basis: "PP 94/2021", Decree: "SK-1"})
	for _, p := range trials() {
		db.clock.advance(time.Hour)
		if _, err := db.ApplyPolicy(context.Background(), p, "tester", "", db.clock.at, nil); err != nil {
			db.t.Fatal(err)
		}
	}
	db.act(20, influencer.Action{Kind: influencer.ActionReinstate})
	db.act(23, influencer.Action{Kind: influencer.ActionUnblock})
	db.clock.advance(time.Hour)
	if _, err := db.Redecide(context.Background(), db.clock.at, nil); err != nil {
		db.t.Fatal(err)
	}
}

func TestReplayFindsNothing(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		stormy(db)
		checked, found := db.replay(ReplayOptions{})
		if len(found) != 0 {
			t.Errorf("%d differences, the first: %s", len(found), found[0])
		}
		all := db.number("SELECT count(*) FROM decisions")
		if int64(checked) != all || all < 40 {
			t.Errorf("checked %d of %d decisions", checked, all)
		}
		late := db.number("SELECT count(*) FROM decisions WHERE at >= ?", db.clock.at.Add(-time.Hour).UnixMicro())
		if checked, _ := db.replay(ReplayOptions{Since: db.clock.at.Add(-time.Hour)}); int64(checked) != late || late >= all {
			t.Errorf("since an hour ago: checked %d, want %d", checked, late)
		}
	})
}

// swap replaces a number inside a stored evidence.
func (db *testDB) swap(decision int64, old, text string) {
	db.t.Helper()
	was := db.text("SELECT CAST(evidence AS text) FROM decisions WHERE id = ?", decision)
	is := strings.Replace(was, old, text, 1)
	if is == was {
		db.t.Fatalf("%s is not in %s", old, was)
	}
	cast := ""
	if onPostgres(db.db) {
		cast = "::json"
	}
	db.exec("UPDATE decisions SET evidence = ?"+cast+" WHERE id = ?", is, decision)
}

func TestReplayFindsOneFlippedNumber(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 523))
		db.addPerson(budi, influencer.X)
		if _, found := db.replay(ReplayOptions{}); len(found) != 0 {
			t.Fatalf("before: %v", found)
		}
		db.swap(1, `"followers":523`, `"followers":423`)
		checked, found := db.replay(ReplayOptions{})
		if checked != 1 || len(found) != 1 {
			t.Fatalf("checked %d, found %v; want exactly one", checked, found)
		}
		want := Difference{PersonID: person, DecisionID: 1, At: monday, Stored: "none to active (qualifies)", Recomputed: "no move"}
		if found[0] != want {
			t.Errorf("found %+v", found[0])
		}
		if s := found[0].String(); s != fmt.Sprintf("person %d, decision 1 of 2026-11-23T02:00:00Z: stored none to active (qualifies), recomputed no move", person) {
			t.Errorf("in words: %s", s)
		}
	})
}

func TestReplayFindsWhatWasTamperedWith(t *testing.T) {
	cases := map[string]struct {
		change func(db *testDB)
		want   string
	}{
		"a status set by hand":      {func(db *testDB) { db.exec("UPDATE people SET status = 'revoked'") }, "the decisions give active since"},
		"a first award set by hand": {func(db *testDB) { db.exec("UPDATE people SET first_granted_at = 1") }, "first granted 1970"},
		"since set by hand":         {func(db *testDB) { db.exec("UPDATE people SET since = NULL") }, "stored active, first granted"},
		"a status without decision": {func(db *testDB) { db.exec("DELETE FROM decisions") }, "the decisions give none"},
		"another reason":            {func(db *testDB) { db.exec("UPDATE decisions SET reason = 'returned'") }, "recomputed none to active (qualifies)"},
		"a policy that is not":      {func(db *testDB) { db.exec("UPDATE decisions SET policy_version = 9") }, "there is no policy 9"},
		"an act that is none":       {func(db *testDB) { db.exec("UPDATE decisions SET actor = 'admin'") }, "nothing: not possible: the order of the act is not kept"},
		"an act that is not legal": {func(db *testDB) {
			db.exec("UPDATE decisions SET actor = 'admin', reason = 'unblocked'")
			db.swap(1, `{"standing"`, `{"act":{"kind":"unblock"},"standing"`)
		}, "nothing: not possible: unblock a person who is none"},
		"evidence that is none": {func(db *testDB) { db.exec(`UPDATE decisions SET evidence = '[]'`) }, "decode evidence"},
		"a gap in the chain": {func(db *testDB) {
			db.exec(`INSERT INTO decisions (id, person_id, at, from_status, to_status, reason, policy_version, actor, evidence)
				SELECT 2, person_id, at, 'grace', 'active', 'recovered', 1, 'rule', evidence FROM decisions`)
		}, "from active, where the decision before led"},
	}
	both(t, func(t *testing.T, db *testDB) {
		_, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 523))
		db.exec("CREATE TABLE people_before AS SELECT * FROM people")
		db.exec("CREATE TABLE decisions_before AS SELECT * FROM decisions")
		for name, c := range cases {
			c.change(db)
			if _, found := db.replay(ReplayOptions{}); len(found) == 0 || !strings.Contains(found[0].String(), c.want) {
				t.Errorf("%s: found %v, want %q", name, found, c.want)
			}
			db.exec("DELETE FROM decisions")
			db.exec("INSERT INTO decisions SELECT * FROM decisions_before")
			db.exec("UPDATE people SET status = b.status, since = b.since, first_granted_at = b.first_granted_at FROM people_before b WHERE b.id = people.id")
			if _, found := db.replay(ReplayOptions{}); len(found) != 0 {
				t.Fatalf("after %s: %v", name, found)
			}
		}
	})
}

func TestReplayWalksManyPages(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		const people = 2*replayPeople + 1
		rows := make([]influencer.Row, people)
		for i := range rows {
			rows[i] = line(influencer.NIP(fmt.Sprintf("%018d", i)), influencer.X, fmt.Sprint("u", i), "")
		}
		db.take(rows...)
		db.exec("UPDATE people SET status = 'active'")
		n := 0
		full := errors.New("enough")
		_, err := db.Replay(context.Background(), ReplayOptions{}, func(Difference) error {
			if n++; n == people {
				return full
			}
			return nil
		})
		if !errors.Is(err, full) || n != people {
			t.Errorf("%d differences, %v; want one a person", n, err)
		}
	})
}
