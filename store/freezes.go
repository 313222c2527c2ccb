package store

import (
	"context"
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
