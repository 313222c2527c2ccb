package store

import (
	"context"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

func ptr(n int64) *int64 { return &n }

// saw is an observation of that many followers, by somebody who just posted.
func (db *testDB) saw(account, followers int64) influencer.Observation {
	return influencer.Observation{
		AccountID: account,
		Counts: influencer.Counts{
			Followers: ptr(followers), Following: ptr(10), Posts: ptr(20), LastActiveAt: db.clock.at.Add(-time.Hour).Truncate(time.Hour),
		},
		Source: "x/v2",
	}
}

// failed is an observation of a failure.
func failed(account int64, k influencer.FailureKind) influencer.Observation {
	return influencer.Observation{AccountID: account, Failure: &influencer.Failure{Kind: k, Detail: "as the platform says"}}
}

// record claims the one batch that holds these observations' accounts, due or
// not, and records it now.
func (db *testDB) record(p influencer.Platform, seen ...influencer.Observation) influencer.Recorded {
	db.t.Helper()
	o := db.order()
	o.Platform, o.All = p, true
	o.AccountIDs = pick(seen, func(s *influencer.Observation) int64 { return s.AccountID })
	got := db.claim(o)
	if len(got.Refs) != 1 {
		db.t.Fatalf("claimed %d batches, want 1", len(got.Refs))
	}
	out, err := db.Record(context.Background(), got.Refs[0], seen, db.clock.at)
	if err != nil {
		db.t.Fatal(err)
	}
	return out
}

// account loads an account's row, its due time, too.
func (db *testDB) account(id int64) *account {
	db.t.Helper()
	owners, err := loadOwners(db.db, []int64{db.number("SELECT person_id FROM accounts WHERE id = ?", id)})
	if err != nil || len(owners) != 1 {
		db.t.Fatalf("account %d: %d owners, %v", id, len(owners), err)
	}
	a := owners[0].account(id)
	a.NextDueAt = time.UnixMicro(db.number(`SELECT coalesce(s.due_at, b.due_at) FROM schedule s LEFT JOIN batches b ON b.id = s.batch_id WHERE s.account_id = ?`, id)).UTC()
	return a
}

func (db *testDB) status(person int64) influencer.Status {
	db.t.Helper()
	return influencer.Status(db.text("SELECT status FROM people WHERE id = ?", person))
}

// chain fails the test unless every person's decisions lead from none to the
// status held, each from where the one before went, with one event each.
func (db *testDB) chain() {
	db.t.Helper()
	broken := db.number(`SELECT count(*) FROM (
		SELECT person_id, from_status, lag(to_status, 1, 'none') OVER (PARTITION BY person_id ORDER BY id) AS before FROM decisions) d
		WHERE from_status <> before`)
	unlike := db.number(`SELECT count(*) FROM people p WHERE status <> coalesce(
		(SELECT to_status FROM decisions d WHERE d.person_id = p.id ORDER BY id DESC LIMIT 1), 'none')`)
	events := db.number(`SELECT (SELECT count(*) FROM decisions) - (SELECT count(*) FROM outbox
		WHERE kind NOT IN ('account_problem', 'account_ok', 'breaker_tripped', 'policy_changed'))`)
	if broken != 0 || unlike != 0 || events != 0 {
		db.t.Errorf("decisions: %d do not follow the one before, %d people's status is not the last one's, %d have no event", broken, unlike, events)
	}
}

func TestRecordFirstRead(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson("199001012015011001", influencer.X)
		seen := db.saw(ids[0], 500)
		seen.ExternalID, seen.Handle = "42", "NewName"
		out := db.record(influencer.X, seen)
		if out != (influencer.Recorded{Read: 1, Moved: 1}) {
			t.Errorf("%+v", out)
		}
		a := db.account(ids[0])
		if a.State != influencer.StateOK || *a.Followers != 500 || a.Friends != nil || a.ExternalID != "42" || a.Handle != "NewName" ||
			a.Reads != 1 || !a.SyncedAt.Equal(db.clock.at) || !a.ObservedAt.Equal(db.clock.at) || !a.AttemptedAt.Equal(db.clock.at) ||
			!a.LastActiveAt.Equal(seen.Counts.LastActiveAt) || a.Source != "x/v2" {
			t.Errorf("%+v", a)
		}
		if wait := a.NextDueAt.Sub(db.clock.at); wait < 20*time.Hour || wait > 24*time.Hour {
			t.Errorf("due again in %v", wait)
		}
		if db.status(person) != influencer.StatusActive || db.number("SELECT first_granted_at FROM people") != db.clock.at.UnixMicro() {
			t.Error("not granted")
		}
		if kind := db.text("SELECT kind FROM outbox"); kind != string(influencer.EventGranted) {
			t.Errorf("event %s", kind)
		}
		if n := db.number("SELECT count(*) FROM batches"); n != 0 {
			t.Errorf("%d batches left", n)
		}
		db.chain()
	})
}

