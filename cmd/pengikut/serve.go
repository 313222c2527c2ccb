package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/connectors/gate"
	"github.com/pengikut/pengikut/web"
	"github.com/pengikut/pengikut/web/metrics"
	"github.com/pengikut/pengikut/worker"
)

// stopTime is how long a service may take to end once asked to.
const stopTime = 30 * time.Second

// roles are the parts of the service that one process plays.
type roles struct{ worker, scheduler, web bool }

func parseRoles(names []string) (r roles, err error) {
	for _, n := range names {
		switch n {
		case "all":
			r = roles{true, true, true}
		case "worker":
			r.worker = true
		case "scheduler":
			r.scheduler = true
		case "web":
			r.web = true
		default:
			return r, fmt.Errorf("--role %q is none of: all, worker, scheduler, web", n)
		}
	}
	return r, nil
}

func (a *app) serveCommand() *cobra.Command {
	var names []string
	var level string
	c := &cobra.Command{
		Use:   "serve",
		Short: "Run the service: plan, read, decide, and answer HTTP",
		Long: `Run the service until it is asked to stop. Any number of processes may run on one
database and one Redis, with their parts split by --role. A database with an old
schema is refused, except the embedded one, which is brought up to date.`,
		Args: takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := parseRoles(names)
			l, err2 := parseLevel(level)
			if err = errors.Join(err, err2); err != nil {
				return badUsage(cmd, err)
			}
			return a.serve(cmd.Context(), r, a.logger(l))
		},
	}
	c.Flags().StringSliceVar(&names, "role", []string{"all"}, "all, or some of: worker, scheduler, web")
	c.Flags().StringVar(&level, "log-level", "info", "debug, info, warn or error")
	return c
}

func (a *app) serve(ctx context.Context, r roles, log *slog.Logger) error {
	c, err := a.localConfig()
	if err != nil {
		return err
	}
	if err := mayServe(c, r); err != nil {
		return err
	}
	h, err := a.openHouse(ctx, c, timekeeper{now: a.now}, founding)
	if err != nil {
		return err
	}
	h.log = log
	for _, w := range c.Warnings() {
		log.Warn(w)
	}
	s, err := h.service(ctx, r, worker.Options{})
	if err == nil && r.web {
		err = a.firstKey(ctx, h)
	}
	if err == nil {
		log.Info("serving", "version", versionText(), "listen", strings.Join(s.addresses(), ","), "roles", r.String(), "database", databaseKind(c))
		err = s.run(ctx)
	}
	return errors.Join(err, h.Close())
}

// mayServe refuses what could only go wrong later.
func mayServe(c config.Config, r roles) error {
	if c.EmbeddedQueue() && r.worker != r.scheduler {
		return errors.New("roles can be split only with PENGIKUT_REDIS_URL: a Redis inside the process has no other visitors")
	}
	if !c.Embedded() {
		return nil
	}
	d, err := readDemoClock(c.DataDir)
	if err == nil && d != nil {
		err = fmt.Errorf("%s holds the data of a demo, whose clock is not the wall's", c.DataDir)
	}
	return err
}

func databaseKind(c config.Config) string {
	if c.Embedded() {
		return "sqlite"
	}
	return "postgres"
}

func (r roles) String() string {
	names := slices.DeleteFunc([]string{"worker", "scheduler", "web"}, func(n string) bool {
		return n == "worker" && !r.worker || n == "scheduler" && !r.scheduler || n == "web" && !r.web
	})
	return strings.Join(names, ",")
}

// service is the running parts of a process.
type service struct {
	worker  *worker.Worker // nil without that role
	room    *gate.Headroom // likewise
	metrics *metrics.Metrics
	doors   []door
	redis   io.Closer
	postman *postman
	desk    *resyncDesk // nil without the role web
	log     *slog.Logger
}

// door is a listener and the server behind it.
type door struct {
	net.Listener
	server *web.Server
}

// service builds what the roles ask for. Zero values of o are filled.
func (h *house) service(ctx context.Context, r roles, o worker.Options) (_ *service, err error) {
	s := &service{log: h.log, postman: h.postman()}
	h.store.AnswerFromOldCounts()
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	client, closer, err := h.redis()
	if err != nil {
		return s, err
	}
	s.redis = closer
	if r.worker || r.scheduler {
		if err := s.buildWorker(ctx, h, r, o, client); err != nil {
			return s, err
		}
	}
	checks := h.checks(s.worker, client)
	s.metrics, err = h.metrics(ctx, measured{r, checks, client, s.worker, s.room})
	if err != nil {
		return s, err
	}
	if r.web {
		if s.desk, err = h.webDesk(ctx, client); err != nil {
			return s, err
		}
	}
	return s, s.openDoors(h, r, checks)
}

