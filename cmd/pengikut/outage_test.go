package main

import (
	"context"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/connectors/x"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
	"github.com/pengikut/pengikut/worker"
)

// TestTwoDaysOfOutage lets X be down for two days of a fast clock. It is probed
// now and then, no number and no status moves, and when it is back everybody is
// read again without anyone's help.
func TestTwoDaysOfOutage(t *testing.T) {
	t.Parallel()
	const people, speed = 500, 15_000
	began := time.Now()
	now := func() time.Time { return began.Add(time.Since(began) * speed) }
	sim := simulator.New(simulator.Options{People: people, Mix: &simulator.Mix{}, XLimit: -1, Speed: 1e-9, Now: now})
	server := httptest.NewServer(sim)
	defer server.Close()
	s := openRehearsed(t, sim, people, now)
	client := connectors.NewClient(connectors.ClientOptions{Now: now})
	defer client.Close()
	c, err := x.New(x.Options{BaseURL: server.URL, Bearer: rehearsalToken, HTTP: client, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	embedded := worker.EmbeddedRedis(slog.New(slog.DiscardHandler))
	defer embedded.Close()
	var read atomic.Int64
	w, err := worker.New(worker.Options{Redis: embedded.Client(), Store: s, Speed: speed, Tick: 100 * time.Millisecond, Now: now,
		Connectors: map[influencer.Platform]worker.Connector{influencer.X: c}, Logger: slog.New(slog.DiscardHandler),
		OnBatch: func(b worker.BatchDone) { read.Add(int64(b.Recorded.Read)) }})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	defer func() { stop(); <-ended }()

	eventually(t, "everybody is read on the first day", func() bool { return read.Load() >= people })
	from := now()
	if _, err := sim.AddFault(simulator.Fault{Kind: simulator.OutageHTML, From: from, Until: from.Add(48 * time.Hour)}); err != nil {
		t.Fatal(err)
	}
	before := statuses(t, s)
	eventually(t, "the two days pass", func() bool { return now().After(from.Add(47 * time.Hour)) })
	probes := sim.Stats().Total.Faulted
	if probes < 3 || probes >= 200 {
		t.Errorf("%d calls during the outage, want some and fewer than 200", probes)
	}
	if after := statuses(t, s); before != after {
		t.Errorf("influencers: %d before, %d during the outage", before, after)
	}
	back := from.Add(48 * time.Hour)
	eventually(t, "everybody is read again", func() bool {
		stale := 0
		err := s.EachAccount(t.Context(), influencer.AccountFilter{}, func(a influencer.OwnedAccount) error {
			if a.SyncedAt.Before(back) {
				stale++
			}
			return nil
		})
		return err == nil && stale == 0
	})
	t.Logf("%d calls during the outage", probes)
}

// openRehearsed is a new store in which a simulator's people have X accounts.
func openRehearsed(t *testing.T, sim *simulator.Server, people int, now func() time.Time) *store.Store {
	t.Helper()
	url := "sqlite:" + filepath.Join(t.TempDir(), "outage.db")
	if _, err := store.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), store.Options{URL: url, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	st := &stage{app: &app{now: now}, flags: benchFlags{accounts: people}, sim: sim}
	if _, err := s.Import(t.Context(), st.people, influencer.ImportOptions{At: now()}); err != nil {
		t.Fatal(err)
	}
	return s
}

// statuses counts who is an influencer.
func statuses(t *testing.T, s *store.Store) (n int) {
	t.Helper()
	err := s.EachPerson(t.Context(), influencer.PeopleFilter{}, func(p influencer.PersonAccounts) error {
		if p.Status.Holds() {
			n++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}
