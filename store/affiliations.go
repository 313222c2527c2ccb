package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// transfer moves a person to another agency or unit, in memory.
func (c *actChunkUnderWay) transfer(o *owner, order influencer.Order) error {
	if err := order.Check(c.at); err != nil {
		return err
	}
	to := o.Person
	if order.Agency != "" {
		to.Agency = order.Agency
	}
	if order.Unit != "" || to.Agency != o.Agency {
		to.Unit = order.Unit // a unit of the agency before is none of the new one
	}
	switch {
	case to.Agency == o.Agency && to.Unit == o.Unit:
		return fmt.Errorf("%w: move a person to where the person is", influencer.ErrIllegalAct)
	case c.by.Agency != "" && to.Agency != c.by.Agency:
		return fmt.Errorf("%w: move a person to another agency, for who may order in one agency only", influencer.ErrIllegalAct)
	}
	if !order.NewAgency {
		err := mustHavePeople(c.tx, to.Agency)
		if errors.Is(err, influencer.ErrNoAgency) {
			return fmt.Errorf("%w: move a person to %q, where nobody is registered; if the agency is new, say so (new-agency)", influencer.ErrIllegalAct, to.Agency)
		}
		if err != nil {
			return fmt.Errorf("agency: %w", err)
		}
	}
	c.before[o.ID] = o.Person
	o.Person = to
	return nil
}

// affiliate writes where people are now, and keeps where they were.
func (c *changes) affiliate(moving []*owner, before map[int64]influencer.Person, at time.Time) {
	if len(moving) == 0 {
		return
	}
	was := func(o **owner) influencer.Person { return before[(*o).ID] }
	set := new(rowSet).ints("id", pick(moving, func(o **owner) int64 { return (*o).ID })).
		texts("agency", pick(moving, func(o **owner) string { return (*o).Agency })).
		texts("unit", pick(moving, func(o **owner) string { return (*o).Unit })).
		texts("was_agency", pick(moving, func(o **owner) string { return was(o).Agency })).
		texts("was_unit", pick(moving, func(o **owner) string { return was(o).Unit }))
	c.keepAffiliations(set, at)
	c.add("people", len(moving), `UPDATE people AS p SET agency = t.agency, unit = t.unit, updated_at = ? FROM ? WHERE p.id = t.id`,
		at.UnixMicro(), set.as(c.tx, "t"))
}

// keepAffiliations keeps where people were until now: a set of id, was_agency and
// was_unit. Decisions that do not tell the person's agency at the time are given
// the one that ends.
func (c *changes) keepAffiliations(set *rowSet, at time.Time) {
	c.add("affiliations", set.len(), `INSERT INTO affiliations (person_id, agency, unit, from_at, to_at)
		SELECT t.id, t.was_agency, t.was_unit,
			coalesce((SELECT max(f.to_at) FROM affiliations f WHERE f.person_id = t.id), p.created_at), CAST(? AS bigint)
		FROM ? JOIN people p ON p.id = t.id`, at.UnixMicro(), set.as(c.tx, "t"))
	c.add("decisions of before", -1, `UPDATE decisions AS d SET agency = t.was_agency FROM ? WHERE d.person_id = t.id AND d.agency = ''`,
		set.as(c.tx, "t"))
}

// keepMovedInImport keeps where people were whom a roster puts into another
// agency.
func keepMovedInImport(tx *gorm.DB, named []*importPerson, at time.Time) error {
	var ids []int64
	var agencies, units []string
	for _, p := range named {
		if p.changed() && p.Agency != p.was.Agency {
			ids, agencies, units = append(ids, p.ID), append(agencies, p.was.Agency), append(units, p.was.Unit)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	c := changes{tx: tx}
	c.keepAffiliations(new(rowSet).ints("id", ids).texts("was_agency", agencies).texts("was_unit", units), at)
	return c.run()
}

// Affiliations lists the agencies that a person was with, the one of today last.
// [influencer.ErrNotFound] when there is no such person.
func (s *Store) Affiliations(ctx context.Context, person int64) ([]influencer.Affiliation, error) {
	var out []influencer.Affiliation
	err := each(s.db.WithContext(ctx), `SELECT agency, unit, from_at, to_at FROM (
			SELECT id, agency, unit, from_at, to_at FROM affiliations WHERE person_id = ?
			UNION ALL
			SELECT 9223372036854775807, p.agency, p.unit, coalesce((SELECT max(f.to_at) FROM affiliations f WHERE f.person_id = p.id), p.created_at), NULL
			FROM people p WHERE p.id = ?) a ORDER BY id`, []any{person, person}, func(c *cursor) {
		out = append(out, influencer.Affiliation{Agency: c.text(), Unit: c.text(), From: c.time(), Until: c.time()})
	})
	if err == nil && len(out) == 0 {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("store: affiliations: %w", err)
	}
	return out, nil
}
