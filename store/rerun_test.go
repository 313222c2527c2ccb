package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// season is three weeks of a few people under a policy: counts walk about the
// line, some drop to 0 for a day, one account goes, and one person is suspended.
// The same seed brings the same to everybody.
func season(db *testDB, p influencer.Policy) {
	db.t.Helper()
	if _, err := db.ApplyPolicy(context.Background(), p, "tester", "", db.clock.at, nil); err != nil {
		db.t.Fatal(err)
	}
	const people = 24
	random := rand.New(rand.NewPCG(1, 2))
	var x, ig [people]int64
	var counts [people]int64
	for i := range people {
		_, ids := db.addPerson(influencer.NIP(fmt.Sprintf("19860101201001%04d", i)), influencer.X, influencer.Instagram)
		x[i], ig[i], counts[i] = ids[0], ids[1], 460+random.Int64N(80)
	}
	for day := range 21 {
		for range 12 {
			db.clock.advance(2 * time.Hour)
			for db.decideDue() > 0 { // as the service does every minute
			}
		}
		var onX, onIG []influencer.Observation
		for i := range people {
			counts[i] += random.Int64N(41) - 20
			seen := counts[i]
			if random.IntN(40) == 0 {
				seen = 0
			}
			onX, onIG = append(onX, db.saw(x[i], seen)), append(onIG, db.saw(ig[i], counts[i]-int64(20*(i%3))))
		}
		if day > 9 {
			onX[3] = failed(x[3], influencer.Gone)
			onIG[3] = db.saw(ig[3], 100)
		}
		db.record(influencer.X, onX...)
		db.clock.advance(2 * time.Hour)
		db.record(influencer.Instagram, onIG...)
		if day == 7 {
			db.act(5, influencer.Action{Kind: influencer.ActionSuspend, Until: db.clock.at.Add(72*time.Hour + time.Minute)})
		}
		for db.decideDue() > 0 {
		}
	}
}

func (db *testDB) rerun(p influencer.Policy, since time.Time) (map[int64]influencer.RerunRow, influencer.RerunTotals) {
	db.t.Helper()
	rows := map[int64]influencer.RerunRow{}
	totals, err := db.Rerun(context.Background(), p, since, db.clock.at, func(r influencer.RerunRow) error {
		rows[r.ID] = r
		return nil
	})
	if err != nil {
		db.t.Fatal(err)
	}
	return rows, totals
}

// made are a person's moves, as text.
func (db *testDB) made(person int64) []string {
	db.t.Helper()
	page, err := db.Decisions(context.Background(), influencer.DecisionFilter{PersonID: person}, influencer.Paging{Limit: 500})
	if err != nil {
		db.t.Fatal(err)
	}
	var out []string
	for _, d := range page.Items {
		out = append(out, fmt.Sprintf("%s %s %s", d.From, d.To, d.Reason))
	}
	slices.Reverse(out)
	return out
}

func movesOf(steps []influencer.Step) []string {
	var out []string
	for _, s := range steps {
		out = append(out, fmt.Sprintf("%s %s %s", s.Move.From, s.Move.To, s.Move.Reason))
	}
	return out
}

// TestRerunAgainstLife: what the history of one rule says of another is what the
// same three weeks brought under that other one.
func TestRerunAgainstLife(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		was := influencer.DefaultPolicy()
		was.Confirm, was.ConfirmGap, was.Breaker.Floor, was.GoneAfter = 2, time.Hour, 1000, 3*24*time.Hour
		is := was
		is.Confirm, is.Grace, is.LeaveBelow, is.Requirements = 3, 4*24*time.Hour, influencer.Whole*95/100,
			[]influencer.Requirement{{Platform: influencer.X, Metric: influencer.Followers, AtLeast: 490}, {Platform: influencer.Instagram, Metric: influencer.Followers, AtLeast: 480}}
		is.Match = influencer.Match{Mode: influencer.MatchAll}
		season(db, was)
		truth := newTestDB(t, "sqlite:"+t.TempDir()+"/truth.db")
		season(truth, is)

		rows, totals := db.rerun(is, time.Time{})
		for person := range int64(24) {
			person++
			made, lived := db.made(person), truth.made(person)
			row, told := rows[person]
			if !told {
				if !slices.Equal(made, lived) {
					t.Errorf("person %d: nothing is told, but lived\n%v not\n%v", person, lived, made)
				}
				continue
			}
			if diff := cmp.Diff(made, movesOf(row.Made)); diff != "" {
				t.Errorf("person %d, made (-stored +told):\n%s", person, diff)
			}
			if diff := cmp.Diff(lived, movesOf(row.Would)); diff != "" {
				t.Errorf("person %d, by the other rule (-lived +told):\n%s", person, diff)
			}
			if row.WouldStand.Status != truth.status(person) || row.Status != db.status(person) {
				t.Errorf("person %d: %s and %s, want %s and %s", person, row.Status, row.WouldStand.Status, db.status(person), truth.status(person))
			}
		}
		if len(rows) < 6 || totals.People != 24 || totals.Gain+totals.Lose+totals.Same != 24 || totals.Gain+totals.Lose == 0 {
			t.Errorf("%d rows, %+v: too few to prove anything", len(rows), totals)
		}
		db.chain()
	})
}

// TestRerunUnderTheSameRule changes nothing, from wherever it begins.
func TestRerunUnderTheSameRule(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		p := influencer.DefaultPolicy()
		p.Grace, p.Breaker.Floor = 3*24*time.Hour, 1000
		season(db, p)
		before := db.contents()
		for _, since := range []time.Time{{}, monday.Add(24 * time.Hour), monday.Add(10*24*time.Hour + time.Hour), monday.Add(15 * 24 * time.Hour)} {
			rows, totals := db.rerun(p, since)
			for _, r := range rows {
				t.Errorf("since %v, person %d: made\n%v, told\n%v", since, r.ID, movesOf(r.Made), movesOf(r.Would))
			}
			if totals.Same != 24 || totals.Made != totals.Would || totals.Made == 0 {
				t.Errorf("since %v: %+v", since, totals)
			}
		}
		if db.contents() != before {
			t.Error("a rerun wrote something")
		}
	})
}

func TestRerunEndsWithItsCallersError(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		_, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 520))
		higher := trials()["a higher line"]
		full := errors.New("the disk is full")
		if _, err := db.Rerun(context.Background(), higher, time.Time{}, db.clock.at, func(influencer.RerunRow) error { return full }); !errors.Is(err, full) {
			t.Errorf("%v", err)
		}
		higher.Confirm = 0
		if _, err := db.Rerun(context.Background(), higher, time.Time{}, db.clock.at, nil); err == nil {
			t.Error("took a policy without confirmation")
		}
	})
}
