package store

import (
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// take brings an account's row to what the attempt showed.
func (r *recording) take(a *attempt) {
	a.AttemptedAt = r.at
	if a.failure == nil {
		a.failure = r.weigh(a)
	}
	if a.failure != nil {
		r.fail(a)
		return
	}
	r.out.Read++
	a.Failures, a.Error = 0, ""
	state := influencer.StateOK
	if a.seen.Private {
		state = influencer.StatePrivate
	}
	a.setState(state, r.at)
	if a.seen.Handle != "" {
		a.Handle = a.seen.Handle // a rename is followed: the platform's id says it is the same account
	}
	if a.ExternalID == "" {
		a.ExternalID = a.seen.ExternalID
	}
}

// fail notes a failure of this one account. Its counts stay.
func (r *recording) fail(a *attempt) {
	r.out.Failed++
	a.Failures++
	a.Error = a.failure.Error()
	if state, settled := a.failure.Kind.State(); settled {
		a.setState(state, r.at)
	}
}

func (a *account) setState(s influencer.AccountState, at time.Time) {
	if a.State != s {
		a.State, a.StateSince = s, at
	}
}

// weigh sets the numbers against what is stored: they begin a reading, extend
// one, are suspect, or are refused.
func (r *recording) weigh(a *attempt) *influencer.Failure {
	w := influencer.Weigh(r.policy, influencer.Weighing{
		Newest: a.latest(), Good: a.good(), Seen: a.seen.Counts, At: a.lookedAt(r.at),
		Source: a.seen.Source, Metric: r.store.opts.Metric(r.ref.Platform),
	})
	if w.Refused != nil {
		return w.Refused
	}
	if w.Vindicated && !w.Extends {
		cleared := *a.newest
		cleared.Suspect = false
		a.cleared = &cleared
		r.changed = append(r.changed, cleared)
	}
	w.Row.AccountID = a.ID
	if w.Extends {
		a.extended = &w.Row
	} else {
		a.fresh = &w.Row
	}
	a.Suspect = w.Row.Suspect
	if w.Row.Suspect {
		r.out.Suspect++
		return nil
	}
	a.Counts, a.Source, a.Between, a.Reads = w.Row.Counts, w.Row.Source, w.Row.Between, w.Row.Reads
	a.ObservedAt, a.SyncedAt = w.Row.ObservedAt, w.Row.LastSeenAt
	return nil
}

// latest is the newest reading of all, nil when there is none.
func (a *attempt) latest() *influencer.Reading {
	if a.newest != nil {
		return a.newest
	}
	return a.good()
}

// lookedAt is at, or just after the newest reading when another machine's clock
// was ahead: a reading has its place by account and time.
func (a *attempt) lookedAt(at time.Time) time.Time {
	if newest := a.latest(); newest != nil && !at.After(newest.LastSeenAt) {
		return newest.LastSeenAt.Add(time.Microsecond)
	}
	return at
}

// refuseConflicts fails attempts that were answered for another profile than the
// account's own, or for one that another account already is.
func (r *recording) refuseConflicts() error {
	fresh := map[string]*attempt{} // by the id they would pin
	for _, a := range r.attempts {
		id := a.seen.ExternalID
		switch {
		case a.failure != nil || id == "" || id == a.ExternalID:
		case a.ExternalID != "":
			a.failure = conflict("the handle belongs to another account of the platform now")
		case fresh[id] != nil:
			a.failure = conflict("another registered account is the same account of the platform")
		default:
			fresh[id] = a
		}
	}
	return r.refuseHeld(fresh)
}

func (r *recording) refuseHeld(fresh map[string]*attempt) error {
	if len(fresh) == 0 {
		return nil
	}
	ids := make([]string, 0, len(fresh))
	for id := range fresh {
		ids = append(ids, id)
	}
	// Asked one by one within the statement: over a list, Postgres may rather read
	// all the ids of the platform while its statistics say there are few.
	set := new(rowSet).texts("id", ids)
	err := each(r.tx, `SELECT t.id FROM ? WHERE
		(SELECT a.id FROM accounts a WHERE a.platform = ? AND a.external_id = t.id AND a.external_id <> '' LIMIT 1) IS NOT NULL`,
		[]any{set.as(r.tx, "t"), string(r.ref.Platform)}, func(c *cursor) {
			fresh[c.text()].failure = conflict("another registered account is the same account of the platform")
		})
	if err != nil {
		return fmt.Errorf("pinned ids: %w", err)
	}
	return nil
}

func conflict(detail string) *influencer.Failure {
	return &influencer.Failure{Kind: influencer.Conflict, Detail: detail}
}

// addAccounts writes the rows of these attempts.
func (r *recording) addAccounts(c *changes, rows []*attempt) {
	if len(rows) == 0 {
		return
	}
	type row = *attempt
	set := new(rowSet).ints("id", accountIDs(rows)).
		texts("handle", pick(rows, func(a *row) string { return (*a).Handle })).
		texts("external_id", pick(rows, func(a *row) string { return (*a).ExternalID })).
		texts("state", pick(rows, func(a *row) string { return string((*a).State) })).
		times("state_since", pick(rows, func(a *row) time.Time { return (*a).StateSince })).
		nullInts("followers", pick(rows, func(a *row) *int64 { return (*a).Followers })).
		nullInts("friends", pick(rows, func(a *row) *int64 { return (*a).Friends })).
		nullInts("following", pick(rows, func(a *row) *int64 { return (*a).Following })).
		nullInts("posts", pick(rows, func(a *row) *int64 { return (*a).Posts })).
		times("last_active_at", pick(rows, func(a *row) time.Time { return (*a).LastActiveAt })).
		times("observed_at", pick(rows, func(a *row) time.Time { return (*a).ObservedAt })).
		times("synced_at", pick(rows, func(a *row) time.Time { return (*a).SyncedAt })).
		ints("reads", pick(rows, func(a *row) int64 { return int64((*a).Reads) })).
		texts("between_reads", pick(rows, func(a *row) string { return formatTimes((*a).Between) })).
		bools("suspect", pick(rows, func(a *row) bool { return (*a).Suspect })).
		texts("source", pick(rows, func(a *row) string { return (*a).Source })).
		ints("failures", pick(rows, func(a *row) int64 { return int64((*a).Failures) })).
		texts("error", pick(rows, func(a *row) string { return (*a).Error }))
	c.add("accounts", len(rows), `UPDATE accounts AS a SET handle = t.handle, external_id = t.external_id,
			state = t.state, state_since = t.state_since, followers = t.followers, friends = t.friends,
			following = t.following, posts = t.posts, last_active_at = t.last_active_at,
			observed_at = t.observed_at, synced_at = t.synced_at, reads = t.reads, between_reads = t.between_reads,
			suspect = t.suspect, source = t.source, attempted_at = ?, failures = t.failures, error = t.error
		FROM ? WHERE a.id = t.id`, r.at.UnixMicro(), set.as(r.tx, "t"))
}
