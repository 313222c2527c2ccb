package influencer

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// Row is one good row of people.csv: an account and whose it is.
type Row struct {
	Line       int // physical line in the file, from 1
	NIP        NIP
	Name       string
	Agency     string
	Unit       string
	Platform   Platform
	Handle     string // without @ and without an address around it
	ExternalID string
}

// RosterReport tells what a reading of people.csv met.
type RosterReport struct {
	Rows     int             // good rows handed on
	Problems []RosterProblem // in the order of lines, at most MaxRosterProblems
	More     int             // problems beyond those
	Unknown  []string        // columns that mean nothing to us
}

// RosterProblem is why one row was left out. Its text never holds a whole NIP.
type RosterProblem struct {
	Line int
	Text string
}

// RosterError is why a whole file is useless, in words for whoever made it.
type RosterError struct{ Text string }

func (e *RosterError) Error() string { return e.Text }

// MaxRosterProblems bounds the memory that a bad file can take.
const MaxRosterProblems = 10000

// ReadRoster reads people.csv and hands each good row to fn as it comes, in
// memory that does not grow with the file. The header names the columns nip,
// name, agency, platform, handle and, if wanted, unit and external_id, in any
// order; columns are separated by comma, semicolon or tab. A bad row is reported
// with its line and left out, the rest go on. known tells which platforms there
// are. Rows that repeat each other are the caller's to see.
//
// The error is for what makes the whole file useless: not CSV, no header, a
// missing column, a reader that fails; or it is fn's, which ends the reading.
func ReadRoster(r io.Reader, now time.Time, known func(Platform) bool, fn func(Row) error) (RosterReport, error) {
	records := newRecordReader(r)
	columns, report, err := readHeader(records)
	if err != nil {
		return RosterReport{}, fmt.Errorf("read roster: %w", err)
	}
	parser := rowParser{columns: columns, now: now, known: known}
	for {
		rec, err := records.next()
		if err == io.EOF {
			return report, nil
		} else if err != nil {
			return report, fmt.Errorf("read roster: line %d: %w", rec.line, err)
		}
		row, err := parser.parse(rec)
		switch {
		case errors.Is(err, errBlank):
		case err != nil:
			report.add(rec.line, err.Error())
		default:
			if err := fn(row); err != nil {
				return report, fmt.Errorf("roster line %d: %w", rec.line, err)
			}
			report.Rows++
		}
	}
}

func (r *RosterReport) add(line int, text string) {
	if len(r.Problems) == MaxRosterProblems {
		r.More++
		return
	}
	r.Problems = append(r.Problems, RosterProblem{Line: line, Text: text})
}

// The columns, in the order of the documentation.
const (
	columnNIP = iota
	columnName
	columnAgency
	columnUnit
	columnPlatform
	columnHandle
	columnExternalID
)

var columnNames = []string{"nip", "name", "agency", "unit", "platform", "handle", "external_id"}

func readHeader(records *recordReader) (columns, RosterReport, error) {
	c, unknown, err := readColumns(records, columnNames)
	if err != nil {
		return c, RosterReport{}, err
	}
	var missing []string
	for i, at := range c.at {
		if at < 0 && i != columnUnit && i != columnExternalID {
			missing = append(missing, columnNames[i])
		}
	}
	if missing != nil {
		err = &RosterError{fmt.Sprintf("the header has no column %s; it must name nip, name, agency, platform and handle, separated by , or ;", strings.Join(missing, ", "))}
	}
	return c, RosterReport{Unknown: unknown}, err
}

// columns of a file: the place of each in a record, -1 for an absent one, and how
// many the header has.
type columns struct {
	names []string
	at    []int
	count int
}

// readColumns finds the named columns in the header, and the names of those that
// mean nothing.
func readColumns(records *recordReader, names []string) (c columns, unknown []string, err error) {
	c = columns{names: names, at: make([]int, len(names))}
	for i := range c.at {
		c.at[i] = -1
	}
	header, err := records.header()
	if err != nil {
		return c, nil, err
	}
	c.count = len(header)
	for i, name := range header {
		at := indexOf(names, strings.ToLower(clean(name)))
		switch {
		case at < 0 && clean(name) != "":
			unknown = append(unknown, clean(name))
		case at >= 0 && c.at[at] >= 0:
			return c, nil, &RosterError{fmt.Sprintf("the header has column %s twice", names[at])}
		case at >= 0:
			c.at[at] = i
		}
	}
	return c, unknown, nil
}

func indexOf(names []string, name string) int {
	for i, n := range names {
		if n == name {
			return i
		}
	}
	return -1
}

// clean trims a field and turns every run of white space in it, no-break spaces
// and line ends too, into one space.
func clean(s string) string { return strings.Join(strings.Fields(s), " ") }
