package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Record writes what a batch showed, and every decision that follows, in one
// transaction, and lets the batch rest until it is due again. When the batch is
// no longer the caller's nothing is written and the result is Stale, so recording
// twice is recording once. A batch that cannot be true as a whole is released instead, see
// [influencer.AllZero] and Recorded.Refused.
//
// A target without an observation counts as failed, one that is Untried stays
// due; an observation that belongs to no account of the batch is ignored.
func (s *Store) Record(ctx context.Context, ref influencer.BatchRef, seen []influencer.Observation, at time.Time) (influencer.Recorded, error) {
	var out influencer.Recorded
	var settled []int64
	err := s.write(ctx, func(tx *gorm.DB) error {
		r := &recording{store: s, tx: tx, ref: ref, at: at.UTC().Truncate(time.Microsecond)}
		err := r.run(seen)
		out, settled = r.out, r.settled
		return err
	})
	if err != nil {
		return influencer.Recorded{}, fmt.Errorf("store: record batch %d: %w", ref.ID, err)
	}
	// What was read is written. A resync whose end cannot be noted now is ended by
	// the next TendResyncs.
	_ = s.endResyncs(ctx, settled, at)
	return out, nil
}

// recording is one Record under way.
type recording struct {
	store    *Store
	tx       *gorm.DB
	ref      influencer.BatchRef
	at       time.Time
	policy   influencer.Policy
	health   condition
	tripped  bool // a trip of the breaker has a list that matters
	owners   []*owner
	attempts []*attempt
	batch    batch
	untried  []int64              // accounts that nobody asked about; they stay due
	changed  []influencer.Reading // older readings to be written anew
	awaited  bool                 // some resync is under way
	settled  []int64              // resyncs that waited for one of these accounts
	out      influencer.Recorded
}

// attempt is one account of the batch: its row, which changes in place, and what
// became of the try to read it.
type attempt struct {
	*account
	before  account // the row as it was
	seen    influencer.Observation
	newest  *influencer.Reading // the newest stored reading when that is suspect
	failure *influencer.Failure // why there is no new reading

	fresh, extended *influencer.Reading // the reading to be added, or the stored one that was seen again
}

func (r *recording) run(seen []influencer.Observation) error {
	b, mine, err := restBatch(r.tx, r.ref, r.batchDue())
	if err != nil {
		return err
	}
	if !mine {
		r.out.Stale = true
		return nil
	}
	r.batch = b
	if err := r.load(b.accounts, b.people, seen); err != nil {
		return err
	}
	if f := r.implausible(); f != nil {
		r.out.Refused = f
		if err := r.dueAgain(); err != nil {
			return err
		}
		if err := r.meterRefused(); err != nil {
			return err
		}
		return releaseFailed(r.tx, r.ref.Platform, b.accounts, f, r.at)
	}
	return r.write()
}

// load locks and loads all that the batch may change, and matches the
// observations to its accounts.
func (r *recording) load(ids, people []int64, seen []influencer.Observation) (err error) {
	if r.owners, err = lockPeople(r.tx, people); err != nil {
		return err
	}
	if err = r.situation(); err != nil {
		return err
	}
	members := make(map[int64]bool, len(ids))
	for _, id := range ids {
		members[id] = true
	}
	byID := make(map[int64]influencer.Observation, len(seen))
	for _, o := range seen {
		byID[o.AccountID] = o
	}
	for _, o := range r.owners {
		for _, a := range o.accounts {
			switch {
			case !members[a.ID]:
			case byID[a.ID].Untried:
				r.untried = append(r.untried, a.ID)
			default:
				r.attempts = append(r.attempts, newAttempt(a, byID))
			}
		}
	}
	return r.loadSuspects()
}

