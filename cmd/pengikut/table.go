package main

import (
	"fmt"
	"io"
	"strings"

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
	long  bool               // may be cut where the terminal is too narrow for all
}

// paper is where a table is drawn.
type paper struct {
	w       io.Writer
	colours bool
	width   int // characters a line, on a terminal; 0 is any number
}

// paper is what stands behind an output stream.
func (a *app) paper(stream any) paper {
	w, _ := stream.(io.Writer)
	return paper{w: w, colours: a.colours(stream), width: terminalWidth(stream)}
}

// on is the same paper behind a buffer.
func (p paper) on(w io.Writer) paper {
	p.w = w
	return p
}

// grid draws rows as aligned columns without lines, in the manner of ps(1). It
// draws page by page: widths, once given, only grow.
type grid[T any] struct {
	paper
	columns []column[T]
	widths  []int
	limits  []int // of long columns; found with the first page, 0 is none
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
	if g.limits == nil {
		g.limits = g.fit(rows)
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
		if g.limits[i] > 0 {
			s = text.Snip(s, g.limits[i], "…")
		}
		g.widths[i] = max(g.widths[i], text.RuneWidthWithoutEscSequences(s))
		if g.colours && c.paint != nil {
			s = paint(c.paint(r), s)
		}
		cells[i] = s
	}
	return cells
}

// shortest is what a long column is left in the narrowest terminal.
const shortest = 12

// gap is the space between columns.
const gap = 2

// fit finds how wide each long column may be, so that lines fit the paper: the
// widest gives way first. A list for a machine or a file is never cut.
func (g *grid[T]) fit(rows []T) []int {
	limits := make([]int, len(g.columns))
	if g.width == 0 {
		return limits
	}
	wide, total := make([]int, len(g.columns)), -gap
	for i, c := range g.columns {
		wide[i] = text.RuneWidthWithoutEscSequences(c.head)
		for _, r := range rows {
			wide[i] = max(wide[i], text.RuneWidthWithoutEscSequences(clean(c.cell(r))))
		}
		total += wide[i] + gap
	}
	for ; total > g.width; total-- {
		widest := -1
		for i, c := range g.columns {
			if c.long && wide[i] > shortest && (widest < 0 || wide[i] > wide[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			break
		}
		wide[widest]--
		limits[widest] = wide[widest]
	}
	return limits
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
	s.Box.PaddingLeft, s.Box.PaddingRight = "", strings.Repeat(" ", gap)
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
