package store

import (
	"context"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// pacing is how long a count of everything rests after a stretch that took so long.
type pacing func(took time.Duration) time.Duration

// atOnce never rests: somebody waits for the count.
func atOnce(time.Duration) time.Duration { return 0 }

// beside leaves two thirds of the time to those who wait for an answer: nobody
// waits for this count, and at once it would take a processor for many seconds.
func beside(took time.Duration) time.Duration { return 2 * min(took, time.Second) }

// countWhole counts everything, one stretch of people after the other, and tells how
// long that took without the rests.
func (s *Store) countWhole(ctx context.Context, fresh time.Duration, rest pacing) (t totals, took time.Duration, err error) {
	db := s.db.WithContext(ctx)
	whole := newTotalsSum(totals{at: s.now(), fresh: fresh})
	err = s.eachSpan(ctx, func(one span) error {
		began := time.Now()
		part, err := s.countSpan(db, whole.at, fresh, one)
		if err != nil {
			return err
		}
		whole.add(part)
		worked := time.Since(began)
		took += worked
		if wait := rest(worked); wait > 0 {
			return pause(ctx, wait)
		}
		return nil
	})
	return whole.totals, took, err
}

// countSpan counts a stretch of people by agency, platform and status, and their
// accounts.
func (s *Store) countSpan(db *gorm.DB, at time.Time, fresh time.Duration, one span) (totals, error) {
	t := totals{at: at, fresh: fresh}
	return t, t.count(db, influencer.SummaryFilter{FreshWithin: fresh}, one, true)
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
		cover(&sum.Coverage, a.Coverage)
	}
}
