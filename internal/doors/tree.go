package doors

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Finding is one break of a rule.
type Finding struct {
	File   string // path below the folder that was checked
	Line   int
	Reason string // what is wrong and why it matters
}

// String is the finding as file:line: reason.
func (f Finding) String() string { return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Reason) }

// source is one parsed Go file.
type source struct {
	path  string // "store/people.go"
	dir   string // "store"
	room  string // "store": the first element of dir
	test  bool   // a _test.go file
	lines int
	fset  *token.FileSet
	ast   *ast.File
}

func (s *source) line(n ast.Node) int { return s.fset.Position(n.Pos()).Line }

func (s *source) finding(n ast.Node, format string, args ...any) Finding {
	return Finding{File: s.path, Line: s.line(n), Reason: fmt.Sprintf(format, args...)}
}

// rules are asked about one file each; packageRules about all files of one folder.
var (
	rules        = []func(*source) []Finding{rooms, imports, serverHTTP, clock, gormCalls, sleeps, inits, comments, sizes}
	packageRules = []func([]*source) []Finding{packageDoc, packageState}
)

// Check reads the Go files below root, without testdata and nested modules, and returns what breaks a rule, in order of
// file and line. The error is for files that cannot be read or parsed.
func Check(root fs.FS) ([]Finding, error) {
	files, err := load(root)
	if err != nil {
		return nil, err
	}
	var found []Finding
	packages := map[string][]*source{}
	for _, f := range files {
		for _, rule := range rules {
			found = append(found, rule(f)...)
		}
		packages[f.dir] = append(packages[f.dir], f)
	}
	for _, p := range packages {
		for _, rule := range packageRules {
			found = append(found, rule(p)...)
		}
	}
	slices.SortFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Reason, b.Reason))
	})
	return found, nil
}

func load(root fs.FS) ([]*source, error) {
	var files []*source
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && skipped(root, name):
			return fs.SkipDir
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		f, err := parse(root, name)
		if err == nil && !ast.IsGenerated(f.ast) {
			files = append(files, f)
		}
		return err
	})
	return files, err
}

// skipped says whether a folder is none of this module's source: hidden, testdata, or a module of its own.
func skipped(root fs.FS, dir string) bool {
	if dir == "." {
		return false
	}
	base := path.Base(dir)
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(root, dir+"/go.mod")
	return err == nil
}

func parse(root fs.FS, name string) (*source, error) {
	text, err := fs.ReadFile(root, name)
	if err != nil {
		return nil, err
	}
	fset := token.NewFileSet()
	tree, err := parser.ParseFile(fset, name, text, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	room, _, _ := strings.Cut(path.Dir(name), "/")
	return &source{
		path: name, dir: path.Dir(name), room: room, test: strings.HasSuffix(name, "_test.go"),
		lines: strings.Count(string(text), "\n"), fset: fset, ast: tree,
	}, nil
}

// each calls visit for every node of the type N in the file.
func each[N ast.Node](s *source, visit func(N)) {
	ast.Inspect(s.ast, func(n ast.Node) bool {
		if n, ok := n.(N); ok {
			visit(n)
		}
		return true
	})
}
