package influencer

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// NIP is a civil servant's number: 18 digits as text, never a number, since 18
// digits do not fit a float. PNS and PPPK numbers share the length and differ
// in digits 13 and 14.
type NIP string

// NIPKind tells permanent civil servants from those on contract.
type NIPKind string

// The kinds.
const (
	PNS  NIPKind = "PNS"  // digits 13-14 are the month of appointment
	PPPK NIPKind = "PPPK" // digits 13-14 are 2 and a counter of contracts
)

const nipDigits = 18

// spreadsheetNumber matches what a spreadsheet makes of a NIP that it took for
// a number, in English and in Indonesian notation.
var spreadsheetNumber = regexp.MustCompile(`^\d([.,]\d+)?[eE]\+?\d+$`)

// ParseNIP reads a NIP or NI PPPK as people write it: spaces (no-break ones
// too), dots, dashes and the apostrophe of a text cell are taken away. It checks
// all that the number itself can tell: a real birth date, an age from 16 to 100
// at now, a year of appointment, kind, sex and serial. There is no check digit.
// No error repeats the number.
func ParseNIP(s string, now time.Time) (NIP, error) {
	s = strings.TrimPrefix(strings.TrimFunc(s, ignorable), "'")
	if spreadsheetNumber.MatchString(s) {
		return "", errors.New("NIP was turned into a number by a spreadsheet and its last digits are lost: format the column as text and enter it again")
	}
	digits, err := nipText(s)
	if err != nil {
		return "", err
	}
	if err := checkNIP(digits, now); err != nil {
		return "", err
	}
	return NIP(digits), nil
}

func ignorable(r rune) bool { return unicode.IsSpace(r) || r == '\u200b' || r == '\ufeff' }

// nipText strips what people write between the digits.
func nipText(s string) (string, error) {
	var b strings.Builder
	for _, r := range s {
		switch {
		case ignorable(r) || r == '.' || r == '-':
		case r >= '0' && r <= '9':
			b.WriteRune(r)
		default:
			return "", errors.New("NIP holds something that is not a digit")
		}
		if b.Len() > nipDigits {
			break
		}
	}
	switch {
	case b.Len() == 0:
		return "", errors.New("NIP is empty")
	case b.Len() > nipDigits:
		return "", fmt.Errorf("NIP has more than %d digits", nipDigits)
	case b.Len() < nipDigits:
		return "", fmt.Errorf("NIP has %d digits, not %d", b.Len(), nipDigits)
	}
	return b.String(), nil
}

func checkNIP(digits string, now time.Time) error {
	birth, err := time.Parse("20060102", digits[:8])
	if err != nil {
		return errors.New("NIP does not begin with a real birth date")
	}
	if err := checkAge(birth, now.In(WIB)); err != nil {
		return err
	}
	appointed, _ := strconv.Atoi(digits[8:12])
	if appointed < birth.Year()+15 || appointed > now.In(WIB).Year()+1 {
		return errors.New("NIP names a year of appointment (digits 9 to 12) that cannot be")
	}
	if NIP(digits).Kind() == "" {
		return errors.New("NIP has neither a month (PNS, 01 to 12) nor a contract code (PPPK, 21 to 29) in digits 13 and 14")
	}
	if digits[14] != '1' && digits[14] != '2' {
		return errors.New("NIP has neither 1 nor 2 in digit 15")
	}
	if digits[15:] == "000" {
		return errors.New("NIP ends in serial 000, serials begin at 001")
	}
	return nil
}

func checkAge(birth, now time.Time) error {
	age := now.Year() - birth.Year()
	if now.Month() < birth.Month() || now.Month() == birth.Month() && now.Day() < birth.Day() {
		age--
	}
	if age < 0 {
		return errors.New("NIP begins with a birth date in the future")
	}
	if age < 16 || age > 100 {
		return fmt.Errorf("NIP begins with a birth date that makes its holder %d years old", age)
	}
	return nil
}

// Kind tells PNS from PPPK by digits 13 and 14, "" when they say neither.
func (n NIP) Kind() NIPKind {
	if len(n) != nipDigits {
		return ""
	}
	switch code := n[12:14]; {
	case code >= "01" && code <= "12":
		return PNS
	case code >= "21" && code <= "29":
		return PPPK
	default:
		return ""
	}
}

// Grouped writes the number as 8 6 1 3 digits, the way both kinds are printed.
func (n NIP) Grouped() string {
	if len(n) != nipDigits {
		return string(n)
	}
	return string(n[:8] + " " + n[8:14] + " " + n[14:15] + " " + n[15:])
}

// Masked keeps the year of birth and the serial, as in "1986**** ****** * 001":
// enough to recognise one's own, too little to know the rest.
func (n NIP) Masked() string {
	if len(n) != nipDigits {
		return mask
	}
	return string(n[:4]) + "**** ****** * " + string(n[15:])
}

// LogValue returns the mask, for slog.
func (n NIP) LogValue() slog.Value { return slog.StringValue(n.Masked()) }
