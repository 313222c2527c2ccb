package doors

import (
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

var setting = regexp.MustCompile(`PENGIKUT_([A-Z0-9_]+)`)

// A setting that a deployment file names and the program does not know is refused at start, on somebody's server.
func TestDeploymentNamesKnownSettings(t *testing.T) {
	t.Parallel()
	known := options(t)
	files, err := filepath.Glob("../../deploy/*")
	if err != nil || len(files) < 2 {
		t.Fatalf("deployment files %v: %v", files, err)
	}
	for _, file := range append(files, "../../Dockerfile") {
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range setting.FindAllStringSubmatch(string(text), -1) {
			if !known[strings.TrimSuffix(m[1], "_FILE")] {
				t.Errorf("%s names %s, which is no setting", file, m[0])
			}
		}
	}
}

// options reads the names from the calls that make up config's table.
func options(t *testing.T) map[string]bool {
	t.Helper()
	table, err := parse(os.DirFS("../.."), "config/options.go")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{"CONFIG": true}
	each(table, func(call *ast.CallExpr) {
		if len(call.Args) == 0 {
			return
		}
		if lit, ok := call.Args[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if name, err := strconv.Unquote(lit.Value); err == nil {
				names[name] = true
			}
		}
	})
	if !names["DATABASE_URL"] || len(names) < 15 {
		t.Fatalf("read only %v: the table is elsewhere", names)
	}
	return names
}
