package doors

import "go/ast"

const (
	maxFile     = 400 // lines of a file
	maxTestFile = 600 // lines of a test file, literals not counted
	maxFunction = 80  // lines of a function
)

// sizes finds what grew too long to be read in one go. Tables in tests are data and do not count.
func sizes(s *source) []Finding {
	limit, lines := maxFile, s.lines
	if s.test {
		limit, lines = maxTestFile, s.lines-literals(s, s.ast)
	}
	var found []Finding
	if lines > limit {
		found = append(found, s.finding(s.ast.Name, "has %d lines, more than %d: give each noun or moving part a file", lines, limit))
	}
	for _, d := range s.ast.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		lines := s.span(f)
		if s.test {
			lines -= literals(s, f)
		}
		if lines > maxFunction {
			found = append(found, s.finding(f, "%s has %d lines, more than %d: name its steps", f.Name.Name, lines, maxFunction))
		}
	}
	return found
}

// span is the number of lines a node takes.
func (s *source) span(n ast.Node) int {
	return s.fset.Position(n.End()).Line - s.line(n) + 1
}

// literals counts the lines inside composite literals and raw strings below n, the outermost ones only.
func literals(s *source, n ast.Node) int {
	lines := 0
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CompositeLit:
			lines += s.span(n) - 1
			return false
		case *ast.BasicLit:
			lines += s.span(n) - 1
		}
		return true
	})
	return lines
}
