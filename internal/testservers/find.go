package testservers

import (
	"cmp"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
)

// debianPostgres is where Debian keeps the server programs of each major version: not on PATH.
const debianPostgres = "/usr/lib/postgresql/*/bin"

// find returns the path of a program: from PATH, else from the newest of the folders that match, which may be none.
func find(program, folders, debianPackage string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	dirs, err := filepath.Glob(folders)
	if err != nil {
		return "", err
	}
	slices.SortFunc(dirs, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	for _, dir := range dirs {
		path := filepath.Join(dir, program)
		if _, err := os.Stat(path); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed and this test needs it: apt-get install -y %s (or: make setup)", program, debianPackage)
}

// version reads the 15 of /usr/lib/postgresql/15/bin; a folder without a number sorts last.
func version(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir)))
	return n
}
