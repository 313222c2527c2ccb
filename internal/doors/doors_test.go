package doors

import (
	"fmt"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// The repository itself keeps every rule.
func TestRepository(t *testing.T) {
	t.Parallel()
	root := os.DirFS("../..")
	if files, err := load(root); err != nil || len(files) < 20 {
		t.Fatalf("found %d Go files (%v): this test does not see the repository", len(files), err)
	}
	found, err := Check(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		t.Error(f)
	}
}

// The rooms named in the rules exist, so that a renamed room does not leave its rules behind.
func TestRoomsExist(t *testing.T) {
	t.Parallel()
	for room := range mayImport {
		if info, err := os.Stat("../../" + room); err != nil || !info.IsDir() {
			t.Errorf("there are rules for %s, but no such folder", room)
		}
	}
}

// testdata/house breaks each rule on the lines that say so with a comment: want "part of the reason".
func TestEachRuleFindsItsBreaks(t *testing.T) {
	t.Parallel()
	house := os.DirFS("testdata/house")
	got, err := Check(house)
	if err != nil {
		t.Fatal(err)
	}
	want := wanted(t)
	for _, f := range got {
		at := fmt.Sprintf("%s:%d", f.File, f.Line)
		i := slices.IndexFunc(want[at], func(part string) bool { return strings.Contains(f.Reason, part) })
		if i < 0 {
			t.Errorf("found but not wanted: %s", f)
			continue
		}
		want[at] = slices.Delete(want[at], i, i+1)
	}
	for at, parts := range want {
		for _, part := range parts {
			t.Errorf("wanted but not found: %s: %s", at, part)
		}
	}
}

// A comment behind a name would explain it, so what is wanted there stands two lines below: want above-that "…".
var wantComment = regexp.MustCompile(`// want (above-that )?((?:"[^"]+" ?)+)$`)

// wanted reads the want comments, by file:line.
func wanted(t *testing.T) map[string][]string {
	t.Helper()
	want := map[string][]string{}
	house := os.DirFS("testdata/house")
	files, err := load(house)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(path.Join("testdata/house", f.path))
		if err != nil {
			t.Fatal(err)
		}
		for i, line := range strings.Split(string(text), "\n") {
			if m := wantComment.FindStringSubmatch(line); m != nil {
				if m[1] != "" {
					i -= 2
				}
				at := fmt.Sprintf("%s:%d", f.path, i+1)
				want[at] = strings.Split(strings.Trim(strings.TrimSpace(m[2]), `"`), `" "`)
			}
		}
	}
	if len(want) < 30 {
		t.Fatalf("only %d lines want something: the comments are not read", len(want))
	}
	return want
}

func TestSizes(t *testing.T) {
	t.Parallel()
	lines := func(n int) string { return strings.Repeat("\tx = 1\n", n) }
	function := func(n int) string { return "func f() {\n\tvar x int\n" + lines(n-3) + "}\n" }
	table := "var t = []int{\n" + strings.Repeat("\t1,\n", 700) + "}\n"
	for _, c := range []struct{ name, file, text, want string }{
		{"function at the limit", "web/a.go", function(80), ""},
		{"function over it", "web/a.go", function(81), "f has 81 lines"},
		{"file at the limit", "web/a.go", strings.Repeat("\n", 398), ""},
		{"file over it", "web/a.go", strings.Repeat("\n", 399), "has 401 lines"},
		{"a table is no excuse in code", "web/a.go", table, "has 704 lines"},
		{"a table is data in a test", "web/a_test.go", table, ""},
		{"a table in a test function", "web/a_test.go", "func f() {\n" + table + "}\n", ""},
		{"test file over its limit", "web/a_test.go", strings.Repeat("\n", 599), "has 601 lines"},
		{"test function over it", "web/a_test.go", function(81), "f has 81 lines"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found, err := Check(fstest.MapFS{c.file: {Data: []byte("// Package web is here.\npackage web\n" + c.text)}})
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case c.want == "" && len(found) != 0:
				t.Errorf("found %v, want nothing", found)
			case c.want != "" && (len(found) != 1 || !strings.Contains(found[0].Reason, c.want)):
				t.Errorf("found %v, want one with %q", found, c.want)
			}
		})
	}
}

func TestAFileThatDoesNotParseIsAnError(t *testing.T) {
	t.Parallel()
	if _, err := Check(fstest.MapFS{"web/a.go": {Data: []byte("package")}}); err == nil {
		t.Error("no error")
	}
}
