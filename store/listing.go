package store

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
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

// ErrCursor means that a cursor was not given out by this list under this
// filter.
var ErrCursor = errors.New("the cursor belongs to another list or filter")

// listing is one keyset walk: a SELECT, its conditions, and the column that
// orders it.
type listing struct {
	sum   [8]byte // of the list's name and filter; a cursor carries it
	where []string
	args  []any
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
		return 0, ErrCursor
	}
	if id := int64(binary.BigEndian.Uint64(b[8:])); id > 0 {
		return id, nil
	}
	return 0, ErrCursor
}

// limitOf bounds what a caller asks for.
func limitOf(p influencer.Paging) int {
	if p.Limit <= 0 {
		return defaultLimit
	}
	return min(p.Limit, maxLimit)
}

// page cuts rows, which were asked for one more than the limit to see whether
// there is a next page.
func page[T any](l *listing, rows []T, limit int, id func(T) int64) influencer.Page[T] {
	if len(rows) <= limit {
		return influencer.Page[T]{Items: rows}
	}
	rows = rows[:limit]
	return influencer.Page[T]{Items: rows, Next: l.cursor(id(rows[limit-1]))}
}

// likePattern matches text anywhere, taking it literally.
func likePattern(text string) string {
	return "%" + strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(strings.ToLower(text)) + "%"
}
