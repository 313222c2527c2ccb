package store

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

const (
	// countAtOnce is how many accounts a database may hold for every answer to be
	// counted anew; above that the last count is told, with its time.
	countAtOnce = 5000
	// countShare bounds what counting may take of the time: a count is not repeated
	// before this many times what it took, its rests left aside, is over.
	countShare = 20
	// oldestCount is how old the last count may be, its repetition's wait left
	// aside, before who asks counts anew: then no scheduler does it.
	oldestCount = 15 * time.Minute
)

// peopleTotal counts people of one agency and status: all of them, or, when a
// platform is named, those with an account there.
type peopleTotal struct {
	agency   string
	platform influencer.Platform
	status   influencer.Status
	people   int
}

// accountTotal counts accounts of one agency, platform and state.
type accountTotal struct {
	agency   string
	platform influencer.Platform
	state    influencer.AccountState
	failing  int // whose last attempt failed
	stale    int // that can be read and were not for too long
	influencer.Coverage
	// Sums of the accounts that count as read; nil where none has the number, and
	// in a count that was kept, which has them by day.
	followers, friends *int64
}

// totals is one count of everything, or of what a filter leaves.
type totals struct {
	at       time.Time
	fresh    time.Duration // how old a read could be to count as one
	people   []peopleTotal
	accounts []accountTotal
}

func (t totals) expected() int {
	n := 0
	for _, a := range t.accounts {
		n += a.Expected
	}
	return n
}

// lastCount is what the database remembers of its last count.
type lastCount struct {
	at          time.Time
	fresh, took time.Duration
	accounts    int
	freshNow    time.Duration // what the policy in force says
}

// serves tells whether the count answers for the database as it is.
func (l lastCount) serves(now time.Time) bool {
	return l.accounts > countAtOnce && l.fresh == l.freshNow && now.Sub(l.at) < oldestCount+countShare*l.took
}

// totalsCache keeps the newest count in memory, and the summaries made of it.
type totalsCache struct {
	outdated atomic.Bool // whether a count that is too old is told all the same
	counting sync.Mutex  // held by who counts for everybody
	mu       sync.Mutex
	kept     totals
	made     map[influencer.SummaryFilter]influencer.Summary
}

// RefreshTotals counts everything for summaries and dashboards, unless the last
// count is too young for what counting costs here. It rests in between, so that
// those who wait for an answer do not feel it.
func (s *Store) RefreshTotals(ctx context.Context) error {
	last, err := s.lastCount(s.db.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("store: refresh totals: %w", err)
	}
	if age := s.now().Sub(last.at); last.fresh == last.freshNow && age >= 0 && age < countShare*last.took {
		return nil
	}
	return s.CountTotalsGently(ctx)
}

// CountTotals counts everything now and keeps the count.
func (s *Store) CountTotals(ctx context.Context) error { return s.countTotals(ctx, atOnce) }

// CountTotalsGently counts everything and keeps the count, in three times the time
// and with a third of a processor.
func (s *Store) CountTotalsGently(ctx context.Context) error { return s.countTotals(ctx, beside) }

func (s *Store) countTotals(ctx context.Context, rest pacing) error {
	last, err := s.lastCount(s.db.WithContext(ctx))
	if err == nil {
		_, err = s.countAndKeep(ctx, last.freshNow, rest)
	}
	if err != nil {
		return fmt.Errorf("store: count totals: %w", err)
	}
	return nil
}

func (s *Store) countAndKeep(ctx context.Context, fresh time.Duration, rest pacing) (totals, error) {
	t, took, err := s.countWhole(ctx, fresh, rest)
	if err != nil {
		return t, err
	}
	return t, s.write(ctx, func(tx *gorm.DB) error { return t.keep(tx, took) })
}

