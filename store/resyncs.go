package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Resyncs lists resyncs, newest first; with an agency only those that concern it
// alone.
func (s *Store) Resyncs(ctx context.Context, agency string, paging influencer.Paging) (influencer.Page[influencer.Resync], error) {
	l := newListing("resyncs", struct{ agency string }{agency})
	l.ofAgency(agency)
	db := s.db.WithContext(ctx)
	out, err := list(l, paging, func(before int64, limit int) ([]influencer.Resync, error) {
		if before == 0 {
			before = math.MaxInt64
		}
		return loadResyncs(db, l.whereSQL("r.id < ?"), l.with(before, limit)...)
	}, func(r influencer.Resync) int64 { return r.ID })
	if err != nil {
		return out, fmt.Errorf("store: resyncs: %w", err)
	}
	return out, nil
}

// ofAgency keeps what one agency may see.
func (l *listing) ofAgency(agency string) {
	if agency != "" {
		l.only("r.agency = ?", agency)
	}
}

// Resync is one resync; with an agency, [influencer.ErrNotFound] for one that
// does not concern it alone.
func (s *Store) Resync(ctx context.Context, id int64, agency string) (influencer.Resync, error) {
	r, err := oneResync(s.db.WithContext(ctx), id, agency)
	if err != nil {
		return r, fmt.Errorf("store: resync %d: %w", id, err)
	}
	return r, nil
}

func oneResync(db *gorm.DB, id int64, agency string) (influencer.Resync, error) {
	l := newListing("resync", nil)
	l.ofAgency(agency)
	found, err := loadResyncs(db, l.whereSQL("r.id = ?"), l.with(id, 1)...)
	if err == nil && len(found) == 0 {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return influencer.Resync{}, err
	}
	return found[0], nil
}

