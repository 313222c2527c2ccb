package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// PreviewPolicy tells, row by row in the order of the people's ids, whom a policy
// would move if it were applied at a time, whom further reads would then make
// lose, and who would stay by less than a tenth of a line. It decides as applying
// does and writes nothing. It ends with fn's error.
func (s *Store) PreviewPolicy(ctx context.Context, p influencer.Policy, at time.Time, fn func(influencer.PreviewRow) error) (influencer.Preview, error) {
	out := influencer.Preview{Moves: map[influencer.Move]int{}, Unconfirmed: map[influencer.Move]int{}}
	at = at.UTC().Truncate(time.Microsecond)
	err := p.Validate()
	if err == nil {
		err = walkSpans(ctx, s, func(ctx context.Context, one span) ([]influencer.PreviewRow, error) {
			return s.previewSpan(ctx, p, at, one)
		}, func(one span, rows []influencer.PreviewRow) error {
			out.People += one.people
			return countRows(&out, rows, fn)
		})
	}
	if err == nil {
		err = s.previewBreaker(ctx, p, at, &out)
	}
	if err != nil {
		return out, fmt.Errorf("store: preview policy: %w", err)
	}
	return out, nil
}

func countRows(out *influencer.Preview, rows []influencer.PreviewRow, fn func(influencer.PreviewRow) error) error {
	for _, row := range rows {
		switch {
		case row.Move != nil:
			out.Moves[*row.Move]++
		case row.Unconfirmed != nil:
			out.Unconfirmed[*row.Unconfirmed]++
		default:
			out.Near++
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}

// previewSpan finds the rows of a span.
func (s *Store) previewSpan(ctx context.Context, p influencer.Policy, at time.Time, one span) (rows []influencer.PreviewRow, err error) {
	db := s.db.WithContext(ctx)
	found, err := sieve{policy: p, at: at, near: true}.sift(db, one.after, one.last)
	if err != nil {
		return nil, err
	}
	for page := range slices.Chunk(found, judgePeople) {
		owners, err := loadOutlines(db, page)
		if err == nil {
			err = judge(db, p, owners, at, func(o *owner, v influencer.Verdict) {
				if row, tells := previewRow(p, at, o, v); tells {
					rows = append(rows, row)
				}
			})
		}
		if err != nil {
			return nil, err
		}
	}
	return rows, nil
}

// previewRow tells of a person who moves, who stays for now only, or only just.
func previewRow(p influencer.Policy, at time.Time, o *owner, v influencer.Verdict) (row influencer.PreviewRow, tells bool) {
	move, unconfirmed, near := v.Move, v.Unconfirmed(p, at), (*influencer.NearLine)(nil)
	if unconfirmed == nil {
		near = v.Near(p)
	}
	if move == nil && unconfirmed == nil && near == nil {
		return row, false
	}
	return influencer.PreviewRow{Person: o.Person, Platforms: o.platforms(), Move: move, Unconfirmed: unconfirmed, Near: near}, true
}

// previewBreaker tells what the policy's breaker would say to its losses.
func (s *Store) previewBreaker(ctx context.Context, p influencer.Policy, at time.Time, out *influencer.Preview) error {
	for m, n := range out.Moves {
		if m.Loss() {
			out.Breaker.Losses += n
		}
	}
	db, since := s.db.WithContext(ctx), at.Add(-p.Breaker.Window)
	live, err := loadLiveTrips(db)
	if err != nil {
		return err
	}
	out.Breaker.Open = live.open
	if out.Breaker.Made, err = lossesSince(db, since); err != nil {
		return err
	}
	out.Breaker.Holders, err = holdersSince(db, since)
	out.Breaker.Allowed = p.Breaker.Allowed(out.Breaker.Holders)
	return err
}

// platforms are those that the person has an account on.
func (o *owner) platforms() []influencer.Platform {
	var out []influencer.Platform
	for _, a := range o.accounts {
		if !slices.Contains(out, a.Platform) {
			out = append(out, a.Platform)
		}
	}
	return out
}
