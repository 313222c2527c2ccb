package store

import (
	"cmp"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// owner is a person with all the person's accounts: what a decision is made of.
type owner struct {
	influencer.Person
	accounts []*account
}

// account is an account's row. The counts and the run from ObservedAt to
// SyncedAt are those of the newest good reading; Suspect says that there is a
// newer one, in readings only, that does not count yet.
type account struct {
	influencer.Account
	Between []time.Time
	Suspect bool
	Source  string
	older   []influencer.Reading // good readings before the newest, newest first; loaded when a decision needs them
}

// good is the newest good reading, nil when there is none.
func (a *account) good() *influencer.Reading {
	if a.SyncedAt.IsZero() {
		return nil
	}
	return &influencer.Reading{
		AccountID: a.ID, ObservedAt: a.ObservedAt, LastSeenAt: a.SyncedAt, Reads: a.Reads,
		Between: a.Between, Counts: a.Counts, Source: a.Source,
	}
}

// evidence is the account as the rule sees it.
func (a *account) evidence() influencer.AccountEvidence {
	e := influencer.AccountEvidence{
		AccountID: a.ID, Platform: a.Platform, Handle: a.Handle, State: a.State, StateSince: a.StateSince,
	}
	if good := a.good(); good != nil {
		e.Readings = append(append(make([]influencer.Reading, 0, 1+len(a.older)), *good), a.older...)
	}
	return e
}

func (o *owner) evidence() influencer.Evidence {
	e := influencer.Evidence{Standing: o.Standing, Accounts: make([]influencer.AccountEvidence, len(o.accounts))}
	for i, a := range o.accounts {
		e.Accounts[i] = a.evidence()
	}
	return e
}

// personColumns and accountColumns are what scanPerson and scanAccount read.
const (
	personColumns = `p.id, p.nip, p.name, p.agency, p.unit, p.status, p.since, p.first_granted_at,
		p.grace_since, p.held_before, p.until, p.reason, p.reason_version`
	accountColumns = `a.id, a.person_id, a.platform, a.handle, a.external_id, a.state, a.state_since,
		a.followers, a.friends, a.following, a.posts, a.last_active_at, a.observed_at, a.synced_at,
		a.reads, a.between_reads, a.suspect, a.source, a.attempted_at, a.failures, a.error`
)

// lockOwners locks the owners of these accounts until the transaction ends, in
// the order of their ids, so that two transactions cannot wait for each other,
// and loads them with all their accounts.
func lockOwners(tx *gorm.DB, accountIDs []int64) ([]*owner, error) {
	people, err := loadPeople(tx, `SELECT `+personColumns+` FROM people p
		WHERE p.id IN (SELECT person_id FROM accounts WHERE id ?) ORDER BY p.id`+forUpdate(tx, "p"), anyOf(tx, accountIDs))
	if err != nil {
		return nil, fmt.Errorf("lock owners: %w", err)
	}
	return people, loadAccounts(tx, people)
}

// lockPeople is lockOwners for people by their own ids.
func lockPeople(tx *gorm.DB, ids []int64) ([]*owner, error) {
	people, err := loadPeople(tx, `SELECT `+personColumns+` FROM people p
		WHERE p.id ? ORDER BY p.id`+forUpdate(tx, "p"), anyOf(tx, ids))
	if err != nil {
		return nil, fmt.Errorf("lock people: %w", err)
	}
	return people, loadAccounts(tx, people)
}

// loadPeople runs a query for personColumns that is ordered by id.
func loadPeople(tx *gorm.DB, query string, args ...any) ([]*owner, error) {
	rows, err := tx.Raw(query, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var people []*owner
	for rows.Next() {
		o := new(owner)
		if err := scanPerson(rows, &o.Person); err != nil {
			return nil, err
		}
		people = append(people, o)
	}
	return people, rows.Err()
}

// loadOwners loads people, without a lock, with all their accounts.
func loadOwners(db *gorm.DB, ids []int64) ([]*owner, error) {
	people, err := loadPeople(db, `SELECT `+personColumns+` FROM people p WHERE p.id ? ORDER BY p.id`, anyOf(db, ids))
	if err != nil {
		return nil, fmt.Errorf("load people: %w", err)
	}
	return people, loadAccounts(db, people)
}

// loadAccounts gives people, who are ordered by id, all their accounts in the
// order of their ids. It is a statement of its own, so that it sees what was
// committed while the people's locks were waited for.
func loadAccounts(tx *gorm.DB, people []*owner) error {
	ids := pick(people, func(o **owner) int64 { return (*o).ID })
	return addAccounts(tx, people, `WHERE a.person_id ?`, anyOf(tx, ids))
}

// loadAccountsBetween is loadAccounts for all the people between two ids, which
// the database finds faster than as many ids.
func loadAccountsBetween(db *gorm.DB, people []*owner) error {
	return addAccounts(db, people, `WHERE a.person_id BETWEEN ? AND ?`, people[0].ID, people[len(people)-1].ID)
}

func addAccounts(tx *gorm.DB, people []*owner, where string, args ...any) error {
	rows, err := tx.Raw(`SELECT `+accountColumns+` FROM accounts a `+where, args...).Rows()
	if err != nil {
		return fmt.Errorf("load accounts: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		a := new(account)
		if err := scanAccount(rows, a); err != nil {
			return fmt.Errorf("load accounts: %w", err)
		}
		byID := func(o *owner, id int64) int { return cmp.Compare(o.ID, id) }
		if i, found := slices.BinarySearchFunc(people, a.PersonID, byID); found {
			people[i].accounts = append(people[i].accounts, a)
		}
	}
	for _, o := range people {
		slices.SortFunc(o.accounts, func(a, b *account) int { return cmp.Compare(a.ID, b.ID) })
	}
	return rows.Err()
}

func scanPerson(rows *sql.Rows, p *influencer.Person) error {
	var since, granted, grace, until sql.NullInt64
	err := rows.Scan(&p.ID, &p.NIP, &p.Name, &p.Agency, &p.Unit, &p.Status, &since, &granted,
		&grace, &p.HeldBefore, &until, &p.Reason, &p.ReasonVersion)
	p.Since, p.FirstGrantedAt, p.GraceSince, p.Until = timeOf(since), timeOf(granted), timeOf(grace), timeOf(until)
	return err
}

func scanAccount(rows *sql.Rows, a *account) error {
	var stateSince, followers, friends, following, posts, active, observed, synced, attempted sql.NullInt64
	var between string
	err := rows.Scan(&a.ID, &a.PersonID, &a.Platform, &a.Handle, &a.ExternalID, &a.State, &stateSince,
		&followers, &friends, &following, &posts, &active, &observed, &synced,
		&a.Reads, &between, &a.Suspect, &a.Source, &attempted, &a.Failures, &a.Error)
	if err != nil {
		return err
	}
	a.Counts = countsOf(followers, friends, following, posts, active)
	a.StateSince, a.ObservedAt, a.SyncedAt, a.AttemptedAt = timeOf(stateSince), timeOf(observed), timeOf(synced), timeOf(attempted)
	a.Between, err = parseTimes(between)
	return err
}

func countsOf(followers, friends, following, posts, active sql.NullInt64) influencer.Counts {
	return influencer.Counts{
		Followers: countOf(followers), Friends: countOf(friends), Following: countOf(following), Posts: countOf(posts),
		LastActiveAt: timeOf(active),
	}
}
