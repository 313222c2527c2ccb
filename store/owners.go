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
	accounts    []*account
	frozenUntil time.Time // until when new grants are frozen; see [addFreezes]
}

// account is an account's row. The counts and the run from ObservedAt to
// SyncedAt are those of the newest good reading; Suspect says that there is a
// newer one, in readings only, that does not count yet.
type account struct {
	influencer.Account
	Between []time.Time
	Suspect bool
	Source  string
	// cleared is the reading before the newest, which this transaction found to be
	// good and the database still calls suspect.
	cleared *influencer.Reading
	older   []influencer.Reading // good readings before the newest, newest first; loaded when a decision needs them
}

// good is the newest good reading, nil when there is none.
func (a *account) good() *influencer.Reading {
	if a.SyncedAt.IsZero() {
		return nil
	}
	run := a.run()
	return &run
}

func (a *account) run() influencer.Reading {
	return influencer.Reading{
		AccountID: a.ID, ObservedAt: a.ObservedAt, LastSeenAt: a.SyncedAt, Reads: a.Reads,
		Between: a.Between, Counts: a.Counts, Source: a.Source,
	}
}

// evidence is all that the rule sees of the person.
func (o *owner) evidence() influencer.Evidence {
	accounts := make([]influencer.AccountEvidence, len(o.accounts))
	rows := 0
	for _, a := range o.accounts {
		rows += 1 + len(a.older)
	}
	readings := make([]influencer.Reading, 0, rows)
	for i, a := range o.accounts {
		first := len(readings)
		if !a.SyncedAt.IsZero() {
			readings = append(append(readings, a.run()), a.older...)
		}
		accounts[i] = influencer.AccountEvidence{
			AccountID: a.ID, Platform: a.Platform, Handle: a.Handle, State: a.State, StateSince: a.StateSince,
			Readings: readings[first:len(readings):len(readings)],
		}
	}
	return influencer.Evidence{Standing: o.Standing, Accounts: accounts, FrozenUntil: o.frozenUntil}
}

// personColumns and accountColumns are what readPerson and readAccount read.
const (
	personColumns = `p.id, p.nip, p.name, p.agency, p.unit, p.status, p.since, p.first_granted_at,
		p.grace_since, p.held_before, p.until, p.reason, p.reason_version, p.left_why, p.left_at`
	accountColumns = `a.id, a.person_id, a.platform, a.handle, a.external_id, a.state, a.state_since,
		a.followers, a.friends, a.following, a.posts, a.last_active_at, a.observed_at, a.synced_at,
		a.reads, a.between_reads, a.suspect, a.source, a.attempted_at, a.failures, a.error`
)

// lockPeople locks people until the transaction ends, in the order of their ids,
// so that two transactions cannot wait for each other, and loads them with all
// their accounts. Whoever decides about a person takes this lock first. (An
// advisory lock on a range of ids writes nothing, but batches of neighbours share
// ranges, and then wait for each other one by one.)
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
	var people []*owner
	err := each(tx, query, args, func(c *cursor) {
		o := new(owner)
		readPerson(c, &o.Person)
		people = append(people, o)
	})
	return people, err
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
	return eachAccount(tx, people, `SELECT `+accountColumns+` FROM accounts a WHERE a.person_id ?`, []any{anyOf(tx, ids)}, readAccount)
}

// loadOutlines loads people, without a lock, and of their accounts only what the
// rule looks at: of a walk over everybody, few are needed whole.
func loadOutlines(db *gorm.DB, ids []int64) ([]*owner, error) {
	people, err := loadPeople(db, `SELECT `+personColumns+` FROM people p WHERE p.id ? ORDER BY p.id`, anyOf(db, ids))
	if err != nil {
		return nil, fmt.Errorf("load people: %w", err)
	}
	return people, eachAccount(db, people, `SELECT a.id, a.person_id, a.platform, a.state, a.state_since, a.followers, a.friends,
			a.posts, a.last_active_at, a.observed_at, a.synced_at, a.between_reads
		FROM accounts a WHERE a.person_id ?`, []any{anyOf(db, ids)},
		func(c *cursor, a *account) {
			a.ID, a.PersonID, a.Platform = c.int(), c.int(), influencer.Platform(c.word())
			a.State, a.StateSince = influencer.AccountState(c.word()), c.time()
			a.Followers, a.Friends, a.Posts, a.LastActiveAt = c.number(), c.number(), c.number(), c.time()
			a.ObservedAt, a.SyncedAt, a.Between = c.time(), c.time(), c.times()
		})
}

// eachAccount gives people, who are ordered by id, the accounts that a query
// finds of them.
func eachAccount(tx *gorm.DB, people []*owner, query string, args []any, read func(*cursor, *account)) error {
	byID := func(o *owner, id int64) int { return cmp.Compare(o.ID, id) }
	err := each(tx, query, args, func(c *cursor) {
		a := new(account)
		read(c, a)
		if i, found := slices.BinarySearchFunc(people, a.PersonID, byID); found {
			people[i].accounts = append(people[i].accounts, a)
		}
	})
	if err != nil {
		return fmt.Errorf("load accounts: %w", err)
	}
	for _, o := range people {
		slices.SortFunc(o.accounts, func(a, b *account) int { return cmp.Compare(a.ID, b.ID) })
	}
	return nil
}

// readPerson reads personColumns.
func readPerson(c *cursor, p *influencer.Person) {
	p.ID, p.NIP, p.Name, p.Agency, p.Unit = c.int(), influencer.NIP(c.text()), c.text(), c.word(), c.word()
	p.Status, p.Since, p.FirstGrantedAt = influencer.Status(c.word()), c.time(), c.time()
	p.GraceSince, p.HeldBefore, p.Until = c.time(), influencer.Status(c.word()), c.time()
	p.Reason, p.ReasonVersion = influencer.Reason(c.word()), int(c.int())
	p.Left, p.LeftAt = influencer.Leaving(c.word()), c.time()
}

// readAccount reads accountColumns.
func readAccount(c *cursor, a *account) {
	a.ID, a.PersonID, a.Platform = c.int(), c.int(), influencer.Platform(c.word())
	a.Handle, a.ExternalID = c.text(), c.text()
	a.State, a.StateSince = influencer.AccountState(c.word()), c.time()
	a.Counts = readCounts(c)
	a.ObservedAt, a.SyncedAt = c.time(), c.time()
	a.Reads, a.Between, a.Suspect, a.Source = int(c.int()), c.times(), c.flag(), c.word()
	a.AttemptedAt, a.Failures, a.Error = c.time(), int(c.int()), c.text()
}

func readCounts(c *cursor) influencer.Counts {
	return influencer.Counts{
		Followers: c.number(), Friends: c.number(), Following: c.number(), Posts: c.number(), LastActiveAt: c.time(),
	}
}

// scanAccount is readAccount for whoever walks rows alone.
func scanAccount(rows *sql.Rows, a *account) error {
	var c cursor
	if err := c.load(rows); err != nil {
		return err
	}
	readAccount(&c, a)
	return c.err
}
