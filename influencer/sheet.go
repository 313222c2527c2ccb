package influencer

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"
)

// Sheet writes a table that a spreadsheet opens right by a double click: UTF-8
// with a byte order mark, without which Excel takes it for another encoding, and
// lines that end as Excel's do. Rows go out as they come, however many there are.
type Sheet struct {
	out *bufio.Writer
	csv *csv.Writer
}

// NewSheet begins a sheet whose cells are separated by separator.
func NewSheet(w io.Writer, separator rune) (*Sheet, error) {
	out := bufio.NewWriterSize(w, 64<<10)
	if _, err := out.WriteString("\ufeff"); err != nil {
		return nil, fmt.Errorf("sheet: %w", err)
	}
	c := csv.NewWriter(out)
	c.Comma, c.UseCRLF = separator, true
	return &Sheet{out: out, csv: c}, nil
}

// Row writes one row.
func (s *Sheet) Row(cells []string) error {
	if err := s.csv.Write(cells); err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	return nil
}

// Flush hands on what was written so far.
func (s *Sheet) Flush() error {
	s.csv.Flush()
	err := s.csv.Error()
	if err == nil {
		err = s.out.Flush()
	}
	if err != nil {
		return fmt.Errorf("sheet: %w", err)
	}
	return nil
}

// formula finds the signs that make a spreadsheet run a cell: at its beginning,
// and after what another spreadsheet's settings may take for the end of a cell,
// so that a file opened with the wrong separator is harmless as well
// (owasp.org/www-community/attacks/CSV_Injection). The wide forms count in
// Chinese, Japanese and Korean settings.
var formula = regexp.MustCompile("(^|[,;|\t\r\n])([\\s\"']*)([=+\\-@\uff1d\uff0b\uff0d\uff20\t\r])")

// Harmless puts an apostrophe before what a spreadsheet would run as a formula:
// names and handles come from outside.
func Harmless(cell string) string {
	if !strings.ContainsAny(cell, "=+-@\uff1d\uff0b\uff0d\uff20\t\r") {
		return cell
	}
	return formula.ReplaceAllString(cell, "$1$2'$3")
}

// notText finds what a spreadsheet takes for a number, a date or a truth.
var notText = regexp.MustCompile(`^(?i:[\d.,/:\-+\s]*\d[\d.,/:\-+\s]*(e[+\-]?\d+)?%?|true|false|benar|salah)$`)

// SheetText is a text for a cell: no formula, and not a number either, when it
// looks like one, as a handle of digits does.
func SheetText(cell string) string {
	cell = Harmless(cell)
	if notText.MatchString(cell) {
		return "'" + cell
	}
	return cell
}

// SheetNIP is a NIP for a cell, in the printed form of 8 6 1 3 digits: no
// spreadsheet takes that for a number, of which it would lose the last digits, it
// needs no trick that shows, and [ParseNIP] reads it back.
func SheetNIP(n NIP, whole bool) string {
	if whole {
		return n.Grouped()
	}
	return n.Masked()
}

// SheetTime is a time for a cell, in WIB and in the form that every setting of a
// spreadsheet takes for a time. Never is empty.
func SheetTime(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(WIB).Format("2006-01-02 15:04:05")
}

// SheetCount is a count for a cell; unknown is empty, and never 0.
func SheetCount(n *int64) string {
	if n == nil {
		return ""
	}
	return fmt.Sprint(*n)
}
