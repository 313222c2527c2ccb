package influencer

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// maxField bounds a field, in characters.
const maxField = 200

// errBlank marks a row with nothing in it, which is passed over.
var errBlank = errors.New("blank")

type rowParser struct {
	columns columns
	now     time.Time
	known   func(Platform) bool
}

// parse makes a row of a record, or says why it cannot.
func (p rowParser) parse(rec record) (Row, error) {
	if rec.problem != "" {
		return Row{}, errors.New(rec.problem)
	}
	fields, err := p.columns.fields(rec.fields, checkField)
	if err != nil {
		return Row{}, err
	}
	row := Row{
		Line: rec.line, Name: fields[columnName], Agency: fields[columnAgency],
		Unit: fields[columnUnit], ExternalID: fields[columnExternalID],
	}
	if row.NIP, err = ParseNIP(fields[columnNIP], p.now); err != nil {
		return Row{}, err
	}
	if row.Platform, err = p.platform(fields[columnPlatform]); err != nil {
		return Row{}, err
	}
	if row.Handle, err = ParseHandle(row.Platform, fields[columnHandle]); err != nil {
		return Row{}, err
	}
	switch {
	case row.Name == "":
		return Row{}, errors.New("name is empty")
	case row.Agency == "":
		return Row{}, errors.New("agency is empty")
	case strings.ContainsAny(row.ExternalID, " /"):
		return Row{}, errors.New("external_id is not an id")
	}
	return row, nil
}

// fields puts the record's fields into the order of the names, cleaned and checked.
func (c columns) fields(record []string, check func(string) error) ([]string, error) {
	fields := make([]string, len(c.names))
	blank := true
	for i, field := range record {
		field = clean(field)
		record[i] = field
		blank = blank && field == ""
		if i >= c.count && field != "" {
			return fields, fmt.Errorf("has %d fields, the header %d: is a separator inside a field not quoted?", len(record), c.count)
		}
	}
	if blank {
		return fields, errBlank
	}
	for column, at := range c.at {
		if at < 0 || at >= len(record) {
			continue
		}
		if err := check(record[at]); err != nil {
			return fields, fmt.Errorf("%s %w", c.names[column], err)
		}
		fields[column] = record[at]
	}
	return fields, nil
}

func checkField(s string) error {
	switch {
	case !utf8.ValidString(s):
		return errors.New("is not UTF-8: save the file as \"CSV UTF-8\"")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("holds a control character")
	case utf8.RuneCountInString(s) > maxField:
		return fmt.Errorf("is longer than %d characters", maxField)
	}
	return nil
}

func (p rowParser) platform(s string) (Platform, error) {
	platform, err := ParsePlatform(strings.ToLower(s))
	switch {
	case s == "":
		return "", errors.New("platform is empty")
	case err != nil:
		return "", err
	case !p.known(platform) && platform == "twitter" && p.known(X):
		return "", errors.New(`platform "twitter" is not known: write "x"`)
	case !p.known(platform):
		return "", fmt.Errorf("platform %q is not known", platform)
	}
	return platform, nil
}
