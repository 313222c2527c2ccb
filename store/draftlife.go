package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// DiscardDraft is done with a draft. It stays to be looked at.
func (s *Store) DiscardDraft(ctx context.Context, id int64, o influencer.PolicyOrder) error {
	return s.changeDraft(ctx, id, o, "draft.discard", influencer.DraftDiscarded, time.Time{}, influencer.DraftOpen, influencer.DraftScheduled)
}

// ScheduleDraft lets a draft come into force at a time; see
// [Store.SchedulePolicy]. One that is scheduled already gets another time.
func (s *Store) ScheduleDraft(ctx context.Context, id int64, o influencer.PolicyOrder, effective time.Time) error {
	if !effective.After(o.At) {
		return fmt.Errorf("store: schedule draft: %w", influencer.ErrNotInFuture)
	}
	return s.changeDraft(ctx, id, o, "policy.schedule", influencer.DraftScheduled, effective, influencer.DraftOpen, influencer.DraftScheduled)
}

// UnscheduleDraft takes a date back: the draft is a draft again.
func (s *Store) UnscheduleDraft(ctx context.Context, id int64, o influencer.PolicyOrder) error {
	return s.changeDraft(ctx, id, o, "policy.unschedule", influencer.DraftOpen, time.Time{}, influencer.DraftScheduled)
}

// changeDraft moves a draft from one of some states to another. The error is
// [*influencer.DraftStateError] when it is in none of them.
func (s *Store) changeDraft(ctx context.Context, id int64, o influencer.PolicyOrder, action string, to influencer.DraftState,
	effective time.Time, from ...influencer.DraftState) error {
	err := s.write(ctx, func(tx *gorm.DB) error {
		d, err := lockDraft(tx, id)
		if err == nil && !slices.Contains(from, d.State) {
			err = &influencer.DraftStateError{ID: id, State: d.State, Want: to}
		}
		if err != nil {
			return err
		}
		before := d.State
		d.State, d.EffectiveAt, d.ScheduledBy = to, effective, ""
		if to == influencer.DraftScheduled {
			d.ScheduledBy = o.Author
		}
		err = tx.Exec(`UPDATE policy_drafts SET state = ?, effective_at = ?, scheduled_by = ? WHERE id = ?`,
			string(d.State), micros(effective), d.ScheduledBy, id).Error
		if err != nil {
			return err
		}
		return auditDraft(tx, d, o, action, before)
	})
	if err != nil {
		return fmt.Errorf("store: %s %d: %w", action, id, err)
	}
	return nil
}

// lockDraft loads a draft and keeps others from changing it.
func lockDraft(tx *gorm.DB, id int64) (influencer.Draft, error) {
	found, err := loadDrafts(tx, "d WHERE id = ?"+forUpdate(tx, "d"), id)
	if err == nil && len(found) == 0 {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return influencer.Draft{}, err
	}
	return found[0], nil
}

// ApplyDraft puts a draft in force as [Store.PutPolicy] does a policy. An empty
// note takes the draft's own.
func (s *Store) ApplyDraft(ctx context.Context, id int64, o influencer.PolicyOrder, progress func(done, total int)) (influencer.PolicyApplied, error) {
	return s.apply(ctx, o, progress, func(tx *gorm.DB, c *changes, now influencer.Policy) (int, bool, error) {
		d, err := lockDraft(tx, id)
		if err == nil && d.State != influencer.DraftOpen && d.State != influencer.DraftScheduled {
			err = &influencer.DraftStateError{ID: id, State: d.State, Want: influencer.DraftApplied}
		}
		if err != nil {
			return 0, false, err
		}
		if o.Note == "" {
			o.Note = d.Note
		}
		return finishDraft(tx, c, now, d, o, "policy.apply")
	})
}

