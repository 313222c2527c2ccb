package main

import (
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
)

// column is one column of a list of T.
type column[T any] struct {
	head  string
	right bool               // numbers stand right
	cell  func(T) string     // for a person; nil leaves the column out of tables
	raw   func(T) string     // for a machine; nil means cell
	paint func(T) text.Color // nil means none
}

// paper is where a table is drawn.
type paper struct {
	w       io.Writer
	colours bool
}

// grid draws rows as aligned columns without lines, in the manner of ps(1). It
// draws page by page: widths, once given, only grow.
type grid[T any] struct {
	paper
	columns []column[T]
	widths  []int
	drawn   bool
}

func (g *grid[T]) page(rows []T) error {
	if len(rows) == 0 {
		return nil
	}
	cells := make([]table.Row, len(rows))
	if g.widths == nil {
		g.widths = make([]int, len(g.columns))
		for i, c := range g.columns {
			g.widths[i] = text.RuneWidthWithoutEscSequences(c.head)
		}
	}
	for i, r := range rows {
		cells[i] = g.row(r)
	}
	t := table.NewWriter()
	t.SetStyle(plainStyle())
	t.SuppressTrailingSpaces()
	t.SetColumnConfigs(g.configs())
	if !g.drawn {
		t.AppendHeader(g.header())
	}
	g.drawn = true
	t.AppendRows(cells)
	_, err := fmt.Fprintln(g.w, t.Render())
	return err
}

func (g *grid[T]) row(r T) table.Row {
	cells := make(table.Row, len(g.columns))
	for i, c := range g.columns {
		s := clean(c.cell(r))
		g.widths[i] = max(g.widths[i], text.RuneWidthWithoutEscSequences(s))
		if g.colours && c.paint != nil {
			s = paint(c.paint(r), s)
		}
		cells[i] = s
	}
	return cells
}

func (g *grid[T]) header() table.Row {
	row := make(table.Row, len(g.columns))
	for i, c := range g.columns {
		row[i] = c.head
		if g.colours {
			row[i] = paint(text.Bold, c.head)
		}
	}
	return row
}

func (g *grid[T]) configs() []table.ColumnConfig {
	configs := make([]table.ColumnConfig, len(g.columns))
	for i, c := range g.columns {
		align := text.AlignLeft
		if c.right {
			align = text.AlignRight
		}
		configs[i] = table.ColumnConfig{Number: i + 1, Align: align, AlignHeader: align, WidthMin: g.widths[i]}
	}
	return configs
}

func plainStyle() table.Style {
	s := table.StyleDefault
	s.Options = table.OptionsNoBordersAndSeparators
	s.Format.Header = text.FormatDefault
	s.Box.PaddingLeft, s.Box.PaddingRight = "", "  "
	return s
}

// paint colours s, whatever the terminal: the caller has asked for it.
func paint(c text.Color, s string) string {
	if c == 0 {
		return s
	}
	return fmt.Sprintf("\x1b[%dm%s\x1b[0m", c, s)
}

func (p paper) paint(c text.Color, s string) string {
	if !p.colours {
		return s
	}
	return paint(c, s)
}

func (p paper) bold(s string) string { return p.paint(text.Bold, s) }
