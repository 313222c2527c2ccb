package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

func (db *testDB) health() influencer.PlatformHealth {
	db.t.Helper()
	list, err := db.PlatformHealth(context.Background())
	if err != nil || len(list) != 1 {
		db.t.Fatalf("%v, %v", list, err)
	}
	return list[0]
}

// fail claims what is due and releases it with a failure.
func (db *testDB) fail(f influencer.Failure) {
	db.t.Helper()
	ref := db.claim(db.order()).Refs[0]
	if err := db.Release(context.Background(), ref, &f, db.clock.at); err != nil {
		db.t.Fatal(err)
	}
}

func TestReleaseKeepsAccountsDue(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson("199001012015011001", influencer.X)
		db.record(influencer.X, db.saw(ids[0], 900))
		db.clock.advance(25 * time.Hour)
		before := db.account(ids[0])
		db.fail(influencer.Failure{Kind: influencer.Unavailable, Code: "503"})
		a := db.account(ids[0])
		if a.Error != "unavailable (503)" || !a.AttemptedAt.Equal(db.clock.at) {
			t.Errorf("error %q at %v", a.Error, a.AttemptedAt)
		}
		a.Error, a.AttemptedAt = before.Error, before.AttemptedAt
		if !a.SameNumbers(before.Counts) || a.State != before.State || a.Failures != before.Failures || a.NextDueAt.After(db.clock.at) {
			t.Errorf("%+v, was %+v", a, before)
		}
		db.wantStatus(person, influencer.StatusActive)
		if got := db.claim(db.order()); len(got.Refs) != 1 {
			t.Errorf("no longer due: %+v", got)
		}
	})
}

func TestReleaseUntried(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(1)
		ref := db.claim(db.order()).Refs[0]
		if err := db.Release(context.Background(), ref, nil, db.clock.at); err != nil {
			t.Fatal(err)
		}
		if a := db.account(ids[0]); !a.AttemptedAt.IsZero() || a.Error != "" {
			t.Errorf("%+v", a)
		}
		if n := db.number("SELECT count(*) FROM platform_health"); n != 0 {
			t.Error("the platform's health was touched")
		}
		if err := db.Release(context.Background(), ref, nil, db.clock.at); !errors.Is(err, influencer.ErrStale) {
			t.Errorf("twice: %v", err)
		}
	})
}

func TestPlatformHealthBacksOff(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(1)
		began := db.clock.at
		for i, minutes := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
			db.fail(influencer.Failure{Kind: influencer.Unavailable})
			h := db.health()
			if wait := h.Until.Sub(db.clock.at); wait != time.Duration(minutes)*time.Minute || h.Failures != i+1 ||
				h.Kind != influencer.Unavailable || !h.Since.Equal(began) {
				t.Fatalf("%d: wait %v, %+v", i, wait, h)
			}
			db.clock.advance(time.Duration(minutes) * time.Minute)
		}
		until := db.clock.at.Add(3 * time.Hour)
		db.fail(influencer.Failure{Kind: influencer.RateLimited, Until: until})
		if h := db.health(); !h.Until.Equal(until) || !h.Since.Equal(db.clock.at) || h.Kind != influencer.RateLimited {
			t.Errorf("%+v", h)
		}
		// A call made before the refusal is answered: the refusal stands.
		db.record(influencer.X, db.saw(ids[0], 900))
		if h := db.health(); !h.Until.Equal(until) {
			t.Errorf("%+v", h)
		}
		db.clock.at = until
		db.record(influencer.X, db.saw(ids[0], 900))
		if h := db.health(); h.Kind != "" || h.Failures != 0 || !h.Until.IsZero() || h.Detail != "" || !h.Since.Equal(until) {
			t.Errorf("%+v", h)
		}
	})
}

func TestRecordOfPassingFailuresProvesNoHealth(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(1)
		db.fail(influencer.Failure{Kind: influencer.Unavailable})
		db.record(influencer.X, failed(ids[0], influencer.Unavailable))
		if h := db.health(); h.Kind != influencer.Unavailable {
			t.Errorf("%+v", h)
		}
		db.record(influencer.X, failed(ids[0], influencer.Gone))
		if h := db.health(); h.Kind != "" {
			t.Errorf("%+v", h)
		}
	})
}

// TestCallsUnderWayFailAsOne: eight calls that fail together are one failure of
// the platform, or a short outage would close it for hours.
func TestCallsUnderWayFailAsOne(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(80)
		o := db.order()
		o.BatchSize = 10
		for _, ref := range db.claim(o).Refs {
			if err := db.Release(context.Background(), ref, &influencer.Failure{Kind: influencer.Unavailable}, db.clock.at); err != nil {
				t.Fatal(err)
			}
			db.clock.advance(time.Second)
		}
		if h := db.health(); h.Failures != 1 || h.Until.After(db.clock.at.Add(time.Minute)) {
			t.Errorf("%+v", h)
		}
	})
}

// TestHeldBackIsNoFailure: a call that we did not make blames neither the
// platform nor the accounts, and shows until when the platform is not called.
func TestHeldBackIsNoFailure(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ids := db.addMany(1)
		until := monday.Add(time.Minute)
		db.fail(influencer.Failure{Kind: influencer.RateLimited, Code: "gate", Until: until, NotCalled: true})
		want := influencer.PlatformHealth{Platform: influencer.X, Kind: influencer.RateLimited,
			Detail: "rate_limited (gate) until 2026-11-23T02:01:00Z", Since: monday, Until: until, UpdatedAt: monday}
		if h := db.health(); h != want {
			t.Errorf("%+v", h)
		}
		if a := db.account(ids[0]); !a.AttemptedAt.IsZero() || a.Error != "" || a.Failures != 0 {
			t.Errorf("%+v", a)
		}
		db.clock.advance(2 * time.Minute)
		db.fail(influencer.Failure{Kind: influencer.Unavailable, Code: "503"})
		db.clock.advance(time.Second)
		until = db.clock.at.Add(time.Hour)
		if err := db.Hold(t.Context(), influencer.X, &influencer.Failure{Kind: influencer.RateLimited, Until: until}, db.clock.at); err != nil {
			t.Fatal(err)
		}
		if h := db.health(); h.Kind != influencer.Unavailable || h.Failures != 1 || !h.Until.Equal(until) || !h.UpdatedAt.Equal(db.clock.at) {
			t.Errorf("an outage is forgotten over a limit: %+v", h)
		}
	})
}
