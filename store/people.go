package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// People lists people with their accounts in the order of their ids.
func (s *Store) People(ctx context.Context, f influencer.PeopleFilter, paging influencer.Paging) (influencer.Page[influencer.PersonAccounts], error) {
	l := peopleListing(f)
	out, err := list(l, paging, s.peopleAfter(ctx, l), personID)
	if err != nil {
		return out, fmt.Errorf("store: people: %w", err)
	}
	return out, nil
}

// EachPerson hands every person of the filter to fn, however many there are. It
// ends with fn's error.
func (s *Store) EachPerson(ctx context.Context, f influencer.PeopleFilter, fn func(influencer.PersonAccounts) error) error {
	if err := walk(s.peopleAfter(ctx, peopleListing(f)), personID, fn); err != nil {
		return fmt.Errorf("store: each person: %w", err)
	}
	return nil
}

// PersonByID is one person; [influencer.ErrNotFound] when there is none.
func (s *Store) PersonByID(ctx context.Context, id int64) (influencer.PersonAccounts, error) {
	return s.person(ctx, "p.id = ?", id)
}

// PersonByNIP is one person; [influencer.ErrNotFound] when there is none.
func (s *Store) PersonByNIP(ctx context.Context, nip influencer.NIP) (influencer.PersonAccounts, error) {
	return s.person(ctx, "p.nip = ?", string(nip))
}

func (s *Store) person(ctx context.Context, condition string, arg any) (influencer.PersonAccounts, error) {
	l := newListing("person", nil)
	l.only(condition, arg)
	found, err := s.peopleAfter(ctx, l)(0, 1)
	if err == nil && len(found) == 0 {
		err = influencer.ErrNotFound
	}
	if err != nil {
		return influencer.PersonAccounts{}, fmt.Errorf("store: person: %w", err)
	}
	return found[0], nil
}

// Agencies lists the names of all agencies that have people. It jumps from one
// to the next in the index instead of looking at every person.
func (s *Store) Agencies(ctx context.Context) ([]string, error) {
	var names []string
	err := s.db.WithContext(ctx).Raw(`WITH RECURSIVE t(agency) AS (
			SELECT min(agency) FROM people
			UNION ALL
			SELECT (SELECT min(p.agency) FROM people p WHERE p.agency > t.agency) FROM t WHERE t.agency IS NOT NULL)
		SELECT agency FROM t WHERE agency IS NOT NULL ORDER BY agency`).Scan(&names).Error
	if err != nil {
		return nil, fmt.Errorf("store: agencies: %w", err)
	}
	return names, nil
}

func personID(p influencer.PersonAccounts) int64 { return p.ID }

func peopleListing(f influencer.PeopleFilter) *listing {
	l := newListing("people", f)
	if f.Agency != "" {
		l.only("p.agency = ?", f.Agency)
	}
	if f.Platform != "" {
		l.only("EXISTS (SELECT 1 FROM accounts a WHERE a.person_id = p.id AND a.platform = ?)", f.Platform)
	}
	query := strings.TrimSpace(f.Query)
	if len(f.Statuses) > 0 && query != "" {
		l.only("p.status IN ?", f.Statuses)
	} else {
		l.statuses = f.Statuses
	}
	l.search(query)
	return l
}

// peopleSQL is the query for one page. Each status is looked up by itself, in the
// order of ids that an index has ready; a list of statuses would be gathered and
// sorted whole, or everybody else passed on the way.
func peopleSQL(l *listing, after int64, limit int) (string, []any) {
	const order = " ORDER BY p.id LIMIT ?"
	if len(l.statuses) == 0 {
		return "SELECT " + personColumns + " FROM people p" + l.whereSQL("p.id > ?") + order, l.with(after, limit)
	}
	var parts []string
	var args []any
	for _, status := range slices.Compact(slices.Sorted(slices.Values(l.statuses))) {
		conditions := []string{"p.status = ?", "p.id > ?"}
		if status != influencer.StatusNone {
			conditions = append(conditions, "p.status <> 'none'") // says that the partial index will do
		}
		parts = append(parts, "SELECT id FROM (SELECT p.id FROM people p"+l.whereSQL(conditions...)+order+") AS s")
		args = append(args, l.with(status, after, limit)...)
	}
	return "SELECT " + personColumns + " FROM people p WHERE p.id IN (" + strings.Join(parts, " UNION ALL ") + ")" + order, append(args, limit)
}