// situation reads the policy in force, after the people are locked as
// [Store.currentPolicy] asks for, how the platform does, whether the breaker has
// tripped, and whether any resync may wait for the accounts.
func (r *recording) situation() error {
	var version int
	err := each(r.tx, `SELECT v.version, coalesce(h.kind, ''), h.until, h.updated_at,
			EXISTS (SELECT 1 FROM trips WHERE state IN ('open', 'releasing')), EXISTS (SELECT 1 FROM resyncs WHERE ended_at IS NULL)
		FROM (SELECT coalesce(max(version), 0) AS version FROM policies) v
		LEFT JOIN platform_health h ON h.platform = ?`, []any{string(r.ref.Platform)}, func(c *cursor) {
		version = int(c.int())
		r.health = condition{kind: influencer.FailureKind(c.text()), until: c.time(), updated: c.time()}
		r.tripped, r.awaited = c.flag(), c.flag()
	})
	if err != nil {
		return fmt.Errorf("policy in force: %w", err)
	}
	r.policy, err = r.store.policy(r.tx, version)
	return err
}

func newAttempt(a *account, seen map[int64]influencer.Observation) *attempt {
	o, answered := seen[a.ID]
	if !answered {
		o.Failure = &influencer.Failure{Kind: influencer.Malformed, Detail: "the answer leaves this account out"}
	}
	return &attempt{account: a, before: *a, seen: o, failure: o.Failure}
}

