package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/pengikut/pengikut/config"
)

// access says whether a command may begin with nothing.
type access bool

const (
	existing access = false // there must be data already
	founding access = true  // an embedded database is made where there is none
)

// databaseFile is the path of the embedded database, and the option that says so.
func databaseFile(c config.Config) (path, option string) {
	path = strings.TrimPrefix(c.DatabaseURL.Reveal(), "sqlite:")
	if path == filepath.Join(c.DataDir, "pengikut.db") {
		return path, "PENGIKUT_DATA_DIR"
	}
	return path, "PENGIKUT_DATABASE_URL"
}

// errNoData is what a command meets that needs data where there is none.
var errNoData = errors.New("there is no data")

// prepareDatabase makes the folder of an embedded database, for its owner alone,
// since the file holds personal data; or it tells that there is none.
func prepareDatabase(c config.Config, may access) error {
	if !c.Embedded() {
		return nil
	}
	path, option := databaseFile(c)
	_, err := os.Stat(path)
	switch missing := errors.Is(err, fs.ErrNotExist); {
	case missing && may == founding:
		return folderTrouble(path, option, os.MkdirAll(filepath.Dir(path), 0o700))
	case missing:
		return fmt.Errorf("%w in %s (%s): pengikut import makes it", errNoData, filepath.Dir(path), option)
	}
	return folderTrouble(path, option, err)
}

// folderTrouble says what is wrong with the folder of an embedded database, when
// that is why something failed.
func folderTrouble(path, option string, err error) error {
	if err == nil {
		return nil
	}
	dir := filepath.Dir(path)
	info, stat := os.Stat(dir)
	switch {
	case stat == nil && !info.IsDir(), errors.Is(stat, syscall.ENOTDIR):
		return fmt.Errorf("%s (%s) is a file, or lies in one: it must be a folder", dir, option)
	case stat != nil:
		return fmt.Errorf("the folder %s (%s) cannot be made: %w", dir, option, reason(err))
	}
	probe, denied := os.CreateTemp(dir, "probe.*")
	if denied != nil {
		return fmt.Errorf("the folder %s (%s) cannot be written: %w", dir, option, reason(denied))
	}
	_ = probe.Close()
	_ = os.Remove(probe.Name())
	return err
}

// reason leaves the path out of an error, which has been named already.
func reason(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}
