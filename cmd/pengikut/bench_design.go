package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/connectors/x"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
	"github.com/pengikut/pengikut/worker"
	"github.com/pengikut/pengikut/worker/baseline"
)

// benchOrder tells a child process what to perform.
type benchOrder struct {
	Design                    string
	Database, Redis, Platform string
	Accounts, Concurrency     int
	Later                     time.Duration // how far its clock is ahead
	Pace                      int           // accounts a second that the platform answers; 0 for all it can
}

func (o benchOrder) now() time.Time { return time.Now().Add(o.Later) }

// benchDesignCommand is what bench runs as a child; it reads its order from
// standard input and answers with a figure.
func (a *app) benchDesignCommand() *cobra.Command {
	return &cobra.Command{Use: "bench-design", Hidden: true, Args: takes(cobra.NoArgs), RunE: func(cmd *cobra.Command, _ []string) error {
		var o benchOrder
		if err := json.NewDecoder(io.LimitReader(a.in, 1<<20)).Decode(&o); err != nil {
			return err
		}
		figure, err := o.perform(cmd.Context())
		if err != nil {
			return err
		}
		return json.NewEncoder(a.out).Encode(figure)
	}}
}

func (o benchOrder) perform(ctx context.Context) (benchFigure, error) {
	if policyDesigns[o.Design] != "" {
		took, rows, err := o.policy(ctx)
		return benchFigure{Design: o.Design, Seconds: took.Seconds(), Moved: rows, PeakMiB: peakMiB(), CPUSeconds: cpuSeconds()}, err
	}
	connector, err := x.New(x.Options{BaseURL: o.Platform, Bearer: rehearsalToken, Now: o.now})
	if err != nil {
		return benchFigure{}, err
	}
	figure := benchFigure{Design: o.Design, Accounts: o.Accounts}
	var took time.Duration
	switch o.Design {
	case designNaive:
		took, err = o.naive(ctx, connector)
	case designCeiling:
		took, err = o.ceiling(ctx, connector)
	default:
		took, figure.Moved, err = o.ours(ctx, connector)
	}
	figure.Seconds = took.Seconds()
	figure.PeakMiB, figure.CPUSeconds = peakMiB(), cpuSeconds()
	return figure, err
}

