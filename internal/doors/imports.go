package doors

import (
	"go/ast"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

const module = "github.com/pengikut/pengikut/"

// mayImport says which other rooms of ours a room's code may import, besides itself.
var mayImport = map[string][]string{
	"cmd":        {"config", "influencer", "connectors", "store", "worker", "web"},
	"config":     {"influencer"},
	"influencer": {},
	"connectors": {"influencer"},
	"store":      {"influencer"},
	"worker":     {"influencer"},
	"web":        {"influencer"},
	"internal":   {},
}

// roomReason is why a room is closed, for the failure text.
var roomReason = map[string]string{
	"config":     "config is read once, by cmd, and hands out plain values",
	"influencer": "the nouns and the rule stay testable alone and free of every technology",
	"connectors": "a platform knows the nouns and the contract, nothing else: it must be addable and removable alone",
	"store":      "storing must not know the rule's users, or a migration would depend on them",
	"worker":     "worker states what it needs of others as small interfaces of its own, and cmd hands them in",
	"web":        "web states what it needs of others as small interfaces of its own, and cmd hands them in",
	"internal":   "test support that knows a room could not be used by that room's tests",
}

// ownedModules are third-party modules that only some rooms may name, so that replacing one touches only those.
var ownedModules = map[string][]string{
	"gorm.io/":                   {"store"},
	"github.com/hibiken/asynq":   {"worker"},
	"github.com/dghubble/":       {"connectors"},
	"github.com/spf13/cobra":     {"cmd"},
	"github.com/knadh/koanf":     {"config"},
	"github.com/pressly/goose":   {"store"},
	"modernc.org/sqlite":         {"store"},
	"github.com/danielgtaylor/":  {"web"},
	"github.com/mattn/go-sqlite": {},
	"github.com/prometheus/":     {"web"},
}

// testSupport are packages that no shipped code may import.
var testSupport = []string{"internal/testservers", "internal/thorough", "internal/doors", "connectors/connectortest"}

// rooms finds Go code outside the known rooms.
func rooms(s *source) []Finding {
	if _, known := mayImport[s.room]; known {
		return nil
	}
	known := slices.Sorted(maps.Keys(mayImport))
	return []Finding{s.finding(s.ast.Name, "%s is no room of this house; Go code lives in %s", s.dir, strings.Join(known, ", "))}
}

// imports finds imports through a closed door.
func imports(s *source) []Finding {
	var found []Finding
	for _, spec := range s.ast.Imports {
		target, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			continue // the parser has accepted it, so it is quoted
		}
		reason := foreignModule(s, target)
		if own, ours := strings.CutPrefix(target, module); ours {
			reason = ownRoom(s, own)
		}
		if reason != "" {
			found = append(found, s.finding(spec, "imports %s: %s", target, reason))
		}
	}
	return found
}

func foreignModule(s *source, target string) string {
	first, _, _ := strings.Cut(target, "/")
	if s.room == "influencer" && !s.test && strings.Contains(first, ".") {
		return "influencer is the standard library only, so that the rule can be read and trusted alone"
	}
	for prefix, rooms := range ownedModules {
		if strings.HasPrefix(target, prefix) && !slices.Contains(rooms, s.room) {
			return "only " + strings.Join(rooms, " and ") + " may name it, so that it can be replaced in one place"
		}
	}
	return ""
}

// ownRoom says why the file may not import the package of ours, or "".
func ownRoom(s *source, own string) string {
	room, _, _ := strings.Cut(own, "/")
	switch {
	case slices.Contains(testSupport, own):
		if s.test || s.room == "internal" || slices.Contains(testSupport, s.dir) {
			return ""
		}
		return "it is test support and must not be shipped"
	case room == s.room:
		return neighbours(s, own)
	case slices.Contains(mayImport[s.room], room):
		return ""
	}
	return roomReason[s.room]
}

// neighbours keeps the folders of connectors apart: the platforms meet only in cmd. Each may import connectors itself.
func neighbours(s *source, own string) string {
	if s.room != "connectors" || own == "connectors" || own == s.dir {
		return ""
	}
	if s.dir == "connectors" {
		return "the contract may not know who keeps it"
	}
	if s.test || slices.Contains(testSupport, s.dir) || sharedByPlatforms(own) {
		return ""
	}
	return "one platform may not lean on another, so that each can be changed or removed alone"
}

// sharedByPlatforms says whether a folder of connectors is a helper of several platforms instead of a platform.
func sharedByPlatforms(own string) bool {
	return slices.Contains([]string{"graph"}, path.Base(own)) || strings.Contains(own, "/internal/")
}

// serverNames are the names of net/http that only a server uses.
var serverNames = []string{
	"Server", "ListenAndServe", "ListenAndServeTLS", "Serve", "ServeTLS", "Handle", "HandleFunc", "Handler", "HandlerFunc",
	"NewServeMux", "ServeMux", "DefaultServeMux", "ResponseWriter", "Error", "Redirect", "FileServer", "FileServerFS",
	"StripPrefix", "TimeoutHandler", "SetCookie", "NotFound", "NotFoundHandler", "MaxBytesReader", "MaxBytesHandler",
	"NewCrossOriginProtection", "CrossOriginProtection", "Flusher", "NewResponseController",
}

// serverHTTP finds HTTP serving outside the two places that serve. Tests may use httptest.
func serverHTTP(s *source) []Finding {
	if s.test || s.room == "web" || s.dir == "connectors/simulator" || slices.Contains(testSupport, s.dir) {
		return nil
	}
	var found []Finding
	each(s, func(sel *ast.SelectorExpr) {
		if name := selected(s, sel, "net/http"); slices.Contains(serverNames, name) {
			found = append(found, s.finding(sel, "uses http.%s: only web and connectors/simulator serve HTTP, so that auth and limits are in one place", name))
		}
	})
	return found
}

// selected returns the name that sel takes from the package with this import path, or "" when it is of something else.
func selected(s *source, sel *ast.SelectorExpr, importPath string) string {
	id, ok := sel.X.(*ast.Ident)
	if !ok || id.Obj != nil { // an Obj is a variable that hides the package
		return ""
	}
	for _, spec := range s.ast.Imports {
		local := path.Base(importPath)
		if spec.Name != nil {
			local = spec.Name.Name
		}
		if spec.Path.Value == strconv.Quote(importPath) && local == id.Name {
			return sel.Sel.Name
		}
	}
	return ""
}
