package store

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// run says what a transaction's decisions are part of, as the breaker wants to
// know it.
type run struct {
	cause influencer.TripCause
	more  int // losses that the same run is still to make, besides the transaction's
	// later, when set, takes the ids of who would lose: their losses are not made
	// now, but counted together before the first is.
	later *[]int64
	// share, when set, is the transaction's part of a run of many, which knows its own
	// losses without counting them.
	share *lossShare
}

// passing is a transaction's losses on their way through the breaker.
type passing struct {
	s      *Store
	c      *changes
	policy influencer.Policy
	run    run
	at     time.Time
	live   liveTrips
}

// passBreaker parts the losses in r that may be made from those that must wait:
// the latter leave r.moves for r.held, and go on the open trip's list. It keeps the
// lists of all live trips: who of owners does not lose any more leaves them. Whoever
// decides by the rule asks it before writing the moves; the owners are locked.
//
// The breaker's own lock is taken only for a loss, always after the people's, and
// held to the end of the transaction, so that two transactions cannot each believe
// that the last allowed loss is theirs. The transactions of one run may hold it
// together: they know of each other.
func (s *Store) passBreaker(c *changes, p influencer.Policy, owners []*owner, r *ruling, about run, at time.Time) error {
	losses := r.takeLosses()
	settled := pick(owners, func(o **owner) int64 { return (*o).ID })
	if about.later != nil {
		ids := r.putOff(losses)
		*about.later = append(*about.later, ids...)
		settled, losses = without(settled, ids), nil
	}
	if len(losses) > 0 {
		if err := errors.Join(prepareAll(r.moves), prepareAll(losses)); err != nil {
			return err
		}
		if err := about.share.lock(c.tx); err != nil {
			return err
		}
	}
	b := passing{s: s, c: c, policy: p, run: about, at: at}
	var err error
	if b.live, err = loadLiveTrips(c.tx); err != nil {
		return fmt.Errorf("breaker: %w", err)
	}
	if err := b.part(r, losses); err != nil {
		return fmt.Errorf("breaker: %w", err)
	}
	b.keepLists(without(settled, people(r.held)), people(r.moves))
	b.c.addHeld(r.trip, r.held)
	return nil
}

// loses tells whether the rule would take the status from anybody.
func (r *ruling) loses() bool {
	return slices.ContainsFunc(r.moves, func(m moved) bool { return m.loss() })
}

func (m *moved) loss() bool { return m.actor == ruleActor && m.move.Loss() }

// takeLosses takes out of the moves what the rule would take away.
func (r *ruling) takeLosses() (losses []moved) {
	r.moves = slices.DeleteFunc(r.moves, func(m moved) bool {
		if !m.loss() {
			return false
		}
		losses = append(losses, m)
		return true
	})
	return losses
}

// putOff lets people stand as they stood, and names them.
func (r *ruling) putOff(losses []moved) []int64 {
	for _, m := range losses {
		m.owner.Standing = m.evidence.Standing
	}
	return people(losses)
}

// part decides which losses are made.
func (b *passing) part(r *ruling, losses []moved) error {
	losses, err := b.passReleased(r, losses)
	if err != nil || len(losses) == 0 {
		return err
	}
	if r.trip = b.live.open; r.trip == 0 {
		if r.trip, err = b.weigh(len(losses)); err != nil {
			return err
		}
	}
	if r.trip == 0 {
		r.moves = append(r.moves, losses...)
		return nil
	}
	r.putOff(losses)
	r.held = losses
	return nil
}

