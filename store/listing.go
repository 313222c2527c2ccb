package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/pengikut/pengikut/influencer"
)

const (
	defaultLimit = 50
	maxLimit     = 500
	walkPage     = 1000 // rows that a walk over everything holds at once
)

// listing is one keyset walk: a SELECT, its conditions, and the column that
// orders it.
type listing struct {
	sum   [8]byte // of the list's name and filter; a cursor carries it
	where []string
	args  []any

	agency   string              // of which accounts are listed, person by person
	statuses []influencer.Status // each of which is looked up by itself
}

// newListing begins the walk of the list called name under filter, any plain
// struct.
func newListing(name string, filter any) *listing {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %#v", name, filter))
	return &listing{sum: [8]byte(sum[:])}
}

// only adds a condition.
func (l *listing) only(condition string, args ...any) {
	l.where = append(l.where, condition)
	l.args = append(l.args, args...)
}

// whereSQL is the WHERE clause with the conditions so far and more.
func (l *listing) whereSQL(more ...string) string {
	all := append(slices.Clone(l.where), more...)
	if len(all) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(all, " AND ")
}

// cursor is opaque to those who carry it: the filter's sum and the last id.
func (l *listing) cursor(last int64) string {
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(l.sum[:], uint64(last)))
}

// after reads the id in a cursor, 0 from an empty one.
func (l *listing) after(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) != 16 || [8]byte(b) != l.sum {
		return 0, influencer.ErrCursor
	}
	if id := int64(binary.BigEndian.Uint64(b[8:])); id > 0 {
		return id, nil
	}
	return 0, influencer.ErrCursor
}

// limitOf bounds what a caller asks for.
func limitOf(p influencer.Paging) int {
	if p.Limit <= 0 {
		return defaultLimit
	}
	return min(p.Limit, maxLimit)
}

// with are the arguments of the conditions and more.
func (l *listing) with(more ...any) []any { return append(slices.Clone(l.args), more...) }

// list loads one page. load gets one row more than the page takes, which tells
// whether there is a next one.
func list[T any](l *listing, p influencer.Paging, load func(after int64, limit int) ([]T, error), id func(T) int64) (influencer.Page[T], error) {
	after, err := l.after(p.Cursor)
	if err != nil {
		return influencer.Page[T]{}, err
	}
	limit := limitOf(p)
	rows, err := load(after, limit+1)
	if err != nil {
		return influencer.Page[T]{}, err
	}
	if len(rows) <= limit {
		return influencer.Page[T]{Items: rows}, nil
	}
	rows = rows[:limit]
	return influencer.Page[T]{Items: rows, Next: l.cursor(id(rows[limit-1]))}, nil
}

// walk loads page after page and hands each row on. It ends with fn's error.
func walk[T any](load func(after int64, limit int) ([]T, error), id func(T) int64, fn func(T) error) error {
	for after := int64(0); ; {
		rows, err := load(after, walkPage)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if err := fn(row); err != nil {
				return err
			}
		}
		if len(rows) < walkPage {
			return nil
		}
		after = id(rows[len(rows)-1])
	}
}

// likePattern matches text anywhere, taking it literally.
func likePattern(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text)) + "%"
}
