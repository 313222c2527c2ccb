package doors

import "go/ast"

// gormCalls finds the calls of gorm that lose or invent data without an error.
func gormCalls(s *source) []Finding {
	if s.room != "store" {
		return nil
	}
	var found []Finding
	each(s, func(call *ast.CallExpr) {
		if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
			if reason := badGorm(sel.Sel.Name, call.Args); reason != "" {
				found = append(found, s.finding(sel.Sel, "calls %s: %s", sel.Sel.Name, reason))
			}
		}
	})
	return found
}

func badGorm(method string, args []ast.Expr) string {
	switch {
	case method == "Save":
		return "it overwrites columns that another process just changed, and inserts when the id is unknown; name the columns"
	case method == "AutoMigrate":
		return "it makes the schema mean what today's structs mean; write a numbered SQL migration"
	case (method == "Updates" || method == "UpdateColumns") && len(args) == 1 && !isMap(args[0]):
		return "a struct's zero values are left out without a word; pass a map"
	case (method == "Where" || method == "Not" || method == "Or") && len(args) > 0 && isStruct(args[0]):
		return "a struct's zero fields are no conditions, so the query returns too much; write the condition"
	}
	return ""
}

// isMap says whether the expression is surely a map: a literal, or a name that this file declares as one.
func isMap(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.MapType:
		return true
	case *ast.CompositeLit:
		return isMap(e.Type)
	case *ast.CallExpr: // make(map[string]any)
		return len(e.Args) > 0 && isMap(e.Args[0])
	case *ast.Ident:
		return e.Obj != nil && isMap(declared(e.Obj))
	}
	return false
}

// isStruct says whether the expression is surely a struct or a pointer to one.
func isStruct(e ast.Expr) bool {
	if u, ok := e.(*ast.UnaryExpr); ok {
		e = u.X
	}
	if id, ok := e.(*ast.Ident); ok && id.Obj != nil {
		e = declared(id.Obj)
	}
	if u, ok := e.(*ast.UnaryExpr); ok {
		e = u.X
	}
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return false
	}
	switch lit.Type.(type) {
	case *ast.Ident, *ast.SelectorExpr, *ast.StructType:
		return true
	}
	return false
}

// declared returns the type or the value that a name was declared with in this file, or nil.
func declared(o *ast.Object) ast.Expr {
	switch d := o.Decl.(type) {
	case *ast.Field:
		return d.Type
	case *ast.ValueSpec:
		return valueOf(d, o.Name)
	case *ast.AssignStmt:
		for i, left := range d.Lhs {
			if id, ok := left.(*ast.Ident); ok && id.Name == o.Name && len(d.Rhs) == len(d.Lhs) {
				return d.Rhs[i]
			}
		}
	}
	return nil
}

func valueOf(d *ast.ValueSpec, name string) ast.Expr {
	if d.Type != nil {
		return d.Type
	}
	for i, id := range d.Names {
		if id.Name == name && i < len(d.Values) {
			return d.Values[i]
		}
	}
	return nil
}
