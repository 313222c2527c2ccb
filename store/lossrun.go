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

// lockBreaker lets one transaction at a time count losses, until it ends.
func lockBreaker(tx *gorm.DB) error { return advisory(tx, "pg_advisory_xact_lock") }

// lockBreakerShared lets the transactions of one run count losses beside each other,
// and nobody else.
func lockBreakerShared(tx *gorm.DB) error { return advisory(tx, "pg_advisory_xact_lock_shared") }

func advisory(tx *gorm.DB, lock string) error {
	if !onPostgres(tx) {
		return nil // SQLite has one writer
	}
	if err := tx.Exec("SELECT "+lock+"(?)", breakerKey).Error; err != nil {
		return fmt.Errorf("lock the breaker: %w", err)
	}
	return nil
}

// lossRun is a run of many transactions over people who would lose the status. All
// its decisions have one time. It knows what its transactions have taken, those
// under way included, so that they may be under way together. It tells their losses
// from those of others by that time; a loss that others make in the very same
// microsecond goes uncounted.
type lossRun struct {
	at     time.Time
	holder int64 // the backend that holds the run's lock; 0 where another run does, or on SQLite

	mu    sync.Mutex
	begun bool // whether taken has what was made at that very time before the run
	taken int
}

// lossShare is the part of one transaction.
type lossShare struct {
	run   *lossRun
	taken int
	alone bool // it wants the breaker's lock for itself
}

// shared tells whether the transaction holds the breaker's lock together with others
// of its run.
func (l *lossShare) shared() bool { return l != nil && l.run.holder != 0 && !l.alone }

// lock takes the breaker's lock. The run's own may have gone with its connection:
// then another run may hold the breaker's together with its transactions, and this
// one must be alone.
func (l *lossShare) lock(tx *gorm.DB) error {
	if !l.shared() {
		return lockBreaker(tx)
	}
	if err := lockBreakerShared(tx); err != nil {
		return err
	}
	var held bool
	_, err := scanOne(tx.Raw(`SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = ? AND objid = ?)`,
		l.run.holder, lossRunKey), &held)
	if err != nil {
		return fmt.Errorf("look for the lock of the run: %w", err)
	}
	if !held {
		return l.comeAlone()
	}
	return nil
}

// comeAlone lets the transaction run again with the breaker's lock for itself.
func (l *lossShare) comeAlone() error {
	l.alone = true
	return errRunAgain
}

// take counts losses as the transaction's own, and returns those that others have
// made since a time, other transactions of the run included. The breaker's lock is
// held; a run's first transaction is alone. Without a run it only counts.
func (l *lossShare) take(tx *gorm.DB, since time.Time, losses int) (made int, err error) {
	if l == nil {
		return lossesSince(tx, since)
	}
	at := l.run.at.UnixMicro()
	var there int // made at the run's own time, of which the run knows better once it has begun
	_, err = scanOne(tx.Raw(`SELECT
			(SELECT count(*) FROM decisions WHERE at > ? AND at < ? AND `+lossSQL+`)
				+ (SELECT count(*) FROM decisions WHERE at > ? AND `+lossSQL+`),
			CASE WHEN ? THEN 0 ELSE (SELECT count(*) FROM decisions WHERE at = ? AND `+lossSQL+`) END`,
		since.UnixMicro(), at, at, l.run.hasBegun(), at), &made, &there)
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

// giveBack forgets what a transaction took and did not make.
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
// nothing of each other's. The run's own lock is that of a transaction which does
// nothing else, so that it is one server's connection behind a pooler too.
func (s *Store) withLossRun(ctx context.Context, at time.Time, fn func(*lossRun) error) error {
	run := &lossRun{at: at}
	if !onPostgres(s.db) {
		return fn(run)
	}
	var began bool
	var did error
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var got bool
		var backend int64
		if _, err := scanOne(tx.Raw(`SELECT pg_try_advisory_xact_lock(?), pg_backend_pid()`, lossRunKey), &got, &backend); err != nil {
			return fmt.Errorf("lock a run of losses: %w", err)
		}
		if got {
			run.holder = backend
		}
		began, did = true, fn(run)
		return nil
	})
	if began {
		return did // how the lock's own transaction ends does not matter
	}
	return err
}
