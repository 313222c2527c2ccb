package store

import (
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// count adds what the filter leaves of a stretch of people, or of all when one is
// the zero span, at this moment; FreshWithin must be set. A whole count has the
// people of each platform as well.
func (t *totals) count(db *gorm.DB, f influencer.SummaryFilter, one span, whole bool) error {
	if f.Platform == "" {
		if err := t.countPeople(db, f, one); err != nil {
			return fmt.Errorf("people: %w", err)
		}
	}
	if f.Platform != "" || whole {
		if err := t.countPeopleThere(db, f, one); err != nil {
			return fmt.Errorf("people by platform: %w", err)
		}
	}
	if err := t.countAccounts(db, f, one); err != nil {
		return fmt.Errorf("accounts: %w", err)
	}
	return nil
}

func (t *totals) countPeople(db *gorm.DB, f influencer.SummaryFilter, one span) error {
	l := totalsListing(influencer.SummaryFilter{Agency: f.Agency}, one, "p.id")
	return t.addPeople(db, `SELECT p.agency, '', p.status, count(*) FROM people p`+l.whereSQL()+` GROUP BY p.agency, p.status`, l.args)
}

func (t *totals) countPeopleThere(db *gorm.DB, f influencer.SummaryFilter, one span) error {
	l := totalsListing(f, one, "p.id", "a.person_id")
	return t.addPeople(db, `SELECT p.agency, a.platform, p.status, count(*) FROM (SELECT DISTINCT platform, person_id FROM accounts) a
		JOIN people p ON p.id = a.person_id`+l.whereSQL()+` GROUP BY p.agency, a.platform, p.status`, l.args)
}

// totalsListing has the conditions of a filter, and those of a stretch of people on
// each column with their ids: a database does not conclude one from the other.
func totalsListing(f influencer.SummaryFilter, one span, ids ...string) *listing {
	l := newListing("totals", nil)
	if f.Agency != "" {
		l.only("p.agency = ?", f.Agency)
	}
	if f.Platform != "" {
		l.only("a.platform = ?", f.Platform)
	}
	for _, id := range ids {
		if one != (span{}) {
			l.only(id+" > ? AND "+id+" <= ?", one.after, one.last)
		}
	}
	return l
}

// addPeople adds the rows of a query for agency, platform, status and a number.
func (t *totals) addPeople(db *gorm.DB, query string, args []any) error {
	return each(db, query, args, func(c *cursor) {
		t.people = append(t.people, peopleTotal{agency: c.word(), platform: influencer.Platform(c.word()),
			status: influencer.Status(c.word()), people: int(c.int())})
	})
}

func (t *totals) countAccounts(db *gorm.DB, f influencer.SummaryFilter, one span) error {
	l, since := totalsListing(f, one, "p.id", "a.person_id"), t.at.Add(-t.fresh).UnixMicro()
	l.only("p.left_why = ''") // nobody reads the accounts of who has left the service
	return each(db, `SELECT p.agency, a.platform, a.state, count(*), count(a.fresh), sum(a.failing), sum(a.stale), max(a.fresh), min(a.fresh),
			CAST(sum(CASE WHEN a.fresh > 0 THEN a.followers END) AS bigint), CAST(sum(CASE WHEN a.fresh > 0 THEN a.friends END) AS bigint)
		FROM (SELECT person_id, platform, state, followers, friends, CASE WHEN failures > 0 THEN 1 ELSE 0 END AS failing,
			CASE WHEN synced_at >= CAST(? AS bigint) THEN synced_at END AS fresh,
			CASE WHEN synced_at < CAST(? AS bigint) AND (state = 'ok' OR state <> 'pending' AND failures = 0) THEN 1 ELSE 0 END AS stale FROM accounts) a
		JOIN people p ON p.id = a.person_id`+l.whereSQL()+` GROUP BY p.agency, a.platform, a.state`, append([]any{since, since}, l.args...), func(c *cursor) {
		a := accountTotalOf(c)
		a.followers, a.friends = c.number(), c.number()
		t.accounts = append(t.accounts, a)
	})
}

// accountTotalOf reads agency, platform, state, how many are expected, read,
// failing and stale, and the newest and oldest read.
func accountTotalOf(c *cursor) accountTotal {
	a := accountTotal{agency: c.word(), platform: influencer.Platform(c.word()), state: influencer.AccountState(c.word())}
	a.Expected, a.Read, a.failing, a.stale = int(c.int()), int(c.int()), int(c.int()), int(c.int())
	a.AsOf, a.Oldest = c.time(), c.time()
	return a
}

// loadTotals reads the count that last tells of, or a newer one written meanwhile.
// It is one statement, so that no two counts are mixed.
func loadTotals(db *gorm.DB, last lastCount) (totals, error) {
	t := totals{at: last.at, fresh: last.fresh}
	err := each(db, `SELECT (SELECT counted_at FROM totals), 0, agency, platform, status, people,
			CAST(0 AS bigint), CAST(0 AS bigint), CAST(0 AS bigint), CAST(NULL AS bigint), CAST(NULL AS bigint) FROM totals_people
		UNION ALL SELECT (SELECT counted_at FROM totals), 1, agency, platform, state, expected, read, failing, stale, newest, oldest FROM totals_accounts`, nil,
		func(c *cursor) {
			t.at = c.time()
			ofAccounts := c.int() == 1
			a := accountTotalOf(c)
			if ofAccounts {
				t.accounts = append(t.accounts, a)
			} else {
				t.people = append(t.people, peopleTotal{a.agency, a.platform, influencer.Status(a.state), a.Expected})
			}
		})
	if err != nil {
		return t, fmt.Errorf("last count: %w", err)
	}
	return t, nil
}

// keep writes a count over the one before. Two that are written at the same time
// wait for each other at the one row of totals.
func (t totals) keep(tx *gorm.DB, took time.Duration) error {
	err := tx.Exec(`INSERT INTO totals (id, counted_at, fresh_within, accounts, took) VALUES (1, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET counted_at = excluded.counted_at, fresh_within = excluded.fresh_within,
			accounts = excluded.accounts, took = excluded.took`,
		t.at.UnixMicro(), t.fresh.Microseconds(), t.expected(), took.Microseconds()).Error
	if err != nil {
		return err
	}
	for _, table := range []string{"totals_people", "totals_accounts"} {
		if err := tx.Exec("DELETE FROM " + table).Error; err != nil {
			return err
		}
	}
	c := changes{tx: tx}
	type pt = peopleTotal
	c.add("totals of people", len(t.people), `INSERT INTO totals_people (agency, platform, status, people) SELECT agency, platform, status, people FROM ?`,
		new(rowSet).texts("agency", pick(t.people, func(p *pt) string { return p.agency })).
			texts("platform", pick(t.people, func(p *pt) string { return string(p.platform) })).
			texts("status", pick(t.people, func(p *pt) string { return string(p.status) })).
			ints("people", pick(t.people, func(p *pt) int64 { return int64(p.people) })).as(tx, "t"))
	type at = accountTotal
	c.add("totals of accounts", len(t.accounts), `INSERT INTO totals_accounts (agency, platform, state, expected, read, failing, stale, newest, oldest)
		SELECT agency, platform, state, expected, read, failing, stale, newest, oldest FROM ?`,
		new(rowSet).texts("agency", pick(t.accounts, func(a *at) string { return a.agency })).
			texts("platform", pick(t.accounts, func(a *at) string { return string(a.platform) })).
			texts("state", pick(t.accounts, func(a *at) string { return string(a.state) })).
			ints("expected", pick(t.accounts, func(a *at) int64 { return int64(a.Expected) })).
			ints("read", pick(t.accounts, func(a *at) int64 { return int64(a.Read) })).
			ints("failing", pick(t.accounts, func(a *at) int64 { return int64(a.failing) })).
			ints("stale", pick(t.accounts, func(a *at) int64 { return int64(a.stale) })).
			times("newest", pick(t.accounts, func(a *at) time.Time { return a.AsOf })).
			times("oldest", pick(t.accounts, func(a *at) time.Time { return a.Oldest })).as(tx, "t"))
	if err := c.run(); err != nil {
		return err
	}
	return t.keepDay(tx)
}
