package influencer

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/internal/thorough"
)

func knownPlatform(p Platform) bool {
	return p == X || p == Instagram || p == Facebook || p == "tiktok"
}

func readRoster(t *testing.T, text string) ([]Row, RosterReport) {
	t.Helper()
	var rows []Row
	report, err := ReadRoster(strings.NewReader(text), at, knownPlatform, func(r Row) error {
		rows = append(rows, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return rows, report
}

var budi = Row{Line: 2, NIP: "198609262015051001", Name: "Budi Santoso", Agency: "Kemenkes", Unit: "Humas", Platform: X, Handle: "budi", ExternalID: "42"}

// TestReadRosterForms: one person, in the many ways in which files are written.
func TestReadRosterForms(t *testing.T) {
	t.Parallel()
	const header, line = "nip,name,agency,unit,platform,handle,external_id", "198609262015051001,Budi Santoso,Kemenkes,Humas,x,budi,42"
	without := budi
	without.Unit, without.ExternalID = "", ""
	later := budi
	later.Line = 3
	for name, c := range map[string]struct {
		text string
		want Row
	}{
		"plain":               {header + "\n" + line + "\n", budi},
		"no last line end":    {header + "\n" + line, budi},
		"crlf":                {header + "\r\n" + line + "\r\n", budi},
		"byte order mark":     {"\ufeff" + header + "\n" + line, budi},
		"semicolons":          {strings.ReplaceAll(header, ",", ";") + "\n" + strings.ReplaceAll(line, ",", ";"), budi},
		"tabs":                {strings.ReplaceAll(header, ",", "\t") + "\n" + strings.ReplaceAll(line, ",", "\t"), budi},
		"sep line":            {"sep=;\r\n" + strings.ReplaceAll(header, ",", ";") + "\n" + strings.ReplaceAll(line, ",", ";"), later},
		"quoted":              {`"nip","name","agency","unit","platform","handle","external_id"` + "\n" + `"198609262015051001","Budi Santoso","Kemenkes","Humas","x","budi","42"`, budi},
		"other order":         {"handle,platform,name,nip,agency\nbudi,x,Budi Santoso,198609262015051001,Kemenkes", without},
		"capitals":            {"NIP, Name ,AGENCY,Platform,Handle\n198609262015051001,Budi Santoso,Kemenkes,X,budi", without},
		"no-break spaces":     {header + "\n\u00a0198609262015051001,Budi\u00a0 Santoso\u00a0,Kemenkes,Humas,\u00a0x,\u00a0@budi,42", budi},
		"a name over lines":   {header + "\n198609262015051001,\"Budi\r\nSantoso\",Kemenkes,Humas,x,budi,42", budi},
		"grouped nip":         {header + "\n19860926 201505 1 001,Budi Santoso,Kemenkes,Humas,x,@budi,42", budi},
		"address as handle":   {header + "\n'198609262015051001,Budi Santoso,Kemenkes,Humas,x,https://twitter.com/budi?s=20,42", budi},
		"short row":           {header + "\n198609262015051001,Budi Santoso,Kemenkes,,x,budi", without},
		"empty fields beyond": {header + "\n" + line + ",,,", budi},
		"blank lines":         {header + "\n" + line + "\n\n,,,,,,\n  \n", budi},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rows, report := readRoster(t, c.text)
			if diff := cmp.Diff([]Row{c.want}, rows); diff != "" || len(report.Problems) > 0 || report.Rows != 1 {
				t.Errorf("%v\n%s", report, diff)
			}
		})
	}
}

// TestReadRosterProblems: each bad row is told with its line, the others go in.
func TestReadRosterProblems(t *testing.T) {
	t.Parallel()
	const good = "198609262015051001,Budi Santoso,Kemenkes,Humas,x,budi,42"
	for bad, why := range map[string]string{
		"1.98E+17,Ani,Kemenkes,Humas,x,ani,":                                          "spreadsheet",
		",Ani,Kemenkes,Humas,x,ani,":                                                  "NIP is empty",
		"198609262015051002,,Kemenkes,Humas,x,ani,":                                   "name is empty",
		"198609262015051002,Ani,,Humas,x,ani,":                                        "agency is empty",
		"198609262015051002,Ani,Kemenkes,Humas,,ani,":                                 "platform is empty",
		"198609262015051002,Ani,Kemenkes,Humas,myspace,ani,":                          `platform "myspace" is not known`,
		"198609262015051002,Ani,Kemenkes,Humas,twitter,ani,":                          `write "x"`,
		"198609262015051002,Ani,Kemenkes,Humas,x y,ani,":                              "lower-case name",
		"198609262015051002,Ani,Kemenkes,Humas,x,,":                                   "handle is empty",
		"198609262015051002,Ani,Kemenkes,Humas,x,@,":                                  "handle is empty",
		"198609262015051002,Ani,Kemenkes,Humas,x,ani rahma,":                          "cannot be one on x",
		"198609262015051002,Ani,Kemenkes,Humas,x,https://instagram.com/ani,":          "not one of x",
		"198609262015051002,Ani,Kemenkes,Humas,x,ani,a b":                             "external_id",
		"198609262015051002,Ani,Kemenkes,Humas,x,ani,1,2":                             "has 8 fields, the header 7",
		"198609262015051002,An\x00i,Kemenkes,Humas,x,ani,":                            "name holds a control character",
		"198609262015051002,An\xe9,Kemenkes,Humas,x,ani,":                             "name is not UTF-8",
		"198609262015051002," + strings.Repeat("a", 201) + ",Kemenkes,Humas,x,ani,":   "name is longer than 200",
		"198609262015051002," + strings.Repeat("a", 70000) + ",Kemenkes,Humas,x,ani,": "line is too long",
		`198609262015051002,"Ani,Kemenkes,Humas,x,ani,`:                               "quote",
		`198609262015051002,"Ani"x,Kemenkes,Humas,x,ani,`:                             "quote",
	} {
		text := "nip,name,agency,unit,platform,handle,external_id\n" + bad + "\n" + good + "\n" + strings.Repeat(good+"\n", 10)
		rows, report := readRoster(t, text)
		if len(report.Problems) != 1 || report.Problems[0].Line != 2 || !strings.Contains(report.Problems[0].Text, why) {
			t.Errorf("%.80q: %v, want %q", bad, report.Problems, why)
		}
		if len(rows) != 11 || rows[0].Line != 3 || report.Rows != 11 {
			t.Errorf("%.80q: %d good rows", bad, len(rows))
		}
	}
}

func TestReadRosterRefusesFiles(t *testing.T) {
	t.Parallel()
	for text, why := range map[string]string{
		"":                              "empty",
		"\n\n":                          "empty",
		"PK\x03\x04whatever":            "xlsx",
		"\xd0\xcf\x11\xe0 old":          "xls",
		"\xff\xfen\x00i\x00p\x00":       "UTF-16",
		"nip,name,agency,platform\n":    "no column handle",
		"name;handle\n":                 "no column nip, agency, platform",
		"nip,nip,name,agency,platform,": "column nip twice",
		"\"nip,name,agency":             "header cannot be read",
		strings.Repeat("a", 100_000):    "header cannot be read",
	} {
		_, err := ReadRoster(strings.NewReader(text), at, knownPlatform, func(Row) error { return nil })
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%.40q: %v, want %q", text, err, why)
		}
	}
}

