package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoData asks of people where nobody has put any: it says so, and makes
// nothing.
func TestNoData(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	dir := c.env["PENGIKUT_DATA_DIR"]
	for _, args := range []string{"people", "influencers", "accounts", "decisions", "person 198604262009012001", "policy show",
		"policy history", "replay", "sync", "credential list", "migrate status"} {
		r := c.want(exitFailed, strings.Fields(args)...)
		if want := "pengikut: there is no data in " + dir + " (PENGIKUT_DATA_DIR): pengikut import makes it\n"; r.err != want || r.out != "" {
			t.Errorf("%s: %s%q, want %q", args, r.out, r.err, want)
		}
	}
	if r := c.want(exitDone, "check"); !strings.Contains(r.out, "there is no data in "+dir) {
		t.Errorf("check:\n%s", r.out)
	}
	if r := c.want(exitFailed, "import", "nofile.csv"); r.err != "pengikut: nofile.csv: no such file or directory\n" {
		t.Errorf("import: %q", r.err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s was made: %v", dir, err)
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	c.want(exitFailed, "people")
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("looking made %v", left)
	}
	c.want(exitDone, "migrate", "up")
	c.want(exitDone, "people")
}

// TestBadDataDir names a folder that cannot be one. /proc can be written by
// nobody, not even by root.
func TestBadDataDir(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	file := c.file("file", "")
	roster := c.file("people.csv", "nip,name,agency,platform,handle\n198604262009012001,Sri,BKN,x,sri\n")
	for dir, want := range map[string]string{
		file:                        file + " (PENGIKUT_DATA_DIR) is a file, or lies in one",
		filepath.Join(file, "data"): filepath.Join(file, "data") + " (PENGIKUT_DATA_DIR) is a file, or lies in one",
		"/proc":                     "the folder /proc (PENGIKUT_DATA_DIR) cannot be written: ",
		"/proc/none":                "the folder /proc/none (PENGIKUT_DATA_DIR) cannot be made: ",
	} {
		c.env["PENGIKUT_DATA_DIR"] = dir
		if r := c.want(exitFailed, "import", roster); !strings.Contains(r.err, want) || strings.Contains(r.err, "store:") {
			t.Errorf("%s: %s", dir, r.err)
		}
		if strings.HasPrefix(dir, file) {
			if r := c.want(exitFailed, "people"); !strings.Contains(r.err, want) {
				t.Errorf("people in %s: %s", dir, r.err)
			}
		}
		if r := c.run("check"); !strings.Contains(r.out, "PENGIKUT_DATA_DIR") {
			t.Errorf("check in %s: %d %s%s", dir, r.code, r.out, r.err)
		}
	}
}

// TestFilesArePrivate looks at who may read what a run leaves.
func TestFilesArePrivate(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.register(c.rehearse(static()))
	c.want(exitDone, "sync")
	files, err := os.ReadDir(c.env["PENGIKUT_DATA_DIR"])
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		if info, err := f.Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", f.Name(), info.Mode(), err)
		}
	}
}
