package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Readings lists what an account showed between two times, newest first; a zero
// time leaves that end open. A reading that reaches into the span is part of it.
func (s *Store) Readings(ctx context.Context, accountID int64, from, to time.Time, paging influencer.Paging) (influencer.Page[influencer.Reading], error) {
	l := newListing("readings", []any{accountID, timeless(from), timeless(to)})
	l.only("r.account_id = ?", accountID)
	if !from.IsZero() {
		l.only("r.last_seen_at >= ?", from.UnixMicro())
	}
	if !to.IsZero() {
		l.only("r.observed_at <= ?", to.UnixMicro())
	}
	out, err := list(l, paging, func(before int64, limit int) ([]influencer.Reading, error) {
		if before == 0 {
			before = math.MaxInt64
		}
		return loadReadings(s.db.WithContext(ctx), "SELECT "+readingColumns+" FROM readings r"+l.whereSQL("r.observed_at < ?")+
			" ORDER BY r.observed_at DESC LIMIT ?", l.with(before, limit)...)
	}, func(r influencer.Reading) int64 { return r.ObservedAt.UnixMicro() })
	if err != nil {
		return out, fmt.Errorf("store: readings: %w", err)
	}
	return out, nil
}

// EachReading hands every reading of the filter to fn, account by account and
// each account's oldest first. It ends with fn's error.
func (s *Store) EachReading(ctx context.Context, f influencer.ReadingFilter, fn func(influencer.OwnedReading) error) error {
	l, db := readingListing(f), s.db.WithContext(ctx)
	var last influencer.Reading
	for {
		var after int64
		if last.AccountID != 0 {
			after = last.ObservedAt.UnixMicro()
		}
		page, err := loadReadings(db, "SELECT "+readingColumns+" FROM readings r"+l.whereSQL("(r.account_id, r.observed_at) > (?, ?)")+
			" ORDER BY r.account_id, r.observed_at LIMIT ?", l.with(last.AccountID, after, walkPage)...)
		if err != nil {
			return fmt.Errorf("store: each reading: %w", err)
		}
		if err := eachOwned(db, page, fn); err != nil {
			return fmt.Errorf("store: each reading: %w", err)
		}
		if len(page) < walkPage {
			return nil
		}
		last = page[len(page)-1]
	}
}

func readingListing(f influencer.ReadingFilter) *listing {
	l := newListing("all readings", f)
	if f.Platform != "" {
		l.only("r.account_id IN (SELECT id FROM accounts WHERE platform = ?)", f.Platform)
	}
	if f.Agency != "" {
		l.only("r.account_id IN (SELECT a.id FROM accounts a JOIN people p ON p.id = a.person_id WHERE p.agency = ?)", f.Agency)
	}
	if !f.Since.IsZero() {
		l.only("r.last_seen_at >= ?", f.Since.UnixMicro())
	}
	return l
}

func eachOwned(db *gorm.DB, page []influencer.Reading, fn func(influencer.OwnedReading) error) error {
	ids := pick(page, func(r *influencer.Reading) int64 { return r.AccountID })
	owners, err := byID(db, "SELECT a.id, p.nip, a.platform, a.handle FROM accounts a JOIN people p ON p.id = a.person_id WHERE a.id ?", ids,
		func(rows *sql.Rows, id *int64, r *influencer.OwnedReading) error {
			return rows.Scan(id, &r.NIP, &r.Platform, &r.Handle)
		})
	if err != nil {
		return fmt.Errorf("owners: %w", err)
	}
	for _, r := range page {
		o := owners[r.AccountID]
		o.Reading = r
		if err := fn(o); err != nil {
			return err
		}
	}
	return nil
}