// finishDraft makes a version of a draft that the transaction has locked.
func finishDraft(tx *gorm.DB, c *changes, now influencer.Policy, d influencer.Draft, o influencer.PolicyOrder, action string) (version int, added bool, err error) {
	version, added, err = addVersion(tx, c, now, d.Policy, o, action, map[string]any{"draft": d.ID})
	if err != nil {
		return 0, false, err
	}
	c.add("draft", 1, `UPDATE policy_drafts SET state = ?, version = ? WHERE id = ?`, string(influencer.DraftApplied), version, d.ID)
	return version, added, nil
}

// unfinished is how long whoever decides everybody under a new version is left to
// it, before that is taken for cut short.
const unfinished = 15 * time.Minute

// ApplyDue puts in force what is scheduled for now or earlier, each once however
// many ask, and decides everybody again: under the new version, or under the one
// in force when deciding under that was cut short. Several that are due at once,
// as after a stop, are put in force in the order of their times, and people are
// decided once, under the last. out holds the versions that were added.
func (s *Store) ApplyDue(ctx context.Context, at time.Time) (out []influencer.PolicyApplied, err error) {
	due, err := loadDrafts(s.db.WithContext(ctx), "WHERE state = ? AND effective_at <= ? ORDER BY effective_at, id", string(influencer.DraftScheduled), at.UnixMicro())
	if err != nil {
		return nil, fmt.Errorf("store: policies due: %w", err)
	}
	for _, d := range due {
		version, err := s.applyOneDue(ctx, d.ID, at)
		if err != nil {
			return out, fmt.Errorf("store: policies due: draft %d: %w", d.ID, err)
		}
		if version == 0 {
			continue
		}
		v, err := s.PolicyByVersion(ctx, version)
		if err != nil {
			return out, err
		}
		out = append(out, influencer.PolicyApplied{Version: v, New: true})
	}
	return out, s.decideUnfinished(ctx, at, out)
}

// applyOneDue makes a version of a scheduled draft, unless another process was
// faster, its date was taken back, or the policy in force says the same: then the
// version is 0.
func (s *Store) applyOneDue(ctx context.Context, id int64, at time.Time) (version int, err error) {
	var added bool
	err = s.write(ctx, func(tx *gorm.DB) error {
		version, added = 0, false
		d, err := lockDraft(tx, id)
		if err != nil || d.State != influencer.DraftScheduled || d.EffectiveAt.After(at) {
			return err
		}
		now, err := s.currentPolicy(tx)
		if err != nil {
			return err
		}
		c := changes{tx: tx}
		o := influencer.PolicyOrder{Author: d.ScheduledBy, Note: d.Note, At: at}
		if version, added, err = finishDraft(tx, &c, now, d, o, actionScheduled); err != nil {
			return err
		}
		return c.run()
	})
	if !added {
		return 0, err
	}
	return version, err
}

// decideUnfinished decides everybody under the version in force unless that was
// done, or somebody else is at it. What it did goes to the last of fresh.
func (s *Store) decideUnfinished(ctx context.Context, at time.Time, fresh []influencer.PolicyApplied) error {
	mine := 0
	if len(fresh) > 0 {
		mine = fresh[len(fresh)-1].Version.Policy.Version
	}
	version, err := s.leaseDeciding(ctx, at, mine)
	if err != nil || version == 0 {
		return err
	}
	did, err := s.Redecide(ctx, at, nil)
	if version == mine {
		fresh[len(fresh)-1].Redecided = did
	}
	if err != nil {
		return err
	}
	return s.decidedUnder(ctx, version, at)
}

// leaseDeciding makes the caller the one to decide everybody under the version in
// force, which is returned; 0 when that is done or another one's.
func (s *Store) leaseDeciding(ctx context.Context, at time.Time, mine int) (version int, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		version = 0
		_, err := scanOne(tx.Raw(`UPDATE policies SET decide_from = ? WHERE version = (SELECT max(version) FROM policies) AND decided_at IS NULL
			AND (version = ? OR coalesce(decide_from, created_at) <= ?) RETURNING version`, at.Add(unfinished).UnixMicro(), mine, at.UnixMicro()), &version)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("store: policies due: %w", err)
	}
	return version, nil
}
