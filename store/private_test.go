package store

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSQLiteFilesArePrivate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	db := newTestDB(t, "sqlite:"+filepath.Join(dir, "test.db"))
	db.addMany(1) // so that there is a write-ahead log
	files, err := os.ReadDir(dir)
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	for _, f := range files {
		info, err := f.Info()
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", f.Name(), info.Mode(), err)
		}
	}
}
