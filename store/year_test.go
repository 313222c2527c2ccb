package store

import (
	"context"
	"flag"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// A whole year is `make year`; the suite lives through a part of one.
var (
	yearPeople = flag.Int("year.people", 40, "people of the recorded year")
	yearDays   = flag.Int("year.days", 100, "its days")
)

// TestRecordedYear lives through a year of reads by the way that the service goes:
// claim, read, record, and what time alone brings; with bad days, renames of the
// rule and admins in it. Then replay finds nothing, and when one stored number is
// another one, exactly that.
func TestRecordedYear(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		began := time.Now()
		y := newYear(db, *yearPeople)
		for i := range *yearDays * 2 {
			y.half()
			if i%60 == 59 && *yearPeople > 1000 {
				t.Logf("day %d after %v: %d reads", (i+1)/2, time.Since(began).Round(time.Second), y.reads)
			}
		}
		lived := time.Since(began)
		began = time.Now()
		checked, found := db.replay(ReplayOptions{})
		if len(found) != 0 {
			t.Fatalf("%d differences, the first: %s", len(found), found[0])
		}
		t.Logf("%d people, %d days: %d reads kept as %d readings, %d decisions, %d policies, in %v; replayed in %v", *yearPeople, *yearDays,
			y.reads, db.number("SELECT count(*) FROM readings"), checked, db.number("SELECT count(*) FROM policies"), lived, time.Since(began))
		if checked < *yearPeople {
			t.Errorf("%d decisions prove little", checked)
		}
		for _, reason := range []influencer.Reason{influencer.ReasonQualifies, influencer.ReasonReturned, influencer.ReasonBelowLine,
			influencer.ReasonRecovered, influencer.ReasonSuspended, influencer.ReasonSuspensionOver} {
			if db.number("SELECT count(*) FROM decisions WHERE reason = ?", string(reason)) == 0 {
				t.Errorf("nobody moved by %s", reason)
			}
		}
		db.chain()
		decision := y.flip()
		if _, found := db.replay(ReplayOptions{}); len(found) != 1 || found[0].DecisionID != decision {
			t.Errorf("one number of decision %d is another one, and replay finds %v", decision, found)
		}
	})
}

// year is a crowd whose counts follow from a person's number and the day.
type year struct {
	*testDB
	people int
	person map[int64]int64 // by account
	hour   int
	reads  int
}

func newYear(db *testDB, people int) *year {
	db.t.Helper()
	day := 24 * time.Hour
	db.Store = db.reopen(Options{Every: map[influencer.Platform]time.Duration{influencer.X: day, influencer.Instagram: 3 * day, influencer.Facebook: 7 * day}})
	db.rules(func(p *influencer.Policy) {
		p.Breaker.Floor, p.Grace, p.LeaveBelow = people, 5*day, influencer.Whole*95/100
	})
	at := db.clock.at.UnixMicro()
	nips := make([]string, people)
	for i := range nips {
		nips[i] = fmt.Sprintf("%018d", i+1)
	}
	db.exec(`INSERT INTO people (nip, name, agency, created_at, updated_at) SELECT nip, 'Orang', 'Uji', CAST(? AS bigint), CAST(? AS bigint) FROM ?`,
		at, at, new(rowSet).texts("nip", nips).as(db.db, "t"))
	for _, p := range []influencer.Platform{influencer.X, influencer.Instagram, influencer.Facebook} {
		db.exec(`INSERT INTO accounts (person_id, platform, handle_key, handle, state_since, created_at)
			SELECT id, ?, 'h' || id, 'h' || id, created_at, created_at FROM people`, string(p))
	}
	db.exec(`INSERT INTO schedule (account_id, platform, due_at) SELECT id, platform, created_at FROM accounts`)
	y := &year{testDB: db, people: people, person: map[int64]int64{}}
	err := each(db.db, "SELECT id, person_id FROM accounts", nil, func(c *cursor) { id := c.int(); y.person[id] = c.int() })
	if err != nil {
		db.t.Fatal(err)
	}
	return y
}

// half is half a day: what is due is read, and what time brings is decided.
func (y *year) half() {
	y.t.Helper()
	ctx := context.Background()
	for _, p := range []influencer.Platform{influencer.X, influencer.Instagram, influencer.Facebook} {
		o := y.order()
		o.Platform, o.BatchSize = p, 500
		for more := true; more; {
			got := y.claim(o)
			more = got.More
			for _, ref := range got.Refs {
				ids := y.begin(ref)
				seen := make([]influencer.Observation, len(ids))
				for i, id := range ids {
					seen[i] = y.look(p, id)
				}
				y.reads += len(ids)
				if _, err := y.Record(ctx, ref, seen, y.clock.at); err != nil {
					y.t.Fatal(err)
				}
			}
		}
	}
	if _, err := y.DecideDue(ctx, y.clock.at, 10_000); err != nil {
		y.t.Fatal(err)
	}
	y.clock.advance(12 * time.Hour)
	if y.hour += 12; y.hour%24 == 0 {
		y.orders(y.hour / 24)
	}
}

