package store

import (
	"context"
	"fmt"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// BadgeBits lists the awards of one status list, counted from 0, whose bit is set
// for a purpose. Award n has its bit in list n / [influencer.StatusListSize]. A
// list that no award has come to is [influencer.ErrNotFound].
func (s *Store) BadgeBits(ctx context.Context, purpose influencer.StatusPurpose, list int64) ([]int64, error) {
	set := `w.ended_at IS NOT NULL OR p.status IN ('none', 'pending', 'revoked')`
	if purpose == influencer.PurposeSuspension {
		set = `w.ended_at IS NULL AND p.status IN ('suspended', 'blocked')`
	}
	first := list * influencer.StatusListSize
	var bits []int64
	begun := false
	db := s.db.WithContext(ctx)
	err := each(db, `SELECT max(id) FROM badge_awards`, nil, func(c *cursor) {
		last := c.number()
		begun = list == 0 || last != nil && *last >= first
	})
	if err == nil && !begun {
		err = influencer.ErrNotFound
	}
	if err == nil {
		err = each(db, `SELECT w.id FROM badge_awards w JOIN people p ON p.id = w.person_id
			WHERE w.id BETWEEN ? AND ? AND (`+set+`) ORDER BY w.id`, []any{first, first + influencer.StatusListSize - 1},
			func(c *cursor) { bits = append(bits, c.int()-first) })
	}
	if err != nil {
		return nil, fmt.Errorf("store: badge bits: %w", err)
	}
	return bits, nil
}

// BadgeChange is what somebody orders of a badge.
type BadgeChange string

// The changes. A new address makes the old one unknown for ever.
const (
	BadgeHide   BadgeChange = "hide"
	BadgeShow   BadgeChange = "show"
	BadgeRotate BadgeChange = "rotate"
)

// ChangeBadge hides a person's badge, shows it again or gives it a new address.
// [influencer.ErrNotFound] for somebody who has none.
func (s *Store) ChangeBadge(ctx context.Context, nip influencer.NIP, change BadgeChange, actor, note string) error {
	err := s.write(ctx, func(tx *gorm.DB) error {
		var person int64
		var agency string
		found, err := scanOne(tx.Raw(`SELECT p.id, p.agency FROM people p JOIN badges b ON b.person_id = p.id WHERE p.nip = ?`, string(nip)), &person, &agency)
		if err == nil && !found {
			err = influencer.ErrNotFound
		}
		if err != nil {
			return err
		}
		c := changes{tx: tx}
		if change == BadgeRotate {
			c.add("badge", 1, `UPDATE badges SET public_id = ? WHERE person_id = ?`, newPublicID(), person)
		} else {
			c.add("badge", 1, `UPDATE badges SET hidden = ? WHERE person_id = ?`, change == BadgeHide, person)
		}
		c.audit(influencer.AuditEntry{At: s.now(), Actor: actor, Action: "badge." + string(change), Target: fmt.Sprintf("person:%d", person),
			Agency: agency, Note: note})
		return c.run()
	})
	if err != nil {
		return fmt.Errorf("store: %s badge: %w", change, err)
	}
	return nil
}

// OwnedBadge is a badge with whom it belongs to, for those who send the links.
type OwnedBadge struct {
	influencer.Badge
	PersonID int64
	NIP      influencer.NIP
	Hidden   bool
}

// Badges lists badges in the order of the people's ids, those of one agency when
// agency is not "".
func (s *Store) Badges(ctx context.Context, agency string, paging influencer.Paging) (influencer.Page[OwnedBadge], error) {
	l := newListing("badges", agency)
	if agency != "" {
		l.only("p.agency = ?", agency)
	}
	out, err := list(l, paging, func(after int64, limit int) ([]OwnedBadge, error) {
		return loadBadges(s.db.WithContext(ctx), l, after, limit)
	}, func(b OwnedBadge) int64 { return b.PersonID })
	if err != nil {
		return out, fmt.Errorf("store: badges: %w", err)
	}
	return out, nil
}

func loadBadges(db *gorm.DB, l *listing, after int64, limit int) ([]OwnedBadge, error) {
	var out []OwnedBadge
	err := each(db, `SELECT p.id, p.nip, b.hidden, b.public_id, p.name, p.agency, p.status, w.id, w.awarded_at
		FROM badges b JOIN people p ON p.id = b.person_id JOIN badge_awards w ON w.id = (
			SELECT max(v.id) FROM badge_awards v WHERE v.person_id = b.person_id)`+l.whereSQL("p.id > ?")+` ORDER BY p.id LIMIT ?`,
		l.with(after, limit), func(c *cursor) {
			b := OwnedBadge{PersonID: c.int(), NIP: influencer.NIP(c.text()), Hidden: c.flag()}
			b.Badge = influencer.Badge{PublicID: c.text(), Name: c.text(), Agency: c.text(),
				State: influencer.BadgeStateOf(influencer.Status(c.text())), AwardID: c.int(), AwardedAt: c.time()}
			out = append(out, b)
		})
	return out, err
}
