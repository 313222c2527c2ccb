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
// lose, and who would stay by less than a tenth of a line. It decides as applying does and writes nothing. It ends with
// fn's error.
func (s *Store) PreviewPolicy(ctx context.Context, p influencer.Policy, at time.Time, fn func(influencer.PreviewRow) error) (influencer.Preview, error) {
	out := influencer.Preview{Moves: map[influencer.Move]int{}, Unconfirmed: map[influencer.Move]int{}}
	at = at.UTC().Truncate(time.Microsecond)
	err := p.Validate()
	if err == nil {
		err = s.walkOwners(ctx, func(page []*owner) error {
			return s.previewPage(ctx, p, page, at, &out, fn)
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

func (s *Store) previewPage(ctx context.Context, p influencer.Policy, page []*owner, at time.Time, out *influencer.Preview, fn func(influencer.PreviewRow) error) error {
	before := make([]influencer.Standing, len(page))
	for i, o := range page {
		before[i] = o.Standing
	}
	r, err := rule(s.db.WithContext(ctx), p, page, at)
	if err != nil {
		return err
	}
	moves := make(map[int64]influencer.Move, len(r.moves))
	for _, m := range r.moves {
		moves[m.owner.ID] = m.move
		out.Moves[m.move]++
	}
	out.People += len(page)
	for i, o := range page {
		row := influencer.PreviewRow{Person: o.Person, Platforms: o.platforms()}
		row.Standing = before[i]
		if m, ok := moves[o.ID]; ok {
			row.Move = &m
		} else if !staying(&row, influencer.Decide(p, o.evidence(), at), p, at, out) {
			continue
		}
		if err := fn(row); err != nil {
			return err
		}
	}
	return nil
}

// staying tells of a person who stays whether that is for now only, or only just.
func staying(row *influencer.PreviewRow, v influencer.Verdict, p influencer.Policy, at time.Time, out *influencer.Preview) bool {
	if row.Unconfirmed = v.Unconfirmed(p, at); row.Unconfirmed != nil {
		out.Unconfirmed[*row.Unconfirmed]++
		return true
	}
	if row.Near = v.Near(p); row.Near != nil {
		out.Near++
		return true
	}
	return false
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