// ours is the service as it runs: scheduler, plan, queue, sync, record.
func (o benchOrder) ours(ctx context.Context, c worker.Connector) (time.Duration, int, error) {
	c, free := newPaced(c, o.Pace)
	defer free()
	s, err := store.Open(ctx, store.Options{URL: o.Database, Now: o.now, MaxConns: o.Concurrency + 4})
	if err != nil {
		return 0, 0, err
	}
	client, closeRedis, err := o.redis(ctx)
	if err != nil {
		return 0, 0, errors.Join(err, s.Close())
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	var done, moved, took atomic.Int64
	began := time.Now()
	w, err := worker.New(worker.Options{Redis: client, Store: s, Connectors: map[influencer.Platform]worker.Connector{influencer.X: c},
		Concurrency: o.Concurrency, Tick: time.Second, Now: o.now, Logger: slog.New(slog.DiscardHandler),
		OnBatch: func(b worker.BatchDone) {
			moved.Add(int64(b.Recorded.Moved))
			if done.Add(int64(b.Recorded.Read)) >= int64(o.Accounts) {
				took.CompareAndSwap(0, int64(time.Since(began)))
				stop()
			}
		}})
	if err != nil {
		return 0, 0, errors.Join(err, closeRedis(), s.Close())
	}
	err = w.Run(ctx)
	if err == nil && done.Load() < int64(o.Accounts) {
		err = fmt.Errorf("read %d of %d accounts", done.Load(), o.Accounts)
	}
	return time.Duration(took.Load()), int(moved.Load()), errors.Join(err, closeRedis(), s.Close())
}

// naive is a task per account.
func (o benchOrder) naive(ctx context.Context, c worker.Connector) (time.Duration, error) {
	db, err := store.OpenBaseline(o.Database, o.Concurrency)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	client, closeRedis, err := o.redis(ctx)
	if err != nil {
		return 0, err
	}
	var left atomic.Int64
	left.Store(int64(o.Accounts))
	done := make(chan struct{})
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	handle := func(ctx context.Context, id int64) error {
		if err := o.readOne(ctx, c, db, id); err != nil {
			fail(err) // a figure with accounts missing is none
			return err
		}
		if left.Add(-1) == 0 {
			close(done)
		}
		return nil
	}
	began := time.Now()
	server, err := baseline.Start(client, o.Concurrency, silent{}, handle)
	if err != nil {
		return 0, errors.Join(err, closeRedis())
	}
	_, err = baseline.Enqueue(ctx, client, o.ids(ctx, db))
	if err == nil {
		select {
		case <-done:
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	took := time.Since(began)
	server.Stop()
	return took, errors.Join(err, closeRedis())
}

func (o benchOrder) readOne(ctx context.Context, c worker.Connector, db *store.Baseline, id int64) error {
	target, err := db.Target(ctx, id)
	if err != nil {
		return err
	}
	seen, err := c.Read(ctx, influencer.Request{Purpose: influencer.PurposePlanned, Targets: []influencer.Target{target}})
	if err != nil {
		return err
	}
	return db.WriteOne(ctx, seen[0], 500, o.now())
}

// ids lists the accounts to read.
func (o benchOrder) ids(ctx context.Context, db *store.Baseline) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for page := range o.pages(ctx, db) {
			for _, t := range page {
				if !yield(t.AccountID) {
					return
				}
			}
		}
	}
}

func (o benchOrder) pages(ctx context.Context, db *store.Baseline) iter.Seq[[]influencer.Target] {
	return func(yield func([]influencer.Target) bool) {
		var after int64
		for left := o.Accounts; left > 0; {
			page, err := db.Targets(ctx, influencer.X, after, min(left, 100))
			if err != nil || len(page) == 0 || !yield(page) {
				return
			}
			after = page[len(page)-1].AccountID
			left -= len(page)
		}
	}
}

// ceiling fetches and writes, and does nothing else.
func (o benchOrder) ceiling(ctx context.Context, c worker.Connector) (time.Duration, error) {
	db, err := store.OpenBaseline(o.Database, o.Concurrency+1)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	began := time.Now()
	pages := make(chan []influencer.Target)
	var group sync.WaitGroup
	var failed atomic.Pointer[error]
	var read atomic.Int64
	for range o.Concurrency {
		group.Go(func() {
			for page := range pages {
				seen, err := c.Read(ctx, influencer.Request{Purpose: influencer.PurposePlanned, Targets: page})
				if err == nil {
					err = db.WriteAll(ctx, seen, o.now())
				}
				if err != nil {
					failed.Store(&err)
				}
				read.Add(int64(len(seen)))
			}
		})
	}
	for page := range o.pages(ctx, db) {
		pages <- page
	}
	close(pages)
	group.Wait()
	took := time.Since(began)
	if err := failed.Load(); err != nil {
		return took, *err
	}
	if n := read.Load(); n != int64(o.Accounts) {
		return took, fmt.Errorf("read %d of %d accounts", n, o.Accounts)
	}
	return took, nil
}

// redis opens the given Redis, which must be empty, or one in the process.
func (o benchOrder) redis(ctx context.Context) (redis.UniversalClient, func() error, error) {
	log := slog.New(slog.DiscardHandler)
	if o.Redis == "" {
		e := worker.EmbeddedRedis(log)
		return e.Client(), e.Close, nil
	}
	client, err := worker.Connect(o.Redis, log)
	if err != nil {
		return nil, nil, err
	}
	if n, err := client.DBSize(ctx).Result(); err != nil || n > 0 {
		return nil, nil, errors.Join(err, client.Close(), fmt.Errorf("the Redis holds %d keys: give the benchmark an empty one", n))
	}
	return client, func() error {
		return errors.Join(client.FlushDB(context.WithoutCancel(ctx)).Err(), client.Close())
	}, nil
}

// silent is an asynq logger that says nothing.
type silent struct{}

func (silent) Debug(...any) {}
func (silent) Info(...any)  {}
func (silent) Warn(...any)  {}
func (silent) Error(...any) {}
func (silent) Fatal(...any) {}

// peakMiB is the most memory this process has had, in MiB; 0 where the system
// does not tell.
func peakMiB() float64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, rest, found := strings.Cut(string(status), "VmHWM:")
	var kib float64
	if _, err := fmt.Sscan(rest, &kib); err != nil || !found {
		return 0
	}
	return kib / 1024
}

func cpuSeconds() float64 {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
