package store

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/internal/thorough"
)

// chance makes people and policies about whom the rule has something to say: all
// numbers and times lie on its lines, or one off them.
type chance struct{ *rand.Rand }

func newChance(seed uint64) chance { return chance{rand.New(rand.NewPCG(seed, 0))} }

func oneOf[T any](c chance, from ...T) T { return from[c.IntN(len(from))] }

// share is true so often of a hundred times.
func (c chance) share(percent int) bool { return c.IntN(100) < percent }

// around is a number on one of the lines, a tenth below or above it, or one off.
func (c chance) around() int64 {
	return oneOf[int64](c, 100, 500, 1000)*oneOf[int64](c, 40, 50, 55, 90, 100, 110, 200)/100 + oneOf[int64](c, -1, 0, 0, 1)
}

// durations are those of the policies, and the ages of what people have.
var durations = []time.Duration{0, time.Hour, 24 * time.Hour, 14 * 24 * time.Hour, 35 * 24 * time.Hour}

func (c chance) ago(now time.Time) time.Time {
	t := now.Add(-oneOf(c, durations...))
	if c.share(10) {
		t = now.Add(influencer.Skew) // the future, as far as it is believed
	}
	return t.Add(time.Duration(oneOf(c, -1, 0, 0, 1)) * time.Microsecond)
}

func (c chance) policy() influencer.Policy {
	p := influencer.DefaultPolicy()
	p.Requirements = nil
	for _, platform := range []influencer.Platform{influencer.X, influencer.Instagram, influencer.Facebook} {
		if len(p.Requirements) == 0 || c.share(70) {
			p.Requirements = append(p.Requirements, influencer.Requirement{Platform: platform,
				Metric: oneOf(c, influencer.Followers, influencer.Followers, influencer.Friends), AtLeast: oneOf[int64](c, 1, 100, 500, 1000)})
		}
	}
	switch c.IntN(3) {
	case 0:
		p.Match = influencer.Match{Mode: influencer.MatchAll}
	case 1:
		p.Match = influencer.Match{Mode: influencer.MatchAtLeast, N: 1 + c.IntN(len(p.Requirements))}
	}
	p.LeaveBelow = oneOf(c, influencer.Whole, influencer.Whole*9/10, influencer.Whole*55/100)
	p.Confirm, p.ConfirmGap = 1+c.IntN(3), oneOf(c, 0, time.Hour)
	p.Grace, p.GoneAfter = oneOf(c, 0, 0, 24*time.Hour), oneOf(c, durations...)
	p.EvidenceMaxAge = oneOf(c, time.Hour, 24*time.Hour, 35*24*time.Hour, 35*24*time.Hour)
	p.Activity = influencer.Activity{Within: oneOf(c, time.Hour, 14*24*time.Hour, 35*24*time.Hour), Unknown: oneOf(c, influencer.Hold, influencer.Hold, influencer.Accept)}
	p.Approval = oneOf(c, influencer.Automatic, influencer.Automatic, influencer.Manual)
	p.Breaker.Floor, p.Breaker.Share = oneOf(c, 0, 2, 1000), 0
	return p
}

// people puts in n people of every kind, with up to four accounts each.
func (c chance) people(db *testDB, n int) {
	db.t.Helper()
	now := db.clock.at
	for i := range n {
		status := oneOf(c, influencer.Statuses()...)
		if c.share(60) {
			status = oneOf(c, influencer.StatusNone, influencer.StatusActive)
		}
		var until, grace *int64
		heldBefore, left := influencer.Status(""), influencer.Leaving("")
		switch status {
		case influencer.StatusSuspended, influencer.StatusBlocked:
			heldBefore = oneOf(c, influencer.StatusNone, influencer.StatusActive, influencer.StatusGrace, influencer.StatusRevoked)
			if c.share(70) && status == influencer.StatusSuspended {
				until = micros(now.Add(time.Duration(oneOf(c, -1, 0, 1)) * time.Microsecond))
			}
		case influencer.StatusGrace:
			grace = micros(c.ago(now))
		case influencer.StatusNone, influencer.StatusRevoked:
			left = oneOf(c, "", "", "", "", influencer.LeftRetired)
		}
		var granted *int64
		if status != influencer.StatusNone && status != influencer.StatusPending {
			granted = micros(now.Add(-90 * 24 * time.Hour))
		}
		person := db.number(`INSERT INTO people (nip, name, agency, status, since, first_granted_at, grace_since, held_before, until, left_why, left_at, created_at, updated_at)
			VALUES (?, 'Orang', ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0) RETURNING id`,
			fmt.Sprintf("%018d", i+1), fmt.Sprint("Kementerian ", i%3), string(status), now.Add(-60*24*time.Hour).UnixMicro(), granted, grace,
			string(heldBefore), until, string(left), granted)
		for range c.IntN(5) {
			c.account(db, person)
		}
	}
}

