package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Accounts lists accounts with their owners in the order of their ids.
func (s *Store) Accounts(ctx context.Context, f influencer.AccountFilter, paging influencer.Paging) (influencer.Page[influencer.OwnedAccount], error) {
	l := accountListing(f)
	out, err := list(l, paging, s.accountsAfter(ctx, l), accountID)
	if err != nil {
		return out, fmt.Errorf("store: accounts: %w", err)
	}
	return out, nil
}

// EachAccount hands every account of the filter to fn. It ends with fn's error.
func (s *Store) EachAccount(ctx context.Context, f influencer.AccountFilter, fn func(influencer.OwnedAccount) error) error {
	if err := walk(s.accountsAfter(ctx, accountListing(f)), accountID, fn); err != nil {
		return fmt.Errorf("store: each account: %w", err)
	}
	return nil
}

// AccountByID is one account; [influencer.ErrNotFound] when there is none.
func (s *Store) AccountByID(ctx context.Context, id int64) (influencer.OwnedAccount, error) {
	l := newListing("account", nil)
	l.only("a.id = ?", id)
	found, err := s.accountsAfter(ctx, l)(0, 1)
	if err == nil && len(found) == 0 {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return influencer.OwnedAccount{}, fmt.Errorf("store: account: %w", err)
	}
	return found[0], nil
}

func accountID(a influencer.OwnedAccount) int64 { return a.ID }

func accountListing(f influencer.AccountFilter) *listing {
	sum := f
	sum.StaleBefore = timeless(f.StaleBefore)
	l := newListing("accounts", sum)
	if f.Platform != "" {
		l.only("a.platform = ?", f.Platform)
	}
	if f.State != "" {
		l.only("a.state = ?", f.State)
	}
	if f.PersonID != 0 {
		l.only("a.person_id = ?", f.PersonID)
	}
	if f.Agency != "" {
		l.only("a.person_id IN (SELECT id FROM people WHERE agency = ?)", f.Agency)
	}
	if !f.StaleBefore.IsZero() {
		l.only("(a.synced_at IS NULL OR a.synced_at < ?)", f.StaleBefore.UnixMicro())
	}
	return l
}

// timeless keeps of a time only that there is one: a filter of "older than a
// day" is the same on the second page, a minute later.
func timeless(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return time.Unix(0, 0).UTC()
}

func (s *Store) accountsAfter(ctx context.Context, l *listing) func(after int64, limit int) ([]influencer.OwnedAccount, error) {
	db := s.db.WithContext(ctx)
	return func(after int64, limit int) ([]influencer.OwnedAccount, error) {
		rows, err := db.Raw("SELECT "+accountColumns+" FROM accounts a"+l.whereSQL("a.id > ?")+" ORDER BY a.id LIMIT ?",
			l.with(after, limit)...).Rows()
		if err != nil {
			return nil, err
		}
		defer rows.Close()
		var found []*account
		for rows.Next() {
			a := new(account)
			if err := scanAccount(rows, a); err != nil {
				return nil, err
			}
			found = append(found, a)
		}
		if err := rows.Err(); err != nil {
			return nil, err
		}
		if err := loadDue(db, found); err != nil {
			return nil, err
		}
		return owned(db, found)
	}
}

// owned gives accounts their owners.
func owned(db *gorm.DB, accounts []*account) ([]influencer.OwnedAccount, error) {
	ids := pick(accounts, func(a **account) int64 { return (*a).PersonID })
	owners, err := byID(db, "SELECT id, nip, name, agency FROM people WHERE id ?", ids,
		func(rows *sql.Rows, id *int64, p *influencer.Person) error {
			return rows.Scan(id, &p.NIP, &p.Name, &p.Agency)
		})
	if err != nil {
		return nil, fmt.Errorf("owners: %w", err)
	}
	return pick(accounts, func(a **account) influencer.OwnedAccount {
		p := owners[(*a).PersonID]
		return influencer.OwnedAccount{Account: (*a).Account, NIP: p.NIP, Name: p.Name, Agency: p.Agency}
	}), nil
}
