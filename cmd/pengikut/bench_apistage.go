package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
	"github.com/pengikut/pengikut/web"
	"github.com/pengikut/pengikut/worker"
)

// paced is a platform that answers no faster than so many accounts a second.
type paced struct {
	worker.Connector
	slots <-chan time.Time
}

func (p paced) Read(ctx context.Context, r influencer.Request) ([]influencer.Observation, error) {
	select {
	case <-p.slots:
		return p.Connector.Read(ctx, r)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// newPaced lets rate accounts a second through; 0 lets all.
func newPaced(c worker.Connector, rate int) (worker.Connector, func()) {
	if rate == 0 {
		return c, func() {}
	}
	t := time.NewTicker(time.Second * time.Duration(c.BatchSize()) / time.Duration(rate))
	return paced{c, t.C}, t.Stop
}

func (a *app) measureAPI(ctx context.Context, f apiBenchFlags) (report apiReport, err error) {
	c, err := a.config()
	if err != nil {
		return report, err
	}
	st := &stage{app: a, flags: benchFlags{accounts: f.syncing, concurrency: 2}, dbURL: c.DatabaseURL.Reveal(), redisURL: c.RedisURL.Reveal()}
	if !strings.HasPrefix(st.dbURL, "postgres") {
		return report, errors.New("the API is measured on Postgres: set PENGIKUT_DATABASE_URL, or run make bench")
	}
	if err := st.emptyRedis(ctx); err != nil {
		return report, err
	}
	ctx, stop := context.WithCancel(ctx)
	served, err := st.serve(ctx)
	if err != nil {
		stop()
		return report, err
	}
	report, err = st.runAPI(ctx, f)
	stop()
	return report, errors.Join(err, <-served)
}

// runAPI fills a database and measures on it.
func (st *stage) runAPI(ctx context.Context, f apiBenchFlags) (report apiReport, err error) {
	if st.template, err = store.NewScratch(ctx, st.dbURL, nil); err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, st.template.Drop(context.WithoutCancel(ctx))) }()
	if err := st.load(ctx); err != nil {
		return report, err
	}
	b := st.app.newBar(int64(f.people), "filling")
	err = st.template.Fill(ctx, f.people, func(done int) { b.at(int64(done), int64(f.people)) })
	b.end()
	if err := errors.Join(err, st.template.Settle(ctx)); err != nil {
		return report, err
	}
	s, err := store.Open(ctx, store.Options{URL: st.template.URL, Now: st.app.now})
	if err != nil {
		return report, err
	}
	report, err = st.measureOn(ctx, s, f)
	if err := errors.Join(err, s.Close()); err != nil {
		return report, err
	}
	err = st.measureViews(ctx, &report)
	return report, err
}

func (st *stage) measureOn(ctx context.Context, s *store.Store, f apiBenchFlags) (apiReport, error) {
	report := apiReport{People: f.people, Accounts: 3 * f.people, Rate: f.rate, Seconds: f.span.Seconds()}
	_, key, err := s.CreateKey(ctx, influencer.KeyOrder{Name: "bench", Role: influencer.RoleAdmin, Actor: "bench"})
	if err != nil {
		return report, err
	}
	if err := s.CountTotals(ctx); err != nil {
		return report, err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return report, err
	}
	answered := make(chan error, 1)
	server := web.New(web.Options{Keys: s, Now: st.app.now, Platforms: knownPlatforms(),
		Services: web.Services{Accounts: s, People: s, Rule: s, Summary: s}})
	go func() { answered <- server.Serve(ctx, l) }()
	endSync, err := st.startSync(ctx, f)
	if err != nil {
		return report, errors.Join(err, end(stop, answered))
	}
	counting := make(chan error, 1)
	go func() { counting <- report.countAll(ctx, s, f.span) }()
	before := time.Now()
	report.Figures, err = newLoad("http://"+l.Addr().String(), key, f.people, s).run(ctx, f.rate, f.span)
	took := time.Since(before)
	read, err2 := s.ReadSince(ctx, influencer.X, before)
	report.SyncRate = float64(read) / took.Seconds()
	report.compare()
	return report, errors.Join(err, err2, <-counting, endSync(), end(stop, answered))
}

func end(stop func(), served <-chan error) error {
	stop()
	return <-served
}

// countAll counts everything in the middle of the span, and every minute after, as
// a scheduler does.
func (r *apiReport) countAll(ctx context.Context, s *store.Store, span time.Duration) error {
	for left := span; left > 0; left -= countEvery {
		time.Sleep(warmUp + min(left, countEvery)/4)
		began := time.Now()
		if err := s.CountTotalsGently(ctx); err != nil {
			return err
		}
		r.Counts++
		r.CountTook = time.Since(began).Seconds()
	}
	return nil
}

// startSync lets another process read what is due on X, and returns how to end it.
func (st *stage) startSync(ctx context.Context, f apiBenchFlags) (func() error, error) {
	said, err := json.Marshal(benchOrder{Design: designOurs, Database: st.template.URL, Redis: st.redisURL, Platform: st.simURL,
		Accounts: f.syncing, Concurrency: 2, Pace: f.pace})
	if err != nil {
		return nil, err
	}
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(ctx)
	child := exec.CommandContext(ctx, exe, "bench-design") //nolint:gosec // it is this program itself
	child.Stdin, child.Stderr = bytes.NewReader(said), st.app.err
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	if err := child.Start(); err != nil {
		stop()
		return nil, fmt.Errorf("start the sync: %w", err)
	}
	return func() error {
		stop()
		_ = child.Wait() // it says that it did not read all, or was told to end
		return nil
	}, nil
}
