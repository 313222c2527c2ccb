package influencer

import (
	"errors"
	"fmt"
	"io/fs"
	"testing"
)

func TestCause(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left on device")
	wrap := func(prefix string, err error) error { return fmt.Errorf("%s: %w", prefix, err) }
	for want, err := range map[string]error{
		"plain":                           errors.New("plain"),
		"the file is empty":               wrap("store: import", wrap("read roster", errors.New("the file is empty"))),
		"line 7: a quote is not closed":   wrap("store: import", wrap("read roster: line 7", errors.New("a quote is not closed"))),
		"open /none: file does not exist": wrap("store: open", &fs.PathError{Op: "open", Path: "/none", Err: fs.ErrNotExist}),
		"no space left on device":         errors.Join(wrap("write list", full), full),
		"one; two":                        wrap("sync", errors.Join(wrap("a", errors.New("one")), errors.New("two"))),
		"column nip: is NULL":             wrap("store", wrap("column nip", errors.New("is NULL"))),
		"not possible: block a ghost":     wrap("store: act", fmt.Errorf("%w: block a ghost", ErrIllegalAct)),
	} {
		if got := Cause(err); got != want {
			t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
		}
	}
}
