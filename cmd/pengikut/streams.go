package main

import (
	"io"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"
)

// streams is where a command reads and writes: results on out, all else on err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// isTerminal tells whether a person is at the other end of a stream.
func isTerminal(stream any) bool {
	f := file(stream)
	return f != nil && term.IsTerminal(int(f.Fd()))
}

// terminalWidth is how many characters a line of a terminal has, 0 where there is
// none.
func terminalWidth(stream any) int {
	if !isTerminal(stream) {
		return 0
	}
	width, _, err := term.GetSize(int(file(stream).Fd()))
	if err != nil {
		return 0
	}
	return width
}

// file is the file behind a stream, nil when there is none.
func file(stream any) *os.File {
	if h, ok := stream.(*heard); ok {
		stream = h.Writer
	}
	f, _ := stream.(*os.File)
	return f
}

// colours tells whether to colour what goes to a stream: on a terminal that can,
// for who has not asked for none (no-color.org).
func (a *app) colours(stream any) bool {
	return isTerminal(stream) && a.getenv("NO_COLOR") == "" && a.getenv("TERM") != "dumb"
}

// getenv looks a name up in the environment that the program was given.
func (a *app) getenv(name string) string {
	for _, e := range slices.Backward(a.environ) {
		if key, value, _ := strings.Cut(e, "="); key == name {
			return value
		}
	}
	return ""
}
