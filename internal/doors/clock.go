package doors

import (
	"go/ast"
	"slices"
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

// sleeps finds tests that wait by sleeping: too short on a loaded machine, too long on every other.
func sleeps(s *source) []Finding {
	if !s.test {
		return nil
	}
	var found []Finding
	each(s, func(sel *ast.SelectorExpr) {
		if selected(s, sel, "time") == "Sleep" && !usesSynctest(s) {
			found = append(found, s.finding(sel, "sleeps in a test: wait for a signal, or use a fake clock or testing/synctest"))
		}
	})
	return found
}

// usesSynctest says whether the file's sleeps are virtual.
func usesSynctest(s *source) bool {
	return slices.ContainsFunc(s.ast.Imports, func(i *ast.ImportSpec) bool { return i.Path.Value == `"testing/synctest"` })
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
