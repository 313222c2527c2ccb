package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

const freezeColumns = `id, agency, from_at, until_at, ends_at, note, actor, added_at`

// addFreezes gives owners until when new grants are frozen for them. The rule
// stands at that: see [influencer.Freeze].
func addFreezes(tx *gorm.DB, owners []*owner, at time.Time) error {
	in, err := loadFreezes(tx, `WHERE from_at <= ? AND ends_at > ?`, at.UnixMicro(), at.UnixMicro())
	if err != nil {
		return err
	}
	for _, o := range owners {
		o.frozenUntil = influencer.FrozenUntil(in, o.Agency, at)
	}
	return nil
}

// loadFreezes runs a query for freezeColumns.
func loadFreezes(db *gorm.DB, where string, args ...any) ([]influencer.Freeze, error) {
	var out []influencer.Freeze
	err := each(db, `SELECT `+freezeColumns+` FROM freezes `+where, args, func(c *cursor) {
		f := influencer.Freeze{ID: c.int(), Agency: c.text(), From: c.time(), Until: c.time(), EndedAt: c.time(), Note: c.text(), Actor: c.text(), AddedAt: c.time()}
		if f.EndedAt.Equal(f.Until) {
			f.EndedAt = time.Time{}
		}
		out = append(out, f)
	})
	if err != nil {
		return nil, fmt.Errorf("freezes: %w", err)
	}
	return out, nil
}

// FrozenUntil tells until when new grants of an agency's people are frozen at a
// time; a zero time when they are not.
func (s *Store) FrozenUntil(ctx context.Context, agency string, at time.Time) (time.Time, error) {
	in, err := loadFreezes(s.db.WithContext(ctx), `WHERE from_at <= ? AND ends_at > ?`, at.UnixMicro(), at.UnixMicro())
	if err != nil {
		return time.Time{}, fmt.Errorf("store: %w", err)
	}
	return influencer.FrozenUntil(in, agency, at), nil
}

// Freezes lists the freezes, the newest first: with an agency those that concern
// its people, which are its own and those of all.
func (s *Store) Freezes(ctx context.Context, agency string) ([]influencer.Freeze, error) {
	where, args := `ORDER BY id DESC`, []any(nil)
	if agency != "" {
		where, args = `WHERE agency IN ('', ?) ORDER BY id DESC`, []any{agency}
	}
	out, err := loadFreezes(s.db.WithContext(ctx), where, args...)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return out, nil
}

// AddFreeze orders a freeze. A zero From, and one in the past, is at: what was
// granted stays. [influencer.ErrIllegalAct] when it cannot be, as for another
// agency than the orderer's; [influencer.ErrNoAgency] for an unknown one.
func (s *Store) AddFreeze(ctx context.Context, f influencer.Freeze, by influencer.Orderer, at time.Time) (influencer.Freeze, error) {
	at = at.UTC().Truncate(time.Microsecond)
	f.Actor, f.AddedAt, f.EndedAt = by.Actor, at, time.Time{}
	f.From, f.Until = later(f.From.UTC().Truncate(time.Microsecond), at), f.Until.UTC().Truncate(time.Microsecond)
	err := f.Check(at)
	if err == nil && by.Agency != "" && f.Agency != by.Agency {
		err = fmt.Errorf("%w: freeze another agency's grants", influencer.ErrIllegalAct)
	}
	if err == nil {
		err = s.write(ctx, func(tx *gorm.DB) (err error) {
			f.ID, err = insertFreeze(tx, f)
			return err
		})
	}
	if err != nil {
		return influencer.Freeze{}, fmt.Errorf("store: add freeze: %w", err)
	}
	return f, nil
}

func insertFreeze(tx *gorm.DB, f influencer.Freeze) (id int64, err error) {
	if err := mustHavePeople(tx, f.Agency); err != nil {
		return 0, err
	}
	from, until := f.From.UnixMicro(), f.Until.UnixMicro()
	_, err = scanOne(tx.Raw(`INSERT INTO freezes (agency, from_at, until_at, ends_at, note, actor, added_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`, f.Agency, from, until, until, f.Note, f.Actor, f.AddedAt.UnixMicro()), &id)
	if err != nil {
		return 0, fmt.Errorf("insert: %w", err)
	}
	f.ID = id
	return id, auditFreeze(tx, "freeze.add", f, f.AddedAt, f.Actor, f.Note, nil, freezeFacts(f))
}

