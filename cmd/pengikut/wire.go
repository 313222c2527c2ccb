package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
	"github.com/pengikut/pengikut/worker"
)

// house is what most commands work in: the configuration, the open database and
// the clock of both.
type house struct {
	config config.Config
	store  *store.Store
	timekeeper
	log *slog.Logger
	web net.Listener // open already; nil opens one where the configuration says
}

// open loads the configuration and opens the database. An embedded database is
// brought to this program's schema first; one that others may use is left as it
// is, and an old one refused.
func (a *app) open(ctx context.Context) (*house, error) { return a.openFor(ctx, existing) }

func (a *app) openFor(ctx context.Context, may access) (*house, error) {
	c, err := a.localConfig()
	if err != nil {
		return nil, err
	}
	clock, err := a.clockOf(c)
	if err != nil {
		return nil, err
	}
	return a.openHouse(ctx, c, clock, may)
}

func (a *app) openHouse(ctx context.Context, c config.Config, clock timekeeper, may access) (*house, error) {
	if err := prepareDatabase(c, may); err != nil {
		return nil, err
	}
	ring, err := keyRing(c)
	if err != nil {
		return nil, err
	}
	s, err := openStore(ctx, c, store.Options{
		URL: c.DatabaseURL.Reveal(), Keys: ring, Every: everyOf(c), Metric: metricOf, Billing: billingOf(c), Now: clock.now,
	})
	if err != nil && c.Embedded() {
		path, option := databaseFile(c)
		err = folderTrouble(path, option, err)
	}
	if err != nil {
		return nil, err
	}
	return &house{config: c, store: s, timekeeper: clock, log: a.logger(slog.LevelWarn)}, nil
}

// keyRing is the configured keys, or the one of the data directory, which is made
// when it is not there.
func keyRing(c config.Config) (store.KeyRing, error) {
	key, err := c.Key(store.NewSecretKey)
	if err != nil {
		return store.KeyRing{}, folderTrouble(filepath.Join(c.DataDir, "secret.key"), "PENGIKUT_DATA_DIR", err)
	}
	return store.ParseKeyRing(key.Reveal())
}

func openStore(ctx context.Context, c config.Config, o store.Options) (*store.Store, error) {
	s, err := store.Open(ctx, o)
	if !errors.Is(err, store.ErrSchema) || !c.Embedded() {
		return s, err
	}
	if _, err := store.Migrate(ctx, o.URL); err != nil {
		return nil, err
	}
	return store.Open(ctx, o)
}

// Close closes the database.
func (h *house) Close() error { return h.store.Close() }

// within opens the house for fn, on data that are there, and closes it after.
func (a *app) within(ctx context.Context, fn func(context.Context, *house) error) error {
	return a.enter(ctx, existing, fn)
}

func (a *app) enter(ctx context.Context, may access, fn func(context.Context, *house) error) error {
	h, err := a.openFor(ctx, may)
	if err != nil {
		return err
	}
	return errors.Join(fn(ctx, h), h.Close())
}

// off is a platform that is not read, and why.
type off struct {
	name influencer.Platform
	why  string
}

// connect makes the connectors of all platforms that have credentials.
func (h *house) connect(ctx context.Context, gate connectors.Gate) (on map[influencer.Platform]worker.Connector, without []off, err error) {
	client := connectors.NewClient(connectors.ClientOptions{Gate: gate, UserAgent: "pengikut/" + versionText(), Now: h.now})
	on = map[influencer.Platform]worker.Connector{}
	for _, l := range platforms() {
		c, why, err := equip(ctx, l, h.config, h.store)
		if err != nil {
			return nil, nil, err
		}
		if why != "" {
			without = append(without, off{l.name, why})
			continue
		}
		if on[l.name], err = h.connector(ctx, l, c, client); err != nil {
			return nil, nil, fmt.Errorf("platform %s: %w", l.name, err)
		}
	}
	return on, without, nil
}

// connector makes one platform's connector: of the configuration, or of the
// stored tokens where only those switched it on.
func (h *house) connector(ctx context.Context, l platform, c config.Config, client *connectors.Client) (worker.Connector, error) {
	build := func(c config.Config) (connectors.Connector, error) {
		return l.build(parts{config: c, http: client, now: h.now, lessons: h.lessons(ctx, l.name)})
	}
	if l.token == nil || l.off(h.config) == "" {
		return build(c)
	}
	return newTokenPool(ctx, l.name, h.store, h.now, func(token influencer.Secret) (connectors.Connector, error) {
		own := c
		*l.token(&own) = token
		return build(own)
	})
}

// lessons keeps what a connector finds out in the database.
func (h *house) lessons(ctx context.Context, p influencer.Platform) lessons {
	ctx = context.WithoutCancel(ctx)
	return lessons{
		get: func(name string) string {
			value, err := h.store.Lesson(ctx, p, name)
			if err != nil {
				h.log.Warn("lesson not read", "platform", p, "error", err)
			}
			return value
		},
		keep: func(name, value string) {
			if err := h.store.KeepLesson(ctx, p, name, value); err != nil {
				h.log.Warn("lesson not kept", "platform", p, "error", err)
			}
		},
	}
}
