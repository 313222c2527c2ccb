package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Accounts lists accounts with their owners in the order of their ids; those of
// one agency person by person.
func (s *Store) Accounts(ctx context.Context, f influencer.AccountFilter, paging influencer.Paging) (influencer.Page[influencer.OwnedAccount], error) {
	l, err := s.accountListing(ctx, f)
	var out influencer.Page[influencer.OwnedAccount]
	if err == nil {
		out, err = list(l, paging, s.accountsAfter(ctx, l), accountID)
	}
	if err != nil {
		return out, fmt.Errorf("store: accounts: %w", err)
	}
	return out, nil
}

// EachAccount hands every account of the filter to fn. It ends with fn's error.
func (s *Store) EachAccount(ctx context.Context, f influencer.AccountFilter, fn func(influencer.OwnedAccount) error) error {
	l, err := s.accountListing(ctx, f)
	if err == nil {
		err = walk(s.accountsAfter(ctx, l), accountID, fn)
	}
	if err != nil {
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

// accountListing settles what is stale: to a list of that problem the policy's
// age of evidence, where the filter names none.
func (s *Store) accountListing(ctx context.Context, f influencer.AccountFilter) (*listing, error) {
	sum := f
	sum.StaleBefore = timeless(f.StaleBefore)
	l := newListing("accounts", sum)
	if f.Platform != "" {
		l.only("a.platform = ?", f.Platform)
	}
	if f.State != "" {
		l.only("a.state = ?", f.State)
		if f.State != influencer.StateOK {
			l.only("a.state <> 'ok'") // says that the partial index will do
		}
	}
	if f.PersonID != 0 {
		l.only("a.person_id = ?", f.PersonID)
	}
	l.agency = f.Agency
	if f.Problem != "" || !f.StaleBefore.IsZero() {
		l.only(inService)
	}
	if f.Problem != "" {
		return l, s.onlyProblem(ctx, l, f)
	}
	if !f.StaleBefore.IsZero() {
		l.only("(a.synced_at IS NULL OR a.synced_at < ?)", f.StaleBefore.UnixMicro())
	}
	return l, nil
}

// inService leaves out the accounts a of who has left the service: nobody reads
// them, and that is no trouble.
const inService = `NOT EXISTS (SELECT 1 FROM people l WHERE l.left_why <> '' AND l.id = a.person_id)`

// onlyProblem says in SQL what [influencer.Account.Problem] says.
func (s *Store) onlyProblem(ctx context.Context, l *listing, f influencer.AccountFilter) error {
	switch f.Problem {
	case influencer.ProblemNever:
		l.only("a.state = 'pending'")
	case influencer.ProblemUnreadable:
		l.only("a.state <> 'ok' AND a.state <> 'pending' AND a.failures > 0")
	case influencer.ProblemStale:
		policy, err := s.currentPolicy(s.db.WithContext(ctx))
		if err != nil {
			return err
		}
		before := f.StaleBefore
		if before.IsZero() {
			before = s.now().Add(-policy.EvidenceMaxAge)
		}
		l.only("(a.state = 'ok' OR a.state <> 'pending' AND a.failures = 0) AND a.synced_at < ?", before.UnixMicro())
	default:
		return fmt.Errorf("problem %q: %w", f.Problem, influencer.ErrNotFound)
	}
	return nil
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
		query, args, err := accountsSQL(db, l, after, limit)
		if err != nil {
			return nil, err
		}
		rows, err := db.Raw(query, args...).Rows()
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

// accountsSQL is the query for one page. An agency's accounts are found by its
// people: in the order of the accounts' ids all those of others would be passed.
func accountsSQL(db *gorm.DB, l *listing, after int64, limit int) (query string, args []any, err error) {
	if l.agency == "" {
		return "SELECT " + accountColumns + " FROM accounts a" + l.whereSQL("a.id > ?") + " ORDER BY a.id LIMIT ?", l.with(after, limit), nil
	}
	var person int64
	if after > 0 {
		if _, err := scanOne(db.Raw("SELECT person_id FROM accounts WHERE id = ?", after), &person); err != nil {
			return "", nil, fmt.Errorf("where the page begins: %w", err)
		}
	}
	from := "people p JOIN accounts a ON a.person_id = p.id" + l.whereSQL()
	if onPostgres(db) {
		// Person by person, which the planner would not do for conditions that few
		// accounts meet: it would gather all those of all agencies first.
		from = "people p CROSS JOIN LATERAL (SELECT * FROM accounts a" + l.whereSQL("a.person_id = p.id") + " ORDER BY a.id) a WHERE true"
	} else if len(l.where) == 0 {
		from += " WHERE true"
	}
	return "SELECT " + accountColumns + " FROM " + from + " AND p.agency = ? AND p.id >= ? AND (p.id > ? OR a.id > ?) ORDER BY p.id, a.id LIMIT ?",
		l.with(l.agency, person, person, after, limit), nil
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