// passReleased makes the losses that an admin let go, and returns the others.
func (b *passing) passReleased(r *ruling, losses []moved) ([]moved, error) {
	if len(losses) == 0 || len(b.live.releasing) == 0 {
		return losses, nil
	}
	notes := map[int64]string{}
	err := each(b.c.tx, `SELECT h.person_id, t.closed_by, t.note FROM held_losses h JOIN trips t ON t.id = h.trip_id
		WHERE t.state = 'releasing' AND h.outcome = 'held' AND h.person_id ?`, []any{anyOf(b.c.tx, people(losses))}, func(c *cursor) {
		id := c.int()
		notes[id] = "released by " + c.text() + ": " + c.text()
	})
	if err != nil {
		return nil, fmt.Errorf("released: %w", err)
	}
	return slices.DeleteFunc(losses, func(m moved) bool {
		note, released := notes[m.owner.ID]
		if released {
			m.note = note
			r.moves = append(r.moves, m)
		}
		return released
	}), nil
}

// weigh trips the breaker when so many losses are too many, and returns the trip.
func (b *passing) weigh(losses int) (trip int64, err error) {
	since := b.at.Add(-b.policy.Breaker.Window)
	made, err := b.run.share.take(b.c.tx, since, losses)
	if err != nil {
		return 0, err
	}
	losses += made + b.run.more
	allowed, holders, err := b.allows(losses, since)
	switch {
	case err != nil || allowed:
		return 0, err
	case b.run.share.shared():
		return 0, b.run.share.comeAlone() // an alarm is raised by one who is alone
	}
	b.run.share.giveBack() // they will be held
	return b.trip(losses, holders)
}

// allows tells whether so many losses are few enough; holders is 0 where that could
// be told without counting them.
func (b *passing) allows(losses int, since time.Time) (allowed bool, holders int, err error) {
	if losses <= b.policy.Breaker.Floor {
		return true, 0, nil
	}
	if known, ok := b.s.holders.at(b.policy.Breaker, b.at); ok && b.policy.Breaker.Allows(losses, known) {
		return true, 0, nil
	}
	if holders, err = holdersSince(b.c.tx, since); err != nil {
		return false, 0, err
	}
	b.s.holders.set(b.policy.Breaker, b.at, holders)
	return b.policy.Breaker.Allows(losses, holders), holders, nil
}

// tripJSON is the payload of the alarm.
type tripJSON struct {
	TripID        int64                `json:"trip_id"`
	At            time.Time            `json:"at"`
	Cause         influencer.TripCause `json:"cause"`
	PolicyVersion int                  `json:"policy_version"`
	Losses        int                  `json:"losses"`
	Holders       int                  `json:"holders"`
	Allowed       int                  `json:"allowed"`
	Text          influencer.Bilingual `json:"text"`
}