func TestRecordTwiceIsOnce(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(3)
		ctx := context.Background()
		ref := db.claim(db.order()).Refs[0]
		var seen []influencer.Observation
		for _, id := range ids {
			seen = append(seen, db.saw(id, 700))
		}
		results := make(chan influencer.Recorded, 4)
		for range cap(results) {
			go func() {
				out, err := db.Record(ctx, ref, seen, db.clock.at)
				if err != nil {
					t.Error(err)
				}
				results <- out
			}()
		}
		var read, stale int
		for range cap(results) {
			out := <-results
			read += out.Read
			if out.Stale {
				stale++
			}
		}
		if read != 3 || stale != 3 {
			t.Errorf("%d reads and %d stale, want 3 and 3", read, stale)
		}
		for table, want := range map[string]int64{"readings": 3, "decisions": 3, "outbox": 3} {
			if n := db.number("SELECT count(*) FROM " + table); n != want {
				t.Errorf("%d %s, want %d", n, table, want)
			}
		}
	})
}

func TestRecordSameNumbersExtend(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		_, ids := db.addPerson("199001012015011001", influencer.X)
		active := db.clock.at.Add(-time.Hour)
		for range 6 {
			seen := db.saw(ids[0], 800)
			seen.Counts.LastActiveAt = active
			db.record(influencer.X, seen)
			db.clock.advance(time.Hour)
		}
		a := db.account(ids[0])
		if a.Reads != 6 || a.SyncedAt.Sub(a.ObservedAt) != 5*time.Hour || len(a.Between) == 0 {
			t.Errorf("%d reads over %v, between %v", a.Reads, a.SyncedAt.Sub(a.ObservedAt), a.Between)
		}
		readings, err := newestReadings(db.db, ids)
		if err != nil {
			t.Fatal(err)
		}
		r := readings[ids[0]]
		if n := db.number("SELECT count(*) FROM readings"); n != 1 || r.Reads != 6 || !r.LastSeenAt.Equal(a.SyncedAt) || len(r.Between) != len(a.Between) {
			t.Errorf("%d readings, newest %+v", n, r)
		}
		db.record(influencer.X, db.saw(ids[0], 801))
		if n := db.number("SELECT count(*) FROM readings"); n != 2 {
			t.Errorf("%d readings after another number, want 2", n)
		}
	})
}

func TestRecordFailuresLeaveCounts(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		for i, kind := range influencer.FailureKinds() {
			person, ids := db.addPerson(influencer.NIP(fmt18(i)), influencer.X)
			db.record(influencer.X, db.saw(ids[0], 900))
			before := db.account(ids[0])
			db.clock.advance(time.Minute)
			out := db.record(influencer.X, failed(ids[0], kind))
			if out != (influencer.Recorded{Failed: 1}) {
				t.Errorf("%s: %+v", kind, out)
			}
			a := db.account(ids[0])
			want, settled := kind.State()
			if !settled {
				want = influencer.StateOK
			}
			if a.State != want || a.Failures != 1 || a.Error == "" || !a.AttemptedAt.Equal(db.clock.at) || settled != a.StateSince.Equal(db.clock.at) {
				t.Errorf("%s: state %s since %v, %d failures, error %q", kind, a.State, a.StateSince, a.Failures, a.Error)
			}
			if !a.SameNumbers(before.Counts) || !a.SyncedAt.Equal(before.SyncedAt) || a.Reads != 1 {
				t.Errorf("%s touched the counts: %+v", kind, a.Counts)
			}
			if db.status(person) != influencer.StatusActive {
				t.Errorf("%s moved the status", kind)
			}
			db.clock.advance(time.Minute)
			db.record(influencer.X, db.saw(ids[0], 900))
			if a := db.account(ids[0]); a.State != influencer.StateOK || a.Failures != 0 || a.Error != "" || a.Reads != 2 {
				t.Errorf("%s does not heal: %+v", kind, a)
			}
		}
		if n := db.number("SELECT count(*) FROM readings"); n != int64(len(influencer.FailureKinds())) {
			t.Errorf("%d readings, want one an account", n)
		}
		db.chain()
	})
}

func TestRecordMissingAndForeignObservations(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(2)
		o := db.order()
		o.AccountIDs = ids[:1]
		ref := db.claim(o).Refs[0]
		out, err := db.Record(context.Background(), ref, []influencer.Observation{db.saw(ids[1], 800)}, db.clock.at)
		if err != nil || out != (influencer.Recorded{Failed: 1}) {
			t.Fatalf("%+v, %v", out, err)
		}
		if a := db.account(ids[0]); a.State != influencer.StatePending || a.Error == "" || a.Failures != 1 {
			t.Errorf("left out: %+v", a)
		}
		if a := db.account(ids[1]); a.State != influencer.StatePending || a.Followers != nil {
			t.Errorf("not in the batch: %+v", a)
		}
	})
}

func TestRecordUnknownMetricIsRefused(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson("199001012015011001", influencer.X)
		db.record(influencer.X, db.saw(ids[0], 900))
		db.clock.advance(time.Hour)
		seen := db.saw(ids[0], 0)
		seen.Counts.Followers = nil
		if out := db.record(influencer.X, seen); out.Failed != 1 || out.Read != 0 {
			t.Errorf("%+v", out)
		}
		if a := db.account(ids[0]); *a.Followers != 900 || a.State != influencer.StateOK || a.Error == "" || db.status(person) != influencer.StatusActive {
			t.Errorf("%+v", a)
		}
	})
}
