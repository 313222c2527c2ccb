package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

const (
	// resyncTries is after how many passing failures of an account a resync gives
	// it up.
	resyncTries = 3
	// resyncPause is the wait after the first of them; it grows by as much each time.
	resyncPause = 30 * time.Second
)

// outcome counts accounts of a resync by what became of them.
type outcome struct{ done, failed int64 }

// settle tells the resyncs that wait for these accounts what became of them,
// whoever read them.
func (r *recording) settle(c *changes) error {
	if !r.awaited || len(r.attempts) == 0 {
		return nil
	}
	tallies := map[int64]outcome{}
	err := each(r.tx, `UPDATE resync_members AS m SET tries = m.tries + 1, kind = t.why, detail = t.more, next_at = t.again + `+
		itoa(int(resyncPause.Microseconds()))+` * m.tries, ended_at = CASE WHEN t.fate <> 'waiting' OR m.tries + 1 >= `+itoa(resyncTries)+` THEN CAST(? AS bigint) END,
		state = CASE WHEN t.fate = 'waiting' AND m.tries + 1 >= `+itoa(resyncTries)+` THEN 'failed' ELSE t.fate END
		FROM ? WHERE m.account_id = t.id AND `+stillWaits("m")+` AND m.resync_id IN (SELECT id FROM resyncs WHERE ended_at IS NULL)
		RETURNING resync_id, state`, []any{r.at.UnixMicro(), r.fates().as(r.tx, "t")}, func(row *cursor) {
		id, state := row.int(), row.word()
		sum := tallies[id]
		switch state {
		case "done":
			sum.done++
		case "failed":
			sum.failed++
		}
		tallies[id] = sum
	})
	if err != nil {
		return fmt.Errorf("settle resyncs: %w", err)
	}
	r.count(c, tallies)
	return nil
}

// stillWaits is a condition on members that are looked up by account. It is
// written so that no database walks the index of all who wait, which is the long
// way to one of them.
func stillWaits(alias string) string { return `coalesce(` + alias + `.state, '') = 'waiting'` }

// fates is what each attempt means to who waits for the account.
func (r *recording) fates() *rowSet {
	type row = *attempt
	return new(rowSet).ints("id", accountIDs(r.attempts)).
		texts("fate", pick(r.attempts, func(a *row) string { return (*a).fate() })).
		texts("why", pick(r.attempts, func(a *row) string { return string((*a).why().Kind) })).
		texts("more", pick(r.attempts, func(a *row) string { return (*a).why().Detail })).
		times("again", pick(r.attempts, func(a *row) time.Time { return later(r.at.Add(resyncPause), (*a).why().Until) }))
}

// fate is the state that an attempt leads to: a passing failure is tried again.
func (a *attempt) fate() string {
	if a.failure == nil {
		return "done"
	}
	if _, settled := a.failure.Kind.State(); settled {
		return "failed"
	}
	return "waiting"
}

// why is the attempt's failure, an empty one when there is none.
func (a *attempt) why() influencer.Failure {
	if a.failure == nil {
		return influencer.Failure{}
	}
	return *a.failure
}

// count adds to the books of resyncs. Of two batches recorded at the same time
// neither waits for the other's.
func (r *recording) count(c *changes, tallies map[int64]outcome) {
	type row = int64
	ids := make([]int64, 0, len(tallies))
	for id, t := range tallies {
		if t != (outcome{}) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return
	}
	slices.Sort(ids)
	r.settled = ids
	shard := 0
	if onPostgres(r.tx) {
		shard = int(r.ref.ID % usageShards)
	}
	set := new(rowSet).ints("id", ids).
		ints("done", pick(ids, func(id *row) int64 { return tallies[*id].done })).
		ints("failed", pick(ids, func(id *row) int64 { return tallies[*id].failed }))
	// The WHERE tells SQLite that ON CONFLICT belongs to the INSERT and not to a join.
	c.add("resync counts", len(ids), `INSERT INTO resync_counts (resync_id, platform, shard, done, failed)
		SELECT t.id, CAST(? AS text), CAST(? AS int), t.done, t.failed FROM ? WHERE true
		ON CONFLICT (resync_id, platform, shard) DO UPDATE SET done = resync_counts.done + excluded.done, failed = resync_counts.failed + excluded.failed`,
		string(r.ref.Platform), shard, set.as(r.tx, "t"))
}

// endResyncs ends those of the resyncs that wait for nobody any more. It looks
// when all that was counted is committed, so that of several that count the last
// accounts at once one is sure to see it.
func (s *Store) endResyncs(ctx context.Context, ids []int64, at time.Time) error {
	if len(ids) == 0 {
		return nil
	}
	err := s.write(ctx, func(tx *gorm.DB) error {
		return tx.Exec(`UPDATE resyncs SET state = 'done', ended_at = ?, started_at = coalesce(started_at, created_at) WHERE ended_at IS NULL AND id ?
			AND total <= (SELECT sum(done + failed + cancelled) FROM resync_counts c WHERE c.resync_id = resyncs.id)`,
			at.UnixMicro(), anyOf(tx, ids)).Error
	})
	if err != nil {
		return fmt.Errorf("end resyncs: %w", err)
	}
	return nil
}
