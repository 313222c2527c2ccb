package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

const (
	settlePeople = 1000 // people a transaction of a run over everybody
	judgePeople  = 1000 // people that one of those who only look holds at once
	duePeople    = 500
)

// Redecide decides everybody again under the policy in force, with the evidence
// already stored. It is what a new policy asks for. The database leaves out who
// certainly stays, the others are read without locks, and only who would move is
// locked, decided once more and written; so it may run beside all else, and be run
// again after it was cut short. Who would lose the status comes last, when all of
// them are counted: more than the breaker allows wait for an admin, from the first
// one on. progress, which may be nil, is told how many people are done.
func (s *Store) Redecide(ctx context.Context, at time.Time, progress func(done, total int)) (influencer.Redecided, error) {
	d := s.decider(influencer.CausePolicy, at)
	var total int
	_, err := scanOne(s.db.WithContext(ctx).Raw(`SELECT count(*) FROM people`), &total)
	if err == nil && progress != nil {
		d.progress = func(done int) { progress(done, max(done, total)) }
	}
	var p influencer.Policy
	if err == nil {
		p, err = s.currentPolicy(s.db.WithContext(ctx))
	}
	if err == nil {
		err = d.everybody(ctx, p)
	}
	if err == nil {
		err = d.reviewHeld(ctx, p)
	}
	if err != nil {
		return d.out, fmt.Errorf("store: redecide: %w", err)
	}
	return d.out, nil
}

// DecideDue makes the moves that time alone brings: a grace or a suspension that
// is over, an account that has been gone for long enough, a freeze of new grants
// that has ended; and it ends a release of held losses that was cut short. A
// transaction takes about limit people. It returns how many moves it made; call it
// again until that is none.
func (s *Store) DecideDue(ctx context.Context, at time.Time, limit int) (moved int, err error) {
	d := s.decider(influencer.CauseDue, at)
	db := s.db.WithContext(ctx)
	p, err := s.currentPolicy(db)
	if err != nil {
		return 0, fmt.Errorf("store: decide due: %w", err)
	}
	ids, err := dueForDecision(db, p, d.at)
	if err != nil {
		return 0, fmt.Errorf("store: decide due: %w", err)
	}
	for chunk := range slices.Chunk(ids, max(1, min(limit, duePeople))) {
		page, err := loadOwners(db, chunk)
		if err == nil {
			err = d.page(ctx, p, page)
		}
		if err != nil {
			return sum(d.out.Moves), fmt.Errorf("store: decide due: %w", err)
		}
	}
	if err = d.lose(ctx); err == nil {
		err = s.endReleases(ctx)
	}
	if err == nil {
		err = s.thaw(ctx, p, d, limit)
	}
	if err != nil {
		err = fmt.Errorf("store: decide due: %w", err)
	}
	return sum(d.out.Moves), err
}

func sum(made map[influencer.Move]int) (n int) {
	for _, times := range made {
		n += times
	}
	return n
}

// dueForDecision lists people of whom time may have decided, and who are still on
// a list that is being released. Whose loss is held already is not asked again.
func dueForDecision(db *gorm.DB, p influencer.Policy, at time.Time) ([]int64, error) {
	var ids []int64
	err := each(db, `SELECT id FROM (
			SELECT id FROM people WHERE status = 'grace' AND grace_since <= ?
			UNION SELECT id FROM people WHERE status = 'suspended' AND until <= ?
			UNION SELECT p.id FROM accounts a JOIN people p ON p.id = a.person_id
				WHERE a.state IN ('gone', 'suspended') AND a.state_since <= ? AND p.status IN ('active', 'grace', 'pending')) due
			WHERE NOT EXISTS (SELECT 1 FROM held_losses h JOIN trips t ON t.id = h.trip_id WHERE t.state = 'open' AND h.person_id = due.id)
		UNION SELECT h.person_id FROM held_losses h JOIN trips t ON t.id = h.trip_id WHERE t.state = 'releasing' AND h.outcome = 'held'
		ORDER BY 1`,
		[]any{at.Add(-p.Grace).UnixMicro(), at.UnixMicro(), at.Add(-p.GoneAfter).UnixMicro()},
		func(c *cursor) { ids = append(ids, c.int()) })
	return ids, err
}

// decider decides many people, transaction by transaction, as one run.
type decider struct {
	s     *Store
	cause influencer.TripCause
	at    time.Time
	found movers

	mu       sync.Mutex // of what is below
	out      influencer.Redecided
	done     int
	progress func(done int) // told how many people are done
}

// movers are people of whom a look without locks says that they are to be settled.
type movers struct {
	losers []int64 // who would lose the status
	others []int64 // who would move otherwise, or is in doubt
}

func (m *movers) add(more movers) {
	m.losers, m.others = append(m.losers, more.losers...), append(m.others, more.others...)
}

func (s *Store) decider(cause influencer.TripCause, at time.Time) *decider {
	return &decider{s: s, cause: cause, at: at.UTC().Truncate(time.Microsecond), progress: func(int) {},
		out: influencer.Redecided{Moves: map[influencer.Move]int{}}}
}

// finish tells that so many people more are done.
func (d *decider) finish(people int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.done += people
	d.progress(d.done)
}

// everybody looks at all people, and settles who would move.
func (d *decider) everybody(ctx context.Context, p influencer.Policy) error {
	err := walkSpans(ctx, d.s, func(ctx context.Context, one span) (movers, error) {
		return d.look(ctx, p, one)
	}, func(one span, found movers) error {
		d.found.add(found)
		d.finish(one.people - len(found.losers) - len(found.others))
		return nil
	})
	if err != nil {
		return err
	}
	return d.settleFound(ctx)
}

