package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
	"github.com/pengikut/pengikut/worker"
)

type demoFlags struct {
	people  int
	runs    time.Duration
	speed   float64
	seed    uint64
	listen  string
	dataDir string
	log     slog.Level
}

func (a *app) demoCommand() *cobra.Command {
	var f demoFlags
	var level string
	c := &cobra.Command{
		Use:   "demo",
		Short: "Show everything in one process on simulated platforms",
		Long: `Run the whole service on invented people and simulated platforms, on this machine
alone: the database in a temporary folder, Redis inside the process, no platform
called, and no option of your environment used. Time runs fast, so that statuses
come and go while you watch. Other commands work on the same data from a second
terminal.`,
		Args: takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var err error
			if f.log, err = parseLevel(level); err != nil {
				return badUsage(cmd, err)
			}
			switch {
			case f.people < 1 || f.people > simulator.MaxPeople:
				return badUsage(cmd, fmt.Errorf("--people must be from 1 to %d", simulator.MaxPeople))
			case f.speed < 1 || f.speed > 100_000:
				return badUsage(cmd, errors.New("--speed must be from 1 to 100000"))
			case f.runs < 0:
				return badUsage(cmd, errors.New("--for is below 0"))
			}
			return a.demo(cmd.Context(), f)
		},
	}
	c.Flags().IntVar(&f.people, "people", 1000, "how many people")
	c.Flags().DurationVar(&f.runs, "for", 0, "stop by itself after this long, such as 2m; 0 runs until Ctrl-C")
	c.Flags().Float64Var(&f.speed, "speed", 3600, "how fast time runs: 3600 makes an hour of a second")
	c.Flags().Uint64Var(&f.seed, "seed", 1, "which invented population")
	c.Flags().StringVar(&f.listen, "listen", "127.0.0.1:8080", "host:port of the HTTP server; a taken one is replaced by a free one")
	c.Flags().StringVar(&level, "log-level", "error", "debug, info, warn or error; the log goes to the error stream")
	c.Flags().StringVar(&f.dataDir, "data-dir", "", "keep the data here (default: a temporary folder, removed at the end)")
	return c
}

// demo runs the stage until its time is over or ctx ends, which is the orderly
// end of a demo.
func (a *app) demo(ctx context.Context, f demoFlags) (err error) {
	if f.runs > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, f.runs)
		defer cancel()
	}
	ctx, out, end := whileHeard(ctx, a.out)
	defer end()
	a.out = out
	began := a.now()
	dir, tidy, err := demoDir(f.dataDir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tidy()) }()
	d := &demo{app: a, flags: f, dir: dir, began: began, clock: demoClock{Started: began, Speed: f.speed}}
	err = d.play(ctx)
	if ctx.Err() != nil && (errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)) {
		err = nil
	}
	return err
}

// whileHeard ends ctx when nobody reads the output any more, as behind "| head".
// Without it the system would end the process on the spot, and its folder stay.
func whileHeard(ctx context.Context, out io.Writer) (context.Context, io.Writer, func()) {
	ctx, cancel := context.WithCancel(ctx)
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	return ctx, &heard{out, cancel}, func() { signal.Stop(pipe); cancel() }
}

// heard is an output that tells when it fails.
type heard struct {
	io.Writer
	failed func()
}

func (h *heard) Write(p []byte) (int, error) {
	n, err := h.Writer.Write(p)
	if err != nil {
		h.failed()
	}
	return n, err
}

// demoDir makes the data directory. One with the data of a real service is
// refused: the demo's clock would spoil it.
func demoDir(dir string) (string, func() error, error) {
	if dir == "" {
		dir, err := os.MkdirTemp("", "pengikut-demo-")
		return dir, func() error { return os.RemoveAll(dir) }, err
	}
	keep := func() error { return nil }
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", keep, err
	}
	if _, err := os.Stat(filepath.Join(dir, "pengikut.db")); err == nil {
		return "", keep, fmt.Errorf("%s holds a database already: a demo begins with none", dir)
	}
	return dir, keep, nil
}

// demo is one performance.
type demo struct {
	*app
	flags demoFlags
	dir   string
	began time.Time // on the wall
	clock demoClock
	house *house
	sim   *simulator.Server
	web   net.Listener // held from the beginning: nobody can take its port
}

func (d *demo) time() time.Time { return d.clock.at(d.now()) }

