package doors

import (
	"go/ast"
	"slices"
)

// knownMethods mean the same everywhere and need no comment.
var knownMethods = []string{"Error", "String", "Unwrap", "Read", "Write", "Close", "ServeHTTP", "Len", "Less", "Swap"}

// packageDoc finds packages whose purpose is told nowhere, or in two places.
func packageDoc(files []*source) []Finding {
	var told, code []*source
	for _, f := range files {
		if f.test {
			continue
		}
		code = append(code, f)
		if f.ast.Doc != nil {
			told = append(told, f)
		}
	}
	switch {
	case len(code) == 0 || len(told) == 1:
		return nil
	case len(told) == 0:
		return []Finding{code[0].finding(code[0].ast.Name, "package %s has no doc comment: say what it is for, in one file", code[0].ast.Name.Name)}
	}
	return []Finding{told[1].finding(told[1].ast.Name, "package %s has a doc comment in %s too: keep one", told[1].ast.Name.Name, told[0].path)}
}

// comments finds exported names without a doc comment.
func comments(s *source) []Finding {
	if s.test || s.ast.Name.Name == "main" {
		return nil
	}
	var found []Finding
	missing := func(id *ast.Ident) {
		found = append(found, s.finding(id, "%s is exported without a doc comment: units, shapes and errors belong there", id.Name))
	}
	for _, d := range s.ast.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Doc == nil && d.Name.IsExported() && !quietMethod(d) {
				missing(d.Name)
			}
		case *ast.GenDecl:
			for _, id := range undocumented(d) {
				missing(id)
			}
		}
	}
	return found
}

// quietMethod says whether a method needs no comment: its name is known, or its type is not exported.
func quietMethod(d *ast.FuncDecl) bool {
	if d.Recv == nil {
		return false
	}
	return slices.Contains(knownMethods, d.Name.Name) || !ast.IsExported(receiver(d))
}

// receiver is the type name of a method: List of func (l *List[T]).
func receiver(d *ast.FuncDecl) string {
	name := ""
	ast.Inspect(d.Recv.List[0].Type, func(n ast.Node) bool {
		if id, ok := n.(*ast.Ident); ok && name == "" {
			name = id.Name
		}
		return name == ""
	})
	return name
}

// undocumented returns the exported names of a declaration that neither it nor their own line explains.
func undocumented(d *ast.GenDecl) []*ast.Ident {
	var names []*ast.Ident
	for _, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() && spec.Doc == nil && (d.Doc == nil || d.Lparen.IsValid()) {
				names = append(names, spec.Name)
			}
		case *ast.ValueSpec:
			if d.Doc != nil || spec.Doc != nil || spec.Comment != nil {
				continue
			}
			for _, id := range spec.Names {
				if id.IsExported() {
					names = append(names, id)
				}
			}
		}
	}
	return names
}
