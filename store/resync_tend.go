package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

const (
	resyncLife = 30 * 24 * time.Hour // after which a resync gives up all that wait
	resyncKept = 30 * 24 * time.Hour // how long its members are kept after its end

	// leaversBelow bounds how many waiting accounts are looked at for whether they
	// are still read: a larger resync comes below it on its way.
	leaversBelow = 10_000
)

// TendResyncs ends what nothing will come of any more: accounts on platforms that
// are off (on are those that are read) or in trouble that no further try will
// cure, accounts that are not read any more, and resyncs that wait for nobody.
// Members of old resyncs are forgotten.
func (s *Store) TendResyncs(ctx context.Context, on []influencer.Platform, at time.Time) error {
	db := s.db.WithContext(ctx)
	open, err := loadResyncs(db, " WHERE r.ended_at IS NULL", 1000)
	if err != nil {
		return fmt.Errorf("store: tend resyncs: %w", err)
	}
	health, err := s.PlatformHealth(ctx)
	if err != nil {
		return err
	}
	for _, r := range open {
		if err := s.tend(ctx, r, on, health, at); err != nil {
			return fmt.Errorf("store: tend resync %d: %w", r.ID, err)
		}
	}
	ids := pick(open, func(r *influencer.Resync) int64 { return r.ID })
	if err := s.endResyncs(ctx, ids, at); err != nil {
		return fmt.Errorf("store: tend resyncs: %w", err)
	}
	return s.forgetMembers(ctx, at)
}

func (s *Store) tend(ctx context.Context, r influencer.Resync, on []influencer.Platform, health []influencer.PlatformHealth, at time.Time) error {
	for _, p := range r.Platforms {
		if p.Waiting() <= 0 {
			continue
		}
		if f := giveUp(r, p.Platform, on, health, at); f != nil {
			if err := s.endWaiting(ctx, r.ID, p.Platform, "failed", f, "", at); err != nil {
				return err
			}
			continue
		}
		if p.Waiting() < leaversBelow {
			f := &influencer.Failure{Detail: "not read any more"}
			err := s.endWaiting(ctx, r.ID, p.Platform, "cancelled", f, ` AND NOT EXISTS (SELECT 1 FROM schedule s WHERE s.account_id = resync_members.account_id)`, at)
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// giveUp says why accounts that wait on a platform will not be read, nil while
// they may be. A rate limit is waited for, however long it lasts.
func giveUp(r influencer.Resync, p influencer.Platform, on []influencer.Platform, health []influencer.PlatformHealth, at time.Time) *influencer.Failure {
	if at.Sub(r.CreatedAt) >= resyncLife {
		return &influencer.Failure{Kind: influencer.Unavailable, Detail: "not read within 30 days"}
	}
	if !slices.Contains(on, p) && at.Sub(r.CreatedAt) >= patience(influencer.Forbidden) {
		return &influencer.Failure{Kind: influencer.Forbidden, Detail: "the platform is off: it has no credentials"}
	}
	i := slices.IndexFunc(health, func(h influencer.PlatformHealth) bool { return h.Platform == p })
	if i < 0 || health[i].Kind == "" || health[i].Kind == influencer.RateLimited {
		return nil
	}
	h := health[i]
	if waited := at.Sub(later(h.Since, r.CreatedAt)); waited < patience(h.Kind) {
		return nil
	}
	return &influencer.Failure{Kind: h.Kind, Detail: "given up, the platform was not to be read: " + h.Detail}
}

// patience is how long a platform may be in trouble before a resync gives up the
// accounts that wait for it.
func patience(k influencer.FailureKind) time.Duration {
	switch k {
	case influencer.BudgetSpent:
		return time.Minute
	case influencer.Forbidden, influencer.CredentialDead:
		return 10 * time.Minute
	default:
		return time.Hour
	}
}

// endWaiting settles the accounts that wait for a resync on a platform, or those
// of them that a further condition names.
func (s *Store) endWaiting(ctx context.Context, id int64, p influencer.Platform, state string, f *influencer.Failure, which string, at time.Time) error {
	return s.write(ctx, func(tx *gorm.DB) error {
		done := tx.Exec(`UPDATE resync_members SET state = ?, kind = ?, detail = ?, tries = 0, ended_at = ?
			WHERE resync_id = ? AND platform = ? AND state = 'waiting'`+which,
			state, string(f.Kind), f.Detail, at.UnixMicro(), id, string(p))
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		return tx.Exec(`UPDATE resync_counts SET `+state+` = `+state+` + ? WHERE resync_id = ? AND platform = ? AND shard = 0`,
			done.RowsAffected, id, string(p)).Error
	})
}

// forgetMembers deletes the members of one resync that ended long ago; the resync
// stays, with its numbers.
func (s *Store) forgetMembers(ctx context.Context, at time.Time) error {
	var id int64
	found, err := scanOne(s.db.WithContext(ctx).Raw(`SELECT id FROM resyncs WHERE ended_at < ? AND NOT pruned ORDER BY id LIMIT 1`,
		at.Add(-resyncKept).UnixMicro()), &id)
	if err == nil && found {
		err = s.write(ctx, func(tx *gorm.DB) error {
			if err := tx.Exec(`DELETE FROM resync_members WHERE resync_id = ?`, id).Error; err != nil {
				return err
			}
			return tx.Exec(`UPDATE resyncs SET pruned = ? WHERE id = ?`, true, id).Error
		})
	}
	if err != nil {
		return fmt.Errorf("store: forget members of resyncs: %w", err)
	}
	return nil
}