// trip opens a trip and raises the alarm.
func (b *passing) trip(losses, holders int) (int64, error) {
	t := influencer.Trip{OpenedAt: b.at, PolicyVersion: b.policy.Version, Cause: b.run.cause,
		Losses: losses, Holders: holders, Allowed: b.policy.Breaker.Allowed(holders)}
	_, err := scanOne(b.c.tx.Raw(`INSERT INTO trips (opened_at, policy_version, cause, losses, holders, allowed) VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
		b.at.UnixMicro(), t.PolicyVersion, string(t.Cause), t.Losses, t.Holders, t.Allowed), &t.ID)
	if err != nil {
		return 0, fmt.Errorf("open a trip: %w", err)
	}
	return t.ID, b.c.event(influencer.EventBreakerTripped, 0, b.at,
		tripJSON{t.ID, b.at, t.Cause, t.PolicyVersion, t.Losses, t.Holders, t.Allowed, t.Sentences()})
}

// keepLists takes people who were decided off the open trip's list, and notes in
// the lists that are being released what became of them.
func (b *passing) keepLists(decided, moved []int64) {
	tx := b.c.tx
	if b.live.open != 0 {
		b.c.add("held losses", -1, `DELETE FROM held_losses WHERE trip_id = ? AND person_id ?`, b.live.open, anyOf(tx, decided))
	}
	for _, trip := range b.live.releasing {
		b.c.add("released losses", -1, `UPDATE held_losses SET outcome = CASE WHEN person_id ? THEN 'lost' ELSE 'stayed' END
			WHERE trip_id = ? AND person_id ? AND outcome = 'held'`, anyOf(tx, moved), trip, anyOf(tx, decided))
	}
}

// addHeld puts losses on a trip's list, each person once.
func (c *changes) addHeld(trip int64, losses []moved) {
	if len(losses) == 0 {
		return
	}
	c.add("held losses", len(losses), `INSERT INTO held_losses (trip_id, person_id, at, from_status, to_status, reason, policy_version, evidence)
		SELECT CAST(? AS bigint), person_id, at, from_status, to_status, reason, policy_version, evidence FROM ? WHERE true
		ON CONFLICT (trip_id, person_id) DO UPDATE SET at = excluded.at, from_status = excluded.from_status, to_status = excluded.to_status,
			reason = excluded.reason, policy_version = excluded.policy_version, evidence = excluded.evidence`, trip, decisionSet(losses).as(c.tx, "t"))
}

// liveTrips are the trips whose lists still matter.
type liveTrips struct {
	open      int64 // 0 when there is none
	releasing []int64
}

func loadLiveTrips(tx *gorm.DB) (live liveTrips, err error) {
	err = each(tx, `SELECT id, state FROM trips WHERE state IN ('open', 'releasing') ORDER BY id`, nil, func(c *cursor) {
		id := c.int()
		if influencer.TripState(c.word()) == influencer.TripOpen {
			live.open = id
		} else {
			live.releasing = append(live.releasing, id)
		}
	})
	return live, err
}

// lossSQL is a loss that the rule made of itself: what [influencer.Move.Loss]
// calls one.
const lossSQL = `to_status = 'revoked' AND actor = 'rule' AND note = ''
	AND from_status <> 'pending' AND reason IN ('below_line', 'inactive')`

// lossesSince counts the losses that the rule made of itself since a time.
func lossesSince(tx *gorm.DB, since time.Time) (n int, err error) {
	_, err = scanOne(tx.Raw(`SELECT count(*) FROM decisions WHERE at > ? AND `+lossSQL, since.UnixMicro()), &n)
	if err != nil {
		return 0, fmt.Errorf("losses made: %w", err)
	}
	return n, nil
}

// holdersSince counts who held the status at some time since another: who holds
// it now, and who has lost it.
func holdersSince(tx *gorm.DB, since time.Time) (n int, err error) {
	_, err = scanOne(tx.Raw(`SELECT (SELECT count(*) FROM people WHERE status IN ('active', 'grace') AND status <> 'none')
		+ (SELECT count(*) FROM decisions WHERE to_status = 'revoked' AND actor = 'rule' AND note = '' AND at > ? AND from_status IN ('active', 'grace'))`,
		since.UnixMicro()), &n)
	if err != nil {
		return 0, fmt.Errorf("holders: %w", err)
	}
	return n, nil
}

// holderCount remembers how many people held the status, since counting them
// takes longer than all else that a loss does. The zero value remembers nothing.
type holderCount struct {
	mu      sync.Mutex
	breaker influencer.Breaker
	counted time.Time
	holders int
}

// holdersKept is how long a count is good for: who would trip counts anew.
const holdersKept = time.Minute

func (h *holderCount) at(b influencer.Breaker, at time.Time) (int, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	age := at.Sub(h.counted)
	return h.holders, h.breaker == b && age >= 0 && age < min(holdersKept, b.Window)
}

func (h *holderCount) set(b influencer.Breaker, at time.Time, holders int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.breaker, h.counted, h.holders = b, at, holders
}

func people(moves []moved) []int64 {
	return pick(moves, func(m *moved) int64 { return m.owner.ID })
}

// without is ids without those that are in other.
func without(ids, other []int64) []int64 {
	if len(other) == 0 {
		return ids
	}
	gone := make(map[int64]bool, len(other))
	for _, id := range other {
		gone[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id int64) bool { return gone[id] })
}
