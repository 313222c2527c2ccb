package store

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// write writes all that the chunk's orders changed.
func (c *actChunkUnderWay) write() error {
	w := &c.writes
	if err := w.addMoves(c.moves); err != nil {
		return err
	}
	var left, back []int64
	var moving []*owner
	var entries []influencer.AuditEntry
	for _, i := range c.acted {
		r := c.results[i]
		switch r.Order.Kind {
		case influencer.ActionLeave:
			left = append(left, r.Person.ID)
		case influencer.ActionRejoin:
			back = append(back, r.Person.ID)
		case influencer.ActionMove:
			moving = append(moving, c.owners[r.Person.ID])
		}
		made, err := c.entries(r)
		if err != nil {
			return err
		}
		entries = append(entries, made...)
	}
	w.unschedule(left)
	w.schedule(back, c.at)
	w.affiliate(moving, c.before, c.at)
	w.audit(entries...)
	if err := w.run(); err != nil {
		return err
	}
	w.hasten(c.policy, c.waiting, c.at)
	return w.run()
}

// unschedule takes the accounts of who left off the schedule: what is not there
// is never claimed, and a batch forgets it when it is read next.
func (c *changes) unschedule(people []int64) {
	if len(people) == 0 {
		return
	}
	c.add("schedule", -1, `DELETE FROM schedule WHERE account_id IN (SELECT a.id FROM accounts a WHERE a.person_id ?)`, anyOf(c.tx, people))
}

// schedule puts the accounts of who is back on the schedule, due at once.
func (c *changes) schedule(people []int64, at time.Time) {
	if len(people) == 0 {
		return
	}
	c.add("schedule", -1, `INSERT INTO schedule (account_id, platform, due_at)
		SELECT a.id, a.platform, CAST(? AS bigint) FROM accounts a
		WHERE a.person_id ? AND NOT EXISTS (SELECT 1 FROM schedule s WHERE s.account_id = a.id)`, at.UnixMicro(), anyOf(c.tx, people))
}

// factsJSON is what an audit entry keeps of a person before or after an act.
type factsJSON struct {
	standingJSON
	Agency string `json:"agency,omitempty"`
	Unit   string `json:"unit,omitempty"`
	Basis  string `json:"basis,omitempty"`
	Decree string `json:"decree,omitempty"`
}

// entries are the audit entries of one order: of a move to another agency one for
// each side, so that both find it in their lists.
func (c *actChunkUnderWay) entries(r influencer.ActResult) ([]influencer.AuditEntry, error) {
	was, is := c.before[r.Person.ID], r.Person
	before, after := factsJSON{standingJSON: standingJSON(was.Standing)}, factsJSON{standingJSON: standingJSON(is.Standing)}
	after.Basis, after.Decree = r.Order.Basis, r.Order.Decree
	if r.Order.Kind == influencer.ActionMove {
		before.Agency, before.Unit, after.Agency, after.Unit = was.Agency, was.Unit, is.Agency, is.Unit
	}
	e := influencer.AuditEntry{
		At: c.at, Actor: c.by.Actor, Action: "person." + string(r.Order.Kind), Target: personTarget(is.ID),
		Agency: was.Agency, Note: r.Order.Note,
	}
	var err error
	if e.Before, err = json.Marshal(before); err == nil {
		e.After, err = json.Marshal(after)
	}
	if err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	if was.Agency == is.Agency {
		return []influencer.AuditEntry{e}, nil
	}
	out, in := e, e
	out.Action, in.Action, in.Agency = "person.move_out", "person.move_in", is.Agency
	return []influencer.AuditEntry{out, in}, nil
}

// personTarget names a person in the audit log.
func personTarget(id int64) string { return "person:" + strconv.FormatInt(id, 10) }
