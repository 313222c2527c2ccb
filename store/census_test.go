package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

func TestCensus(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		someone(db)
		s := db.reopen(Options{Every: map[influencer.Platform]time.Duration{influencer.X: 30 * time.Minute}})
		now := monday.UnixMicro()
		for _, c := range []struct {
			label, state string
			account      any
			ends         any
		}{
			{"one", "ok", nil, now + 3_000_000}, {"two", "ok", nil, now + 2_000_000}, {"three", "dead", nil, nil},
			{"", "ok", 1, now - 1}, {"", "ok", 2, nil},
		} {
			db.exec(`INSERT INTO credentials (platform, account_id, label, key_id, ciphertext, state, created_at, expires_at)
				VALUES ('x', ?, ?, 'k', 'c', ?, 0, ?)`, c.account, c.label, c.state, c.ends)
		}
		got, err := s.Census(ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := influencer.Census{At: monday, People: map[influencer.Status]int64{"none": 1, "pending": 0, "active": 1, "grace": 1,
			"suspended": 0, "blocked": 1, "revoked": 0},
			Accounts: []influencer.AccountCount{
				{Platform: "facebook", State: "needs_consent", Registered: 1},
				{Platform: "instagram", State: "pending", Registered: 1},
				{Platform: "x", State: "ok", Registered: 2, InTime: 0, Proving: 1, Oldest: time.UnixMicro(1000000).UTC()},
			},
			Tokens: []influencer.TokenCount{
				{Platform: "x", State: "dead", Own: true, Count: 1},
				{Platform: "x", State: "expired", Count: 1},
				{Platform: "x", State: "ok", Count: 1},
				{Platform: "x", State: "ok", Own: true, Count: 2, FirstEnd: monday.Add(2 * time.Second)},
			}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		other, err := db.Census(ctx) // 24 hours where nothing else is said
		if err != nil || other.Accounts[2].InTime != 1 {
			t.Errorf("with the default pace %+v, %v", other.Accounts[2], err)
		}
	})
}

func TestCountMoves(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		if id, err := db.NewestDecision(ctx); id != 0 || err != nil {
			t.Errorf("newest of none: %d, %v", id, err)
		}
		for _, m := range [][3]string{{"none", "active", "qualifies"}, {"none", "active", "qualifies"}, {"active", "revoked", "below_line"}} {
			db.exec(`INSERT INTO decisions (person_id, at, from_status, to_status, reason, policy_version, actor, evidence)
				VALUES (1, 0, ?, ?, ?, 1, 'rule', '{}')`, m[0], m[1], m[2])
		}
		newest, err := db.NewestDecision(ctx)
		if err != nil {
			t.Fatal(err)
		}
		grants, loss := influencer.MoveCount{From: "none", To: "active", Reason: "qualifies"}, influencer.MoveCount{From: "active", To: "revoked", Reason: "below_line", Count: 1}
		for _, c := range []struct {
			after, upTo int64
			want        []influencer.MoveCount
		}{
			{newest - 3, 0, []influencer.MoveCount{loss, with(grants, 2)}},
			{newest - 2, 0, []influencer.MoveCount{loss, with(grants, 1)}},
			{newest - 3, newest - 1, []influencer.MoveCount{with(grants, 2)}},
			{newest, 0, nil},
		} {
			got, err := db.CountMoves(ctx, c.after, c.upTo)
			if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
				t.Errorf("after %d up to %d: %v (-want +got):\n%s", c.after, c.upTo, err, diff)
			}
		}
	})
}

func with(m influencer.MoveCount, n int64) influencer.MoveCount {
	m.Count = n
	return m
}

func TestClockAhead(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		fast := db.reopen(Options{Now: func() time.Time { return time.Now().Add(time.Hour) }})
		ahead, err := fast.ClockAhead(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if onPostgres(db.db) && (ahead < 59*time.Minute || ahead > 61*time.Minute) {
			t.Errorf("an hour ahead is %v", ahead)
		}
		if !onPostgres(db.db) && ahead != 0 {
			t.Errorf("a file's clock is %v behind", ahead)
		}
	})
}

// TestCheckSchema takes the last migration back, and pretends that there is one
// more.
func TestCheckSchema(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		if err := db.CheckSchema(ctx); err != nil {
			t.Errorf("well: %v", err)
		}
		newest := db.number("SELECT max(version_id) FROM goose_db_version")
		db.exec("INSERT INTO goose_db_version (version_id, is_applied) VALUES (?, ?)", newest+1, true)
		if err := db.CheckSchema(ctx); err != nil {
			t.Errorf("a newer one: %v", err)
		}
		db.exec("DELETE FROM goose_db_version WHERE version_id >= ?", newest)
		if err := db.CheckSchema(ctx); !errors.Is(err, ErrSchema) {
			t.Errorf("an older one: %v", err)
		}
	})
}

func TestResyncsUnderWay(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		for state, ended := range map[string]any{"running": nil, "done": 1, "cancelled": 1} {
			db.exec(`INSERT INTO resyncs (actor, same_as, state, created_at, ended_at) VALUES ('t', 'x', ?, 0, ?)`, state, ended)
		}
		got, err := db.ResyncsUnderWay(context.Background())
		if diff := cmp.Diff(map[influencer.ResyncState]int64{"queued": 0, "running": 1}, got); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
	})
}
