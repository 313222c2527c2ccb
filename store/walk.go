package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

const (
	walkPeople = 2000 // people that a walk over everybody holds at once, twice
	duePeople  = 500
)

// Redecide decides everybody again under the policy in force, with the evidence
// already stored. It is what a new policy asks for. It reads without locks, in
// pages, and only who would move is locked, decided once more and written; so it
// may run beside all else, and be run again after it was cut short. Who would lose
// the status comes last, when all of them are counted: more than the breaker allows
// wait for an admin, from the first one on. progress, which may be nil, is told how
// many people are done.
func (s *Store) Redecide(ctx context.Context, at time.Time, progress func(done, total int)) (influencer.Redecided, error) {
	d := s.decider(influencer.CausePolicy, at)
	if progress == nil {
		progress = func(int, int) {}
	}
	var total int
	if _, err := scanOne(s.db.WithContext(ctx).Raw(`SELECT count(*) FROM people`), &total); err != nil {
		return d.out, fmt.Errorf("store: redecide: %w", err)
	}
	p, err := s.currentPolicy(s.db.WithContext(ctx))
	if err != nil {
		return d.out, fmt.Errorf("store: redecide: %w", err)
	}
	done := 0
	err = s.walkOwners(ctx, func(page []*owner) error {
		done += len(page)
		if err := d.page(ctx, p, page); err != nil {
			return err
		}
		progress(done-len(d.losers), max(done, total))
		return nil
	})
	if err == nil {
		err = d.lose(ctx, func(left int) { progress(done-left, max(done, total)) })
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
	if err = d.lose(ctx, func(int) {}); err == nil {
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
	s      *Store
	cause  influencer.TripCause
	at     time.Time
	losers []int64 // who would lose the status, and was not settled yet
	out    influencer.Redecided

	progress func(settled int) // of eachHeld; may be nil
}

func (s *Store) decider(cause influencer.TripCause, at time.Time) *decider {
	return &decider{s: s, cause: cause, at: at.UTC().Truncate(time.Microsecond),
		out: influencer.Redecided{Moves: map[influencer.Move]int{}}}
}

// page decides owners that were read without a lock, and settles those of whom
// that says anything new; but who would lose is only noted.
func (d *decider) page(ctx context.Context, p influencer.Policy, page []*owner) error {
	r, err := rule(d.s.db.WithContext(ctx), p, page, d.at)
	if err != nil {
		return err
	}
	d.losers = append(d.losers, people(r.takeLosses())...)
	ids := people(r.moves)
	for _, a := range r.doubtful {
		ids = append(ids, a.PersonID)
	}
	if len(ids) == 0 {
		return nil
	}
	var later []int64
	err = d.settle(ctx, ids, run{cause: d.cause, later: &later})
	d.losers = append(d.losers, later...)
	return err
}

// lose settles who would lose the status, each transaction in the knowledge of
// how many are still to come.
func (d *decider) lose(ctx context.Context, left func(int)) error {
	slices.Sort(d.losers)
	d.losers = slices.Compact(d.losers)
	for len(d.losers) > 0 {
		n := min(len(d.losers), walkPeople)
		if err := d.settle(ctx, d.losers[:n], run{cause: d.cause, more: len(d.losers) - n}); err != nil {
			return err
		}
		d.losers = d.losers[n:]
		left(len(d.losers))
	}
	return nil
}

// reviewHeld decides again who is on the open trip's list and was not settled in
// this run, so that who does not lose any more leaves it.
func (d *decider) reviewHeld(ctx context.Context, p influencer.Policy) error {
	db := d.s.db.WithContext(ctx)
	live, err := loadLiveTrips(db)
	if err != nil || live.open == 0 {
		return err
	}
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
	settled := 0
	for last := int64(0); ; {
		var ids []int64
		err := each(d.s.db.WithContext(ctx), `SELECT person_id FROM held_losses WHERE trip_id = ? AND person_id > ? AND outcome = 'held' AND `+where+`
			ORDER BY person_id LIMIT ?`, append(append([]any{trip, last}, args...), walkPeople), func(c *cursor) { ids = append(ids, c.int()) })
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := d.settle(ctx, ids, run{cause: d.cause}); err != nil {
			return err
		}
		last, settled = ids[len(ids)-1], settled+len(ids)
		if d.progress != nil {
			d.progress(settled)
		}
	}
}

// settle locks people, decides them under the policy in force, and writes what
// moved.
func (d *decider) settle(ctx context.Context, ids []int64, about run) error {
	var r ruling
	err := d.s.write(ctx, func(tx *gorm.DB) error {
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
	for _, m := range r.moves {
		d.out.Moves[m.move]++
	}
	if len(r.held) > 0 {
		d.out.Held, d.out.Trip = d.out.Held+len(r.held), r.trip
	}
	return nil
}

// walkOwners gives fn everybody, in pages by id, the accounts in outline, and
// loads the next page while fn is at work.
func (s *Store) walkOwners(ctx context.Context, fn func(page []*owner) error) error {
	ctx, stop := context.WithCancel(ctx)
	pages, failed := make(chan []*owner), make(chan error, 1)
	go func() {
		defer close(pages)
		failed <- s.loadPages(ctx, pages)
	}()
	defer func() {
		stop()
		for range pages { // wait for the loader to end
		}
	}()
	for page := range pages {
		if err := fn(page); err != nil {
			return err
		}
	}
	return <-failed
}

func (s *Store) loadPages(ctx context.Context, pages chan<- []*owner) error {
	db := s.db.WithContext(ctx)
	for last := int64(0); ; {
		page, err := loadPeople(db, `SELECT `+personColumns+` FROM people p WHERE p.id > ? ORDER BY p.id LIMIT ?`, last, walkPeople)
		if err != nil || len(page) == 0 {
			return err
		}
		if err := loadOutlines(db, page); err != nil {
			return err
		}
		last = page[len(page)-1].ID
		select {
		case pages <- page:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
