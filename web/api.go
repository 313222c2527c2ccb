package web

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/pengikut/pengikut/influencer"
)

// Names in the document.
const (
	keyScheme    = "key" // of the keys
	schemaPrefix = "#/components/schemas/"
)

// api is the HTTP API: its table of routes, and what stands around each.
type api struct {
	mux       *http.ServeMux
	config    huma.Config
	routes    []routeSpec // the table
	door      *door
	calls     *limiter // by route and key
	platforms []influencer.Platform
	now       func() time.Time
	log       *slog.Logger
	told      func(route, method string, code int, took time.Duration) // of every request
	openapi   []byte
	closing   chan struct{} // closed when the server begins to stop: who streams ends then
}

func newAPI(mux *http.ServeMux, o Options) *api {
	if o.OnRequest == nil {
		o.OnRequest = func(string, string, int, time.Duration) {}
	}
	return &api{
		mux: mux, config: apiConfig(o.Version), log: o.Log, told: o.OnRequest, now: o.Now, platforms: o.Platforms,
		door:  newDoor(o.Keys, o.TrustedProxies),
		calls: newLimiter(time.Minute, maxAddresses), closing: make(chan struct{}),
	}
}

// apiConfig is huma's, without what it would serve by itself, and strict.
func apiConfig(version string) huma.Config {
	registry := huma.NewMapRegistry(schemaPrefix, huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[Problem]())
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: "Pengikut", Version: version, Description: apiText},
			Components: &huma.Components{Schemas: registry, SecuritySchemes: map[string]*huma.SecurityScheme{
				keyScheme: {Type: "http", Scheme: "bearer", Description: "An API key, as pengikut key create prints it."},
			}},
		},
		Formats:                      map[string]huma.Format{"application/json": {Marshal: writeCompact, Unmarshal: readStrict}, "json": {Marshal: writeCompact, Unmarshal: readStrict}},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{asProblem},
	}
}

func writeCompact(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

var errNUL = errors.New("a text holds the character NUL")

// readStrict reads JSON, and refuses the one character that Postgres cannot keep.
// It refuses an escaped backslash before u0000 as well, which nobody will miss.
func readStrict(data []byte, v any) error {
	if bytes.Contains(data, []byte(`\u0000`)) {
		return errNUL
	}
	return json.Unmarshal(data, v)
}

// huma is the view of huma on one route: all of them write into one document.
func (a *api) huma(s routeSpec) huma.API { return huma.NewAPI(a.config, &adapter{a, s}) }

// adapter hangs a route's handler into the mux, with all that stands around it.
type adapter struct {
	api  *api
	spec routeSpec
}

// Handle is called by huma once, with the handler.
func (a *adapter) Handle(op *huma.Operation, handle func(huma.Context)) {
	a.api.mount(a.spec, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handle(humago.NewContext(op, r, w))
	}))
}

func (a *adapter) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.api.mux.ServeHTTP(w, r) }

// mount serves a line of the table: who calls is asked before anything of the
// request is read.
func (a *api) mount(s routeSpec, next http.Handler) {
	pattern := s.method + " " + s.path
	a.mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		noteRoute(r.Context(), pattern)
		w.Header().Set("Cache-Control", "no-store")
		r, err := a.admit(s, r)
		if err == nil {
			err = checkQuery(r)
		}
		if err == nil {
			err = a.body(s, w, r)
		}
		switch {
		case err != nil:
			a.writeProblem(w, r, err)
		case s.streams:
			next.ServeHTTP(w, r)
		default:
			hold(s, next, w, r)
		}
	})
}

// body bounds a request's body, and unless the route streams reads it.
func (a *api) body(s routeSpec, w http.ResponseWriter, r *http.Request) error {
	if err := s.checkType(r); err != nil {
		return err
	}
	if s.streams {
		r.Body = http.MaxBytesReader(w, r.Body, s.maxBody)
		control := http.NewResponseController(w) // who has no deadlines, as in a test, needs none lifted
		_ = control.SetReadDeadline(time.Time{})
		_ = control.SetWriteDeadline(time.Time{})
		return nil
	}
	return readWhole(w, r, s.maxBody)
}

// checkType refuses a body of another type than the route takes. JSON may come
// without saying so.
func (s routeSpec) checkType(r *http.Request) error {
	given, want := r.Header.Get("Content-Type"), cmp.Or(s.takes, "application/json")
	if s.takes == "" && given == "" || !s.writes() {
		return nil
	}
	if kind, _, err := mime.ParseMediaType(given); err != nil || kind != want {
		return refusal(http.StatusUnsupportedMediaType, "Send the body as Content-Type: %s.", want)
	}
	return nil
}

func hold(s routeSpec, next http.Handler, w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
	defer cancel()
	held := &answer{to: w}
	next.ServeHTTP(held, r.WithContext(ctx))
	held.send(r)
}

// unrouted gives problems, not texts, to who calls what is not there.
func (a *api) unrouted(next *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		missing, pattern := next.Handler(r)
		if pattern != "" || !strings.HasPrefix(r.URL.Path, "/api/") {
			next.ServeHTTP(w, r)
			return
		}
		said := &answer{to: w}
		missing.ServeHTTP(said, r)
		if said.status < http.StatusBadRequest { // a redirect to the same path, tidied
			next.ServeHTTP(w, r)
			return
		}
		a.writeProblem(w, r, routeProblem(said.status))
	})
}

const apiText = `Follower counts and influencer status of registered civil servants.

Every route but a few needs a key: ` + "`Authorization: Bearer KEY`" + `. A number that is unknown is null, and never 0.
Times are RFC 3339 in UTC. Lists come in pages: pass next_cursor as cursor until it is empty.`
