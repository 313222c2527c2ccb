package store

import (
	"context"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// pacing is how many times as long as a stretch took a count of everything rests
// after it.
type pacing int

const (
	// atOnce never rests: somebody waits for the count.
	atOnce pacing = 0
	// beside leaves two thirds of the time to those who wait for an answer: nobody
	// waits for this count, and at once it would take a processor for many seconds.
	beside pacing = 2
)

// longestRest bounds the rest after a stretch that took very long.
const longestRest = 2 * time.Second

// countWhole counts everything, one stretch of people after the other, and tells how
// long that took without the rests.
func (s *Store) countWhole(ctx context.Context, fresh time.Duration, rest pacing) (t totals, took time.Duration, err error) {
	db := s.db.WithContext(ctx)
	whole := newTotalsSum(totals{at: s.now(), fresh: fresh})
	err = s.eachSpan(ctx, func(one span) error {
		began := time.Now()
		part := totals{at: whole.at, fresh: fresh}
		if err := part.count(db, influencer.SummaryFilter{FreshWithin: fresh}, one, true); err != nil {
			return err
		}
		whole.add(part)
		worked := time.Since(began)
		took += worked
		return pause(ctx, min(time.Duration(rest)*worked, longestRest))
	})
	return whole.totals, took, err
}

// totalsSum adds counts of different people.
type totalsSum struct {
	totals
	peopleAt   map[peopleTotal]int // the place in totals of a row, by the row without its number
	accountsAt map[accountKind]int
}

type accountKind struct {
	agency   string
	platform influencer.Platform
	state    influencer.AccountState
}

func newTotalsSum(t totals) *totalsSum {
	return &totalsSum{t, map[peopleTotal]int{}, map[accountKind]int{}}
}

func (s *totalsSum) add(t totals) {
	for _, p := range t.people {
		n := p.people
		p.people = 0
		at, found := s.peopleAt[p]
		if !found {
			at = len(s.people)
			s.peopleAt[p], s.people = at, append(s.people, p)
		}
		s.people[at].people += n
	}
	for _, a := range t.accounts {
		kind := accountKind{a.agency, a.platform, a.state}
		at, found := s.accountsAt[kind]
		if !found {
			s.accountsAt[kind], s.accounts = len(s.accounts), append(s.accounts, a)
			continue
		}
		sum := &s.accounts[at]
		sum.failing, sum.stale = sum.failing+a.failing, sum.stale+a.stale
		sum.followers, sum.friends = plus(sum.followers, a.followers), plus(sum.friends, a.friends)
		cover(&sum.Coverage, a.Coverage)
	}
}