// look finds who of a span is to be settled.
func (d *decider) look(ctx context.Context, p influencer.Policy, one span) (found movers, err error) {
	db := d.s.db.WithContext(ctx)
	ids, err := sieve{policy: p, at: d.at}.sift(db, one.after, one.last)
	if err != nil {
		return found, err
	}
	for page := range slices.Chunk(ids, judgePeople) {
		owners, err := loadOutlines(db, page)
		if err == nil {
			err = d.judge(ctx, p, owners, &found)
		}
		if err != nil {
			return found, err
		}
	}
	return found, nil
}

// judge finds who of owners, who were read without a lock, is to be settled.
func (d *decider) judge(ctx context.Context, p influencer.Policy, owners []*owner, found *movers) error {
	return judge(d.s.db.WithContext(ctx), p, owners, d.at, func(o *owner, v influencer.Verdict) {
		switch {
		case v.Move != nil && v.Move.Loss():
			found.losers = append(found.losers, o.ID)
		case v.Move != nil || v.Qualifies == influencer.Unknown && len(v.Doubtful) > 0:
			found.others = append(found.others, o.ID)
		}
	})
}

// page finds who of owners is to be settled, and settles all but those who would
// lose.
func (d *decider) page(ctx context.Context, p influencer.Policy, owners []*owner) error {
	if err := d.judge(ctx, p, owners, &d.found); err != nil {
		return err
	}
	return d.settleOthers(ctx)
}

// settleFound settles whom the run has found, and who would lose at the end.
func (d *decider) settleFound(ctx context.Context) error {
	if err := d.settleOthers(ctx); err != nil {
		return err
	}
	return d.lose(ctx)
}

func (d *decider) settleOthers(ctx context.Context) error {
	ids := d.found.others
	d.found.others = nil
	return together(ctx, ids, settlePeople, func(ctx context.Context, page []int64) error {
		var later []int64
		if err := d.settle(ctx, page, run{cause: d.cause, later: &later}); err != nil {
			return err
		}
		d.mu.Lock()
		d.found.losers = append(d.found.losers, later...)
		d.mu.Unlock()
		d.finish(len(page))
		return nil
	})
}

// lose settles who would lose the status. The first transaction knows how many are
// still to come: either it opens a trip, which the others find open, or the whole
// run is within what is allowed, and the others only see to it that nobody else's
// losses change that.
func (d *decider) lose(ctx context.Context) error {
	ids := d.found.losers
	d.found.losers = nil
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return nil
	}
	return d.s.withLossRun(ctx, d.at, func(all *lossRun) error {
		first := ids[:min(len(ids), settlePeople)]
		ids = ids[len(first):]
		if err := d.settle(ctx, first, run{cause: d.cause, more: len(ids), share: &lossShare{run: all, alone: true}}); err != nil {
			return err
		}
		d.finish(len(first))
		return together(ctx, ids, settlePeople, func(ctx context.Context, page []int64) error {
			err := d.settle(ctx, page, run{cause: d.cause, share: &lossShare{run: all}})
			d.finish(len(page))
			return err
		})
	})
}

// reviewHeld decides again who is on the open trip's list and was not settled in
// this run, so that who does not lose any more leaves it.
func (d *decider) reviewHeld(ctx context.Context, p influencer.Policy) error {
	db := d.s.db.WithContext(ctx)
	live, err := loadLiveTrips(db)
	if err != nil || live.open == 0 {
		return err
	}
	d.progress = func(int) {}
	if err := d.eachHeld(ctx, live.open, `(at <> ? OR policy_version <> ?)`, d.at.UnixMicro(), p.Version); err != nil {
		return err
	}
	_, err = scanOne(db.Raw(`SELECT count(*) FROM held_losses WHERE trip_id = ?`, live.open), &d.out.Held)
	if d.out.Trip = live.open; d.out.Held == 0 {
		d.out.Trip = 0
	}
	return err
}

// eachHeld settles everybody whose loss a trip holds, and of whom a condition is
// true, page by page.
func (d *decider) eachHeld(ctx context.Context, trip int64, where string, args ...any) error {
	var ids []int64
	err := each(d.s.db.WithContext(ctx), `SELECT person_id FROM held_losses WHERE trip_id = ? AND outcome = 'held' AND `+where+`
		ORDER BY person_id`, append([]any{trip}, args...), func(c *cursor) { ids = append(ids, c.int()) })
	if err != nil {
		return err
	}
	return together(ctx, ids, settlePeople, func(ctx context.Context, page []int64) error {
		err := d.settle(ctx, page, run{cause: d.cause})
		d.finish(len(page))
		return err
	})
}

// settle locks people, decides them under the policy in force, and writes what
// moved.
func (d *decider) settle(ctx context.Context, ids []int64, about run) error {
	var r ruling
	err := d.s.write(ctx, func(tx *gorm.DB) error {
		about.share.giveBack() // of a try before
		owners, err := lockPeople(tx, ids)
		if err != nil {
			return err
		}
		p, err := d.s.currentPolicy(tx)
		if err != nil {
			return err
		}
		if r, err = rule(tx, p, owners, d.at); err != nil {
			return err
		}
		c := changes{tx: tx}
		if err := d.s.passBreaker(&c, p, owners, &r, about, d.at); err != nil {
			return err
		}
		c.hasten(p, r.waiting(), d.at)
		if err := c.addMoves(r.moves); err != nil {
			return err
		}
		return c.run()
	})
	if err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, m := range r.moves {
		d.out.Moves[m.move]++
	}
	if len(r.held) > 0 {
		d.out.Held, d.out.Trip = d.out.Held+len(r.held), r.trip
	}
	return nil
}
