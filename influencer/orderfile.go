package influencer

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"
	"unicode/utf8"
)

// The columns of a file of orders.
const (
	orderNIP = iota
	orderReason
	orderUntil
	orderBasis
	orderDecree
	orderWhy
	orderAgency
	orderUnit
)

var orderColumns = []string{"nip", "reason", "until", "basis", "decree", "why", "agency", "unit"}

// OrderFile is what a file of orders holds.
type OrderFile struct {
	Orders  []Order
	Unread  []ActResult // the rows that are no orders, with their lines and why
	Columns []string    // that mean nothing to us
}

// ReadOrders reads orders of one kind from a CSV file with a row for each. The
// header names nip and, if wanted, reason, until, basis, decree, why, agency and
// unit, in any order; what a row leaves empty is as in all. until reads a date. A
// row that cannot be read is reported with its line; the error is for what makes
// the whole file useless.
//
// A list of people, as this program writes it, is such a file: its agency and unit
// say where the people are, which is an order for [ActionMove] alone, and its reason
// is a [Reason], which is nobody's word.
func ReadOrders(r io.Reader, all Order, now time.Time, until func(string) (time.Time, error)) (OrderFile, error) {
	var out OrderFile
	records := newRecordReader(r)
	c, unknown, err := readColumns(records, orderColumns)
	if err == nil && c.at[orderNIP] < 0 {
		err = errors.New("the header has no column nip")
	}
	if err != nil {
		return out, fmt.Errorf("read orders: %w", err)
	}
	out.Columns = append(unknown, c.leaveOut(all.Kind)...)
	for {
		rec, err := records.next()
		if errors.Is(err, io.EOF) {
			return out, nil
		} else if err != nil {
			return out, fmt.Errorf("read orders: line %d: %w", rec.line, err)
		}
		o, err := c.order(rec, all, now, until)
		switch {
		case errors.Is(err, errBlank):
		case err != nil:
			out.Unread = append(out.Unread, ActResult{Order: o, Outcome: ActUnread, Problem: err.Error()})
		default:
			out.Orders = append(out.Orders, o)
		}
	}
}

// leaveOut forgets the columns that are no order for an act of this kind, and names
// them.
func (c columns) leaveOut(kind ActionKind) []string {
	if kind == ActionMove {
		return nil
	}
	var names []string
	for _, i := range []int{orderAgency, orderUnit} {
		if c.at[i] >= 0 {
			c.at[i] = -1
			names = append(names, c.names[i])
		}
	}
	return names
}

// order makes an order of a record. With an error it has the line alone.
func (c columns) order(rec record, all Order, now time.Time, until func(string) (time.Time, error)) (Order, error) {
	none := Order{Line: rec.line}
	if rec.problem != "" {
		return none, errors.New(rec.problem)
	}
	fields, err := c.fields(rec.fields, checkLong)
	if err != nil {
		return none, err
	}
	o := all
	o.Line = rec.line
	if o.NIP, err = ParseNIP(fields[orderNIP], now); err != nil {
		return none, err
	}
	if fields[orderUntil] != "" {
		if o.Until, err = until(fields[orderUntil]); err != nil {
			return none, fmt.Errorf("until: %w", err)
		}
	}
	if fields[orderWhy] != "" {
		o.Why = Leaving(fields[orderWhy])
	}
	if isReason(fields[orderReason]) {
		fields[orderReason] = ""
	}
	for i, into := range map[int]*string{orderReason: &o.Note, orderBasis: &o.Basis, orderDecree: &o.Decree,
		orderAgency: &o.Agency, orderUnit: &o.Unit} {
		if fields[i] != "" {
			*into = fields[i]
		}
	}
	return o, nil
}

// isReason asks the table itself: [Reasons] makes a list, and files have many rows.
func isReason(s string) bool {
	return slices.ContainsFunc(moveTable, func(row MoveRow) bool { return string(row.Reason) == s })
}

// checkLong is [checkField] without its bound, which [Order.Check] sets.
func checkLong(s string) error {
	if !utf8.ValidString(s) {
		return checkField(s)
	}
	return nil
}
