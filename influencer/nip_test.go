package influencer

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"unicode"
)

func TestParseNIP(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   string
		want NIP
		kind NIPKind
	}{
		{"198609262015051001", "198609262015051001", PNS},
		{"19860926 201505 1 001", "198609262015051001", PNS},
		{"19680411 199303 1 009", "196804111993031009", PNS},
		{" 19860926\u00a0201505\u00a01\u00a0001\t", "198609262015051001", PNS},
		{"19860926.201505.1.001", "198609262015051001", PNS},
		{"19860926-201505-1-001", "198609262015051001", PNS},
		{"'198609262015051001", "198609262015051001", PNS},
		{"\ufeff198609262015051001", "198609262015051001", PNS},
		{"200012312024211001", "200012312024211001", PPPK},
		{"199009132025242014", "199009132025242014", PPPK},
		{"199009132025292014", "199009132025292014", PPPK},
		{"200002292022032001", "200002292022032001", PNS}, // a leap day
		{"199301212027121001", "199301212027121001", PNS}, // appointed next year
		{"192611232000011001", "192611232000011001", PNS}, // 100 today
		{"201011232026011001", "201011232026011001", PNS}, // 16 today
	} {
		got, err := ParseNIP(c.in, at)
		if err != nil || got != c.want || got.Kind() != c.kind {
			t.Errorf("%q: %q %q %v", c.in, got, got.Kind(), err)
		}
	}
}

func TestParseNIPRefuses(t *testing.T) {
	t.Parallel()
	for in, why := range map[string]string{
		"":                      "empty",
		" '":                    "empty",
		"1.98E+17":              "spreadsheet",
		"1,98609E+17":           "spreadsheet",
		"2E17":                  "spreadsheet",
		"19860926201505100":     "17 digits",
		"1986092620150510011":   "more than 18",
		"19860926201505100x":    "not a digit",
		"١٩٨٦٠٩٢٦٢٠١٥٠٥١٠٠١":    "not a digit",
		"198602302015051001":    "real birth date",
		"198613012015051001":    "real birth date",
		"209312012120121001":    "future",
		"201011242026011001":    "15 years old",
		"192511222000011001":    "101 years old",
		"198609262001001001":    "digits 13 and 14",
		"198609262001131001":    "digits 13 and 14",
		"198609262001201001":    "digits 13 and 14",
		"198609262001301001":    "digits 13 and 14",
		"198609262000051001":    "year of appointment",
		"198609262028051001":    "year of appointment",
		"198609262015053001":    "digit 15",
		"198609262015050001":    "digit 15",
		"198609262015051000":    "serial 000",
		strings.Repeat("9", 99): "more than 18",
	} {
		_, err := ParseNIP(in, at)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%q: %v, want %q", in, err, why)
		}
	}
}

func TestNIPForms(t *testing.T) {
	t.Parallel()
	nip := NIP("198609262015051001")
	if got := nip.Grouped(); got != "19860926 201505 1 001" {
		t.Error(got)
	}
	if got := nip.Masked(); got != "1986**** ****** * 001" {
		t.Error(got)
	}
	if got := NIP("123").Masked(); strings.ContainsAny(got, "123") {
		t.Error(got)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("person", "nip", nip)
	if strings.Contains(log.String(), string(nip)) {
		t.Error("a log line holds the whole NIP")
	}
}

func FuzzParseNIP(f *testing.F) {
	for _, seed := range []string{"19860926 201505 1 001", "'198609262015051001", "1.98E+17", "200012312024211001", "\u00a0"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		nip, err := ParseNIP(s, at)
		if err != nil {
			checkNoNIP(t, s, err)
			return
		}
		if again, err := ParseNIP(nip.Grouped(), at); err != nil || again != nip || nip.Kind() == "" {
			t.Errorf("%q: %q, grouped %q, %v", s, nip, again, err)
		}
	})
}

// checkNoNIP: an error repeats at most four digits in a row of what was given.
func checkNoNIP(t *testing.T, s string, err error) {
	digits := strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
	for i := 0; i+6 <= len(digits); i++ {
		if strings.Contains(err.Error(), digits[i:i+6]) {
			t.Errorf("the error repeats the number: %v", err)
		}
	}
}
