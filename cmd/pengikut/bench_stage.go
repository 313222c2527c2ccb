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
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
)

// The designs that are measured.
const (
	designFirst   = "first"
	designNaive   = "naive"
	designOurs    = "ours"
	designCeiling = "ceiling"
)

var designs = map[string]string{
	designFirst:   "ours, accounts never read before",
	designNaive:   "a task per account, row by row",
	designOurs:    "ours, the day after",
	designCeiling: "fetch and one write a batch",
}

// aDayLater is when the measured day begins after the first: every account is
// due again, and every count has moved.
const aDayLater = 25 * time.Hour

// stage is where the designs perform: a rehearsal X, a database as it stands
// after the first day, and the moment it is.
type stage struct {
	app      *app
	flags    benchFlags
	sim      *simulator.Server
	simURL   string
	dbURL    string
	redisURL string
	template *store.Scratch
	later    atomic.Int64 // how far the clock is ahead, in nanoseconds
	moved    int          // people whom applying a policy moved, for the bare statement
}

// newStage is a stage without a platform, on the configured server or in dir.
func (a *app) newStage(f benchFlags, dir string) (*stage, error) {
	c, err := a.config()
	if err != nil {
		return nil, err
	}
	st := &stage{app: a, flags: f, dbURL: "sqlite:" + filepath.Join(dir, "bench.db"), redisURL: c.RedisURL.Reveal()}
	if u := c.DatabaseURL.Reveal(); strings.HasPrefix(u, "postgres") {
		st.dbURL = u
	}
	return st, nil
}

func (a *app) measure(ctx context.Context, f benchFlags) (benchReport, error) {
	dir, err := os.MkdirTemp("", "pengikut-bench-")
	if err != nil {
		return benchReport{}, err
	}
	defer os.RemoveAll(dir)
	st, err := a.newStage(f, dir)
	if err != nil {
		return benchReport{}, err
	}
	if err := st.emptyRedis(ctx); err != nil {
		return benchReport{}, err
	}
	ctx, stop := context.WithCancel(ctx)
	served, err := st.serve(ctx)
	if err != nil {
		stop()
		return benchReport{}, err
	}
	report, err := st.run(ctx)
	stop()
	return report, errors.Join(err, <-served)
}

// emptyRedis refuses a given Redis that holds anything, before the work begins.
func (st *stage) emptyRedis(ctx context.Context) error {
	_, end, err := benchOrder{Redis: st.redisURL}.redis(ctx)
	if err != nil {
		return err
	}
	return end()
}

// serve starts the platform: no limit, and nobody out of the ordinary, so that
// what is measured is reading and not waiting.
func (st *stage) serve(ctx context.Context) (<-chan error, error) {
	now := func() time.Time { return st.app.now().Add(time.Duration(st.later.Load())) }
	st.sim = simulator.New(simulator.Options{People: st.flags.accounts, Mix: &simulator.Mix{}, XLimit: -1, Now: now})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	st.simURL = "http://" + l.Addr().String()
	done := make(chan error, 1)
	go func() { done <- st.sim.Serve(ctx, l) }()
	return done, nil
}

func (st *stage) run(ctx context.Context) (report benchReport, err error) {
	if st.template, err = store.NewScratch(ctx, st.dbURL, nil); err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, st.template.Drop(context.WithoutCancel(ctx))) }()
	if err := st.load(ctx); err != nil {
		return report, err
	}
	report = st.describe()
	report.Durable, report.Settings, err = st.template.Durable(ctx)
	if err != nil {
		return report, err
	}
	first, err := st.perform(ctx, designFirst, st.template)
	if err != nil {
		return report, err
	}
	report.Figures = append(report.Figures, first)
	st.later.Store(int64(aDayLater))
	for _, design := range []string{designNaive, designOurs, designCeiling} {
		if len(st.flags.only) > 0 && !slices.Contains(st.flags.only, design) {
			continue
		}
		figure, err := st.performOnCopy(ctx, design)
		if err != nil {
			return report, fmt.Errorf("%s: %w", design, err)
		}
		report.Figures = append(report.Figures, figure)
	}
	report.compare()
	return report, nil
}

