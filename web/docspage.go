package web

import (
	"embed"
	"net/http"
)

// docsFiles are the page that shows the document and lets people try it. All of it
// is in the program: it asks nothing of anybody else, and runs under the strict
// policy of every page here.
//
//go:embed static/docs
var docsFiles embed.FS

// docsRoutes serves the page.
func (a *api) docsRoutes() {
	for _, f := range []struct{ path, id, name, kind string }{
		{"/api/docs", "docs-page", "index.html", "text/html; charset=utf-8"},
		{"/api/docs/icon.svg", "docs-icon", "icon.svg", "image/svg+xml"},
		{"/api/docs/docs.css", "docs-style", "docs.css", "text/css; charset=utf-8"},
		{"/api/docs/docs.js", "docs-script", "docs.js", "text/javascript; charset=utf-8"},
	} {
		text, err := docsFiles.ReadFile("static/docs/" + f.name)
		if err != nil {
			panic("web: the documentation is not in the program: " + err.Error())
		}
		a.raw(routeSpec{method: http.MethodGet, path: f.path, id: f.id, tag: "documentation", summary: "The page to try the API", who: public},
			func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", f.kind)
				w.Header().Set("Cache-Control", "no-cache")
				_, _ = w.Write(text) // a client that left needs no answer
			})
	}
}
