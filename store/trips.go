package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Trips lists the breaker's alarms, newest first.
func (s *Store) Trips(ctx context.Context, paging influencer.Paging) (influencer.Page[influencer.Trip], error) {
	l := newListing("trips", nil)
	out, err := list(l, paging, func(before int64, limit int) ([]influencer.Trip, error) {
		if before == 0 {
			before = math.MaxInt64
		}
		return loadTrips(s.db.WithContext(ctx), `WHERE t.id < ? ORDER BY t.id DESC LIMIT ?`, before, limit)
	}, func(t influencer.Trip) int64 { return t.ID })
	if err != nil {
		return out, fmt.Errorf("store: trips: %w", err)
	}
	return out, nil
}

// Trip is one alarm of the breaker; [influencer.ErrNotFound] when there is none.
func (s *Store) Trip(ctx context.Context, id int64) (influencer.Trip, error) {
	return s.trip(ctx, `WHERE t.id = ?`, id)
}

// OpenTrip is the trip that holds losses now; [influencer.ErrNotFound] when there
// is none.
func (s *Store) OpenTrip(ctx context.Context) (influencer.Trip, error) {
	return s.trip(ctx, `WHERE t.state = 'open'`)
}

func (s *Store) trip(ctx context.Context, where string, args ...any) (influencer.Trip, error) {
	found, err := loadTrips(s.db.WithContext(ctx), where, args...)
	if err == nil && len(found) == 0 {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return influencer.Trip{}, fmt.Errorf("store: trip: %w", err)
	}
	return found[0], nil
}

func loadTrips(db *gorm.DB, where string, args ...any) ([]influencer.Trip, error) {
	var out []influencer.Trip
	err := each(db, `SELECT t.id, t.opened_at, t.state, t.policy_version, t.cause, t.losses, t.holders, t.allowed,
			t.closed_at, t.closed_by, t.note,
			(SELECT count(*) FROM held_losses h WHERE h.trip_id = t.id AND h.outcome = 'held' AND t.state <> 'discarded'),
			(SELECT count(*) FROM held_losses h WHERE h.trip_id = t.id AND h.outcome = 'lost'),
			(SELECT count(*) FROM held_losses h WHERE h.trip_id = t.id AND h.outcome = 'stayed')
		FROM trips t `+where, args, func(c *cursor) {
		out = append(out, influencer.Trip{
			ID: c.int(), OpenedAt: c.time(), State: influencer.TripState(c.word()), PolicyVersion: int(c.int()),
			Cause: influencer.TripCause(c.word()), Losses: int(c.int()), Holders: int(c.int()), Allowed: int(c.int()),
			ClosedAt: c.time(), ClosedBy: c.text(), Note: c.text(), Held: int(c.int()), Lost: int(c.int()), Stayed: int(c.int()),
		})
	})
	return out, err
}

// HeldLosses lists whose loss a trip holds or held, in the order of the people's
// ids, each with what it was decided on.
func (s *Store) HeldLosses(ctx context.Context, trip int64, paging influencer.Paging) (influencer.Page[influencer.HeldLoss], error) {
	l := newListing("held losses", trip)
	out, err := list(l, paging, func(after int64, limit int) ([]influencer.HeldLoss, error) {
		return s.loadHeldLosses(s.db.WithContext(ctx), trip, after, limit)
	}, func(h influencer.HeldLoss) int64 { return h.PersonID })
	if err != nil {
		return out, fmt.Errorf("store: held losses: %w", err)
	}
	return out, nil
}

func (s *Store) loadHeldLosses(db *gorm.DB, trip, after int64, limit int) ([]influencer.HeldLoss, error) {
	var out []influencer.HeldLoss
	err := each(db, `SELECT h.trip_id, h.person_id, h.at, h.from_status, h.to_status, h.reason, h.policy_version,
			CASE WHEN h.outcome = 'held' AND t.state = 'discarded' THEN 'discarded' ELSE h.outcome END,
			p.nip, p.name, p.agency, CAST(h.evidence AS text)
		FROM held_losses h JOIN trips t ON t.id = h.trip_id JOIN people p ON p.id = h.person_id
		WHERE h.trip_id = ? AND h.person_id > ? ORDER BY h.person_id LIMIT ?`, []any{trip, after, limit}, func(c *cursor) {
		h := influencer.HeldLoss{TripID: c.int()}
		h.PersonID, h.At = c.int(), c.time()
		h.From, h.To, h.Reason = influencer.Status(c.word()), influencer.Status(c.word()), influencer.Reason(c.word())
		h.PolicyVersion, h.Actor, h.Outcome = int(c.int()), ruleActor, influencer.LossOutcome(c.word())
		h.NIP, h.Name, h.Agency = influencer.NIP(c.text()), c.text(), c.word()
		var err error
		h.Evidence, err = decodeEvidence(c.text())
		c.fail(err)
		out = append(out, h)
	})
	for i := 0; i < len(out) && err == nil; i++ {
		var p influencer.Policy
		p, err = s.policyOf(db, out[i].PolicyVersion)
		out[i].Receipt = influencer.NewReceipt(out[i].Decision, p)
	}
	return out, err
}

