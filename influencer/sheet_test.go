package influencer

import (
	"encoding/csv"
	"strings"
	"testing"
	"time"
)

func TestHarmless(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"":                             "",
		"Ani":                          "Ani",
		"S.Sos., M.Si.":                "S.Sos., M.Si.",
		"Badan A-B":                    "Badan A-B",
		`=HYPERLINK("http://e.vil")`:   `'=HYPERLINK("http://e.vil")`,
		"+62812":                       "'+62812",
		"-1":                           "'-1",
		"@SUM(A1)":                     "'@SUM(A1)",
		"\t=1":                         "\t'=1",
		"\r=1":                         "\r'=1",
		"Ani;=cmd|' /C calc'!A0":       "Ani;'=cmd|' /C calc'!A0",
		`Ani,"=1+1"`:                   `Ani,"'=1+1"`,
		"Ani\n@SUM(1)":                 "Ani\n'@SUM(1)",
		" =1":                          " '=1",
		"\uff1d1":                      "'\uff1d1",
		"surel ani@contoh.go.id":       "surel ani@contoh.go.id",
		"Dinas Kominfo - Bidang IKP":   "Dinas Kominfo - Bidang IKP",
		"Biro Umum; Biro Hukum, Humas": "Biro Umum; Biro Hukum, Humas",
	} {
		if got := Harmless(cell); got != want {
			t.Errorf("%q became %q, want %q", cell, got, want)
		}
	}
}

func TestSheetTextStaysText(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]string{
		"ani": "ani", "12ani": "12ani", "": "", "007": "'007", "100012345678901234": "'100012345678901234", "1e10": "'1e10",
		"3-4": "'3-4", "1/2": "'1/2", "12:30": "'12:30", "TRUE": "'TRUE", "salah": "'salah", "10%": "'10%", "1.234,5": "'1.234,5", "a1": "a1",
	} {
		if got := SheetText(cell); got != want {
			t.Errorf("%q became %q, want %q", cell, got, want)
		}
	}
}

// A NIP that went through a spreadsheet comes back as it was.
func TestSheetNIPReadsBack(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC)
	cell := SheetNIP("198604262009012001", true)
	if nip, err := ParseNIP(cell, now); err != nil || nip != "198604262009012001" {
		t.Errorf("%q reads back as %q, %v", cell, nip, err)
	}
	if cell != "19860426 200901 2 001" || notText.MatchString(SheetNIP("198604262009012001", false)) {
		t.Errorf("cells %q, %q", cell, SheetNIP("198604262009012001", false))
	}
}

func TestSheet(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	s, err := NewSheet(&out, ';')
	if err != nil {
		t.Fatal(err)
	}
	zero := int64(0)
	at := time.Date(2026, 11, 24, 23, 30, 0, 0, time.UTC)
	cells := []string{"a;b", "c\"d", SheetCount(nil), SheetCount(&zero), SheetTime(at), SheetTime(time.Time{})}
	if err := s.Row(cells); err != nil {
		t.Fatal(err)
	}
	if err := s.Flush(); err != nil {
		t.Fatal(err)
	}
	if want := "\ufeff\"a;b\";\"c\"\"d\";;0;2026-11-25 06:30:00;\r\n"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(out.String(), "\ufeff")))
	r.Comma = ';'
	if got, err := r.Read(); err != nil || got[0] != "a;b" || got[1] != `c"d` {
		t.Errorf("reads back as %q, %v", got, err)
	}
}

func TestEveryStatusAndStateHasItsWord(t *testing.T) {
	t.Parallel()
	for _, lang := range []Lang{Indonesian, English} {
		words := map[string]bool{}
		for _, s := range Statuses() {
			words[lang.Status(s)] = true
		}
		for _, s := range AccountStates() {
			words[lang.State(s)] = true
		}
		if len(words) != len(Statuses())+len(AccountStates()) || words[""] {
			t.Errorf("%s: %v", lang, words)
		}
	}
}
