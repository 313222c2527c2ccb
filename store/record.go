package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Record writes what a batch showed, and every decision that follows, in one
// transaction, and ends the batch. When the batch is no longer the caller's
// nothing is written and the result is Stale, so recording twice is recording
// once. A batch that cannot be true as a whole is released instead, see
// [influencer.AllZero] and Recorded.Refused.
//
// A target without an observation counts as failed; an observation that belongs
// to no account of the batch is ignored.
func (s *Store) Record(ctx context.Context, ref influencer.BatchRef, seen []influencer.Observation, at time.Time) (influencer.Recorded, error) {
	var out influencer.Recorded
	err := s.write(ctx, func(tx *gorm.DB) error {
		r := &recording{store: s, tx: tx, ref: ref, at: at.UTC().Truncate(time.Microsecond)}
		err := r.run(seen)
		out = r.out
		return err
	})
	if err != nil {
		return influencer.Recorded{}, fmt.Errorf("store: record batch %d: %w", ref.ID, err)
	}
	return out, nil
}

// recording is one Record under way.
type recording struct {
	store    *Store
	tx       *gorm.DB
	ref      influencer.BatchRef
	at       time.Time
	policy   influencer.Policy
	owners   []*owner
	attempts []*attempt
	readings []influencer.Reading // to be written
	out      influencer.Recorded
}

// attempt is one account of the batch: its row, which changes in place, and what
// became of the try to read it.
type attempt struct {
	*account
	seen    influencer.Observation
	newest  *influencer.Reading // the newest stored reading when that is suspect
	failure *influencer.Failure // why there is no new reading
}

func (r *recording) run(seen []influencer.Observation) error {
	ids, mine, err := endBatch(r.tx, r.ref)
	if err != nil {
		return err
	}
	if !mine {
		r.out.Stale = true
		return nil
	}
	if err := r.load(ids, seen); err != nil {
		return err
	}
	if f := r.implausible(); f != nil {
		r.out.Refused = f
		return releaseFailed(r.tx, r.ref.Platform, ids, f, r.at)
	}
	return r.write()
}

// load locks and loads all that the batch may change, and matches the
// observations to its accounts.
func (r *recording) load(ids []int64, seen []influencer.Observation) (err error) {
	if r.owners, err = lockOwners(r.tx, ids); err != nil {
		return err
	}
	if r.policy, err = r.store.currentPolicy(r.tx); err != nil {
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
			if members[a.ID] {
				r.attempts = append(r.attempts, newAttempt(a, byID))
			}
		}
	}
	return r.loadSuspects()
}

func newAttempt(a *account, seen map[int64]influencer.Observation) *attempt {
	o, answered := seen[a.ID]
	if !answered {
		o.Failure = &influencer.Failure{Kind: influencer.Malformed, Detail: "the answer leaves this account out"}
	}
	return &attempt{account: a, seen: o, failure: o.Failure}
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

// write takes in each attempt, then lets the rule speak. Readings go first: the
// rule may ask for older ones, and a suspect one may just have been confirmed.
func (r *recording) write() error {
	if err := r.refuseConflicts(); err != nil {
		return err
	}
	for _, a := range r.attempts {
		r.take(a)
	}
	if err := writeReadings(r.tx, r.readings); err != nil {
		return err
	}
	ruled, err := rule(r.tx, r.policy, r.owners, r.at)
	if err != nil {
		return err
	}
	if err := r.writeAccounts(); err != nil {
		return err
	}
	if err := r.reschedule(ruled); err != nil {
		return err
	}
	if err := writeMoves(r.tx, ruled.moves); err != nil {
		return err
	}
	r.out.Moved = len(ruled.moves)
	if r.answered() {
		return noteWell(r.tx, r.ref.Platform, r.at)
	}
	return nil
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

// reschedule sets when each account of the batch is read next, and brings
// forward other accounts of the same people that a decision waits for.
func (r *recording) reschedule(ruled ruling) error {
	due := make([]time.Time, len(r.attempts))
	for i, a := range r.attempts {
		due[i] = r.nextDue(a, ruled.doubtful[a.ID] != nil)
		delete(ruled.doubtful, a.ID)
	}
	set := new(rowSet).ints("id", r.ids()).times("due", due)
	err := r.tx.Exec(`UPDATE schedule AS s SET due_at = t.due FROM ? WHERE s.account_id = t.id`, set.as(r.tx, "t")).Error
	if err != nil {
		return fmt.Errorf("reschedule: %w", err)
	}
	return hasten(r.tx, r.policy, ruled.waiting(), r.at)
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

func (r *recording) ids() []int64 {
	return pick(r.attempts, func(a **attempt) int64 { return (*a).ID })
}