func loadResyncs(db *gorm.DB, where string, args ...any) ([]influencer.Resync, error) {
	rows, err := db.Raw(`SELECT r.id, r.actor, r.platforms, r.people, r.agency, r.everybody, r.state, r.created_at, r.started_at, r.ended_at, r.reads
		FROM resyncs r`+where+` ORDER BY r.id DESC LIMIT ?`, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []influencer.Resync
	for rows.Next() {
		var r influencer.Resync
		var platforms string
		var created, started, ended sql.NullInt64
		err := rows.Scan(&r.ID, &r.Actor, &platforms, &r.Wanted.People, &r.Wanted.Agency, &r.Wanted.All, &r.State, &created, &started, &ended, &r.Reads)
		if err != nil {
			return nil, err
		}
		for p := range strings.SplitSeq(platforms, ",") {
			if p != "" {
				r.Wanted.Platforms = append(r.Wanted.Platforms, influencer.Platform(p))
			}
		}
		r.CreatedAt, r.StartedAt, r.EndedAt = timeOf(created), timeOf(started), timeOf(ended)
		out = append(out, r)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return nil, err
	}
	return out, addResyncCounts(db, out)
}

// addResyncCounts says how far resyncs are.
func addResyncCounts(db *gorm.DB, resyncs []influencer.Resync) error {
	if len(resyncs) == 0 {
		return nil
	}
	byID := map[int64]*influencer.Resync{}
	for i := range resyncs {
		byID[resyncs[i].ID] = &resyncs[i]
	}
	ids := pick(resyncs, func(r *influencer.Resync) int64 { return r.ID })
	return each(db, `SELECT resync_id, platform, CAST(sum(total) AS bigint), CAST(sum(done) AS bigint), CAST(sum(failed) AS bigint), CAST(sum(cancelled) AS bigint)
		FROM resync_counts WHERE resync_id ? GROUP BY resync_id, platform ORDER BY resync_id, platform`, []any{anyOf(db, ids)}, func(c *cursor) {
		r, p := byID[c.int()], influencer.ResyncPlatform{Platform: influencer.Platform(c.text())}
		p.Total, p.Done, p.Failed, p.Cancelled = c.int(), c.int(), c.int(), c.int()
		if r.State == influencer.ResyncCancelled { // who waited when it was cancelled
			p.Cancelled = p.Total - p.Done - p.Failed
		}
		r.Total, r.Done, r.Failed, r.Cancelled = r.Total+p.Total, r.Done+p.Done, r.Failed+p.Failed, r.Cancelled+p.Cancelled
		r.Platforms = append(r.Platforms, p)
	})
}

// ResyncFailures lists the accounts that a resync could not read, in the order of
// their ids. They are kept for a month after its end.
func (s *Store) ResyncFailures(ctx context.Context, id int64, agency string, paging influencer.Paging) (influencer.Page[influencer.ResyncFailure], error) {
	var out influencer.Page[influencer.ResyncFailure]
	_, err := s.Resync(ctx, id, agency)
	if err != nil {
		return out, err
	}
	db := s.db.WithContext(ctx)
	l := newListing("resync failures", struct{ id int64 }{id})
	out, err = list(l, paging, func(after int64, limit int) ([]influencer.ResyncFailure, error) {
		return loadResyncFailures(db, id, after, limit)
	}, func(f influencer.ResyncFailure) int64 { return f.AccountID })
	if err != nil {
		return out, fmt.Errorf("store: failures of resync %d: %w", id, err)
	}
	return out, nil
}

func loadResyncFailures(db *gorm.DB, id, after int64, limit int) ([]influencer.ResyncFailure, error) {
	var out []influencer.ResyncFailure
	err := each(db, `SELECT m.account_id, p.id, p.nip, p.name, p.agency, a.platform, a.handle, m.kind, m.detail, m.tries, m.ended_at
		FROM resync_members m JOIN accounts a ON a.id = m.account_id JOIN people p ON p.id = a.person_id
		WHERE m.resync_id = ? AND m.state = 'failed' AND m.account_id > ? ORDER BY m.account_id LIMIT ?`, []any{id, after, limit}, func(c *cursor) {
		out = append(out, influencer.ResyncFailure{
			AccountID: c.int(), PersonID: c.int(), NIP: influencer.NIP(c.text()), Name: c.text(), Agency: c.text(),
			Platform: influencer.Platform(c.text()), Handle: c.text(), Kind: influencer.FailureKind(c.text()), Detail: c.text(), Tries: int(c.int()), At: c.time(),
		})
	})
	return out, err
}

// CancelResync ends a resync: accounts that wait for it alone are due as they were
// before, and what is being read is read to its end. One that is over stays as it
// is. With an agency, one that does not concern it alone is
// [influencer.ErrNotFound].
func (s *Store) CancelResync(ctx context.Context, actor string, id int64, agency string) (influencer.Resync, error) {
	var r influencer.Resync
	err := s.write(ctx, func(tx *gorm.DB) (err error) {
		if r, err = oneResync(tx, id, agency); err != nil || r.State.Over() {
			return err
		}
		now := s.now()
		done := tx.Exec(`UPDATE resyncs SET state = 'cancelled', ended_at = ? WHERE id = ? AND ended_at IS NULL`, now.UnixMicro(), id)
		if done.Error != nil || done.RowsAffected == 0 {
			return done.Error
		}
		if err := dueAsBefore(tx, now, `account_id IN (SELECT s.account_id FROM batches b JOIN schedule s ON s.batch_id = b.id
				JOIN resync_members m ON m.account_id = s.account_id AND m.resync_id = ?
				WHERE NOT b.resting AND b.purpose = 'manual' AND `+stillWaits("m")+`)
			AND NOT EXISTS (SELECT 1 FROM resync_members o JOIN resyncs r ON r.id = o.resync_id
				WHERE o.account_id = schedule.account_id AND `+stillWaits("o")+` AND r.ended_at IS NULL)`, id); err != nil {
			return err
		}
		c := changes{tx: tx}
		c.audit(orderEntry(actor, "resync.cancel", id, r.Wanted, now, r.Waiting(), 0))
		return c.run()
	})
	if err == nil {
		r, err = oneResync(s.db.WithContext(ctx), id, agency)
	}
	if err != nil {
		return r, fmt.Errorf("store: cancel resync %d: %w", id, err)
	}
	return r, nil
}
