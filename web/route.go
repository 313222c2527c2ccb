package web

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// access says who may call a route. A route that does not say is refused at start.
type access int

const (
	public  access = iota + 1 // anybody, without a key
	viewers                   // any key
	admins                    // a key with the role admin
)

// String is the word that the document has for it.
func (a access) String() string {
	return map[access]string{public: "anybody", viewers: "viewer", admins: "admin"}[a]
}

// Limits of a route that sets none of its own.
const (
	defaultBody    = 1 << 20
	defaultTimeout = 30 * time.Second
)

// routeSpec is one line of the table of routes: what is called and who may. The
// documentation, the tests and the doors themselves all read this one line.
type routeSpec struct {
	method, path         string
	id                   string // operation id, such as "list-people"
	tag                  string // the noun, under which the documentation files it
	summary, description string

	who         access
	allAgencies bool // it concerns all agencies at once: a key of one agency may not call it
	perMinute   int  // calls a minute with one key, in one process; 0 sets no limit

	status  int           // of a good answer; 0 means 200
	also    []int         // other statuses of good answers: with the same body, but for 204
	errors  []int         // statuses of bad answers, besides those that every route may give
	takes   string        // content type of a body that is not JSON, for a handler that reads it itself
	gives   string        // content type of an answer that is not JSON, for a handler that sends it itself
	maxBody int64         // bytes; 0 means 1 MiB
	timeout time.Duration // for the handler; 0 means 30 seconds
	// streams is for an answer that is sent as it is made: it has no ETag, is not
	// compressed, and the timeout does not end it. So is the body of the request.
	streams bool
	hidden  bool // not in the document
}

// route puts one line into the table. A handler returns errors as they come: see
// the table in problem.go for what the client is told.
func route[I, O any](a *api, s routeSpec, handle func(context.Context, *I) (*O, error)) {
	s = a.enter(s)
	op := huma.Operation{
		OperationID: s.id, Method: s.method, Path: s.path, Tags: []string{s.tag}, Summary: s.summary, Description: s.description,
		DefaultStatus: s.status, Errors: s.problems(), Security: s.security(), Hidden: s.hidden,
		// api.body has read and bounded the body before; see there.
		BodyReadTimeout: -1, MaxBodyBytes: s.maxBody + 1,
		RequestBody: s.rawBody(), Responses: s.rawAnswer(),
	}
	huma.Register(a.huma(s), op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
}

// raw puts a line into the table whose handler speaks plain HTTP: a page, a picture,
// metrics. It is not in the OpenAPI document.
func (a *api) raw(s routeSpec, handle http.HandlerFunc) {
	s.hidden = true
	a.mount(a.enter(s), handle)
}

// enter completes a line of the table and refuses one that says too little.
func (a *api) enter(s routeSpec) routeSpec {
	if s.method == "" || s.path == "" || s.id == "" || s.tag == "" || s.summary == "" || s.who == 0 {
		panic(fmt.Sprintf("web: the route %s %s %q does not say all it must", s.method, s.path, s.id))
	}
	if s.status == 0 {
		s.status = http.StatusOK
	}
	if s.maxBody == 0 {
		s.maxBody = defaultBody
	}
	if s.timeout == 0 {
		s.timeout = defaultTimeout
	}
	a.routes = append(a.routes, s)
	return s
}

// rawBody documents a body that is not JSON.
func (s routeSpec) rawBody() *huma.RequestBody {
	if s.takes == "" {
		return nil
	}
	return &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		s.takes: {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}},
	}}
}

// rawAnswer documents a good answer that is not JSON.
func (s routeSpec) rawAnswer() map[string]*huma.Response {
	if s.gives == "" {
		return nil
	}
	return map[string]*huma.Response{strconv.Itoa(s.status): {Description: http.StatusText(s.status), Content: map[string]*huma.MediaType{
		s.gives: {Schema: &huma.Schema{Type: huma.TypeString}},
	}}}
}

// writes tells whether a call changes anything.
func (s routeSpec) writes() bool { return s.method != http.MethodGet }

// problems are the statuses of all bad answers.
func (s routeSpec) problems() []int {
	all := append([]int{
		http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusTooManyRequests, http.StatusServiceUnavailable,
	}, s.errors...)
	if s.who != public {
		all = append(all, http.StatusUnauthorized, http.StatusForbidden)
	}
	if strings.Contains(s.path, "{") || s.writes() { // a body may name what is not there
		all = append(all, http.StatusNotFound)
	}
	if s.writes() {
		all = append(all, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusRequestTimeout)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func (s routeSpec) security() []map[string][]string {
	if s.who == public {
		return nil
	}
	return []map[string][]string{{keyScheme: {}}}
}

// Route is a line of the table of routes, for those who look at it from outside.
type Route struct {
	Method, Path, ID string
	Who              string // "anybody", "viewer" for any key, or "admin"
}

// Routes is the table of routes.
func (s *Server) Routes() []Route {
	return each(s.routes, func(r routeSpec) Route { return Route{r.method, r.path, r.id, r.who.String()} })
}
