package doors

import (
	"go/ast"
	"go/token"
)

// packageState finds package variables that functions change: two tests, or two servers in one process, would share them.
func packageState(files []*source) []Finding {
	vars := map[string]bool{}
	for _, f := range files {
		for _, name := range packageVars(f) {
			vars[f.qualified(name)] = true
		}
	}
	var found []Finding
	for _, f := range files {
		changed := func(e ast.Expr) {
			if id := root(e); id != nil && vars[f.qualified(id.Name)] && !f.hidden(id) {
				found = append(found, f.finding(id, "changes the package variable %s: keep state in a value that cmd builds", id.Name))
			}
		}
		each(f, func(a *ast.AssignStmt) {
			if a.Tok != token.DEFINE {
				for _, e := range a.Lhs {
					changed(e)
				}
			}
		})
		each(f, func(i *ast.IncDecStmt) { changed(i.X) })
	}
	return found
}

// packageVars returns the names of the variables that the file declares outside functions.
func packageVars(f *source) []string {
	var names []string
	for _, d := range f.ast.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, spec := range g.Specs {
			if v, ok := spec.(*ast.ValueSpec); ok {
				for _, id := range v.Names {
					if id.Name != "_" { // var _ Interface = T{} only states a fact
						names = append(names, id.Name)
					}
				}
			}
		}
	}
	return names
}

// qualified keeps apart a package and the external test package in its folder.
func (s *source) qualified(name string) string { return s.ast.Name.Name + "." + name }

// hidden says whether the name means something that a function declares, not the package.
func (s *source) hidden(id *ast.Ident) bool {
	return id.Obj != nil && s.ast.Scope.Lookup(id.Name) != id.Obj
}

// root is the variable that an assignment to e changes: v of v.field[i]. It is nil for what a call returned.
func root(e ast.Expr) *ast.Ident {
	switch e := e.(type) {
	case *ast.Ident:
		return e
	case *ast.SelectorExpr:
		return root(e.X)
	case *ast.IndexExpr:
		return root(e.X)
	case *ast.StarExpr:
		return root(e.X)
	case *ast.ParenExpr:
		return root(e.X)
	}
	return nil
}
