package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// ReplayOptions narrows a replay. The zero value recomputes everything as it was
// decided.
type ReplayOptions struct {
	Since time.Time // recompute decisions made then or later; chains are always checked whole
}

// Difference is one thing in the database that is not what the rule, the table
// of moves or the decisions before it say.
type Difference struct {
	PersonID   int64
	DecisionID int64     // 0 when the person's row is what differs
	At         time.Time // of the decision
	Stored     string
	Recomputed string
}

// String tells the difference in one line.
func (d Difference) String() string {
	if d.DecisionID == 0 {
		return fmt.Sprintf("person %d: stored %s, the decisions give %s", d.PersonID, d.Stored, d.Recomputed)
	}
	return fmt.Sprintf("person %d, decision %d of %s: stored %s, recomputed %s",
		d.PersonID, d.DecisionID, d.At.Format(time.RFC3339), d.Stored, d.Recomputed)
}

const replayPeople = 500 // people a page

// Replay recomputes stored decisions from their own evidence and policy version,
// checks that each person's decisions follow from each other and end where the
// person stands, and that an admin's acts are in the table of moves. It hands
// every difference to fn, ends with fn's error, and returns how many decisions it
// recomputed. It writes nothing and may run beside all else.
func (s *Store) Replay(ctx context.Context, o ReplayOptions, fn func(Difference) error) (checked int, err error) {
	r := replay{s: s, db: s.db.WithContext(ctx), opts: o, report: fn}
	for last := int64(0); ; {
		page, err := loadChains(r.db, last)
		if err != nil {
			return r.checked, fmt.Errorf("store: replay: %w", err)
		}
		for _, c := range page {
			if err := r.person(c); err != nil {
				return r.checked, fmt.Errorf("store: replay: %w", err)
			}
			last = c.person
		}
		if len(page) < replayPeople {
			return r.checked, nil
		}
	}
}

// chain is a person's standing, as far as decisions give it, and all the
// person's decisions in their order.
type chain struct {
	person    int64
	standing  influencer.Standing
	decisions []storedDecision
}

type storedDecision struct {
	influencer.Decision
	unreadable error // why Evidence is empty
}

// loadChains reads a page of people with their decisions. It is one statement, so
// a move made meanwhile is seen whole or not at all.
func loadChains(db *gorm.DB, after int64) ([]chain, error) {
	rows, err := db.Raw(`SELECT p.id, p.status, p.since, p.first_granted_at, p.grace_since, p.held_before, p.until, p.left_why, p.left_at,
			coalesce(d.id, 0), coalesce(d.at, 0),
			coalesce(d.from_status, ''), coalesce(d.to_status, ''), coalesce(d.reason, ''),
			coalesce(d.policy_version, 0), coalesce(d.actor, ''), d.evidence
		FROM (SELECT id, status, since, first_granted_at, grace_since, held_before, until, left_why, left_at FROM people WHERE id > ? ORDER BY id LIMIT ?) p
		LEFT JOIN decisions d ON d.person_id = p.id ORDER BY p.id, d.id`, after, replayPeople).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var page []chain
	for rows.Next() {
		c, d, err := scanChain(rows)
		if err != nil {
			return nil, err
		}
		if len(page) == 0 || page[len(page)-1].person != c.person {
			page = append(page, c)
		}
		if d.ID != 0 {
			mine := &page[len(page)-1]
			mine.decisions = append(mine.decisions, d)
		}
	}
	return page, rows.Err()
}

func scanChain(rows *sql.Rows) (c chain, d storedDecision, err error) {
	s := &c.standing
	var since, granted, grace, until, left sql.NullInt64
	var at int64
	var evidence sql.NullString
	err = rows.Scan(&c.person, &s.Status, &since, &granted, &grace, &s.HeldBefore, &until, &s.Left, &left, &d.ID, &at,
		&d.From, &d.To, &d.Reason, &d.PolicyVersion, &d.Actor, &evidence)
	if err != nil {
		return c, d, err
	}
	s.Since, s.FirstGrantedAt, s.GraceSince, s.Until, s.LeftAt = timeOf(since), timeOf(granted), timeOf(grace), timeOf(until), timeOf(left)
	d.PersonID, d.At = c.person, time.UnixMicro(at).UTC()
	if evidence.Valid {
		d.Evidence, d.unreadable = decodeEvidence(evidence.String)
	}
	return c, d, nil
}

