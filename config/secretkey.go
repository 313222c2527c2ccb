package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pengikut/pengikut/influencer"
)

// Key returns the key that encrypts tokens: SecretKey or, in the embedded mode
// without one, what the file secret.key of the data directory holds. A missing
// file is made, readable by its owner alone, with what generate returns.
func (c Config) Key(generate func() influencer.Secret) (influencer.Secret, error) {
	if c.SecretKey != "" {
		return c.SecretKey, nil
	}
	path := filepath.Join(c.DataDir, "secret.key")
	key, err := readKey(path)
	if errors.Is(err, os.ErrNotExist) {
		if err = makeKey(path, generate()); err == nil {
			key, err = readKey(path)
		}
	}
	if err != nil {
		return "", fmt.Errorf("key that encrypts tokens: %w", err)
	}
	return key, nil
}

func readKey(path string) (influencer.Secret, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Mode().Perm()&0o007 != 0 {
		return "", fmt.Errorf("%s is open to everybody on this machine: run `chmod 600 %s`", path, path)
	}
	raw, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(raw))) == 0 {
		err = fmt.Errorf("%s is empty", path)
	}
	return influencer.Secret(strings.TrimSpace(string(raw))), err
}

// makeKey writes a new key whole before it gets its name, and never over
// another: of two processes that start together, one makes it and both read it.
func makeKey(path string, key influencer.Secret) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), "secret.key.*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.WriteString(key.Reveal() + "\n")
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	return nil
}