func (c chance) account(db *testDB, person int64) {
	now := db.clock.at
	maybe := func(percent int, n int64) *int64 {
		if c.share(percent) {
			return &n
		}
		return nil
	}
	platform := oneOf(c, influencer.X, influencer.Instagram, influencer.Facebook)
	state := oneOf(c, influencer.StateOK, influencer.StateOK, influencer.StateOK, influencer.StateGone, influencer.StateSuspended, influencer.StatePrivate)
	synced := c.ago(now)
	observed := synced.Add(-oneOf(c, 0, time.Hour, 24*time.Hour))
	id := db.number(`INSERT INTO accounts (person_id, platform, handle_key, handle, state, state_since, followers, friends, posts,
			last_active_at, observed_at, synced_at, reads, source, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, 'x/v2', 0) RETURNING id`,
		person, string(platform), fmt.Sprintf("h%d-%d", person, c.Uint64()), "h", string(state), c.ago(now).UnixMicro(),
		maybe(90, c.around()), maybe(90, c.around()), maybe(80, int64(c.IntN(2))),
		maybe(80, c.ago(now).UnixMicro()), observed.UnixMicro(), maybe(90, synced.UnixMicro()))
	for before := observed; c.share(40); {
		before = before.Add(-oneOf(c, time.Minute, time.Hour, 24*time.Hour))
		db.exec(`INSERT INTO readings (account_id, observed_at, last_seen_at, followers, friends, suspect) VALUES (?, ?, ?, ?, ?, ?)`,
			id, before.UnixMicro(), before.UnixMicro(), maybe(90, c.around()), maybe(90, c.around()), c.share(20))
	}
	db.exec("INSERT INTO schedule (account_id, platform, due_at) VALUES (?, ?, ?)", id, string(platform), now.Add(20*time.Hour).UnixMicro())
}