// EndFreeze ends a freeze before its time; one that has not begun never does.
// Those whom it kept from a grant are decided soon after, see [Store.DecideDue].
// [influencer.ErrNotFound] when the orderer may not end such a one, and
// [influencer.ErrIllegalAct] when it is over.
func (s *Store) EndFreeze(ctx context.Context, id int64, note string, by influencer.Orderer, at time.Time) (influencer.Freeze, error) {
	at = at.UTC().Truncate(time.Microsecond)
	var f influencer.Freeze
	err := s.write(ctx, func(tx *gorm.DB) error {
		found, err := loadFreezes(tx, `WHERE id = ?`+forUpdate(tx, "freezes"), id)
		switch {
		case err != nil:
			return err
		case len(found) == 0 || by.Agency != "" && found[0].Agency != by.Agency:
			return influencer.ErrNotFound
		case found[0].State(at) == influencer.FreezeOver:
			return fmt.Errorf("%w: end a freeze that is over since %s", influencer.ErrIllegalAct, influencer.English.DateTime(found[0].End()))
		}
		f = found[0]
		before := freezeFacts(f)
		f.EndedAt = later(at, f.From)
		if err := tx.Exec(`UPDATE freezes SET ends_at = ? WHERE id = ?`, f.EndedAt.UnixMicro(), id).Error; err != nil {
			return err
		}
		return auditFreeze(tx, "freeze.end", f, at, by.Actor, note, before, freezeFacts(f))
	})
	if err != nil {
		return influencer.Freeze{}, fmt.Errorf("store: end freeze %d: %w", id, err)
	}
	return f, nil
}

func freezeFacts(f influencer.Freeze) map[string]any {
	return map[string]any{"agency": f.Agency, "from": f.From, "until": f.Until, "ends": f.End()}
}

func auditFreeze(tx *gorm.DB, action string, f influencer.Freeze, at time.Time, actor, note string, before, after map[string]any) error {
	e := influencer.AuditEntry{At: at, Actor: actor, Action: action, Target: fmt.Sprintf("freeze:%d", f.ID), Agency: f.Agency, Note: note}
	var err error
	if before != nil {
		if e.Before, err = json.Marshal(before); err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}
	if e.After, err = json.Marshal(after); err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	c := changes{tx: tx}
	c.audit(e)
	return c.run()
}

// ended is a freeze that is over, whose people are not all decided again.
type ended struct {
	id        int64
	agency    string
	settledTo int64 // the last person who is
}

// thaw decides again those whom freezes that are over kept from a grant. It goes
// on where it stopped, and stops after about limit moves.
func (s *Store) thaw(ctx context.Context, p influencer.Policy, d *decider, limit int) error {
	var over []ended
	err := each(s.db.WithContext(ctx), `SELECT id, agency, settled_to FROM freezes WHERE settled_at IS NULL AND ends_at <= ? ORDER BY id`,
		[]any{d.at.UnixMicro()}, func(c *cursor) { over = append(over, ended{c.int(), c.text(), c.int()}) })
	if err != nil {
		return fmt.Errorf("freezes that are over: %w", err)
	}
	for _, f := range over {
		for done := false; !done && sum(d.out.Moves) < limit; {
			if done, err = s.thawPage(ctx, &f, p, d); err != nil {
				return fmt.Errorf("after freeze %d: %w", f.id, err)
			}
		}
	}
	return nil
}

func (s *Store) thawPage(ctx context.Context, f *ended, p influencer.Policy, d *decider) (done bool, err error) {
	db := s.db.WithContext(ctx)
	where, args := `p.id > ?`, []any{f.settledTo}
	if f.agency != "" {
		where, args = where+` AND p.agency = ?`, append(args, f.agency)
	}
	page, err := loadPeople(db, `SELECT `+personColumns+` FROM people p WHERE `+where+`
		AND p.status IN ('none', 'revoked', 'pending') AND p.left_why = '' ORDER BY p.id LIMIT ?`, append(args, duePeople)...)
	if err == nil {
		err = loadAccounts(db, page)
	}
	if err == nil && len(page) > 0 {
		err = d.page(ctx, p, page)
	}
	if err != nil {
		return false, err
	}
	if len(page) < duePeople {
		return true, db.Exec(`UPDATE freezes SET settled_at = ? WHERE id = ?`, d.at.UnixMicro(), f.id).Error
	}
	f.settledTo = page[len(page)-1].ID
	return false, db.Exec(`UPDATE freezes SET settled_to = ? WHERE id = ? AND settled_to < ?`, f.settledTo, f.id, f.settledTo).Error
}
