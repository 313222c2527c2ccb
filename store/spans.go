package store

import (
	"context"
	"fmt"
	"runtime"

	"golang.org/x/sync/errgroup"
	"gorm.io/gorm"
)

// span is a stretch of people by id: after one, up to the last.
type span struct {
	after, last int64
	people      int
}

// spanPeople is how many people a span holds: enough that the database finds them
// in one stretch, few enough that several fit in memory.
const spanPeople = 10_000

// walkers is how many spans are looked at together.
func walkers() int { return min(max(runtime.GOMAXPROCS(0), 2), 4) }

// walkSpans cuts everybody into spans, looks at several at a time, and gives what
// look found to take, in the order of the ids. It ends with the first error.
func walkSpans[T any](ctx context.Context, s *Store, look func(ctx context.Context, one span) (T, error), take func(one span, found T) error) error {
	type work struct {
		span
		found chan T
	}
	group, ctx := errgroup.WithContext(ctx)
	todo, inOrder := make(chan work), make(chan work, walkers())
	group.Go(func() error {
		defer close(todo)
		defer close(inOrder)
		return s.eachSpan(ctx, func(one span) error {
			w := work{one, make(chan T, 1)}
			if err := send(ctx, inOrder, w); err != nil {
				return err
			}
			return send(ctx, todo, w)
		})
	})
	for range walkers() {
		group.Go(func() error {
			for w := range todo {
				found, err := look(ctx, w.span)
				if err != nil {
					return err
				}
				w.found <- found
			}
			return nil
		})
	}
	group.Go(func() error {
		for w := range inOrder {
			select {
			case found := <-w.found:
				if err := take(w.span, found); err != nil {
					return err
				}
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	return group.Wait()
}

func send[T any](ctx context.Context, to chan<- T, v T) error {
	select {
	case to <- v:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// eachSpan gives fn one span after the other.
func (s *Store) eachSpan(ctx context.Context, fn func(span) error) error {
	for one := (span{}); ; one.after = one.last {
		if err := nextSpan(s.db.WithContext(ctx), &one); err != nil || one.people == 0 {
			return err
		}
		if err := fn(one); err != nil {
			return err
		}
	}
}

func nextSpan(db *gorm.DB, one *span) error {
	err := each(db, `SELECT count(*), max(id) FROM (SELECT id FROM people WHERE id > ? ORDER BY id LIMIT ?) p`,
		[]any{one.after, spanPeople}, func(c *cursor) {
			one.people = int(c.int())
			one.last, _ = c.nullInt()
		})
	if err != nil {
		return fmt.Errorf("span of people: %w", err)
	}
	return nil
}

// together runs fn on every page of ids, some pages at a time. It ends with the
// first error.
func together(ctx context.Context, ids []int64, size int, fn func(ctx context.Context, page []int64) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(walkers() + 1) // one of them waits, for a lock or for the disk
	for len(ids) > 0 && ctx.Err() == nil {
		page := ids[:min(size, len(ids))]
		ids = ids[len(page):]
		group.Go(func() error { return fn(ctx, page) })
	}
	return group.Wait()
}
