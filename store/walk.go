package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

const (
	walkPeople = 2000 // people that a walk over everybody holds at once, twice
	duePeople  = 500
)

// Redecide decides everybody again under the policy in force, with the evidence
// already stored, and returns how often each move was made. It is what a new
// policy asks for. It reads without locks, in pages, and only who would move is
// locked, decided once more and written; so it may run beside all else, and be
// run again after it was cut short. progress, which may be nil, is told how many
// people are done.
func (s *Store) Redecide(ctx context.Context, at time.Time, progress func(done, total int)) (map[influencer.Move]int, error) {
	at = at.UTC().Truncate(time.Microsecond)
	made := map[influencer.Move]int{}
	var total, done int
	if _, err := scanOne(s.db.WithContext(ctx).Raw(`SELECT count(*) FROM people`), &total); err != nil {
		return nil, fmt.Errorf("store: redecide: %w", err)
	}
	p, err := s.currentPolicy(s.db.WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("store: redecide: %w", err)
	}
	err = s.walkOwners(ctx, func(page []*owner) error {
		if err := s.settlePage(ctx, p, page, at, made); err != nil {
			return err
		}
		done += len(page)
		if progress != nil {
			progress(done, max(done, total))
		}
		return nil
	})
	if err != nil {
		return made, fmt.Errorf("store: redecide: %w", err)
	}
	return made, nil
}

// DecideDue makes the moves that time alone brings: a grace or a suspension that
// is over, an account that has been gone for long enough, a freeze of new grants
// that has ended. It stops after about
// limit moves and returns how many it made; call it again while that is limit or
// more.
func (s *Store) DecideDue(ctx context.Context, at time.Time, limit int) (moved int, err error) {
	at = at.UTC().Truncate(time.Microsecond)
	db := s.db.WithContext(ctx)
	p, err := s.currentPolicy(db)
	if err != nil {
		return 0, fmt.Errorf("store: decide due: %w", err)
	}
	ids, err := dueForDecision(db, p, at)
	if err != nil {
		return 0, fmt.Errorf("store: decide due: %w", err)
	}
	made := map[influencer.Move]int{}
	for ; len(ids) > 0 && moved < limit; moved = sum(made) {
		chunk := ids[:min(len(ids), duePeople, limit-moved)]
		ids = ids[len(chunk):]
		page, err := loadOwners(db, chunk)
		if err == nil {
			err = s.settlePage(ctx, p, page, at, made)
		}
		if err != nil {
			return sum(made), fmt.Errorf("store: decide due: %w", err)
		}
	}
	if err := s.thaw(ctx, p, at, limit, made); err != nil {
		return sum(made), fmt.Errorf("store: decide due: %w", err)
	}
	return sum(made), nil
}

func sum(made map[influencer.Move]int) (n int) {
	for _, times := range made {
		n += times
	}
	return n
}

// dueForDecision lists people of whom time may have decided.
func dueForDecision(db *gorm.DB, p influencer.Policy, at time.Time) ([]int64, error) {
	var ids []int64
	err := each(db, `SELECT id FROM people WHERE status = 'grace' AND grace_since <= ?
		UNION SELECT id FROM people WHERE status = 'suspended' AND until <= ?
		UNION SELECT p.id FROM accounts a JOIN people p ON p.id = a.person_id
			WHERE a.state IN ('gone', 'suspended') AND a.state_since <= ? AND p.status IN ('active', 'grace', 'pending')
		ORDER BY 1`,
		[]any{at.Add(-p.Grace).UnixMicro(), at.UnixMicro(), at.Add(-p.GoneAfter).UnixMicro()},
		func(c *cursor) { ids = append(ids, c.int()) })
	return ids, err
}

// settlePage decides owners that were read without a lock, and settles those of
// whom that says anything new.
func (s *Store) settlePage(ctx context.Context, p influencer.Policy, page []*owner, at time.Time, made map[influencer.Move]int) error {
	r, err := rule(s.db.WithContext(ctx), p, page, at)
	if err != nil {
		return err
	}
	var ids []int64
	for _, m := range r.moves {
		ids = append(ids, m.owner.ID)
	}
	for _, a := range r.doubtful {
		ids = append(ids, a.PersonID)
	}
	if len(ids) == 0 {
		return nil
	}
	moves, err := s.settle(ctx, ids, at)
	for _, m := range moves {
		made[m.move]++
	}
	return err
}

// settle locks people, decides them under the policy in force, and writes what
// moved.
func (s *Store) settle(ctx context.Context, ids []int64, at time.Time) ([]moved, error) {
	var moves []moved
	err := s.write(ctx, func(tx *gorm.DB) error {
		moves = nil
		owners, err := lockPeople(tx, ids)
		if err != nil {
			return err
		}
		p, err := s.currentPolicy(tx)
		if err != nil {
			return err
		}
		r, err := rule(tx, p, owners, at)
		if err != nil {
			return err
		}
		moves = r.moves
		c := changes{tx: tx}
		c.hasten(p, r.waiting(), at)
		if err := c.addMoves(r.moves); err != nil {
			return err
		}
		return c.run()
	})
	if err != nil {
		return nil, err
	}
	return moves, nil
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