func TestReadRosterStops(t *testing.T) {
	t.Parallel()
	text := "nip,name,agency,platform,handle\n198609262015051001,Budi,Kemenkes,x,budi\n"
	full := errors.New("disk full")
	report, err := ReadRoster(strings.NewReader(text), at, knownPlatform, func(Row) error { return full })
	if !errors.Is(err, full) || report.Rows != 0 {
		t.Errorf("%v %v", report, err)
	}
	broken := io.MultiReader(strings.NewReader(text), iotest.ErrReader(io.ErrUnexpectedEOF))
	report, err = ReadRoster(broken, at, knownPlatform, func(Row) error { return nil })
	if !errors.Is(err, io.ErrUnexpectedEOF) || report.Rows != 1 {
		t.Errorf("%v %v", report, err)
	}
}

func TestReadRosterUnknownColumns(t *testing.T) {
	t.Parallel()
	_, report := readRoster(t, "nip,name,agency,platform,handle,golongan, ,Jabatan\n198609262015051001,Budi,Kemenkes,x,budi,III/a,,Pranata\n")
	if diff := cmp.Diff([]string{"golongan", "Jabatan"}, report.Unknown); diff != "" || report.Rows != 1 {
		t.Errorf("%v\n%s", report, diff)
	}
}

func TestParseHandle(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		platform Platform
		in, want string
	}{
		{X, "budi", "budi"}, {X, "@Budi_1", "Budi_1"}, {X, "x.com/budi", "budi"}, {X, "https://www.x.com/budi/", "budi"},
		{X, "HTTPS://Mobile.Twitter.com/@budi", "budi"}, {X, "x.com/budi/status/1", ""}, {X, "budi.s", ""}, {X, "x.com/", ""},
		{Instagram, "budi.s_1", "budi.s_1"}, {Instagram, "https://www.instagram.com/budi.s/?hl=id", "budi.s"}, {Instagram, "https://x.com/budi", ""},
		{Facebook, "budi.santoso.9", "budi.santoso.9"}, {Facebook, "https://m.facebook.com/budi.santoso", "budi.santoso"},
		{Facebook, "https://www.facebook.com/profile.php?id=100012&ref=x", "100012"}, {Facebook, "Budi Santoso", ""},
		{"tiktok", "@budi-s", "budi-s"}, {"tiktok", "https://tiktok.com/@budi", ""}, {X, strings.Repeat("a", 21), ""}, {Facebook, strings.Repeat("a", 101), ""},
	} {
		got, err := ParseHandle(c.platform, c.in)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s %q: %q %v", c.platform, c.in, got, err)
		}
	}
}