// loadSuspects loads the suspect reading that the next one must agree with.
func (r *recording) loadSuspects() error {
	var ids []int64
	for _, a := range r.attempts {
		if a.Suspect {
			ids = append(ids, a.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	newest, err := newestReadings(r.tx, ids)
	if err != nil {
		return err
	}
	for _, a := range r.attempts {
		if reading, ok := newest[a.ID]; ok {
			a.newest = &reading
		}
	}
	return nil
}

// implausible tells why the batch as a whole must not be believed.
func (r *recording) implausible() *influencer.Failure {
	metric := r.store.opts.Metric(r.ref.Platform)
	var looks []influencer.Look
	for _, a := range r.attempts {
		if a.failure == nil {
			looks = append(looks, influencer.Look{Before: a.Metric(metric), Now: a.seen.Counts.Metric(metric)})
		}
	}
	if !influencer.AllZero(looks) {
		return nil
	}
	return &influencer.Failure{
		Kind:   influencer.Malformed,
		Detail: fmt.Sprintf("all %d accounts that were answered show 0 %s", len(looks), metric),
	}
}

// write takes in each attempt, lets the rule speak, and writes it all.
func (r *recording) write() error {
	if err := r.refuseConflicts(); err != nil {
		return err
	}
	for _, a := range r.attempts {
		r.take(a)
	}
	ruled, err := rule(r.tx, r.policy, r.owners, r.at)
	if err != nil {
		return err
	}
	c := changes{tx: r.tx}
	if err := r.settle(&c); err != nil {
		return err
	}
	if r.tripped || ruled.loses() {
		if err := r.store.passBreaker(&c, r.policy, r.owners, &ruled, run{cause: influencer.CauseRecord}, r.at); err != nil {
			return err
		}
	}
	r.addAttempts(&c)
	r.markTokens(&c)
	r.reschedule(&c, ruled)
	r.meter(&c)
	if err := r.addAccountEvents(&c); err != nil {
		return err
	}
	if err := c.addMoves(ruled.moves); err != nil {
		return err
	}
	r.out.Moved, r.out.Held = len(ruled.moves), len(ruled.held)
	if r.answered() {
		r.health.noteWell(&c, r.ref.Platform, r.at)
	}
	err = c.run()
	if isDuplicate(err) {
		// Another transaction pinned one of the ids since refuseHeld looked.
		return errRunAgain
	}
	return err
}

// answered tells whether the platform had something to say about any account.
func (r *recording) answered() bool {
	for _, a := range r.attempts {
		if a.failure == nil {
			return true
		}
		if _, settled := a.failure.Kind.State(); settled {
			return true
		}
	}
	return false
}

// reschedule lets the accounts that were read rest in their batch. Those that
// were not, or are in doubt, leave it for a time of their own, and so do all when
// too few stay: they are put together anew with others. Other accounts of the
// same people that a decision waits for are brought forward.
func (r *recording) reschedule(c *changes, ruled ruling) {
	var stay []*attempt
	var leave leavers
	pinned := r.pinned()
	for _, a := range r.attempts {
		doubtful := a.Suspect || ruled.doubtful[a.ID] != nil
		if a.failure == nil && !doubtful && (a.ExternalID != "") == pinned {
			stay = append(stay, a)
		} else {
			leave.add(a.ID, r.nextDue(a, doubtful))
		}
		delete(ruled.doubtful, a.ID)
	}
	if len(stay)*100 < r.batch.capacity*leastFull {
		due := r.batchDue()
		for _, a := range stay {
			leave.add(a.ID, due)
		}
		stay = nil
	}
	for _, id := range r.untried {
		leave.add(id, r.at)
	}
	r.keep(c, stay)
	c.leave(leave)
	c.hasten(r.policy, ruled.waiting(), r.at)
}

// leavers are accounts that leave their batch, and when each is due by itself.
type leavers struct {
	ids []int64
	due []time.Time
}

func (l *leavers) add(id int64, due time.Time) {
	l.ids, l.due = append(l.ids, id), append(l.due, due)
}

func (c *changes) leave(l leavers) {
	if len(l.ids) == 0 {
		return
	}
	set := new(rowSet).ints("id", l.ids).times("due", l.due)
	c.add("schedule", -1, `UPDATE schedule AS s SET due_at = t.due, batch_id = NULL FROM ? WHERE s.account_id = t.id`, set.as(c.tx, "t"))
}

// leastFull is the percentage of a batch's capacity below which it is not worth
// its calls.
const leastFull = 80

// pinned tells whether the batch's accounts have pinned ids now: one call asks by
// ids or by names.
func (r *recording) pinned() bool {
	for _, a := range r.attempts {
		if a.failure == nil && a.ExternalID != "" {
			return true
		}
	}
	return false
}

// keep writes who stays in the batch.
func (r *recording) keep(c *changes, stay []*attempt) {
	switch {
	case len(stay) == len(r.batch.accounts):
	case len(stay) == 0:
		c.add("batch", 1, `DELETE FROM batches WHERE id = ?`, r.ref.ID)
	default:
		sql, args := membersSQL(r.tx, accountIDs(stay), pick(stay, func(a **attempt) int64 { return (*a).PersonID }))
		c.add("batch", 1, `UPDATE batches SET `+sql+` WHERE id = ?`, append(args, r.ref.ID)...)
	}
}

// batchDue is when the batch as a whole is read next.
func (r *recording) batchDue() time.Time {
	return influencer.NextDue(influencer.Schedule{AccountID: r.ref.ID, Every: r.store.every(r.ref.Platform), At: r.at})
}

// dueAgain takes back that the batch was read.
func (r *recording) dueAgain() error {
	if r.ref.Purpose == influencer.PurposeManual {
		return r.dissolve()
	}
	if err := r.tx.Exec(`UPDATE batches SET due_at = ? WHERE id = ?`, r.at.UnixMicro(), r.ref.ID).Error; err != nil {
		return fmt.Errorf("due again: %w", err)
	}
	return nil
}

// dissolve ends a manual batch that was not believed.
func (r *recording) dissolve() error {
	err := dueAsBefore(r.tx, r.at, "batch_id = ?", r.ref.ID)
	if err == nil {
		err = r.tx.Exec(`DELETE FROM batches WHERE id = ?`, r.ref.ID).Error
	}
	if err != nil {
		return fmt.Errorf("dissolve: %w", err)
	}
	return nil
}

func (r *recording) nextDue(a *attempt, doubtful bool) time.Time {
	s := influencer.Schedule{
		AccountID: a.ID, Every: r.store.every(r.ref.Platform), ConfirmGap: r.policy.ConfirmGap, At: r.at,
		Failures: a.Failures, Doubtful: doubtful || a.Suspect,
	}
	if a.failure != nil {
		s.Failure, s.Until = a.failure.Kind, a.failure.Until
	}
	return influencer.NextDue(s)
}

func accountIDs(list []*attempt) []int64 {
	return pick(list, func(a **attempt) int64 { return (*a).ID })
}
