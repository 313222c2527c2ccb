package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// CurrentPolicy is the policy in force.
func (s *Store) CurrentPolicy(ctx context.Context) (influencer.Policy, error) {
	p, err := s.currentPolicy(s.db.WithContext(ctx))
	if err != nil {
		return p, fmt.Errorf("store: %w", err)
	}
	return p, nil
}

// Policies lists every version, newest first, each with what it changed.
func (s *Store) Policies(ctx context.Context) ([]influencer.PolicyVersion, error) {
	out, err := loadPolicies(s.db.WithContext(ctx), "ORDER BY version")
	if err != nil {
		return nil, fmt.Errorf("store: policies: %w", err)
	}
	for i := 1; i < len(out); i++ {
		out[i].Changes = influencer.Diff(out[i-1].Policy, out[i].Policy)
	}
	slices.Reverse(out)
	return out, nil
}

// PolicyByVersion is one version as it was brought in; [influencer.ErrNotFound]
// when there is none.
func (s *Store) PolicyByVersion(ctx context.Context, version int) (influencer.PolicyVersion, error) {
	out, err := loadPolicies(s.db.WithContext(ctx), "WHERE version IN (?, ?) ORDER BY version", version-1, version)
	if err == nil && (len(out) == 0 || out[len(out)-1].Policy.Version != version) {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return influencer.PolicyVersion{}, fmt.Errorf("store: policy %d: %w", version, err)
	}
	v := out[len(out)-1]
	if len(out) == 2 {
		v.Changes = influencer.Diff(out[0].Policy, v.Policy)
	}
	return v, nil
}

