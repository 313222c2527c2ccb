package doors

import (
	"go/ast"
	"slices"
	"strings"
)

var clockNames = []string{"Now", "Since", "Until", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick", "Sleep"}

// clock finds clock reads in the rule: the same evidence must give the same decision whenever it is asked again.
func clock(s *source) []Finding {
	if s.room != "influencer" || s.test {
		return nil
	}
	var found []Finding
	each(s, func(sel *ast.SelectorExpr) {
		if name := selected(s, sel, "time"); slices.Contains(clockNames, name) {
			found = append(found, s.finding(sel, "reads the clock with time.%s: take the time as an argument, or a replay would decide otherwise", name))
		}
	})
	return found
}

// sleeps finds tests that wait by sleeping: too short on a loaded machine, too long on every other. In a synctest bubble a
// sleep is virtual: a file that imports testing/synctest may sleep, and so may a helper whose comment names synctest.
func sleeps(s *source) []Finding {
	if !s.test || slices.ContainsFunc(s.ast.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` }) {
		return nil
	}
	var found []Finding
	for _, d := range s.ast.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && strings.Contains(f.Doc.Text(), "synctest") {
			continue
		}
		ast.Inspect(d, func(n ast.Node) bool {
			if sel, ok := n.(*ast.SelectorExpr); ok && selected(s, sel, "time") == "Sleep" {
				found = append(found, s.finding(sel, "sleeps in a test: wait for a signal, or use a fake clock or testing/synctest"))
			}
			return true
		})
	}
	return found
}

// inits finds init functions: what runs before main cannot be chosen, ordered or tested.
func inits(s *source) []Finding {
	var found []Finding
	for _, d := range s.ast.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			found = append(found, s.finding(f, "has an init function: build it in cmd's wire.go, where the order can be seen"))
		}
	}
	return found
}