// play sets the stage, starts the service on it and tells what happens. The
// platforms go last, so that no call under way fails at the end.
func (d *demo) play(ctx context.Context) error {
	platforms, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	d.sim = simulator.New(simulator.Options{Seed: d.flags.seed, People: d.flags.people, Now: d.time, Start: d.began})
	simCtx, stopSim := context.WithCancel(context.WithoutCancel(ctx))
	simDone := make(chan error, 1)
	go func() { simDone <- d.sim.Serve(simCtx, platforms) }()
	if d.web, err = listenNear(d.flags.listen); err == nil {
		err = errors.Join(d.perform(ctx, platforms.Addr()), ignoreClosed(d.web.Close()))
	}
	stopSim()
	return errors.Join(err, <-simDone)
}

// listenNear listens on the wanted host:port, or on any free port of the host when
// another program has that one.
func listenNear(wanted string) (net.Listener, error) {
	l, err := net.Listen("tcp", wanted)
	if !errors.Is(err, syscall.EADDRINUSE) {
		return l, err
	}
	host, _, err := net.SplitHostPort(wanted)
	if err != nil {
		return nil, err
	}
	return net.Listen("tcp", net.JoinHostPort(host, "0"))
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (d *demo) perform(ctx context.Context, platforms net.Addr) error {
	d.clock.Options = d.options(platforms)
	if err := d.clock.write(d.dir); err != nil {
		return err
	}
	c, err := config.Load(config.Source{Environ: append(d.clock.Options, "PENGIKUT_DATA_DIR="+d.dir)})
	if err != nil {
		return err
	}
	if d.house, err = d.openHouse(ctx, c, timekeeper{now: d.time, speed: d.flags.speed}, founding); err != nil {
		return err
	}
	d.house.log, d.house.web = d.logger(d.flags.log), d.web
	err = d.setStage(ctx)
	if err == nil {
		err = d.run(ctx)
	}
	d.clock.Stopped = d.now()
	return errors.Join(err, d.house.Close(), d.clock.write(d.dir))
}

// options are those of the demo, in which nothing of the person's own environment
// takes part.
func (d *demo) options(sim net.Addr) []string {
	listen := d.web.Addr().String()
	environ := []string{"PENGIKUT_LISTEN=" + listen, "PENGIKUT_BADGE=on", "PENGIKUT_BADGE_URL=http://" + listen, "PENGIKUT_WEBHOOK_ALLOW=127.0.0.1"}
	for _, v := range rehearsal(sim) {
		environ = append(environ, v[0]+"="+v[1])
	}
	for _, l := range platforms() { // more often than in life, so that something happens
		environ = append(environ, "PENGIKUT_"+strings.ToUpper(string(l.name))+"_EVERY=6h")
	}
	return environ
}

// setStage takes in the people and their Facebook tokens.
func (d *demo) setStage(ctx context.Context) error {
	people := d.sim.Population()
	roster, w := io.Pipe()
	go func() { w.CloseWithError(people.WriteCSV(w, people.Len(), simulatedPlatforms()...)) }()
	_, report, err := d.importRoster(ctx, localRoster{d.house, d.actor()}, roster, -1, false)
	if err = errors.Join(err, roster.Close()); err != nil {
		return err
	}
	if knownPlatform(influencer.Facebook) {
		for p := range people.People(people.Len()) {
			ref := store.CredentialRef{Platform: influencer.Facebook, NIP: influencer.NIP(p.NIP)}
			if err := d.house.store.AddCredential(ctx, ref, influencer.Secret(d.sim.UserToken(p.Index)), never); err != nil {
				return err
			}
		}
	}
	d.say("%s with %s registered in %s", plural(report.PeopleAdded, "person", "people"),
		plural(report.AccountsAdded, "account", "accounts"), d.now().Sub(d.began).Round(10*time.Millisecond))
	return nil
}

// simulatedPlatforms are the platforms that both sides know.
func simulatedPlatforms() []simulator.Platform {
	return slices.DeleteFunc(simulator.Platforms(), func(p simulator.Platform) bool { return !knownPlatform(influencer.Platform(p)) })
}

func (d *demo) say(format string, args ...any) { fmt.Fprintf(d.out, format+"\n", args...) }

// demoTick is how often, on the wall, the demo plans and tells what happened.
const demoTick = 500 * time.Millisecond

// run plays all parts of the service.
func (d *demo) run(ctx context.Context) error {
	s, err := d.house.service(ctx, roles{true, true, true}, worker.Options{Tick: demoTick, Speed: d.flags.speed})
	if err != nil {
		return err
	}
	if err := d.firstKey(ctx, d.house); err != nil {
		return errors.Join(err, s.close())
	}
	d.say("one second is %s; health and readiness at http://%s/readyz\n", span(time.Duration(d.flags.speed*float64(time.Second))), s.addresses()[0])
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return s.run(ctx) })
	group.Go(func() error { return (&teller{demo: d}).run(ctx) })
	return group.Wait()
}
