package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/stdlib"
	"gorm.io/gorm"
)

// cursor reads the columns of a row from left to right. On Postgres it decodes
// what came over the wire, past database/sql, whose conversions would cost more
// than all that is done with the rows. The first error stays.
type cursor struct {
	raw    [][]byte // a row from Postgres
	forms  []form   // of each of its columns
	values []any    // a row from database/sql
	next   int
	err    error

	numbers []int64           // room for the numbers that pointers are given to
	words   map[string]string // texts met before, for columns of few different ones
}

// form is how Postgres sends a column: whole numbers in binary, unless a pooler
// in between wants them as text.
type form byte

const (
	formText form = iota
	formInteger
	formOther
)

// int reads a number that is not NULL.
func (c *cursor) int() int64 {
	n, ok := c.nullInt()
	if !ok {
		c.fail(errors.New("is NULL"))
	}
	return n
}

// number reads a number, nil for NULL.
func (c *cursor) number() *int64 {
	n, ok := c.nullInt()
	if !ok {
		return nil
	}
	if len(c.numbers) == cap(c.numbers) {
		c.numbers = make([]int64, 0, 128)
	}
	c.numbers = append(c.numbers, n)
	return &c.numbers[len(c.numbers)-1]
}

// time reads a time, a zero one for NULL.
func (c *cursor) time() time.Time {
	n, ok := c.nullInt()
	if !ok {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}

func (c *cursor) nullInt() (n int64, ok bool) {
	i := c.take()
	if c.raw == nil {
		return c.goInt(c.values[i])
	}
	b := c.raw[i]
	switch {
	case b == nil:
		return 0, false
	case c.forms[i] == formText:
		n, err := strconv.ParseInt(string(b), 10, 64)
		c.fail(err)
		return n, true
	case c.forms[i] == formInteger && len(b) == 8:
		return int64(binary.BigEndian.Uint64(b)), true
	case c.forms[i] == formInteger && len(b) == 4:
		return int64(int32(binary.BigEndian.Uint32(b))), true
	default:
		c.fail(errors.New("is no whole number"))
		return 0, false
	}
}

func (c *cursor) goInt(v any) (int64, bool) {
	switch v := v.(type) {
	case nil:
		return 0, false
	case int64:
		return v, true
	default:
		c.fail(fmt.Errorf("is a %T, not a number", v))
		return 0, false
	}
}

// text reads a text that is not NULL.
func (c *cursor) text() string {
	i := c.take()
	if c.raw != nil {
		return string(c.raw[i])
	}
	return c.goText(c.values[i])
}

// word reads a text of which there are few different ones.
func (c *cursor) word() string {
	i := c.take()
	if c.raw == nil {
		return c.goText(c.values[i])
	}
	if w, ok := c.words[string(c.raw[i])]; ok {
		return w
	}
	if c.words == nil {
		c.words = map[string]string{}
	}
	w := string(c.raw[i])
	c.words[w] = w
	return w
}

func (c *cursor) goText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	default:
		c.fail(fmt.Errorf("is a %T, not a text", v))
		return ""
	}
}

// flag reads a boolean, which is a number to SQLite.
func (c *cursor) flag() bool {
	i := c.take()
	if c.raw != nil {
		b := c.raw[i]
		return len(b) == 1 && (b[0] == 1 || b[0] == 't')
	}
	switch v := c.values[i].(type) {
	case bool:
		return v
	case int64:
		return v != 0
	default:
		c.fail(fmt.Errorf("is a %T, not a boolean", v))
		return false
	}
}

// times reads a text of times, see parseTimes.
func (c *cursor) times() []time.Time {
	text := c.text()
	if text == "" {
		return nil
	}
	out, err := parseTimes(text)
	c.fail(err)
	return out
}

// take returns the place of the next column.
func (c *cursor) take() int {
	c.next++
	return c.next - 1
}

func (c *cursor) fail(err error) {
	if c.err == nil && err != nil {
		c.err = fmt.Errorf("column %d %w", c.next, err)
	}
}

// connKey finds in a context the connection that a transaction runs on.
type connKey struct{}

// each runs a query and gives fn its rows. fn must read the columns in order,
// and keep nothing of the cursor.
func each(tx *gorm.DB, query string, args []any, fn func(c *cursor)) error {
	st := tx.Raw(query, args...).Statement
	switch pool := st.ConnPool.(type) {
	case *sql.Tx:
		if conn, ok := st.Context.Value(connKey{}).(*sql.Conn); ok {
			return eachRaw(conn, st, fn)
		}
	case *sql.DB:
		if onPostgres(tx) {
			conn, err := pool.Conn(st.Context)
			if err != nil {
				return err
			}
			defer conn.Close()
			return eachRaw(conn, st, fn)
		}
	}
	rows, err := st.ConnPool.QueryContext(st.Context, st.SQL.String(), st.Vars...)
	if err != nil {
		return err
	}
	defer rows.Close()
	return eachValue(rows, fn)
}

// eachRaw asks Postgres through pgx.
func eachRaw(conn *sql.Conn, st *gorm.Statement, fn func(c *cursor)) error {
	return conn.Raw(func(driver any) error {
		std, ok := driver.(*stdlib.Conn)
		if !ok {
			return fmt.Errorf("connection of %T", driver)
		}
		rows, err := std.Conn().Query(st.Context, st.SQL.String(), st.Vars...)
		if err != nil {
			return err
		}
		defer rows.Close()
		c := &cursor{forms: formsOf(rows)}
		for rows.Next() {
			c.raw, c.next = rows.RawValues(), 0
			if fn(c); c.err != nil {
				return c.err
			}
		}
		return rows.Err()
	})
}

func formsOf(rows pgx.Rows) []form {
	fields := rows.FieldDescriptions()
	out := make([]form, len(fields))
	for i, f := range fields {
		switch {
		case f.Format == pgx.TextFormatCode:
			out[i] = formText
		case f.DataTypeOID == pgtype.Int8OID || f.DataTypeOID == pgtype.Int4OID:
			out[i] = formInteger
		default:
			out[i] = formOther
		}
	}
	return out
}

func eachValue(rows *sql.Rows, fn func(c *cursor)) error {
	c := &cursor{}
	for rows.Next() {
		if err := c.load(rows); err != nil {
			return err
		}
		if fn(c); c.err != nil {
			return c.err
		}
	}
	return rows.Err()
}

// load takes the row that rows stand at.
func (c *cursor) load(rows *sql.Rows) error {
	columns, err := rows.Columns()
	if err != nil {
		return err
	}
	c.next, c.values = 0, make([]any, len(columns))
	into := make([]any, len(columns))
	for i := range into {
		into[i] = &c.values[i]
	}
	return rows.Scan(into...)
}

// withConn runs fn on a connection of its own, which [each] finds in the context.
func (s *Store) withConn(ctx context.Context, fn func(db *gorm.DB) error) error {
	conn, err := s.sql.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	db := s.db.WithContext(context.WithValue(ctx, connKey{}, conn))
	db.Statement.ConnPool = conn
	return fn(db)
}
