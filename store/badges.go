package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// newPublicID makes an id that nobody can guess: 128 random bits.
func newPublicID() string {
	b := make([]byte, 16)
	rand.Read(b) // never fails: it ends the program instead
	return base64.RawURLEncoding.EncodeToString(b)
}

// given are the reasons of the moves that give the status anew; every other way
// into active continues an award.
var given = []string{string(influencer.ReasonQualifies), string(influencer.ReasonReturned), string(influencer.ReasonApproved)}

// KeepBadges brings badges and awards up to what people's statuses are at a time:
// who holds the status gets a page and an award, and an award whose holder lost
// the status, or lost and won it again, ends. It returns how many rows changed,
// about limit at most; call it again while that is limit or more.
func (s *Store) KeepBadges(ctx context.Context, at time.Time, limit int) (changed int, err error) {
	err = s.write(ctx, func(tx *gorm.DB) error {
		changed = 0
		for _, step := range []func(*gorm.DB, time.Time, int) (int, error){endAwards, addPages, addAwards} {
			n, err := step(tx, at, limit)
			if changed += n; err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("store: keep badges: %w", err)
	}
	return changed, nil
}

func endAwards(tx *gorm.DB, at time.Time, limit int) (int, error) {
	done := tx.Exec(`UPDATE badge_awards SET ended_at = ? WHERE id IN (
		SELECT w.id FROM badge_awards w JOIN people p ON p.id = w.person_id
		WHERE w.ended_at IS NULL AND (p.status IN ('none', 'pending', 'revoked') OR p.since > w.awarded_at AND EXISTS (
			SELECT 1 FROM decisions d WHERE d.person_id = w.person_id AND d.to_status = 'active' AND d.reason IN ? AND d.at > w.awarded_at))
		ORDER BY w.id LIMIT ?)`, at.UnixMicro(), given, limit)
	return int(done.RowsAffected), done.Error
}

func addPages(tx *gorm.DB, at time.Time, limit int) (int, error) {
	var people []int64
	err := each(tx, `SELECT p.id FROM people p LEFT JOIN badges b ON b.person_id = p.id
		WHERE p.status IN ('active', 'grace') AND b.person_id IS NULL ORDER BY p.id LIMIT ?`, []any{limit}, func(c *cursor) {
		people = append(people, c.int())
	})
	if err != nil || len(people) == 0 {
		return 0, err
	}
	set := new(rowSet).ints("id", people).texts("public_id", pick(people, func(*int64) string { return newPublicID() }))
	done := tx.Exec(`INSERT INTO badges (person_id, public_id, created_at)
		SELECT id, public_id, CAST(? AS bigint) FROM ? WHERE true ON CONFLICT DO NOTHING`, at.UnixMicro(), set.as(tx, "t"))
	return int(done.RowsAffected), done.Error
}

// addAwards begins the awards of who holds the status and has none: since the
// newest decision that gave it, or since the status began where that is not kept.
func addAwards(tx *gorm.DB, _ time.Time, limit int) (int, error) {
	done := tx.Exec(`INSERT INTO badge_awards (person_id, awarded_at)
		SELECT p.id, coalesce((SELECT max(d.at) FROM decisions d
			WHERE d.person_id = p.id AND d.to_status = 'active' AND d.reason IN ?), p.since)
		FROM people p LEFT JOIN badge_awards w ON w.person_id = p.id AND w.ended_at IS NULL
		WHERE p.status IN ('active', 'grace') AND w.id IS NULL ORDER BY p.id LIMIT ? ON CONFLICT DO NOTHING`, given, limit)
	return int(done.RowsAffected), done.Error
}

const badgeQuery = `SELECT b.public_id, p.name, p.agency, p.status, w.id, w.awarded_at, w.ended_at
	FROM badges b JOIN people p ON p.id = b.person_id JOIN badge_awards w ON w.id = (
		SELECT max(v.id) FROM badge_awards v WHERE v.person_id = b.person_id)`

// Badge is the badge behind a public id; [influencer.ErrNotFound] when there is
// none, or when it is hidden.
func (s *Store) Badge(ctx context.Context, publicID string) (influencer.Badge, error) {
	return s.badge(ctx, ` WHERE b.public_id = ? AND NOT b.hidden`, publicID)
}

// BadgeOf is the badge of a person, hidden or not; [influencer.ErrNotFound] for
// somebody who never held the status.
func (s *Store) BadgeOf(ctx context.Context, nip influencer.NIP) (influencer.Badge, error) {
	return s.badge(ctx, ` WHERE p.nip = ?`, string(nip))
}

func (s *Store) badge(ctx context.Context, where string, arg any) (influencer.Badge, error) {
	var b influencer.Badge
	found := false
	err := each(s.db.WithContext(ctx), badgeQuery+where, []any{arg}, func(c *cursor) {
		found = true
		b = influencer.Badge{PublicID: c.text(), Name: c.text(), Agency: c.text(), State: influencer.BadgeStateOf(influencer.Status(c.text())),
			AwardID: c.int(), AwardedAt: c.time()}
		if ended := c.time(); !ended.IsZero() {
			b.State = influencer.BadgeInvalid
		}
	})
	if err == nil && !found {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return b, fmt.Errorf("store: badge: %w", err)
	}
	return b, nil
}
