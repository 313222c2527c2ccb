package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

const (
	importChunk = 2000 // rows a transaction, and as many again to finish a person's rows
	// importLock is the Postgres advisory lock that lets one import at a time look
	// for what is there and put in what is not.
	importLock = 0x70656e67696b7574
)

var errDryRun = errors.New("dry run: undo")

// Import takes in a roster. rows hands each of its rows to the function it is
// given, and ends with that function's error when there is one;
// [influencer.ReadRoster] with its other arguments filled in is such a rows.
//
// A person is known by the NIP, an account by its handle as registered, by the
// platform's id, or by the person's handle of today. A row that contradicts what
// is known is a problem in the report and is left out; the rest go in. Nothing is
// removed, and an empty unit or external id says nothing, so it changes nothing.
// New accounts are due at once. A roster taken in twice changes nothing the
// second time.
//
// Memory does not grow with the roster: every few thousand rows are a transaction
// of their own, so after an error the report tells what stays. A dry run is one
// transaction, undone at the end, and keeps other writers waiting meanwhile.
func (s *Store) Import(ctx context.Context, rows func(func(influencer.Row) error) error, o influencer.ImportOptions) (influencer.ImportReport, error) {
	if o.At.IsZero() {
		o.At = s.now()
	}
	i := &importing{opts: o, seen: idSet{}}
	i.run = func(fn func(tx *gorm.DB) error) error { return s.write(ctx, fn) }
	if !o.DryRun {
		err := i.all(rows)
		if err == nil && i.report.PeopleAdded+i.report.AccountsAdded > 0 {
			// So that dashboards are right at once. The roster is in, whatever becomes of
			// this: who asks later, or the next round of the scheduler, counts again.
			_ = s.CountTotals(ctx)
		}
		return i.report, wrapImport(err)
	}
	var failed error
	err := s.writeOnce(ctx, func(tx *gorm.DB) error {
		i.run = func(fn func(tx *gorm.DB) error) error { return inSavepoint(tx, fn) }
		failed = i.all(rows)
		return errDryRun
	})
	if errors.Is(err, errDryRun) {
		err = failed
	}
	return i.report, wrapImport(err)
}

// inSavepoint is [Store.write] within a transaction.
func inSavepoint(tx *gorm.DB, fn func(tx *gorm.DB) error) (err error) {
	for range maxTries {
		if err = tx.Transaction(fn); !errors.Is(err, errRunAgain) {
			return err
		}
	}
	return err
}

func wrapImport(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("store: import: %w", err)
}

// importing is one import under way.
type importing struct {
	opts   influencer.ImportOptions
	run    func(fn func(tx *gorm.DB) error) error // in a transaction
	rows   []influencer.Row                       // of the chunk being gathered
	seen   idSet                                  // people of the chunks done
	report influencer.ImportReport
}

func (i *importing) all(rows func(func(influencer.Row) error) error) error {
	if err := rows(i.gather); err != nil {
		return err
	}
	return i.flush()
}

// gather collects a chunk. It ends between two people, so that one person's
// rows, which stand together in most rosters, are seen together.
func (i *importing) gather(row influencer.Row) error {
	n := len(i.rows)
	if n >= 2*importChunk || n >= importChunk && i.rows[n-1].NIP != row.NIP {
		if err := i.flush(); err != nil {
			return err
		}
	}
	i.rows = append(i.rows, row)
	return nil
}

func (i *importing) flush() error {
	if len(i.rows) == 0 {
		return nil
	}
	var plan *importPlan
	err := i.run(func(tx *gorm.DB) (err error) {
		plan, err = i.chunk(tx)
		return err
	})
	if err != nil {
		return err
	}
	i.count(plan)
	i.rows = i.rows[:0]
	if i.opts.Progress != nil {
		i.opts.Progress(i.report.Rows)
	}
	return nil
}

// chunk looks up what the rows name, plans, and writes what the plan changes.
func (i *importing) chunk(tx *gorm.DB) (*importPlan, error) {
	if onPostgres(tx) {
		if err := tx.Exec("SELECT pg_advisory_xact_lock(?)", int64(importLock)).Error; err != nil {
			return nil, fmt.Errorf("wait for another import: %w", err)
		}
	}
	plan, err := loadImport(tx, i.rows, i.seen)
	if err != nil {
		return nil, err
	}
	for _, row := range i.rows {
		plan.take(row)
	}
	if err := writeImport(tx, plan, i.opts.At); err != nil {
		return nil, err
	}
	return plan, i.audit(tx, plan)
}

// audit notes what a chunk changed, in the chunk's transaction: what stays of an
// import that broke off is in the log, and what was undone is not.
func (i *importing) audit(tx *gorm.DB, plan *importPlan) error {
	part := plan.counts()
	if part.PeopleAdded+part.PeopleUpdated+part.AccountsAdded+part.AccountsUpdated == 0 {
		return nil
	}
	after, err := json.Marshal(map[string]int{
		"first_line": i.rows[0].Line, "last_line": i.rows[len(i.rows)-1].Line,
		"people_added": part.PeopleAdded, "people_updated": part.PeopleUpdated,
		"accounts_added": part.AccountsAdded, "accounts_updated": part.AccountsUpdated,
	})
	if err != nil {
		return err
	}
	c := changes{tx: tx}
	c.audit(influencer.AuditEntry{At: i.opts.At, Actor: i.opts.Actor, Action: "roster.import", Target: "roster", After: after})
	return c.run()
}

func (i *importing) count(plan *importPlan) {
	part, r := plan.counts(), &i.report
	r.Rows += len(i.rows)
	r.PeopleAdded += part.PeopleAdded
	r.PeopleUpdated += part.PeopleUpdated
	r.PeopleUnchanged += part.PeopleUnchanged
	r.AccountsAdded += part.AccountsAdded
	r.AccountsUpdated += part.AccountsUpdated
	r.AccountsUnchanged += part.AccountsUnchanged
	for _, p := range plan.named {
		i.seen.add(p.ID)
	}
	for _, problem := range plan.problems {
		i.problem(problem)
	}
}

func (i *importing) problem(p influencer.RosterProblem) {
	if len(i.report.Problems) < influencer.MaxRosterProblems {
		i.report.Problems = append(i.report.Problems, p)
	} else {
		i.report.More++
	}
	if i.opts.Problem != nil {
		i.opts.Problem(p)
	}
}

// idSet is a set of ids given out in sequence: a bit each, wherever they lie.
type idSet map[int64]uint64

func (s idSet) add(id int64)      { s[id>>6] |= 1 << (id & 63) }
func (s idSet) has(id int64) bool { return s[id>>6]&(1<<(id&63)) != 0 }

// writeImport writes a plan: rows that a plan does not change are not touched.
func writeImport(tx *gorm.DB, plan *importPlan, at time.Time) error {
	if err := insertPeople(tx, plan.named, at); err != nil {
		return fmt.Errorf("add people: %w", err)
	}
	if err := keepMovedInImport(tx, plan.named, at); err != nil {
		return fmt.Errorf("keep agencies: %w", err)
	}
	if err := updatePeople(tx, plan.named, at); err != nil {
		return fmt.Errorf("update people: %w", err)
	}
	if err := insertAccounts(tx, plan.newAccounts, at); err != nil {
		return fmt.Errorf("add accounts: %w", err)
	}
	if err := updateAccounts(tx, plan.changed, at); err != nil {
		return fmt.Errorf("update accounts: %w", err)
	}
	return nil
}
