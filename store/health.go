package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

const (
	firstBackoff  = time.Minute // after one failure of a platform that names no time
	longestWait   = time.Hour
	healthyUpdate = 10 * time.Second // a healthy platform's row is not written more often
)

// PlatformHealth lists how each platform fared that was ever read, by name.
func (s *Store) PlatformHealth(ctx context.Context) ([]influencer.PlatformHealth, error) {
	var out []influencer.PlatformHealth
	err := each(s.db.WithContext(ctx), `SELECT `+healthColumns+` FROM platform_health h ORDER BY platform`, nil,
		func(c *cursor) { out = append(out, readHealth(c)) })
	if err == nil {
		out, err = s.usedUp(s.db.WithContext(ctx), out)
	}
	if err != nil {
		return nil, fmt.Errorf("store: platform health: %w", err)
	}
	return out, nil
}

const healthColumns = `platform, kind, detail, since, until, failures, updated_at`

func readHealth(c *cursor) influencer.PlatformHealth {
	return influencer.PlatformHealth{
		Platform: influencer.Platform(c.text()), Kind: influencer.FailureKind(c.text()), Detail: c.text(),
		Since: c.time(), Until: c.time(), Failures: int(c.int()), UpdatedAt: c.time(),
	}
}

// lockHealth loads and locks a platform's row, which is made if there is none.
func lockHealth(tx *gorm.DB, p influencer.Platform, at time.Time) (influencer.PlatformHealth, error) {
	h := influencer.PlatformHealth{Platform: p, Since: at}
	err := tx.Exec(`INSERT INTO platform_health (platform, since, updated_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`,
		string(p), at.UnixMicro(), at.UnixMicro()).Error
	if err != nil {
		return h, err
	}
	err = each(tx, `SELECT `+healthColumns+` FROM platform_health h WHERE platform = ?`+forUpdate(tx, "h"), []any{string(p)},
		func(c *cursor) { h = readHealth(c) })
	return h, err
}

// noteTrouble remembers a failure of the platform as a whole, and until when
// nobody need try: as the platform said, or longer with each failure in a row.
func noteTrouble(tx *gorm.DB, p influencer.Platform, f *influencer.Failure, at time.Time) error {
	h, err := lockHealth(tx, p, at)
	if err != nil {
		return fmt.Errorf("platform health: %w", err)
	}
	if f.NotCalled {
		h = held(h, f, at)
	} else {
		h = troubled(h, f, at)
	}
	err = tx.Exec(`UPDATE platform_health SET kind = ?, detail = ?, since = ?, until = ?, failures = ?, updated_at = ? WHERE platform = ?`,
		string(h.Kind), h.Detail, h.Since.UnixMicro(), h.Until.UnixMicro(), h.Failures, at.UnixMicro(), string(p)).Error
	if err != nil {
		return fmt.Errorf("platform health: %w", err)
	}
	return nil
}

func troubled(h influencer.PlatformHealth, f *influencer.Failure, at time.Time) influencer.PlatformHealth {
	if h.Kind != f.Kind {
		h.Since = at
	}
	if h.Kind == f.Kind && h.Until.After(at) {
		h.Failures = max(h.Failures, 1) // a call that was under way when the first of them failed
	} else {
		h.Failures++
	}
	h.Kind, h.Detail, h.Until = f.Kind, f.Error(), f.Until
	if !h.Until.After(at) {
		h.Until = at.Add(backoff(h.Failures))
	}
	return h
}

// held is the health of a platform that we do not call, to stay within a limit.
// It is no failure of the platform's, and takes back none that was noted.
func held(h influencer.PlatformHealth, f *influencer.Failure, at time.Time) influencer.PlatformHealth {
	if h.Until = later(h.Until, f.Until); h.Until.IsZero() {
		h.Until = at
	}
	if h.Kind == "" || h.Kind == f.Kind {
		if h.Kind == "" {
			h.Since = at
		}
		h.Kind, h.Detail = f.Kind, f.Error()
	}
	return h
}

// Hold notes until when a platform is not called, and why, though nothing was
// tried: a limit of ours or of the platform's is used up.
func (s *Store) Hold(ctx context.Context, p influencer.Platform, why *influencer.Failure, at time.Time) error {
	err := s.write(ctx, func(tx *gorm.DB) error {
		f := *why
		f.NotCalled = true
		return noteTrouble(tx, p, &f, at.UTC().Truncate(time.Microsecond))
	})
	if err != nil {
		return fmt.Errorf("store: hold %s: %w", p, err)
	}
	return nil
}

// backoff is how long to wait after so many failures in a row.
func backoff(failures int) time.Duration {
	wait := firstBackoff
	for ; failures > 1 && wait < longestWait; failures-- {
		wait *= 2
	}
	return min(wait, longestWait)
}

// condition is how a platform did when last heard of; all zero when never.
type condition struct {
	kind           influencer.FailureKind
	until, updated time.Time
}

// noteWell remembers that the platform answered. The condition was read without
// a lock, and the row is written only when that says something new, or every
// batch of a platform would wait here for the one before to commit.
func (h condition) noteWell(c *changes, p influencer.Platform, at time.Time) {
	recent := at.Sub(h.updated) < healthyUpdate
	if h.kind == "" && recent || stillLimited(h.kind, h.until, at) {
		return
	}
	c.add("platform health", 1, `INSERT INTO platform_health (platform, since, updated_at)
		VALUES (?, CAST(? AS bigint), CAST(? AS bigint))
		ON CONFLICT (platform) DO UPDATE SET kind = '', detail = '', since = excluded.since, until = NULL,
			failures = 0, updated_at = excluded.updated_at`, string(p), at.UnixMicro(), at.UnixMicro())
}

// stillLimited tells whether the platform named a time that has not come: an
// answer to a call made before the refusal does not take the refusal back.
func stillLimited(k influencer.FailureKind, until, at time.Time) bool {
	return (k == influencer.RateLimited || k == influencer.BudgetSpent) && until.After(at)
}