// lossesHeld tells of which people the open trip holds a loss.
func lossesHeld(db *gorm.DB, ids []int64) (map[int64]*influencer.LossHeld, error) {
	var out map[int64]*influencer.LossHeld
	err := each(db, `SELECT h.person_id, h.trip_id, h.at, h.reason FROM held_losses h JOIN trips t ON t.id = h.trip_id
		WHERE t.state = 'open' AND h.person_id ?`, []any{anyOf(db, ids)}, func(c *cursor) {
		if out == nil {
			out = map[int64]*influencer.LossHeld{}
		}
		id := c.int()
		out[id] = &influencer.LossHeld{TripID: c.int(), Since: c.time(), Reason: influencer.Reason(c.word())}
	})
	if err != nil {
		return nil, fmt.Errorf("held losses: %w", err)
	}
	return out, nil
}

// ReleaseTrip orders that the losses of an open trip be made: everybody on the list
// is to be decided again, which [Store.MakeReleased] does. Ordered once more while
// that is not done, it changes nothing; [influencer.ErrTripClosed] when the trip was
// closed before.
func (s *Store) ReleaseTrip(ctx context.Context, id int64, o influencer.TripOrder) (influencer.Trip, error) {
	if err := s.closeTrip(ctx, id, influencer.TripReleasing, o); err != nil {
		return influencer.Trip{}, fmt.Errorf("store: release trip %d: %w", id, err)
	}
	return s.Trip(ctx, id)
}

// MakeReleased decides again everybody whose loss was released, on the evidence of
// this moment; who still loses, loses. Such a loss is the rule's own decision, trips
// nothing, and names who released it. When it is cut short, [Store.DecideDue] makes
// the rest. progress, which may be nil, is told how many are decided.
func (s *Store) MakeReleased(ctx context.Context, at time.Time, progress func(done int)) error {
	d := s.decider(influencer.CauseDue, at)
	live, err := loadLiveTrips(s.db.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("store: make released: %w", err)
	}
	if progress != nil {
		d.progress = progress
	}
	for _, trip := range live.releasing {
		if err := d.eachHeld(ctx, trip, "1 = 1"); err != nil {
			return fmt.Errorf("store: make released: %w", err)
		}
	}
	return s.endReleases(ctx)
}

// DiscardTrip drops the list of an open trip: nobody moves. [influencer.ErrTripClosed] when
// it was closed before.
func (s *Store) DiscardTrip(ctx context.Context, id int64, o influencer.TripOrder) (influencer.Trip, error) {
	if err := s.closeTrip(ctx, id, influencer.TripDiscarded, o); err != nil {
		return influencer.Trip{}, fmt.Errorf("store: discard trip %d: %w", id, err)
	}
	return s.Trip(ctx, id)
}

// closeTrip ends the holding of losses. A release under way may be ordered again,
// which changes nothing.
func (s *Store) closeTrip(ctx context.Context, id int64, to influencer.TripState, o influencer.TripOrder) error {
	if o.Actor == "" || o.Note == "" {
		return errors.New("who orders it, or why, is not said")
	}
	return s.write(ctx, func(tx *gorm.DB) error {
		if err := lockBreaker(tx); err != nil {
			return err
		}
		var state influencer.TripState
		var held int
		found, err := scanOne(tx.Raw(`SELECT state, (SELECT count(*) FROM held_losses WHERE trip_id = t.id AND outcome = 'held') FROM trips t WHERE id = ?`, id), &state, &held)
		switch {
		case err != nil:
			return err
		case !found:
			return influencer.ErrNotFound
		case state == influencer.TripReleasing && to == influencer.TripReleasing:
			return nil
		case state != influencer.TripOpen:
			return influencer.ErrTripClosed
		}
		c := changes{tx: tx}
		c.add("trip", 1, `UPDATE trips SET state = ?, closed_at = ?, closed_by = ?, note = ? WHERE id = ?`,
			string(to), o.At.UnixMicro(), o.Actor, o.Note, id)
		if err := c.auditTrip(id, to, held, o); err != nil {
			return err
		}
		return c.run()
	})
}

func (c *changes) auditTrip(id int64, to influencer.TripState, held int, o influencer.TripOrder) error {
	action := "breaker.release"
	if to == influencer.TripDiscarded {
		action = "breaker.discard"
	}
	before, err := json.Marshal(map[string]any{"state": influencer.TripOpen, "held": held})
	if err != nil {
		return err
	}
	after, err := json.Marshal(map[string]any{"state": to})
	c.audit(influencer.AuditEntry{At: o.At, Actor: o.Actor, Action: action, Target: "breaker:" + strconv.FormatInt(id, 10),
		Note: o.Note, Before: before, After: after})
	return err
}

// endReleases closes the releases of which everybody was decided.
func (s *Store) endReleases(ctx context.Context) error {
	live, err := loadLiveTrips(s.db.WithContext(ctx))
	if err == nil && len(live.releasing) == 0 {
		return nil
	}
	if err == nil {
		err = s.write(ctx, endReleases)
	}
	if err != nil {
		return fmt.Errorf("end releases: %w", err)
	}
	return nil
}

func endReleases(tx *gorm.DB) error {
	return tx.Exec(`UPDATE trips SET state = 'released' WHERE state = 'releasing'
		AND NOT EXISTS (SELECT 1 FROM held_losses h WHERE h.trip_id = trips.id AND h.outcome = 'held')`).Error
}