func loadPolicies(db *gorm.DB, where string, args ...any) ([]influencer.PolicyVersion, error) {
	rows, err := db.Raw("SELECT version, body, author, note, created_at, decided_at FROM policies "+where, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []influencer.PolicyVersion
	for rows.Next() {
		var v influencer.PolicyVersion
		var version int
		var body string
		var created int64
		var decided sql.NullInt64
		if err := rows.Scan(&version, &body, &v.Author, &v.Note, &created, &decided); err != nil {
			return nil, err
		}
		if v.Policy, err = influencer.ParsePolicy([]byte(body)); err != nil {
			return nil, fmt.Errorf("policy %d: %w", version, err)
		}
		v.Policy.Version, v.CreatedAt, v.DecidedAt = version, time.UnixMicro(created).UTC(), timeOf(decided)
		out = append(out, v)
	}
	return out, rows.Err()
}

// ApplyPolicy puts a policy in force as a new version and decides everybody again
// under it. A policy that says what the one in force says adds no version, but
// everybody is decided: so an apply that was cut short can be run again. progress
// may be nil.
func (s *Store) ApplyPolicy(ctx context.Context, p influencer.Policy, author, note string, at time.Time, progress func(done, total int)) (influencer.PolicyApplied, error) {
	return s.PutPolicy(ctx, p, influencer.PolicyOrder{Author: author, Note: note, At: at}, progress)
}

// PutPolicy is ApplyPolicy with all that an order may say. The error is
// [*influencer.PolicyMovedError] when another version than the expected one is in
// force.
func (s *Store) PutPolicy(ctx context.Context, p influencer.Policy, o influencer.PolicyOrder, progress func(done, total int)) (influencer.PolicyApplied, error) {
	return s.apply(ctx, o, progress, func(tx *gorm.DB, c *changes, now influencer.Policy) (int, bool, error) {
		return addVersion(tx, c, now, p, o, "policy.apply", nil)
	})
}

// UndoPolicy puts the version before the one in force in force again, as a new
// version, and decides everybody under it. Who was moved goes back where the
// evidence says so. Undoing twice brings the undone version back. The error is
// [influencer.ErrFirstPolicy] when there is nothing to undo.
func (s *Store) UndoPolicy(ctx context.Context, o influencer.PolicyOrder, progress func(done, total int)) (influencer.PolicyApplied, error) {
	return s.apply(ctx, o, progress, func(tx *gorm.DB, c *changes, now influencer.Policy) (int, bool, error) {
		if now.Version <= 1 {
			return 0, false, influencer.ErrFirstPolicy
		}
		before, err := s.policy(tx, now.Version-1)
		if err != nil {
			return 0, false, err
		}
		undo := o
		undo.Note = fmt.Sprintf("undo of version %d", now.Version)
		if o.Note != "" {
			undo.Note += ": " + o.Note
		}
		return addVersion(tx, c, now, before, undo, "policy.undo", nil)
	})
}

// apply puts in force what add adds to the versions, and decides everybody.
func (s *Store) apply(ctx context.Context, o influencer.PolicyOrder, progress func(done, total int),
	add func(tx *gorm.DB, c *changes, now influencer.Policy) (version int, added bool, err error)) (influencer.PolicyApplied, error) {
	var out influencer.PolicyApplied
	if o.Author == "" {
		return out, fmt.Errorf("store: apply policy: %w", influencer.ErrNoOrderer)
	}
	var version int
	err := s.write(ctx, func(tx *gorm.DB) error {
		now, err := s.currentPolicy(tx)
		if err == nil && o.Expect != 0 && o.Expect != now.Version {
			err = &influencer.PolicyMovedError{Expected: o.Expect, InForce: now.Version}
		}
		if err != nil {
			return err
		}
		c := changes{tx: tx}
		if version, out.New, err = add(tx, &c, now); err != nil {
			return err
		}
		return c.run()
	})
	if err != nil {
		return out, fmt.Errorf("store: apply policy: %w", err)
	}
	if out.Version, err = s.PolicyByVersion(ctx, version); err != nil || o.Later {
		return out, err
	}
	if out.Redecided, err = s.Redecide(ctx, o.At, progress); err != nil {
		return out, err
	}
	return out, s.decidedUnder(ctx, version, o.At)
}

// decidedUnder notes that everybody has been decided under a version.
func (s *Store) decidedUnder(ctx context.Context, version int, at time.Time) error {
	err := s.write(ctx, func(tx *gorm.DB) error {
		return tx.Exec(`UPDATE policies SET decided_at = ? WHERE version = ? AND decided_at IS NULL`, at.UnixMicro(), version).Error
	})
	if err != nil {
		return fmt.Errorf("store: decided under policy %d: %w", version, err)
	}
	return nil
}

// addVersion adds a version, with its event and its entry in the audit log, unless
// the one in force says the same. extra goes into the entry.
func addVersion(tx *gorm.DB, c *changes, now, p influencer.Policy, o influencer.PolicyOrder, action string, extra map[string]any) (version int, added bool, err error) {
	if err := p.Validate(); err != nil {
		return 0, false, err
	}
	body, err := json.Marshal(p)
	if err != nil {
		return 0, false, err
	}
	inForce, err := json.Marshal(now)
	if err != nil {
		return 0, false, err
	}
	if string(body) == string(inForce) {
		return now.Version, false, nil
	}
	p.Version = now.Version + 1
	from := o.At.Add(unfinished)
	if o.Later {
		from = o.At
	}
	err = tx.Exec("INSERT INTO policies (version, body, author, note, created_at, decide_from) VALUES (?, ?, ?, ?, ?, ?)",
		p.Version, string(body), o.Author, o.Note, o.At.UnixMicro(), from.UnixMicro()).Error
	if isDuplicate(err) { // somebody else applied one meanwhile
		return 0, false, errRunAgain
	}
	if err != nil {
		return 0, false, err
	}
	return p.Version, true, tellPolicy(c, influencer.NewPolicyChange(now, p, o), action, extra)
}

// tellPolicy adds the event of a new version and its entry in the audit log.
func tellPolicy(c *changes, change influencer.PolicyChange, action string, extra map[string]any) error {
	if err := c.event(influencer.EventPolicyChanged, 0, change.At, change); err != nil {
		return err
	}
	after := map[string]any{"version": change.Version, "changes": change.Changes}
	maps.Copy(after, extra)
	is, err := json.Marshal(after)
	if err != nil {
		return err
	}
	actor := change.Author
	if action == actionScheduled {
		actor = scheduleActor
	}
	c.audit(influencer.AuditEntry{
		At: change.At, Actor: actor, Action: action, Target: fmt.Sprintf("policy:%d", change.Version), Note: change.Note,
		Before: json.RawMessage(fmt.Sprintf(`{"version":%d}`, change.PreviousVersion)), After: is,
	})
	return nil
}
