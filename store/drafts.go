package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// scheduleActor is who acts when a date comes that was set before.
const scheduleActor = "schedule"

// actionScheduled is how the audit log calls the coming of a policy's date.
const actionScheduled = "policy.effective"

// SaveDraft keeps a policy that shall rule nothing yet.
func (s *Store) SaveDraft(ctx context.Context, p influencer.Policy, o influencer.PolicyOrder) (influencer.Draft, error) {
	return s.newDraft(ctx, p, o, time.Time{})
}

// SchedulePolicy keeps a policy that shall come into force at a time. A worker
// puts it in force then, or as soon as one runs again; see [Store.ApplyDue].
func (s *Store) SchedulePolicy(ctx context.Context, p influencer.Policy, o influencer.PolicyOrder, effective time.Time) (influencer.Draft, error) {
	if !effective.After(o.At) {
		return influencer.Draft{}, fmt.Errorf("store: schedule policy: %w", influencer.ErrNotInFuture)
	}
	return s.newDraft(ctx, p, o, effective)
}

// newDraft adds a draft, scheduled when effective is set.
func (s *Store) newDraft(ctx context.Context, p influencer.Policy, o influencer.PolicyOrder, effective time.Time) (influencer.Draft, error) {
	d := influencer.Draft{Policy: p, State: influencer.DraftOpen}
	action := "draft.save"
	if !effective.IsZero() {
		d.State, d.EffectiveAt, d.ScheduledBy, action = influencer.DraftScheduled, effective, o.Author, "policy.schedule"
	}
	err := p.Validate()
	if err == nil && o.Author == "" {
		err = influencer.ErrNoOrderer
	}
	if err == nil {
		err = s.write(ctx, func(tx *gorm.DB) error { return s.addDraft(tx, &d, o, action) })
	}
	if err != nil {
		return d, fmt.Errorf("store: save draft: %w", err)
	}
	return s.Draft(ctx, d.ID)
}

func (s *Store) addDraft(tx *gorm.DB, d *influencer.Draft, o influencer.PolicyOrder, action string) error {
	now, err := s.currentPolicy(tx)
	if err != nil {
		return err
	}
	body, err := json.Marshal(d.Policy)
	if err != nil {
		return err
	}
	_, err = scanOne(tx.Raw(`INSERT INTO policy_drafts (body, author, note, created_at, base, state, effective_at, scheduled_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, string(body), o.Author, o.Note, o.At.UnixMicro(), now.Version,
		string(d.State), micros(d.EffectiveAt), d.ScheduledBy), &d.ID)
	if err != nil {
		return err
	}
	d.Changes = influencer.Diff(now, d.Policy)
	return auditDraft(tx, *d, o, action, "")
}

// auditDraft writes what somebody did to a draft, whose state was before.
func auditDraft(tx *gorm.DB, d influencer.Draft, o influencer.PolicyOrder, action string, before influencer.DraftState) error {
	entry := influencer.AuditEntry{At: o.At, Actor: o.Author, Action: action, Target: fmt.Sprintf("draft:%d", d.ID), Note: o.Note}
	after := map[string]any{"state": d.State}
	if !d.EffectiveAt.IsZero() {
		after["effective_at"] = d.EffectiveAt
	}
	if before == "" {
		after["changes"] = append([]string{}, d.Changes...)
	} else {
		entry.Before = json.RawMessage(fmt.Sprintf(`{"state":%q}`, before))
	}
	var err error
	if entry.After, err = json.Marshal(after); err != nil {
		return err
	}
	c := changes{tx: tx}
	c.audit(entry)
	return c.run()
}

// Draft is one draft; [influencer.ErrNotFound] when there is none.
func (s *Store) Draft(ctx context.Context, id int64) (influencer.Draft, error) {
	found, err := s.drafts(ctx, "WHERE id = ?", id)
	if err == nil && len(found) == 0 {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return influencer.Draft{}, fmt.Errorf("store: draft %d: %w", id, err)
	}
	return found[0], nil
}

// Drafts lists the drafts in these states, or all, newest first.
func (s *Store) Drafts(ctx context.Context, states ...influencer.DraftState) ([]influencer.Draft, error) {
	where, args := "", []any{}
	if len(states) > 0 {
		where, args = "WHERE state IN ?", []any{states}
	}
	out, err := s.drafts(ctx, where+" ORDER BY id DESC", args...)
	if err != nil {
		return nil, fmt.Errorf("store: drafts: %w", err)
	}
	return out, nil
}

// drafts loads drafts with what each changes of the policy in force.
func (s *Store) drafts(ctx context.Context, where string, args ...any) ([]influencer.Draft, error) {
	db := s.db.WithContext(ctx)
	out, err := loadDrafts(db, where, args...)
	if err != nil || len(out) == 0 {
		return out, err
	}
	now, err := s.currentPolicy(db)
	for i := range out {
		out[i].Changes = influencer.Diff(now, out[i].Policy)
	}
	return out, err
}

func loadDrafts(db *gorm.DB, where string, args ...any) ([]influencer.Draft, error) {
	rows, err := db.Raw(`SELECT id, body, author, note, created_at, base, state, effective_at, scheduled_by, coalesce(version, 0)
		FROM policy_drafts `+where, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []influencer.Draft
	for rows.Next() {
		var d influencer.Draft
		var body string
		var created int64
		var effective sql.NullInt64
		err := rows.Scan(&d.ID, &body, &d.Author, &d.Note, &created, &d.Base, &d.State, &effective, &d.ScheduledBy, &d.Version)
		if err != nil {
			return nil, err
		}
		if d.Policy, err = influencer.ParsePolicy([]byte(body)); err != nil {
			return nil, fmt.Errorf("draft %d: %w", d.ID, err)
		}
		d.CreatedAt, d.EffectiveAt = time.UnixMicro(created).UTC(), timeOf(effective)
		out = append(out, d)
	}
	return out, rows.Err()
}