// replay is one replay under way.
type replay struct {
	s       *Store
	db      *gorm.DB
	opts    ReplayOptions
	report  func(Difference) error
	checked int
}

// person checks one chain. It goes on from what is stored, so that one
// difference is not reported again at every later decision.
func (r *replay) person(c chain) error {
	standing := influencer.Standing{Status: influencer.StatusNone}
	for _, d := range c.decisions {
		if d.From != standing.Status {
			if err := r.differ(d, "from "+string(d.From), "from "+string(standing.Status)+", where the decision before led"); err != nil {
				return err
			}
		}
		if err := r.decision(d, standing); err != nil {
			return err
		}
		standing = d.after(standing)
	}
	stored, given := standingText(c.standing), standingText(standing)
	if stored == given {
		return nil
	}
	return r.report(Difference{PersonID: c.person, Stored: stored, Recomputed: given})
}

// after is the standing that the decision as it is stored leaves behind.
func (d storedDecision) after(before influencer.Standing) influencer.Standing {
	move := influencer.Move{From: d.From, To: d.To, Reason: d.Reason}
	if d.Evidence.Act != nil {
		e := influencer.Evidence{Standing: before, Act: d.Evidence.Act}
		if m, after, err := influencer.Act(e, d.At); err == nil && m == move {
			return after
		}
	}
	return before.After(move, influencer.Policy{Version: d.PolicyVersion}, d.At)
}

func standingText(s influencer.Standing) string {
	text := string(s.Status)
	for _, part := range []struct {
		what string
		at   time.Time
	}{
		{" since ", s.Since}, {", first granted ", s.FirstGrantedAt}, {", in grace since ", s.GraceSince},
		{", until ", s.Until}, {", left the service at ", s.LeftAt},
	} {
		if !part.at.IsZero() {
			text += part.what + part.at.UTC().Format(time.RFC3339Nano)
		}
	}
	if s.HeldBefore != "" {
		text += ", before " + string(s.HeldBefore)
	}
	if s.Left != "" {
		text += ", " + string(s.Left)
	}
	return text
}

func (r *replay) differ(d storedDecision, stored, recomputed string) error {
	return r.report(Difference{PersonID: d.PersonID, DecisionID: d.ID, At: d.At, Stored: stored, Recomputed: recomputed})
}

// decision recomputes one decision of a person who stood so before it.
func (r *replay) decision(d storedDecision, before influencer.Standing) error {
	if d.At.Before(r.opts.Since) {
		return nil
	}
	r.checked++
	stored := moveText(&influencer.Move{From: d.From, To: d.To, Reason: d.Reason})
	recomputed, err := r.recompute(d)
	if err != nil {
		return err
	}
	if saw, was := standingText(d.Evidence.Standing), standingText(before); recomputed == stored && saw != was {
		stored, recomputed = "on "+saw, "on "+was+", where the decisions before led"
	}
	if recomputed == stored {
		return nil
	}
	return r.differ(d, stored, recomputed)
}

func (r *replay) recompute(d storedDecision) (string, error) {
	if d.unreadable != nil {
		return d.unreadable.Error(), nil //nolint:nilerr // what cannot be read is the difference, and is reported as one
	}
	if d.Actor != ruleActor {
		return recomputeAct(d), nil
	}
	p, err := r.s.policy(r.db, d.PolicyVersion)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return fmt.Sprintf("nothing: there is no policy %d", d.PolicyVersion), nil
	}
	if err != nil {
		return "", err
	}
	return moveText(influencer.Decide(p, d.Evidence, d.At).Move), nil
}

// recomputeAct does an admin's act again, as it was ordered.
func recomputeAct(d storedDecision) string {
	m, _, err := influencer.Act(d.Evidence, d.At)
	if err != nil {
		return "nothing: " + err.Error()
	}
	return moveText(&m)
}

func moveText(m *influencer.Move) string {
	if m == nil {
		return "no move"
	}
	return fmt.Sprintf("%s to %s (%s)", m.From, m.To, m.Reason)
}