func (st *stage) describe() benchReport {
	r := benchReport{Database: "SQLite", Queue: "Redis in the process", Concurrency: st.flags.concurrency, ServersOnHost: true}
	if strings.HasPrefix(st.dbURL, "postgres") {
		r.Database = "Postgres"
	}
	if st.redisURL != "" {
		r.Queue = "Redis"
	}
	return r
}

// load registers the accounts, each with the platform's id known.
func (st *stage) load(ctx context.Context) error {
	if _, err := store.Migrate(ctx, st.template.URL); err != nil {
		return err
	}
	s, err := store.Open(ctx, store.Options{URL: st.template.URL, Now: st.app.now})
	if err != nil {
		return err
	}
	b := st.app.newBar(int64(st.flags.accounts), "registering")
	_, err = s.Import(ctx, st.people, influencer.ImportOptions{At: st.app.now(),
		Progress: func(rows int) { b.at(int64(rows), int64(st.flags.accounts)) }})
	b.end()
	return errors.Join(err, s.Close(), st.template.Settle(ctx))
}

func (st *stage) people(each func(influencer.Row) error) error {
	population, at := st.sim.Population(), st.app.now()
	line := 1
	for p := range population.People(st.flags.accounts) {
		profile := st.sim.Truth(simulator.X, p.Index, at)
		nip, err := influencer.ParseNIP(p.NIP, at)
		if err != nil {
			return err
		}
		line++
		if err := each(influencer.Row{Line: line, NIP: nip, Name: p.Name, Agency: p.Agency, Unit: p.Unit,
			Platform: influencer.X, Handle: profile.Handle, ExternalID: profile.ExternalID()}); err != nil {
			return err
		}
	}
	return nil
}

func (st *stage) performOnCopy(ctx context.Context, design string) (figure benchFigure, err error) {
	scratch, err := store.NewScratch(ctx, st.dbURL, st.template)
	if err != nil {
		return figure, err
	}
	defer func() { err = errors.Join(err, scratch.Drop(context.WithoutCancel(ctx))) }()
	return st.perform(ctx, design, scratch)
}

// calls is how often the platform was called, where there is one.
func (st *stage) calls() int64 {
	if st.sim == nil {
		return 0
	}
	return st.sim.Stats().Total.Calls
}

// perform runs one design in a process of its own, so that its memory is its own.
func (st *stage) perform(ctx context.Context, design string, on *store.Scratch) (benchFigure, error) {
	figure := benchFigure{Design: design, description: designs[design]}
	if err := on.Settle(ctx); err != nil {
		return figure, err
	}
	order := benchOrder{Design: design, Database: on.URL, Redis: st.redisURL, Platform: st.simURL,
		Accounts: st.flags.accounts, Concurrency: st.flags.concurrency, Later: time.Duration(st.later.Load())}
	switch design {
	case designNaive:
		order.Accounts = min(order.Accounts, st.flags.naive)
	case designUpdate:
		order.Accounts = st.moved
	}
	said, err := json.Marshal(order)
	if err != nil {
		return figure, err
	}
	exe, err := os.Executable()
	if err != nil {
		return figure, err
	}
	before := st.calls()
	child := exec.CommandContext(ctx, exe, "bench-design") //nolint:gosec // it is this program itself
	child.Stdin, child.Stderr = bytes.NewReader(said), st.app.err
	answer, err := child.Output()
	if err != nil {
		return figure, fmt.Errorf("run %s: %w", design, err)
	}
	if err := json.Unmarshal(answer, &figure); err != nil {
		return figure, fmt.Errorf("read what %s measured: %w", design, err)
	}
	figure.Calls = st.calls() - before
	figure.PerSecond = float64(figure.Accounts) / figure.Seconds
	return figure, nil
}
