package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
)

// listFlags are the flags of every command that lists.
type listFlags struct {
	output string
	limit  int
	cursor string
}

func (f *listFlags) add(cmd *cobra.Command) {
	f.addOutput(cmd)
	cmd.Flags().IntVar(&f.limit, "limit", 0, "rows at most; 0 lists all")
	cmd.Flags().StringVar(&f.cursor, "cursor", "", "begin where the next_cursor of another list points")
}

// addTableOrJSON adds the choice of output to what shows one thing and no list.
func addTableOrJSON(c *cobra.Command, output *string) {
	c.Flags().StringVarP(output, "output", "o", "table", "table or json")
}

func checkTableOrJSON(output string) error {
	if output != "table" && output != "json" {
		return fmt.Errorf("--output %q is none of: table, json", output)
	}
	return nil
}

func (f *listFlags) addOutput(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.output, "output", "o", "table", "table, json or csv")
	check := cmd.PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if !slices.Contains([]string{"table", "json", "csv"}, f.output) {
			return badUsage(cmd, fmt.Errorf("--output %q is none of: table, json, csv", f.output))
		}
		if f.limit < 0 {
			return badUsage(cmd, errors.New("--limit is below 0"))
		}
		if check != nil {
			return check(cmd, args)
		}
		return nil
	}
}

// list is how rows of T are shown.
type list[T any] struct {
	columns []column[T]
	view    func(T) any // the row in JSON
	none    string      // what a table says instead of no rows
}

// source gives one page of rows.
type source[T any] func(context.Context, influencer.Paging) (influencer.Page[T], error)

// rowWriter writes rows page by page, so that memory stays flat however long
// the list.
type rowWriter[T any] interface {
	page(rows []T) error
	end(next string) error // next is the cursor of what --limit cut off, or ""
}

// show writes what get gives, in the form that the flags ask for.
func show[T any](ctx context.Context, a *app, l list[T], f listFlags, get source[T]) error {
	out := bufio.NewWriter(a.out)
	w := newRowWriter(a, l, f.output, out)
	next := f.cursor
	for page, err := range walk(ctx, f, get) {
		if err != nil {
			return errors.Join(err, out.Flush())
		}
		if err := errors.Join(w.page(page.Items), out.Flush()); err != nil {
			return fmt.Errorf("write list: %w", err)
		}
		next = page.Next
	}
	if err := errors.Join(w.end(next), out.Flush()); err != nil {
		return fmt.Errorf("write list: %w", err)
	}
	return nil
}

// all is a source whose rows are already here.
func all[T any](rows []T) source[T] {
	return func(context.Context, influencer.Paging) (influencer.Page[T], error) {
		return influencer.Page[T]{Items: rows}, nil
	}
}

const pageRows = 500

// walk gets page after page until the list or the limit ends.
func walk[T any](ctx context.Context, f listFlags, get source[T]) iter.Seq2[influencer.Page[T], error] {
	return func(yield func(influencer.Page[T], error) bool) {
		paging := influencer.Paging{Cursor: f.cursor, Limit: pageRows}
		for left := f.limit; ; {
			if f.limit > 0 {
				paging.Limit = min(left, pageRows)
			}
			page, err := get(ctx, paging)
			if !yield(page, err) || err != nil {
				return
			}
			left -= len(page.Items)
			if page.Next == "" || f.limit > 0 && left <= 0 {
				return
			}
			paging.Cursor = page.Next
		}
	}
}

func newRowWriter[T any](a *app, l list[T], output string, out io.Writer) rowWriter[T] {
	forPeople := slices.DeleteFunc(slices.Clone(l.columns), func(c column[T]) bool { return c.cell == nil })
	switch output {
	case "json":
		return &jsonRows[T]{w: out, view: l.view}
	case "csv":
		return &csvRows[T]{w: csv.NewWriter(out), columns: l.columns}
	default:
		return &tableRows[T]{none: l.none, grid: grid[T]{columns: forPeople, paper: a.paper(a.out).on(out)}}
	}
}

type tableRows[T any] struct {
	grid[T]
	none string
}

func (t *tableRows[T]) end(next string) error {
	switch {
	case !t.drawn:
		_, err := fmt.Fprintln(t.w, t.none)
		return err
	case next != "":
		_, err := fmt.Fprintf(t.w, "… more: --cursor %s\n", next)
		return err
	}
	return nil
}

type jsonRows[T any] struct {
	w    io.Writer
	view func(T) any
	rows int
}

func (j *jsonRows[T]) page(rows []T) error {
	for _, r := range rows {
		raw, err := json.Marshal(j.view(r))
		if err != nil {
			return err
		}
		lead := ",\n"
		if j.rows == 0 {
			lead = "{\"items\":[\n"
		}
		j.rows++
		if _, err := fmt.Fprintf(j.w, "%s%s", lead, raw); err != nil {
			return err
		}
	}
	return nil
}

func (j *jsonRows[T]) end(next string) error {
	lead := "\n"
	if j.rows == 0 {
		lead = `{"items":[`
	}
	_, err := fmt.Fprintf(j.w, "%s],\"next_cursor\":%q}\n", lead, next)
	return err
}

type csvRows[T any] struct {
	w       *csv.Writer
	columns []column[T]
	headed  bool
}

func (c *csvRows[T]) page(rows []T) error {
	if err := c.header(); err != nil {
		return err
	}
	for _, r := range rows {
		record := make([]string, len(c.columns))
		for i, col := range c.columns {
			cell := col.raw
			if cell == nil {
				cell = col.cell
			}
			record[i] = influencer.Harmless(cell(r)) // names and handles come from outside
		}
		if err := c.w.Write(record); err != nil {
			return err
		}
	}
	c.w.Flush()
	return c.w.Error()
}

func (c *csvRows[T]) header() error {
	if c.headed {
		return nil
	}
	c.headed = true
	record := make([]string, len(c.columns))
	for i, col := range c.columns {
		record[i] = snake(col.head)
	}
	return c.w.Write(record)
}

func (c *csvRows[T]) end(string) error {
	if err := c.header(); err != nil {
		return err
	}
	c.w.Flush()
	return c.w.Error()
}
