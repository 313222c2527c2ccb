package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/pengikut/pengikut/influencer"
)

func TestKeyIsMadeOnce(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "data")
	c, err := Load(Source{Environ: []string{"PENGIKUT_DATA_DIR=" + dir}})
	if err != nil {
		t.Fatal(err)
	}
	got := make([]influencer.Secret, 8)
	var made atomic.Int64
	generate := func() influencer.Secret { return influencer.Secret(fmt.Sprint("key ", made.Add(1))) }
	var wg sync.WaitGroup
	for i := range got {
		wg.Go(func() {
			key, err := c.Key(generate)
			if err != nil {
				t.Error(err)
			}
			got[i] = key
		})
	}
	wg.Wait()
	for _, k := range got {
		if k == "" || k != got[0] {
			t.Fatalf("different keys: %s and %s", k.Reveal(), got[0].Reveal())
		}
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		t.Errorf("left behind: %v, %v", files, err)
	}
	info, err := os.Stat(filepath.Join(dir, "secret.key"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestKeyFileProblems(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	c := Config{DataDir: dir}
	path := filepath.Join(dir, "secret.key")
	never := func() influencer.Secret { t.Error("made a key over a file"); return "" }
	if err := os.WriteFile(path, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Key(never); err == nil || !strings.Contains(err.Error(), "is empty") {
		t.Errorf("an empty key: %v", err)
	}
	if err := os.WriteFile(path, []byte(secretWord), 0o600); err != nil {
		t.Fatal(err)
	}
	if key, err := c.Key(never); err != nil || key.Reveal() != secretWord {
		t.Errorf("key %q, %v", key.Reveal(), err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Key(never); err == nil || !strings.Contains(err.Error(), "chmod 600") || strings.Contains(err.Error(), secretWord) {
		t.Errorf("a key open to everybody: %v", err)
	}
	c.SecretKey = "given"
	if key, err := c.Key(never); err != nil || key.Reveal() != "given" {
		t.Errorf("key %q, %v", key.Reveal(), err)
	}
}