// lastCount reads what is kept; a zero time means that nothing was counted yet.
func (s *Store) lastCount(db *gorm.DB) (lastCount, error) {
	var l lastCount
	var at, fresh, took, accounts sql.NullInt64
	var version int
	_, err := scanOne(db.Raw(`SELECT p.version, t.counted_at, t.fresh_within, t.took, t.accounts
		FROM (SELECT coalesce(max(version), 0) AS version FROM policies) p LEFT JOIN totals t ON t.id = 1`),
		&version, &at, &fresh, &took, &accounts)
	if err != nil {
		return l, fmt.Errorf("last count: %w", err)
	}
	policy, err := s.policy(db, version)
	if err != nil {
		return l, err
	}
	return lastCount{timeOf(at), time.Duration(fresh.Int64) * time.Microsecond, time.Duration(took.Int64) * time.Microsecond,
		int(accounts.Int64), policy.EvidenceMaxAge}, nil
}

// totals are the numbers that an answer is made of: the last count, or, where
// there are few accounts or somebody has an idea of fresh of their own, a count
// of this moment.
func (s *Store) totals(ctx context.Context, f influencer.SummaryFilter) (t totals, kept bool, err error) {
	db := s.db.WithContext(ctx)
	last, err := s.lastCount(db)
	if err != nil {
		return t, false, err
	}
	own := f.FreshWithin > 0 && f.FreshWithin != last.freshNow
	if f.FreshWithin <= 0 {
		f.FreshWithin = last.freshNow
	}
	if own || last.accounts <= countAtOnce {
		t = totals{at: s.now(), fresh: f.FreshWithin}
		return t, false, t.count(db, f, span{}, false)
	}
	serves := last.serves(s.now())
	if !serves && !(s.counted.outdated.Load() && last.fresh == last.freshNow) {
		t, err = s.countForAll(ctx)
		return t, true, err
	}
	t, err = s.keptTotals(db, last)
	if !serves {
		s.countLater()
	}
	return t, true, err
}

// AnswerFromOldCounts lets a count that is too old be told with its time, while
// another is made for the next who asks. It is for a service, which must not keep
// everybody waiting because no scheduler counts; without it, who asks waits.
func (s *Store) AnswerFromOldCounts() { s.counted.outdated.Store(true) }

// countLater counts for those who ask next, unless somebody counts already. When it
// fails, one of them begins again.
func (s *Store) countLater() {
	if !s.counted.counting.TryLock() {
		return
	}
	s.later(func(ctx context.Context) {
		defer s.counted.counting.Unlock()
		if last, err := s.lastCount(s.db.WithContext(ctx)); err == nil && !last.serves(s.now()) {
			_, _ = s.countAndKeep(ctx, last.freshNow, beside)
		}
	})
}

// countForAll counts once for all who ask at the same time, though the first of
// them may go away.
func (s *Store) countForAll(ctx context.Context) (totals, error) {
	s.counted.counting.Lock()
	defer s.counted.counting.Unlock()
	ctx = context.WithoutCancel(ctx)
	db := s.db.WithContext(ctx)
	last, err := s.lastCount(db)
	if err != nil {
		return totals{}, err
	}
	if last.serves(s.now()) {
		return s.keptTotals(db, last)
	}
	return s.countAndKeep(ctx, last.freshNow, atOnce)
}

// keptTotals is the count that last tells of, from memory when it is there.
func (s *Store) keptTotals(db *gorm.DB, last lastCount) (totals, error) {
	c := &s.counted
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept.at.Equal(last.at) && c.made != nil {
		return c.kept, nil
	}
	t, err := loadTotals(db, last)
	if err == nil {
		c.kept, c.made = t, map[influencer.SummaryFilter]influencer.Summary{}
	}
	return t, err
}

// summaryOf makes a summary of a kept count, once for each filter.
func (c *totalsCache) summaryOf(t totals, f influencer.SummaryFilter) influencer.Summary {
	f.FreshWithin = 0
	c.mu.Lock()
	defer c.mu.Unlock()
	current := c.made != nil && c.kept.at.Equal(t.at)
	if sum, found := c.made[f]; current && found {
		return sum
	}
	sum := t.summary(f)
	if current && len(c.made) < maxSummaries {
		c.made[f] = sum
	}
	return sum
}

// maxSummaries bounds the memory of who asks for agencies that are not there.
const maxSummaries = 5000
