package store

import (
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// ruleActor is who moved a status when nobody ordered it.
const ruleActor = influencer.RuleActor

// moved is one move of one person, to be written.
type moved struct {
	owner    *owner
	move     influencer.Move
	after    influencer.Standing
	evidence influencer.Evidence // what it was decided on; its Standing is the one before
	version  int                 // of the policy
	policy   influencer.Policy   // that the rule decided under; the zero one for an act
	at       time.Time
	actor    string
	note     string

	receipt, event string // the evidence and the event in their stored form, once prepare has made them
}

// prepare puts what the move leaves behind into its stored form, which takes longer
// than most else: before a lock that others wait for, if there is one to come.
func (m *moved) prepare() (err error) {
	if m.receipt == "" {
		if m.receipt, err = encodeEvidence(m.evidence); err != nil {
			return err
		}
	}
	if m.event == "" {
		m.event, err = encodeEvent(m.payload())
	}
	return err
}

func prepareAll(moves []moved) error {
	for i := range moves {
		if err := moves[i].prepare(); err != nil {
			return err
		}
	}
	return nil
}

// addMoves adds people, decisions and events of moves whose people the transaction
// has locked. A person's moves are in the order they happened.
func (c *changes) addMoves(moves []moved) error {
	if len(moves) == 0 {
		return nil
	}
	if err := prepareAll(moves); err != nil {
		return err
	}
	c.addStandings(moves)
	c.addDecisions(moves)
	for _, m := range moves {
		c.events = append(c.events, eventRow{m.move.Event(), m.owner.ID, m.at, m.event})
	}
	return nil
}

// addStandings writes each person once, with the last standing.
func (c *changes) addStandings(moves []moved) {
	last := make(map[int64]int, len(moves))
	for i, m := range moves {
		last[m.owner.ID] = i
	}
	final := make([]moved, 0, len(last))
	for i, m := range moves {
		if last[m.owner.ID] == i {
			final = append(final, m)
		}
	}
	set := new(rowSet).
		ints("id", pick(final, func(m *moved) int64 { return m.owner.ID })).
		texts("status", pick(final, func(m *moved) string { return string(m.after.Status) })).
		times("since", pick(final, func(m *moved) time.Time { return m.after.Since })).
		times("first_granted_at", pick(final, func(m *moved) time.Time { return m.after.FirstGrantedAt })).
		times("grace_since", pick(final, func(m *moved) time.Time { return m.after.GraceSince })).
		texts("held_before", pick(final, func(m *moved) string { return string(m.after.HeldBefore) })).
		times("until", pick(final, func(m *moved) time.Time { return m.after.Until })).
		texts("reason", pick(final, func(m *moved) string { return string(m.after.Reason) })).
		ints("reason_version", pick(final, func(m *moved) int64 { return int64(m.after.ReasonVersion) })).
		texts("left_why", pick(final, func(m *moved) string { return string(m.after.Left) })).
		times("left_at", pick(final, func(m *moved) time.Time { return m.after.LeftAt })).
		times("at", pick(final, func(m *moved) time.Time { return m.at }))
	c.add("standings", len(final), `UPDATE people AS p SET status = t.status, since = t.since, first_granted_at = t.first_granted_at,
			grace_since = t.grace_since, held_before = t.held_before, until = t.until,
			reason = t.reason, reason_version = t.reason_version, left_why = t.left_why, left_at = t.left_at, updated_at = t.at
		FROM ? WHERE p.id = t.id`, set.as(c.tx, "t"))
}

// decisionSet is what a decision and a held loss have in common, of moves that are
// prepared.
func decisionSet(moves []moved) *rowSet {
	return moveSet(moves).
		texts("from_status", pick(moves, func(m *moved) string { return string(m.move.From) })).
		texts("to_status", pick(moves, func(m *moved) string { return string(m.move.To) })).
		texts("reason", pick(moves, func(m *moved) string { return string(m.move.Reason) })).
		ints("policy_version", pick(moves, func(m *moved) int64 { return int64(m.version) })).
		json("evidence", pick(moves, func(m *moved) string { return m.receipt }))
}

func (c *changes) addDecisions(moves []moved) {
	set := decisionSet(moves).
		texts("actor", pick(moves, func(m *moved) string { return m.actor })).
		texts("note", pick(moves, func(m *moved) string { return m.note })).
		texts("agency", pick(moves, func(m *moved) string { return m.owner.Agency }))
	c.add("decisions", len(moves), `INSERT INTO decisions (person_id, at, from_status, to_status, reason, policy_version, actor, note, agency, evidence)
		SELECT person_id, at, from_status, to_status, reason, policy_version, actor, note, agency, evidence FROM ?`, set.as(c.tx, "t"))
}

func moveSet(moves []moved) *rowSet {
	return new(rowSet).
		ints("person_id", pick(moves, func(m *moved) int64 { return m.owner.ID })).
		times("at", pick(moves, func(m *moved) time.Time { return m.at }))
}
