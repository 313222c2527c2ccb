package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
)

func (a *app) importCommand() *cobra.Command {
	var dryRun bool
	c := &cobra.Command{
		Use:   "import FILE.csv",
		Short: "Take in people and their accounts",
		Long: `Take in people and their accounts from a CSV file, - for standard input, with the
header nip,name,agency,unit,platform,handle,external_id and one row per account.
A row that cannot be taken is reported with its line number and left out. A second
import of the same file changes nothing.`,
		Args: takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, size, err := a.openInput(args[0])
			if err != nil {
				return err
			}
			defer in.Close()
			file := input{in, args[0], size}
			return with(cmd.Context(), a, a.rosters(), func(ctx context.Context, s rosterTaker, _ time.Time) error { return a.importFile(ctx, s, file, dryRun) })
		},
	}
	c.Flags().BoolVar(&dryRun, "dry-run", false, "tell what would change, and change nothing")
	return c
}

// input is an open file.
type input struct {
	io.Reader
	path string
	size int64 // -1 when unknown
}

func (a *app) importFile(ctx context.Context, s rosterTaker, in input, dryRun bool) error {
	roster, report, err := a.importRoster(ctx, s, in, in.size, dryRun)
	a.tellProblems(in.path, roster.Problems, roster.More)
	a.tellProblems(in.path, report.Problems, report.More)
	if len(roster.Unknown) > 0 {
		fmt.Fprintf(a.err, "%s: columns that mean nothing here: %s\n", in.path, strings.Join(roster.Unknown, ", "))
	}
	if report.Rows > 0 || err == nil {
		a.tellImport(report, roster, dryRun)
	}
	if err == nil && report.Rows == 0 && len(roster.Problems) > 0 {
		err = errors.New("no row could be taken")
	}
	return err
}

// importRoster hands the file on as it comes, with a bar of bytes.
func (a *app) importRoster(ctx context.Context, s rosterTaker, in io.Reader, size int64, dryRun bool) (influencer.RosterReport, influencer.ImportReport, error) {
	b := a.newBar(size, "importing", progressbar.OptionShowBytes(true))
	defer b.end()
	counted := &countingReader{r: in}
	return s.Take(ctx, counted, dryRun, func() { b.at(counted.n.Load(), size) })
}

func (a *app) tellProblems(path string, problems []influencer.RosterProblem, more int) {
	for _, p := range problems {
		fmt.Fprintf(a.err, "%s:%d: %s\n", path, p.Line, p.Text)
	}
	if more > 0 {
		fmt.Fprintf(a.err, "%s: and %s\n", path, plural(more, "more problem", "more problems"))
	}
}

func (a *app) tellImport(r influencer.ImportReport, roster influencer.RosterReport, dryRun bool) {
	if dryRun {
		fmt.Fprintln(a.out, "dry run: nothing was changed")
	}
	type line struct {
		what                      string
		added, updated, unchanged int
	}
	rows := func(n func(line) int) func(line) string { return func(l line) string { return number(n(l)) } }
	g := grid[line]{paper: a.paper(a.out), columns: []column[line]{
		{head: "", cell: func(l line) string { return l.what }},
		{head: "Added", right: true, cell: rows(func(l line) int { return l.added })},
		{head: "Updated", right: true, cell: rows(func(l line) int { return l.updated })},
		{head: "Unchanged", right: true, cell: rows(func(l line) int { return l.unchanged })},
	}}
	_ = g.page([]line{
		{"People", r.PeopleAdded, r.PeopleUpdated, r.PeopleUnchanged},
		{"Accounts", r.AccountsAdded, r.AccountsUpdated, r.AccountsUnchanged},
	})
	if n := len(roster.Problems) + roster.More + len(r.Problems) + r.More; n > 0 {
		fmt.Fprintf(a.out, "%s reported\n", plural(n, "problem", "problems"))
	}
}

// openInput opens a file, or standard input for "-". size is -1 when unknown.
func (a *app) openInput(path string) (io.ReadCloser, int64, error) {
	if path == "-" {
		return io.NopCloser(a.in), -1, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", path, reason(err))
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = fmt.Errorf("%s is a folder", path)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// countingReader counts what is read. Another goroutine may look at the count.
type countingReader struct {
	r io.Reader
	n atomic.Int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}