// openDoors opens the listeners: everybody's for the role web, and the operators'
// where the configuration names one.
func (s *service) openDoors(h *house, r roles, checks []web.Check) (err error) {
	o := h.webOptions(checks, s.postman)
	o.Services.Resyncs = web.Resyncs{Orders: s.desk, Books: h.store, Health: h.store}
	o.OnRequest, o.Metrics = s.metrics.Request, web.MetricsDoor{Handler: s.metrics, Token: h.config.Metrics.Token}
	if r.web {
		l := h.web
		if l == nil {
			if l, err = net.Listen("tcp", h.config.Listen); err != nil {
				return err
			}
		}
		s.doors = append(s.doors, door{l, web.New(o)})
	}
	if h.config.Metrics.Listen != "" {
		l, err := net.Listen("tcp", h.config.Metrics.Listen)
		if err != nil {
			return err
		}
		o.Metrics.Open = h.config.Metrics.Token == ""
		s.doors = append(s.doors, door{l, web.NewOperated(o)})
	}
	return nil
}

// webOptions are those of the HTTP side: what each noun of the API needs of others.
func (h *house) webOptions(checks []web.Check, p *postman) web.Options {
	return web.Options{
		Checks: checks, Badges: h.badges(), Log: h.log, Keys: h.store, TrustedProxies: h.config.TrustedProxies, Now: h.now, Version: versionText(),
		Platforms: knownPlatforms(),
		Services: web.Services{
			Accounts: h.store,
			Acts:     h.store,
			Audit:    h.store,
			Freezes:  h.store,
			Breaker:  h.store,
			Columns:  platformMetrics(),
			Coverage: h.store,
			Exports:  h.store,
			Import:   h.store,
			Keys:     h.store,
			People:   h.store,
			Policies: h.store,
			Reasons:  h,
			Rule:     h.store,
			Summary:  h.store,
			Webhooks: p.webWebhooks(),
		},
	}
}

func (s *service) buildWorker(ctx context.Context, h *house, r roles, o worker.Options, client redis.UniversalClient) error {
	limits := gate.New(gate.Options{Client: client, Now: h.now})
	on, without, err := h.connect(ctx, limits)
	if err != nil {
		return err
	}
	for _, l := range without {
		h.log.Warn("platform is off", "platform", l.name, "why", l.why)
	}
	o.Redis, o.Store, o.Connectors, o.Now, o.Logger = client, h.store, on, h.now, h.log
	s.room = gate.NewHeadroom(limits, asksOf(on))
	o.Headroom = s.room
	o.Webhooks = s.postman.workerWebhooks()
	s.hear(&o)
	o.Resyncs = h.store
	o.Jobs = slices.Concat(o.Jobs, h.policyJobs(), h.renewJobs(on), h.countJobs(), h.badgeJobs())
	o.Roles = worker.Roles{Worker: r.worker, Scheduler: r.scheduler}
	s.worker, err = worker.New(o)
	return err
}

// redis connects to the configured Redis, or starts one in the process.
func (h *house) redis() (redis.UniversalClient, io.Closer, error) {
	if h.config.EmbeddedQueue() {
		e := worker.EmbeddedRedis(h.log)
		return e.Client(), e, nil
	}
	client, err := worker.Connect(h.config.RedisURL.Reveal(), h.log)
	return client, client, err
}

// addresses are where HTTP is answered.
func (s *service) addresses() []string {
	all := make([]string, len(s.doors))
	for i, d := range s.doors {
		all[i] = d.Addr().String()
	}
	return all
}

// run plays all parts until ctx ends or one of them fails, then stops the others
// in good order, within stopTime.
func (s *service) run(ctx context.Context) error {
	group, ctx := errgroup.WithContext(ctx)
	if s.worker != nil {
		group.Go(func() error { return s.worker.Run(ctx) })
	}
	for _, d := range s.doors {
		group.Go(func() error { return d.server.Serve(ctx, d.Listener) })
	}
	done := make(chan error, 1)
	go func() { done <- group.Wait() }()
	select {
	case err := <-done:
		return errors.Join(err, s.close())
	case <-ctx.Done():
	}
	s.log.Info("stopping")
	select {
	case err := <-done:
		return errors.Join(err, s.close())
	case <-time.After(stopTime):
		return fmt.Errorf("not stopped after %v; what was under way is read again", stopTime)
	}
}

// close ends what was built and does not run.
func (s *service) close() error {
	err := s.postman.Close()
	if s.redis != nil {
		err = errors.Join(err, s.redis.Close())
	}
	for _, d := range s.doors {
		err = errors.Join(err, ignoreClosed(d.Close()))
	}
	return err
}
