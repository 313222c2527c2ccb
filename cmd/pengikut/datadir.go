package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pengikut/pengikut/config"
)

// makeDatabaseDir makes the folder of a SQLite file, for its owner alone: the
// file holds personal data.
func makeDatabaseDir(c config.Config) error {
	if !c.Embedded() {
		return nil
	}
	path := strings.TrimPrefix(c.DatabaseURL.Reveal(), "sqlite:")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("make the folder of the database: %w", err)
	}
	return nil
}
