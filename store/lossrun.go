package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"gorm.io/gorm"
)

// The keys of the breaker's advisory locks: the one under which losses are counted,
// and the one that a run of many transactions holds, whose losses are counted in
// memory.
const (
	breakerKey = 0x42524b52
	lossRunKey = 0x42524b53
)

// lockBreaker lets one transaction at a time count losses, until it ends; or those
// of one run together, beside each other.
func lockBreaker(tx *gorm.DB, beside bool) error {
	if !onPostgres(tx) {
		return nil // SQLite has one writer
	}
	lock := `SELECT pg_advisory_xact_lock(?)`
	if beside {
		lock = `SELECT pg_advisory_xact_lock_shared(?)`
	}
	if err := tx.Exec(lock, breakerKey).Error; err != nil {
		return fmt.Errorf("lock the breaker: %w", err)
	}
	return nil
}

// lossRun is a run of many transactions over people who would lose the status. All
// its decisions have one time. It knows what its transactions have taken, those
// under way included, so that they may be under way together; it tells their losses
// from those of others by that time.
type lossRun struct {
	at     time.Time
	beside bool // whether the transactions may hold the breaker's lock together

	mu    sync.Mutex
	begun bool // whether taken has what was made at that very time before the run
	taken int
}

// lossShare is the part of one transaction.
type lossShare struct {
	run   *lossRun
	taken int
	alone bool // it holds the breaker's lock alone
}

// beside tells whether the transaction holds the breaker's lock together with others
// of its run.
func (l *lossShare) beside() bool { return l != nil && l.run.beside && !l.alone }

// take counts losses as the transaction's own, and returns those that others have
// made since a time, other transactions of the run included. The breaker's lock is
// held; a run's first transaction is alone. Without a run it only counts.
func (l *lossShare) take(tx *gorm.DB, since time.Time, losses int) (made int, err error) {
	if l == nil {
		return lossesSince(tx, since)
	}
	at := l.run.at.UnixMicro()
	var there int // made at the run's own time, of which the run knows better once it has begun
	_, err = scanOne(tx.Raw(`SELECT (SELECT count(*) FROM decisions WHERE at > ? AND at < ? AND `+lossSQL+`)
		+ (SELECT count(*) FROM decisions WHERE at > ? AND `+lossSQL+`), CASE WHEN ? THEN 0 ELSE (SELECT count(*) FROM decisions WHERE at = ? AND `+lossSQL+`) END`,
		since.UnixMicro(), at, max(at, since.UnixMicro()), l.run.hasBegun(), at), &made, &there)
	if err != nil {
		return 0, fmt.Errorf("losses made: %w", err)
	}
	l.run.mu.Lock()
	defer l.run.mu.Unlock()
	if !l.run.begun {
		l.run.begun, l.run.taken = true, there
	}
	made += l.run.taken
	l.run.taken, l.taken = l.run.taken+losses, l.taken+losses
	return made, nil
}

func (r *lossRun) hasBegun() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.begun
}

// giveBack forgets what a transaction took that did not come to its end.
func (l *lossShare) giveBack() {
	if l == nil {
		return
	}
	l.run.mu.Lock()
	defer l.run.mu.Unlock()
	l.run.taken, l.taken = l.run.taken-l.taken, 0
}

// withLossRun gives fn a run. Where another one is under way, in this process or
// elsewhere, its transactions hold the breaker's lock one at a time, since runs know
// nothing of each other's.
func (s *Store) withLossRun(ctx context.Context, at time.Time, fn func(*lossRun) error) error {
	if !onPostgres(s.db) {
		return fn(&lossRun{at: at})
	}
	return s.db.WithContext(ctx).Connection(func(db *gorm.DB) error {
		run := &lossRun{at: at}
		if _, err := scanOne(db.Raw(`SELECT pg_try_advisory_lock(?)`, lossRunKey), &run.beside); err != nil {
			return fmt.Errorf("lock a run of losses: %w", err)
		}
		if run.beside {
			// With the connection's own end the lock would go as well.
			defer db.WithContext(context.WithoutCancel(ctx)).Exec(`SELECT pg_advisory_unlock(?)`, lossRunKey)
		}
		return fn(run)
	})
}
