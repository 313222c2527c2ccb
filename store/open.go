package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"github.com/pengikut/pengikut/influencer"
)

// Options says which database to open and what the store must know of the
// platforms. Every member but URL may be left out.
type Options struct {
	URL      string                                      // postgres://… or sqlite:PATH
	Keys     KeyRing                                     // encrypts tokens at rest; the zero ring holds none
	Every    map[influencer.Platform]time.Duration       // longest time between two reads; 24 hours where absent
	Metric   func(influencer.Platform) influencer.Metric // the count the rule looks at; nil: by the default policy's platforms
	Billing  map[influencer.Platform]Billing             // how reads are counted and capped; absent: each one, no cap
	Now      func() time.Time                            // the clock; nil: time.Now
	MaxConns int                                         // open connections; 0 means 10
}

// Store is the database. It is safe for concurrent use.
type Store struct {
	db       *gorm.DB
	sql      *sql.DB
	opts     Options
	writing  chan struct{} // SQLite has one writer at a time; nil on Postgres
	touching chan struct{} // who notes the use of a key
	policies policyCache
	counted  totalsCache
	holders  holderCount

	later     func(func(context.Context)) // runs what nobody waits for, until the store is closed
	stopLater func()
}

// Open connects and checks that the schema is the one this program knows. It
// changes nothing. An older or newer schema is a [*SchemaError].
func Open(ctx context.Context, o Options) (*Store, error) {
	o = withDefaults(o)
	conn, err := connect(o.URL, o.MaxConns)
	if err != nil {
		return nil, err
	}
	s, err := open(ctx, conn, o)
	if err != nil {
		return nil, errors.Join(err, conn.db.Close())
	}
	return s, nil
}

func open(ctx context.Context, conn connection, o Options) (*Store, error) {
	if err := conn.db.PingContext(ctx); err != nil {
		return nil, fmt.Errorf("store: connect: %w", err)
	}
	if err := checkSchema(ctx, conn); err != nil {
		return nil, err
	}
	g, err := gorm.Open(conn.dialector(), &gorm.Config{
		SkipDefaultTransaction: true, // one statement is its own transaction
		DisableAutomaticPing:   true,
		TranslateError:         true,
		Logger:                 logger.Discard, // errors are returned; statements would show NIPs
		NowFunc:                o.Now,
	})
	if err != nil {
		return nil, fmt.Errorf("store: gorm: %w", err)
	}
	s := &Store{db: g, sql: conn.db, opts: o, touching: make(chan struct{}, 1)}
	if conn.dialect == sqliteDialect {
		s.writing = make(chan struct{}, 1)
	}
	s.startLater()
	return s, nil
}

func (s *Store) startLater() {
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	s.later = func(fn func(context.Context)) { running.Go(func() { fn(ctx) }) }
	s.stopLater = func() {
		stop()
		running.Wait()
	}
}

// Close ends what runs for nobody and closes all connections.
func (s *Store) Close() error {
	s.stopLater()
	if err := s.sql.Close(); err != nil {
		return fmt.Errorf("store: close: %w", err)
	}
	return nil
}

// Ping asks the database for a sign of life.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.sql.PingContext(ctx); err != nil {
		return fmt.Errorf("store: ping: %w", err)
	}
	return nil
}

func withDefaults(o Options) Options {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 10
	}
	if o.Metric == nil {
		o.Metric = defaultMetric
	}
	return o
}

// defaultMetric is what the announcement counts: friends on Facebook, followers
// everywhere else.
func defaultMetric(p influencer.Platform) influencer.Metric {
	if p == influencer.Facebook {
		return influencer.Friends
	}
	return influencer.Followers
}

// every is the longest time between two reads of an account on p.
func (s *Store) every(p influencer.Platform) time.Duration {
	if d := s.opts.Every[p]; d > 0 {
		return d
	}
	return 24 * time.Hour
}

// now is the clock in UTC, to the microsecond that the database keeps.
func (s *Store) now() time.Time { return s.opts.Now().UTC().Truncate(time.Microsecond) }