// search narrows people to what somebody typed.
func (l *listing) search(query string) {
	digits := strings.NewReplacer(" ", "", ".", "", "-", "", "\u00a0", "").Replace(query)
	switch {
	case query == "":
	case query[0] == '@':
		handle := foldHandle(query[1:])
		l.only(`p.id IN (SELECT person_id FROM accounts WHERE handle_key = ?
			UNION ALL SELECT person_id FROM accounts WHERE lower(handle) = ? AND lower(handle) <> handle_key)`, handle, handle)
	case digits != "" && strings.Trim(digits, "0123456789") == "":
		// Not LIKE: only in the C locale could it use the index.
		l.only("p.nip BETWEEN ? AND ?", fillNIP(digits, "0"), fillNIP(digits, "9"))
	default:
		l.only(nameKey(query)+` LIKE ? ESCAPE '\'`, likePattern(query))
	}
}

// nameKey is what a part of a name is compared with. The index of letters has
// nothing for less than three in a row, and would be read whole.
func nameKey(query string) string {
	words := strings.FieldsFunc(query, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if slices.ContainsFunc(words, func(w string) bool { return utf8.RuneCountInString(w) >= 3 }) {
		return "p.name_key"
	}
	return "(p.name_key || '')"
}

func fillNIP(digits, with string) string {
	return digits + strings.Repeat(with, max(0, 18-len(digits)))
}

func (s *Store) peopleAfter(ctx context.Context, l *listing) func(after int64, limit int) ([]influencer.PersonAccounts, error) {
	db := s.db.WithContext(ctx)
	return func(after int64, limit int) ([]influencer.PersonAccounts, error) {
		query, args := peopleSQL(l, after, limit)
		owners, err := loadPeople(db, query, args...)
		if err != nil {
			return nil, err
		}
		if err := loadAccounts(db, owners); err != nil {
			return nil, err
		}
		return withAccounts(db, owners)
	}
}

// withAccounts turns owners into what lists show.
func withAccounts(db *gorm.DB, owners []*owner) ([]influencer.PersonAccounts, error) {
	var all []*account
	for _, o := range owners {
		all = append(all, o.accounts...)
	}
	if err := loadDue(db, all); err != nil {
		return nil, err
	}
	held, err := lossesHeld(db, pick(owners, func(o **owner) int64 { return (*o).ID }))
	if err != nil {
		return nil, err
	}
	out := make([]influencer.PersonAccounts, len(owners))
	for i, o := range owners {
		out[i].Person, out[i].LossHeld = o.Person, held[o.ID]
		out[i].Accounts = pick(o.accounts, func(a **account) influencer.Account { return (*a).Account })
		slices.SortStableFunc(out[i].Accounts, func(a, b influencer.Account) int { return cmp.Compare(a.Platform, b.Platform) })
	}
	return out, nil
}

// loadDue gives accounts the time of their next read.
func loadDue(db *gorm.DB, accounts []*account) error {
	if len(accounts) == 0 {
		return nil
	}
	ids := pick(accounts, func(a **account) int64 { return (*a).ID })
	due, err := byID(db, `SELECT s.account_id, coalesce(s.due_at, b.due_at) FROM schedule s
		LEFT JOIN batches b ON b.id = s.batch_id WHERE s.account_id ?`, ids, func(rows *sql.Rows, id *int64, at *time.Time) error {
		var us sql.NullInt64
		err := rows.Scan(id, &us)
		*at = timeOf(us)
		return err
	})
	if err != nil {
		return fmt.Errorf("due times: %w", err)
	}
	for _, a := range accounts {
		a.NextDueAt = due[a.ID]
	}
	return nil
}

// byID runs a query that ends in a condition on ids and files its rows by id.
func byID[T any](db *gorm.DB, query string, ids []int64, scan func(rows *sql.Rows, id *int64, into *T) error) (map[int64]T, error) {
	rows, err := db.Raw(query, anyOf(db, ids)).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := make(map[int64]T, len(ids))
	for rows.Next() {
		var id int64
		var v T
		if err := scan(rows, &id, &v); err != nil {
			return nil, err
		}
		out[id] = v
	}
	return out, rows.Err()
}
