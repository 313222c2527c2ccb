package main

import (
	"errors"
	"fmt"
	"testing"

	"github.com/pengikut/pengikut/store"
)

func TestPlain(t *testing.T) {
	t.Parallel()
	full := errors.New("write /dev/full: no space left on device")
	for want, err := range map[string]error{
		"--nip: too short":   fmt.Errorf("--nip: %w", errors.New("too short")),
		"the file is empty":  fmt.Errorf("store: import: %w", fmt.Errorf("read roster: %w", errors.New("the file is empty"))),
		"platform x: no key": fmt.Errorf("platform x: %w", fmt.Errorf("store: tokens: %w", errors.New("no key"))),
		"write list: write /dev/full: no space left on device": errors.Join(fmt.Errorf("write list: %w", errors.Join(full, full))),
		"one\ntwo":        errors.Join(errors.New("one"), errors.New("two"), errors.New("one")),
		"store is closed": errors.New("store is closed"),
		unknownKey:        fmt.Errorf("sync: %w", fmt.Errorf("begin: %w", store.ErrUnknownKey)),
	} {
		if got := plain(err); got != want {
			t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
		}
	}
}