// TestSieveHoldsBackNobody asks the rule about everybody whom a sieve left out.
func TestSieveHoldsBackNobody(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		c := newChance(1)
		const people = 400
		policies := thorough.Times(200)
		c.people(db, people)
		db.exec(`INSERT INTO freezes (agency, from_at, until_at, ends_at, note, actor, added_at) VALUES ('Kementerian 1', 0, ?, ?, '', 'test', 0)`,
			db.clock.at.Add(time.Hour).UnixMicro(), db.clock.at.Add(time.Hour).UnixMicro())
		var all []int64
		for id := range int64(people) {
			all = append(all, id+1)
		}
		passed, told := [2]int{}, [2]int{}
		for i := range policies {
			p := c.policy()
			owners, err := loadOutlines(db.db, all)
			if err != nil || len(owners) != people {
				t.Fatalf("%d people, %v", len(owners), err)
			}
			pass := [2]map[int64]bool{{}, {}}
			for n := range pass {
				ids, err := sieve{policy: p, at: db.clock.at, near: n == 1}.sift(db.db, 0, people)
				if err != nil {
					t.Fatal(err)
				}
				for _, id := range ids {
					pass[n][id] = true
				}
				passed[n] += len(ids)
			}
			err = judge(db.db, p, owners, db.clock.at, func(o *owner, v influencer.Verdict) {
				moves := v.Move != nil || v.Qualifies == influencer.Unknown && len(v.Doubtful) > 0
				_, tells := previewRow(p, db.clock.at, o, v)
				for n, is := range []bool{moves, tells || moves} {
					if is {
						told[n]++
					}
					if is && !pass[n][o.ID] {
						t.Errorf("policy %d, near %v: person %d is held back\n%+v\n%+v\nverdict %+v", i, n == 1, o.ID, p, o.Person, v)
					}
				}
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for n, name := range []string{"movers", "near"} {
			t.Logf("%s: %d of %d pass, of %d told", name, passed[n], people*policies, told[n])
			if told[n] < people*policies/20 || passed[n] > told[n]*3 {
				t.Errorf("%s: of %d people %d pass, and %d are told of: it proves or sifts too little", name, people*policies, passed[n], told[n])
			}
		}
	})
}

// TestPreviewEqualsApplyForRandomPolicies applies one policy after the other to the
// same people, each at the moment of its preview.
func TestPreviewEqualsApplyForRandomPolicies(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		c := newChance(2)
		ctx := context.Background()
		const people = 60
		policies := thorough.Times(200)
		c.people(db, people)
		db.exec(`INSERT INTO freezes (agency, from_at, until_at, ends_at, note, actor, added_at) VALUES ('Kementerian 1', 0, ?, ?, '', 'test', 0)`,
			db.clock.at.Add(time.Hour).UnixMicro(), db.clock.at.Add(time.Hour).UnixMicro())
		moved, trips := 0, 0
		for i := range policies {
			p := c.policy()
			held, made := map[int64]influencer.Move{}, map[int64]influencer.Move{}
			preview, err := db.PreviewPolicy(ctx, p, db.clock.at, func(r influencer.PreviewRow) error {
				if r.Move != nil {
					made[r.ID] = *r.Move
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if preview.Breaker.Holds() {
				for id, m := range made {
					if m.Loss() {
						held[id] = m
						delete(made, id)
					}
				}
			}
			last := db.number("SELECT coalesce(max(id), 0) FROM decisions")
			done := db.apply(p)
			gotMade := db.movesIn(`decisions WHERE id > ?`, last)
			gotHeld := db.movesIn(`held_losses WHERE trip_id = ?`, done.Trip)
			if diff := cmp.Diff(made, gotMade); diff != "" {
				t.Fatalf("policy %d %+v: foretold and made (-want +got):\n%s", i, p, diff)
			}
			if diff := cmp.Diff(held, gotHeld); diff != "" {
				t.Fatalf("policy %d %+v: foretold and held (-want +got):\n%s", i, p, diff)
			}
			if len(held) != done.Held || preview.People != people {
				t.Fatalf("policy %d: %+v of %d people", i, done.Redecided, preview.People)
			}
			moved += len(made)
			if done.Trip != 0 {
				trips++
				closed := oneOf(c, db.DiscardTrip, db.ReleaseTrip)
				if _, err := closed(ctx, done.Trip, db.orders("next")); err != nil {
					t.Fatal(err)
				}
				if err := db.MakeReleased(ctx, db.clock.at, nil); err != nil {
					t.Fatal(err)
				}
			}
		}
		t.Logf("%d moves, %d trips", moved, trips)
		if moved < policies || trips < policies/10 {
			t.Errorf("%d moves and %d trips by %d policies: too few to prove anything", moved, trips, policies)
		}
	})
}

// movesIn are the moves of a table's rows, by person.
func (db *testDB) movesIn(where string, args ...any) map[int64]influencer.Move {
	db.t.Helper()
	out := map[int64]influencer.Move{}
	err := each(db.db, `SELECT person_id, from_status, to_status, reason FROM `+where, args, func(c *cursor) {
		id := c.int()
		out[id] = influencer.Move{From: influencer.Status(c.text()), To: influencer.Status(c.text()), Reason: influencer.Reason(c.text())}
	})
	if err != nil {
		db.t.Fatal(err)
	}
	return out
}
