package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	rows, err := db.Raw("SELECT version, body, author, note, created_at FROM policies "+where, args...).Rows()
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
		if err := rows.Scan(&version, &body, &v.Author, &v.Note, &created); err != nil {
			return nil, err
		}
		if v.Policy, err = influencer.ParsePolicy([]byte(body)); err != nil {
			return nil, fmt.Errorf("policy %d: %w", version, err)
		}
		v.Policy.Version, v.CreatedAt = version, time.UnixMicro(created).UTC()
		out = append(out, v)
	}
	return out, rows.Err()
}

// ApplyPolicy puts a policy in force as a new version and decides everybody again
// under it. A policy that says what the one in force says adds no version, but
// everybody is decided: so an apply that was cut short can be run again. To undo
// one, apply the version before. progress may be nil.
func (s *Store) ApplyPolicy(ctx context.Context, p influencer.Policy, author, note string, at time.Time, progress func(done, total int)) (influencer.PolicyApplied, error) {
	var out influencer.PolicyApplied
	if err := p.Validate(); err != nil {
		return out, fmt.Errorf("store: apply policy: %w", err)
	}
	if author == "" {
		return out, errors.New("store: apply policy: who applies it is not named")
	}
	var version int
	err := s.write(ctx, func(tx *gorm.DB) (err error) {
		version, out.New, err = s.addPolicy(tx, p, author, note, at)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("store: apply policy: %w", err)
	}
	if out.Version, err = s.PolicyByVersion(ctx, version); err != nil {
		return out, err
	}
	out.Redecided, err = s.Redecide(ctx, at, progress)
	return out, err
}

// addPolicy adds a version unless the one in force says the same.
func (s *Store) addPolicy(tx *gorm.DB, p influencer.Policy, author, note string, at time.Time) (version int, added bool, err error) {
	now, err := s.currentPolicy(tx)
	if err != nil {
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
	version = now.Version + 1
	err = tx.Exec("INSERT INTO policies (version, body, author, note, created_at) VALUES (?, ?, ?, ?, ?)",
		version, string(body), author, note, at.UnixMicro()).Error
	if isDuplicate(err) { // somebody else applied one meanwhile
		return 0, false, errRunAgain
	}
	return version, true, err
}
