package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Decisions lists decisions, newest first, each with its evidence. Their agency
// is the one that the person was with at the time.
func (s *Store) Decisions(ctx context.Context, f influencer.DecisionFilter, paging influencer.Paging) (influencer.Page[influencer.OwnedDecision], error) {
	l := decisionListing(f)
	out, err := list(l, paging, s.decisionsBefore(ctx, l), decisionID)
	if err != nil {
		return out, fmt.Errorf("store: decisions: %w", err)
	}
	return out, nil
}

// EachDecision hands every decision of the filter to fn, newest first. It ends
// with fn's error.
func (s *Store) EachDecision(ctx context.Context, f influencer.DecisionFilter, fn func(influencer.OwnedDecision) error) error {
	if err := walk(s.decisionsBefore(ctx, decisionListing(f)), decisionID, fn); err != nil {
		return fmt.Errorf("store: each decision: %w", err)
	}
	return nil
}

// DecisionByID is one decision; [influencer.ErrNotFound] when there is none.
func (s *Store) DecisionByID(ctx context.Context, id int64) (influencer.OwnedDecision, error) {
	l := decisionListing(influencer.DecisionFilter{})
	l.only("d.id = ?", id)
	found, err := s.decisionsBefore(ctx, l)(0, 1)
	if err == nil && len(found) == 0 {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return influencer.OwnedDecision{}, fmt.Errorf("store: decision %d: %w", id, err)
	}
	return found[0], nil
}

func decisionID(d influencer.OwnedDecision) int64 { return d.ID }

func decisionListing(f influencer.DecisionFilter) *listing {
	sum := f
	sum.Since = timeless(f.Since)
	l := newListing("decisions", sum)
	if f.PersonID != 0 {
		l.only("d.person_id = ?", f.PersonID)
	}
	if f.Agency != "" {
		l.only("(d.agency = ? OR d.agency = '' AND p.agency = ?)", f.Agency, f.Agency)
	}
	if !f.Since.IsZero() {
		l.only("d.at >= ?", f.Since.UnixMicro())
	}
	if f.To != "" {
		l.only("d.to_status = ?", f.To)
	}
	if f.Reason != "" {
		l.only("d.reason = ?", f.Reason)
	}
	return l
}

func (s *Store) decisionsBefore(ctx context.Context, l *listing) func(before int64, limit int) ([]influencer.OwnedDecision, error) {
	db := s.db.WithContext(ctx)
	return func(before int64, limit int) ([]influencer.OwnedDecision, error) {
		if before == 0 {
			before = math.MaxInt64
		}
		return s.loadDecisions(db, "SELECT "+decisionColumns+`, p.nip, p.name, coalesce(nullif(d.agency, ''), p.agency)
			FROM decisions d JOIN people p ON p.id = d.person_id`+l.whereSQL("d.id < ?")+" ORDER BY d.id DESC LIMIT ?", l.with(before, limit)...)
	}
}

const decisionColumns = `d.id, d.person_id, d.at, d.from_status, d.to_status, d.reason, d.policy_version, d.actor, d.note, d.evidence`

// loadDecisions runs a query for decisionColumns and the owner's nip, name and
// agency, and makes the receipts.
func (s *Store) loadDecisions(db *gorm.DB, query string, args ...any) ([]influencer.OwnedDecision, error) {
	out, err := scanDecisions(db, query, args...)
	if err != nil {
		return nil, err
	}
	for i := range out {
		p, err := s.policyOf(db, out[i].PolicyVersion)
		if err != nil {
			return nil, err
		}
		out[i].Receipt = influencer.NewReceipt(out[i].Decision, p)
	}
	return out, nil
}

// policyOf is the policy of a decision; a zero one for a version that is not
// there, as of an act that no policy had a part in.
func (s *Store) policyOf(db *gorm.DB, version int) (influencer.Policy, error) {
	if version == 0 {
		return influencer.Policy{}, nil
	}
	p, err := s.policy(db, version)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return influencer.Policy{}, nil
	}
	return p, err
}

func scanDecisions(db *gorm.DB, query string, args ...any) ([]influencer.OwnedDecision, error) {
	rows, err := db.Raw(query, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []influencer.OwnedDecision
	for rows.Next() {
		var d influencer.OwnedDecision
		if err := scanDecision(rows, &d.Decision, &d.NIP, &d.Name, &d.Agency); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, rows.Err()
}

// scanDecision reads decisionColumns and then more.
func scanDecision(rows *sql.Rows, d *influencer.Decision, more ...any) error {
	var at sql.NullInt64
	var evidence string
	err := rows.Scan(append([]any{&d.ID, &d.PersonID, &at, &d.From, &d.To, &d.Reason, &d.PolicyVersion, &d.Actor, &d.Note, &evidence}, more...)...)
	if err != nil {
		return err
	}
	d.At = timeOf(at)
	if d.Evidence, err = decodeEvidence(evidence); err != nil {
		return fmt.Errorf("decision %d: %w", d.ID, err)
	}
	return nil
}
