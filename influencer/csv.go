package influencer

import (
	"bufio"
	"bytes"
	"io"
	"strings"
)

// encoding/csv reads an unclosed quote to the end of the file, into one field of
// any size, and stops at the first malformed record. A file of a million rows
// from many hands needs both bounded: here a record has at most maxRecordLines
// lines of maxLine bytes, and a broken one costs only itself.
const (
	maxLine        = 64 << 10
	maxRecordLines = 8
)

// record is one row of a CSV file; problem says why it has no fields.
type record struct {
	line    int
	fields  []string
	problem string
}

var errUnreadableHeader error = &RosterError{"the header cannot be read"}

type recordReader struct {
	in        *bufio.Reader
	separator byte
	line      int        // lines read so far
	pending   []textLine // read ahead, not yet used
}

type textLine struct {
	number  int
	text    string
	tooLong bool
}

func newRecordReader(r io.Reader) *recordReader {
	return &recordReader{in: bufio.NewReaderSize(r, maxLine)}
}

// header reads the header and settles the separator.
func (r *recordReader) header() ([]string, error) {
	if err := r.refuseOther(); err != nil {
		return nil, err
	}
	for {
		line, err := r.readLine()
		switch {
		case err == io.EOF:
			return nil, &RosterError{"the file is empty"}
		case err != nil:
			return nil, err
		case line.tooLong:
			return nil, errUnreadableHeader
		case strings.TrimSpace(line.text) == "":
			continue
		case len(line.text) == len("sep=;") && strings.EqualFold(line.text[:4], "sep="):
			r.separator = line.text[4] // a spreadsheet's note to itself
			continue
		}
		if r.separator == 0 {
			r.separator = mostCommon(line.text, ",;\t")
		}
		fields, closed := split(line.text, r.separator)
		if !closed {
			return nil, errUnreadableHeader
		}
		return fields, nil
	}
}

// refuseOther looks at the first bytes for files that are no CSV, and takes a
// UTF-8 byte order mark away.
func (r *recordReader) refuseOther() error {
	start, err := r.in.Peek(4)
	if err != nil && err != io.EOF {
		return err
	}
	switch {
	case bytes.HasPrefix(start, []byte("PK")):
		return &RosterError{"this is a spreadsheet (xlsx) or an archive, not CSV: save it as \"CSV UTF-8\""}
	case bytes.HasPrefix(start, []byte{0xD0, 0xCF, 0x11, 0xE0}):
		return &RosterError{"this is an old spreadsheet (xls), not CSV: save it as \"CSV UTF-8\""}
	case bytes.HasPrefix(start, []byte{0xFF, 0xFE}), bytes.HasPrefix(start, []byte{0xFE, 0xFF}):
		return &RosterError{"this file is UTF-16: save it as \"CSV UTF-8\""}
	case bytes.HasPrefix(start, []byte("\uFEFF")):
		_, err = r.in.Discard(len("\uFEFF"))
		return err
	}
	return nil
}

func mostCommon(s, candidates string) byte {
	best := candidates[0]
	for i := range len(candidates) {
		if strings.Count(s, candidates[i:i+1]) > strings.Count(s, string(best)) {
			best = candidates[i]
		}
	}
	return best
}

// next reads one record. A quoted field may run over several lines; when its
// quote does not close soon, only the line that opened it is lost.
func (r *recordReader) next() (record, error) {
	first, err := r.take()
	if err != nil {
		return record{line: r.line + 1}, err
	}
	rec := record{line: first.number}
	if first.tooLong {
		rec.problem = "the line is too long"
		return rec, nil
	}
	text := first.text
	var ahead []textLine
	for {
		fields, closed := split(text, r.separator)
		if closed {
			rec.fields = fields
			return rec, nil
		}
		line, err := textLine{}, io.EOF
		if len(ahead) < maxRecordLines-1 {
			line, err = r.take()
		}
		if err != nil && err != io.EOF {
			return rec, err
		}
		if err == nil {
			ahead = append(ahead, line)
		}
		if err == io.EOF || line.tooLong {
			r.pending = append(ahead, r.pending...)
			rec.problem = "a quote (\") is not closed, or stands inside a field"
			return rec, nil
		}
		text += "\n" + line.text
	}
}

func (r *recordReader) take() (textLine, error) {
	if len(r.pending) > 0 {
		line := r.pending[0]
		r.pending = r.pending[1:]
		return line, nil
	}
	return r.readLine()
}

// readLine reads up to a line end, LF or CRLF. Of a line longer than maxLine
// only that fact is kept.
func (r *recordReader) readLine() (textLine, error) {
	data, err := r.in.ReadSlice('\n')
	if len(data) == 0 && err != nil {
		return textLine{}, err
	}
	r.line++
	line := textLine{number: r.line}
	if err == bufio.ErrBufferFull {
		line.tooLong = true
		return line, r.skipLine()
	}
	if err != nil && err != io.EOF {
		return line, err
	}
	line.text = string(bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r")))
	return line, nil
}

func (r *recordReader) skipLine() error {
	for {
		switch _, err := r.in.ReadSlice('\n'); err {
		case bufio.ErrBufferFull:
		case nil, io.EOF:
			return nil
		default:
			return err
		}
	}
}

// split parts a record's text into fields. A field may stand in quotes, a quote
// inside written twice. closed is false when a quote is left open or something
// follows a closing one.
func split(text string, separator byte) (fields []string, closed bool) {
	for {
		field, rest, ok := nextField(text, separator)
		if !ok {
			return nil, false
		}
		fields = append(fields, field)
		if rest == "" {
			return fields, true
		}
		text = rest[1:]
	}
}

// nextField takes one field off the text; rest begins with the separator, or is
// empty after the last field.
func nextField(text string, separator byte) (field, rest string, ok bool) {
	trimmed := strings.TrimLeft(text, " ")
	if !strings.HasPrefix(trimmed, `"`) {
		end := strings.IndexByte(text, separator)
		if end < 0 {
			return text, "", true
		}
		return text[:end], text[end:], true
	}
	var b strings.Builder
	trimmed = trimmed[1:]
	for {
		end := strings.IndexByte(trimmed, '"')
		if end < 0 {
			return "", "", false
		}
		b.WriteString(trimmed[:end])
		trimmed = trimmed[end+1:]
		if !strings.HasPrefix(trimmed, `"`) {
			break
		}
		b.WriteByte('"')
		trimmed = trimmed[1:]
	}
	rest = strings.TrimLeft(trimmed, " ")
	return b.String(), rest, rest == "" || rest[0] == separator
}