// manyRows writes a roster of n rows, every tenth of them bad, without holding it.
type manyRows struct {
	n, at   int
	pending []byte
}

func (m *manyRows) Read(p []byte) (int, error) {
	for len(m.pending) == 0 {
		switch {
		case m.at > m.n:
			return 0, io.EOF
		case m.at == 0:
			m.pending = []byte("nip,name,agency,platform,handle\n")
		case m.at%10 == 0:
			m.pending = []byte("x,\"bad,row,x,y\n")
		default:
			m.pending = fmt.Appendf(nil, "198609262015051%03d,Name %d,Kemenkes,x,handle_%d\n", m.at%999+1, m.at, m.at)
		}
		m.at++
	}
	n := copy(p, m.pending)
	m.pending = m.pending[n:]
	return n, nil
}

// TestReadRosterFlatMemory reads a million rows in memory that does not grow.
// It runs alone, since it looks at the memory of the whole process.
func TestReadRosterFlatMemory(t *testing.T) {
	rows := thorough.Times(1_000_000)
	var first, last runtime.MemStats
	seen := 0
	report, err := ReadRoster(&manyRows{n: rows}, at, knownPlatform, func(Row) error {
		seen++
		switch {
		case seen == rows*2/10:
			runtime.GC()
			runtime.ReadMemStats(&first)
		case seen == rows*8/10:
			runtime.GC()
			runtime.ReadMemStats(&last)
		}
		return nil
	})
	if err != nil || report.Rows != rows*9/10 || len(report.Problems)+report.More != rows/10 || len(report.Problems) > MaxRosterProblems {
		t.Fatalf("%d rows, %d problems and %d more, %v", report.Rows, len(report.Problems), report.More, err)
	}
	if last.HeapAlloc > first.HeapAlloc+2<<20 {
		t.Errorf("memory grew from %d to %d bytes", first.HeapAlloc, last.HeapAlloc)
	}
}

func FuzzReadRoster(f *testing.F) {
	f.Add("nip,name,agency,unit,platform,handle,external_id\n198609262015051001,Budi,Kemenkes,Humas,x,budi,42\n")
	f.Add("sep=;\r\nnip;name;agency;platform;handle\r\n'198609262015051001;\"Budi \"\"B\"\"\nS\";Kemenkes;x;https://x.com/budi\r\n")
	f.Add("nip,name,agency,platform,handle\n\"\n\"\"\n\",\x00\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, last := strings.Count(text, "\n")+1, 1
		report, err := ReadRoster(strings.NewReader(text), at, knownPlatform, func(r Row) error {
			if r.Line <= last || r.Line > lines {
				t.Errorf("line %d after %d of %d", r.Line, last, lines)
			}
			last = r.Line
			if _, err := ParseNIP(string(r.NIP), at); err != nil || r.Name == "" || r.Agency == "" || r.Handle == "" || !knownPlatform(r.Platform) {
				t.Errorf("bad row %+v", r)
			}
			return nil
		})
		if err == nil && report.Rows+len(report.Problems) > lines {
			t.Errorf("%d rows and %d problems in %d lines", report.Rows, len(report.Problems), lines)
		}
	})
}