// dice is a number from 0 to n-1 that the three determine.
func dice(a, b, c int64, n uint64) int64 {
	h := uint64(a)*0x9E3779B97F4A7C15 ^ uint64(b)*0xC2B2AE3D27D4EB4F ^ uint64(c)*0x165667B19E3779F9
	h ^= h >> 29
	h *= 0xBF58476D1CE4E5B9
	h ^= h >> 32
	return int64(h % n)
}

// look is what an account shows now: a count that swings about the line over
// months, failures, a drop to 0 now and then, and months of silence for some.
func (y *year) look(p influencer.Platform, account int64) influencer.Observation {
	day, person := int64(y.hour/24), y.person[account]
	switch roll := dice(account, day, 1, 400); {
	case roll < 4:
		return failed(account, influencer.Malformed)
	case roll == 4 || account%97 == 0 && day > 60:
		return failed(account, influencer.Gone)
	}
	months := 20 + float64(dice(person, 0, 2, 60))
	count := 480 + dice(account, 0, 3, 120) + int64(80*math.Sin(float64(day)/months*2*math.Pi+float64(person)))
	if dice(account, day, 4, 500) == 0 {
		count = 0
	}
	posted := y.clock.at.Add(-time.Duration(1+dice(account, day, 5, 40)) * time.Hour).Truncate(time.Hour)
	if person%11 == 0 && day/45%2 == 1 {
		posted = monday.Add(time.Duration(day/45*45) * 24 * time.Hour)
	}
	o := influencer.Observation{AccountID: account, Source: "rehearsal", Counts: influencer.Counts{Posts: ptr(day), LastActiveAt: posted}}
	if o.Counts.Followers = &count; p == influencer.Facebook {
		o.Counts.Followers, o.Counts.Friends = nil, &count
	}
	return o
}

// orders is what people order on a day.
func (y *year) orders(day int) {
	y.t.Helper()
	if id := int64(day%y.people + 1); day%5 == 0 {
		a := influencer.Action{Kind: influencer.ActionSuspend, Until: y.clock.at.Add(60 * time.Hour)}
		if day%15 == 0 {
			a = influencer.Action{Kind: influencer.ActionBlock, Basis: "PP 94/2021", Decree: fmt.Sprint("SK-", day)}
		}
		if y.status(id) != influencer.StatusBlocked {
			y.act(id, a)
		} else {
			y.act(id, influencer.Action{Kind: influencer.ActionUnblock})
		}
	}
	if day%60 != 30 {
		return
	}
	p, err := y.CurrentPolicy(context.Background())
	if err != nil {
		y.t.Fatal(err)
	}
	p.Requirements = []influencer.Requirement{{Platform: influencer.X, Metric: influencer.Followers, AtLeast: 500 + int64(day%7*10)},
		{Platform: influencer.Instagram, Metric: influencer.Followers, AtLeast: 510}, {Platform: influencer.Facebook, Metric: influencer.Friends, AtLeast: 490}}
	if p.Match.Mode = influencer.MatchAny; day%120 == 90 {
		p.Match = influencer.Match{Mode: influencer.MatchAtLeast, N: 2}
	} else {
		p.Match.N = 0
	}
	if _, err := y.ApplyPolicy(context.Background(), p, "tester", "", y.clock.at, nil); err != nil {
		y.t.Fatal(err)
	}
}

// flip makes another one of a stored number on which a grant hung, and returns the
// decision's id.
func (y *year) flip() int64 {
	y.t.Helper()
	var id int64
	var was string
	stop := fmt.Errorf("found")
	err := y.EachDecision(context.Background(), influencer.DecisionFilter{Reason: influencer.ReasonQualifies}, func(d influencer.OwnedDecision) error {
		if s := d.Receipt.Sum; s != nil && s.Met == 1 && s.Needed == 1 && len(d.Receipt.Readings) == 1 && d.Receipt.Readings[0].Followers != nil {
			id, was = d.ID, fmt.Sprintf(`"followers":%d`, *d.Receipt.Readings[0].Followers)
			return stop
		}
		return nil
	})
	if id == 0 {
		y.t.Fatalf("no grant that hangs on one number: %v", err)
	}
	y.swap(id, was, `"followers":0`)
	return id
}
