package store

import (
	"encoding/json"
	"strings"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// rowSet is a table of values that a statement selects from, inserts or joins.
// Columns have the same length; a nil pointer and a zero time are NULL. It
// renders as an unnest of one array a column on Postgres and as a json_each of
// one document on SQLite, so the statement around it is the same:
//
//	set := new(rowSet).ints("id", ids).texts("error", errs)
//	tx.Exec("UPDATE accounts AS a SET error = t.error FROM ? WHERE a.id = t.id", set.as(tx, "t"))
type rowSet struct{ columns []column }

// column is one column of a rowSet: values is a pointer to a slice, since gorm
// expands plain slices into one parameter an element.
type column struct {
	name, kind string
	values     any
	at         func(i int) any
	length     int
}

func addColumn[T any](r *rowSet, name, kind string, values []T) *rowSet {
	if values == nil {
		values = []T{}
	}
	at := func(i int) any { return values[i] }
	r.columns = append(r.columns, column{name, kind, &values, at, len(values)})
	return r
}

func (r *rowSet) ints(name string, v []int64) *rowSet      { return addColumn(r, name, "bigint", v) }
func (r *rowSet) nullInts(name string, v []*int64) *rowSet { return addColumn(r, name, "bigint", v) }
func (r *rowSet) texts(name string, v []string) *rowSet    { return addColumn(r, name, "text", v) }
func (r *rowSet) bools(name string, v []bool) *rowSet      { return addColumn(r, name, "boolean", v) }

func (r *rowSet) json(name string, v []string) *rowSet { return addColumn(r, name, "json", v) }

func (r *rowSet) times(name string, v []time.Time) *rowSet {
	all := make([]int64, len(v))
	ptrs := make([]*int64, len(v))
	for i, t := range v {
		if !t.IsZero() {
			all[i] = t.UnixMicro()
			ptrs[i] = &all[i]
		}
	}
	return r.nullInts(name, ptrs)
}

// pick makes a column out of rows.
func pick[R, T any](rows []R, get func(*R) T) []T {
	out := make([]T, len(rows))
	for i := range rows {
		out[i] = get(&rows[i])
	}
	return out
}

// len is the number of rows.
func (r *rowSet) len() int {
	if len(r.columns) == 0 {
		return 0
	}
	return r.columns[0].length
}

// as renders the set as a FROM item of that alias.
func (r *rowSet) as(tx *gorm.DB, alias string) clause.Expr {
	if onPostgres(tx) {
		return r.unnest(alias)
	}
	return r.jsonEach(alias)
}

func (r *rowSet) unnest(alias string) clause.Expr {
	var from, names strings.Builder
	vars := make([]any, len(r.columns))
	for i, c := range r.columns {
		if i > 0 {
			from.WriteString(", ")
			names.WriteString(", ")
		}
		from.WriteString("?::" + c.kind + "[]")
		names.WriteString(c.name)
		vars[i] = c.values
	}
	return clause.Expr{SQL: "unnest( " + from.String() + ") AS " + alias + "(" + names.String() + ")", Vars: vars}
}

func (r *rowSet) jsonEach(alias string) clause.Expr {
	rows := make([][]any, r.len())
	for i := range rows {
		rows[i] = make([]any, len(r.columns))
		for j, c := range r.columns {
			rows[i][j] = c.at(i)
		}
	}
	document, err := json.Marshal(rows)
	if err != nil { // numbers, texts and booleans always marshal
		panic(err)
	}
	var list strings.Builder
	for j, c := range r.columns {
		if j > 0 {
			list.WriteString(", ")
		}
		list.WriteString("value ->> " + itoa(j) + " AS " + c.name)
	}
	return clause.Expr{SQL: "(SELECT " + list.String() + " FROM json_each( ?)) AS " + alias, Vars: []any{string(document)}}
}

// anyOf renders "is one of these" behind a column: WHERE a.id ?.
func anyOf[T int64 | string](tx *gorm.DB, values []T) clause.Expr {
	if values == nil {
		values = []T{}
	}
	if onPostgres(tx) {
		return clause.Expr{SQL: "= ANY( ?)", Vars: []any{&values}}
	}
	document, err := json.Marshal(values)
	if err != nil { // numbers and texts always marshal
		panic(err)
	}
	return clause.Expr{SQL: "IN (SELECT value FROM json_each( ?))", Vars: []any{string(document)}}
}
