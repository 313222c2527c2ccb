package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
)

// TestNarrowTerminal cuts long texts so that lines fit, and nothing elsewhere.
func TestNarrowTerminal(t *testing.T) {
	t.Parallel()
	type row struct{ id, name, trouble string }
	rows := []row{{"198604262009012001", "Sri Rahayu", strings.Repeat("no answer in time, ", 9)}, {"198604262009012002", "Budi", ""}}
	columns := []column[row]{
		{head: "NIP", cell: func(r row) string { return r.id }},
		{head: "Name", long: true, cell: func(r row) string { return r.name }},
		{head: "Trouble", long: true, cell: func(r row) string { return r.trouble }},
	}
	for width, cut := range map[int]bool{80: true, 40: true, 300: false, 0: false} {
		var out bytes.Buffer
		g := grid[row]{paper: paper{w: &out, width: width}, columns: columns}
		for range 2 { // pages
			if err := g.page(rows); err != nil {
				t.Fatal(err)
			}
		}
		for line := range strings.Lines(out.String()) {
			if n := text.RuneWidthWithoutEscSequences(strings.TrimSuffix(line, "\n")); cut && n > max(width, 18+2+12+2+12) {
				t.Errorf("at %d a line of %d: %s", width, n, line)
			}
		}
		if got := strings.Contains(out.String(), "…"); got != cut || strings.Count(out.String(), "198604262009012001") != 2 {
			t.Errorf("at %d, cut %v:\n%s", width, got, out.String())
		}
		if !strings.Contains(out.String(), "Sri Rahayu") {
			t.Errorf("at %d a short text was cut before a long one:\n%s", width, out.String())
		}
	}
}

func TestHarmlessCSV(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.want(exitDone, "import", c.file("people.csv", "nip,name,agency,platform,handle\n"+
		"198604262009012001,=HYPERLINK(1),@BKN,x,sri\n198604262009012002,+62,-1,x,budi\n198604262009012003,O'Neil - Jr,BKN,x,neil\n"))
	r := c.want(exitDone, "people", "--output", "csv")
	for _, cell := range []string{",'=HYPERLINK(1),'@BKN,", ",'+62,'-1,", ",O'Neil - Jr,BKN,"} {
		if !strings.Contains(r.out, cell) {
			t.Errorf("no %s in\n%s", cell, r.out)
		}
	}
	if !strings.HasPrefix(r.out, "nip,") {
		t.Errorf("a pipe begins with %q", r.out[:4])
	}
	if r := c.want(exitDone, "people", "--output", "json"); !strings.Contains(r.out, `"=HYPERLINK(1)"`) {
		t.Errorf("JSON was changed:\n%s", r.out)
	}
}
