package store

import (
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// addAttempts adds what the attempts change in accounts and readings. Most of
// them are steady, and their rows say the same thing in half the columns, which
// is most of what a batch costs.
func (r *recording) addAttempts(c *changes) {
	var plain, other []*attempt
	var fresh []influencer.Reading
	changed := r.changed
	source := ""
	for _, a := range r.attempts {
		if a.steady(r.at) && (source == "" || a.Source == source) {
			source = a.Source
			plain = append(plain, a)
			continue
		}
		other = append(other, a)
		if a.fresh != nil {
			fresh = append(fresh, *a.fresh)
		}
		if a.extended != nil {
			changed = append(changed, *a.extended)
		}
	}
	r.addSteady(c, plain, source)
	c.addReadings(fresh)
	c.changeReadings(changed)
	r.addAccounts(c, other)
}

// steady tells whether all that an attempt brought is a good reading, of numbers
// read from the same API as before, for an account that is as it was.
func (a *attempt) steady(at time.Time) bool {
	was := &a.before
	return a.failure == nil && !a.Suspect && a.newest == nil && a.SyncedAt.Equal(at) &&
		a.Source == was.Source && a.Source != "" &&
		a.State == was.State && a.Handle == was.Handle && a.ExternalID == was.ExternalID
}

// addSteady adds the rows of steady attempts.
func (r *recording) addSteady(c *changes, rows []*attempt, source string) {
	if len(rows) == 0 {
		return
	}
	type row = *attempt
	set := countsSet(rows).
		times("observed_at", pick(rows, func(a *row) time.Time { return (*a).ObservedAt })).
		ints("reads", pick(rows, func(a *row) int64 { return int64((*a).Reads) })).
		texts("between_reads", pick(rows, func(a *row) string { return formatTimes((*a).Between) }))
	at := r.at.UnixMicro()
	c.add("steady accounts", len(rows), `UPDATE accounts AS a SET followers = t.followers, friends = t.friends,
			following = t.following, posts = t.posts, last_active_at = t.last_active_at, observed_at = t.observed_at,
			reads = t.reads, between_reads = t.between_reads, synced_at = ?, attempted_at = ?, failures = 0, error = ''
		FROM ? WHERE a.id = t.id`, at, at, set.as(r.tx, "t"))
	var fresh, again []*attempt
	for _, a := range rows {
		if a.fresh != nil {
			fresh = append(fresh, a)
		} else {
			again = append(again, a)
		}
	}
	c.addSteadyReadings(fresh, at, source)
	c.extendReadings(again, at)
}

// addSteadyReadings adds readings that began at a time.
func (c *changes) addSteadyReadings(rows []*attempt, at int64, source string) {
	if len(rows) == 0 {
		return
	}
	c.add("steady readings", len(rows), `INSERT INTO readings (account_id, observed_at, last_seen_at, source,
			followers, friends, following, posts, last_active_at)
		SELECT id, CAST(? AS bigint), CAST(? AS bigint), CAST(? AS text), followers, friends, following, posts, last_active_at FROM ?`,
		at, at, source, countsSet(rows).as(c.tx, "t"))
}

// extendReadings lets stored readings have been seen again at a time.
func (c *changes) extendReadings(rows []*attempt, at int64) {
	if len(rows) == 0 {
		return
	}
	type row = *attempt
	set := new(rowSet).ints("id", accountIDs(rows)).
		times("observed_at", pick(rows, func(a *row) time.Time { return (*a).ObservedAt })).
		ints("reads", pick(rows, func(a *row) int64 { return int64((*a).Reads) })).
		texts("between_reads", pick(rows, func(a *row) string { return formatTimes((*a).Between) }))
	c.add("readings seen again", len(rows), `UPDATE readings AS r SET last_seen_at = ?, reads = t.reads, between_reads = t.between_reads
		FROM ? WHERE r.account_id = t.id AND r.observed_at = t.observed_at`, at, set.as(c.tx, "t"))
}

// countsSet holds accounts' ids and numbers.
func countsSet(rows []*attempt) *rowSet {
	type row = *attempt
	return new(rowSet).ints("id", accountIDs(rows)).
		nullInts("followers", pick(rows, func(a *row) *int64 { return (*a).Followers })).
		nullInts("friends", pick(rows, func(a *row) *int64 { return (*a).Friends })).
		nullInts("following", pick(rows, func(a *row) *int64 { return (*a).Following })).
		nullInts("posts", pick(rows, func(a *row) *int64 { return (*a).Posts })).
		times("last_active_at", pick(rows, func(a *row) time.Time { return (*a).LastActiveAt }))
}
