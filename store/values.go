package store

import (
	"database/sql"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// micros is a time as a column holds it: NULL for a zero time.
func micros(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	us := t.UnixMicro()
	return &us
}

// timeOf is a time from a column: a zero time for NULL.
func timeOf(us sql.NullInt64) time.Time {
	if !us.Valid {
		return time.Time{}
	}
	return time.UnixMicro(us.Int64).UTC()
}

func itoa(i int) string { return strconv.Itoa(i) }

// idList is a bigint[] on Postgres, "{1,2}", and a JSON array on SQLite, "[1,2]".
type idList []int64

// Scan reads either form.
func (l *idList) Scan(src any) error {
	var text string
	switch v := src.(type) {
	case string:
		text = v
	case []byte:
		text = string(v)
	default:
		return fmt.Errorf("ids: cannot read %T", src)
	}
	ids, err := parseInts(strings.Trim(text, "{}[] "))
	*l = ids
	return err
}

// text is the list in the form that the dialect's column takes.
func (l idList) text(postgres bool) string {
	open, end := "[", "]"
	if postgres {
		open, end = "{", "}"
	}
	return open + formatInts(l) + end
}

// parseInts reads numbers separated by commas; "" holds none.
func parseInts(s string) ([]int64, error) {
	if s == "" {
		return nil, nil
	}
	out := make([]int64, 0, strings.Count(s, ",")+1)
	for part := range strings.SplitSeq(s, ",") {
		n, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		if err != nil {
			return nil, fmt.Errorf("numbers %q: %w", s, err)
		}
		out = append(out, n)
	}
	return out, nil
}

func formatInts(ids []int64) string {
	b := make([]byte, 0, 8*len(ids))
	for i, id := range ids {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, id, 10)
	}
	return string(b)
}

// parseTimes reads between_reads: times in microseconds, separated by commas.
func parseTimes(s string) ([]time.Time, error) {
	us, err := parseInts(s)
	if len(us) == 0 {
		return nil, err
	}
	out := make([]time.Time, len(us))
	for i, u := range us {
		out[i] = time.UnixMicro(u).UTC()
	}
	return out, err
}

func formatTimes(times []time.Time) string {
	if len(times) == 0 {
		return ""
	}
	us := make([]int64, len(times))
	for i, t := range times {
		us[i] = t.UnixMicro()
	}
	return formatInts(us)
}
