package store

import (
	"errors"
	"fmt"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// changes collects what a transaction writes at its end. On Postgres all of it
// goes there as one statement, each change a WITH of its own, because the way
// there and back costs more than most changes do; SQLite gets one after another.
// The changes of one set must not touch the same row twice.
type changes struct {
	tx     *gorm.DB
	list   []change
	events []eventRow
}

type change struct {
	what string
	expr clause.Expr
	rows int // that must be changed; -1 for any number
}

// add takes an INSERT, UPDATE or DELETE that must change so many rows.
func (c *changes) add(what string, rows int, sql string, args ...any) {
	c.list = append(c.list, change{what, clause.Expr{SQL: sql, Vars: args}, rows})
}

// run writes them all.
func (c *changes) run() error {
	c.addEvents()
	list := c.list
	c.list = nil
	switch {
	case len(list) == 0:
		return nil
	case len(list) > 1 && onPostgres(c.tx):
		return c.together(list)
	}
	for _, one := range list {
		done := c.tx.Exec(one.expr.SQL, one.expr.Vars...)
		if err := one.check(done.RowsAffected, done.Error); err != nil {
			return err
		}
	}
	return nil
}

func (c *changes) together(list []change) error {
	var with, counts strings.Builder
	vars := make([]any, len(list))
	for i, one := range list {
		if i > 0 {
			with.WriteString(", ")
			counts.WriteString(", ")
		}
		with.WriteString("w" + itoa(i) + " AS (? RETURNING 1)")
		counts.WriteString("(SELECT count(*) FROM w" + itoa(i) + ")")
		vars[i] = one.expr
	}
	var errs []error
	err := each(c.tx, "WITH "+with.String()+" SELECT "+counts.String(), vars, func(row *cursor) {
		for _, one := range list {
			errs = append(errs, one.check(row.int(), nil))
		}
	})
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return errors.Join(errs...)
}

func (c change) check(rows int64, err error) error {
	if err != nil {
		return fmt.Errorf("write %s: %w", c.what, err)
	}
	if c.rows >= 0 && rows != int64(c.rows) {
		return fmt.Errorf("write %s: changed %d rows of %d", c.what, rows, c.rows)
	}
	return nil
}
