package web

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// finish completes the document once all routes are in, and serves it.
func (a *api) finish() {
	doc := a.config.OpenAPI
	closer{closedLists(a.platforms), map[*huma.Schema]bool{}}.closeAll(doc)
	specs := map[string]routeSpec{}
	for _, s := range a.routes {
		specs[s.id] = s
	}
	eachOperation(doc, func(_ string, op *huma.Operation) { complete(op, specs[op.OperationID]) })
	raw, err := json.Marshal(doc)
	if err != nil {
		panic("web: the OpenAPI document cannot be written: " + err.Error())
	}
	a.openapi = raw
	a.docsRoutes()
	a.raw(routeSpec{
		method: http.MethodGet, path: "/api/openapi.json", id: "openapi", tag: "documentation", summary: "This document", who: public,
	}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/openapi+json")
		w.Header().Set("Cache-Control", "no-cache")
		_, _ = w.Write(a.openapi) // a client that left needs no answer
	})
}

// complete adds what huma cannot know: who may call, the headers, 304, and an
// example of each problem.
func complete(op *huma.Operation, s routeSpec) {
	op.Description = strings.TrimSpace(op.Description + "\n\n" + s.callers())
	op.Extensions = map[string]any{"x-who": s.who.String(), "x-all-agencies": s.allAgencies}
	s.otherAnswers(op)
	for status, r := range op.Responses {
		if r.Headers == nil {
			r.Headers = map[string]*huma.Param{}
		}
		r.Headers["X-Request-Id"] = header("Names this request in the service's log")
		code, err := strconv.Atoi(status)
		if err == nil && code >= http.StatusBadRequest {
			exemplify(r, code)
		}
	}
	if s.method == http.MethodGet && !s.streams {
		op.Responses[strconv.Itoa(s.status)].Headers["ETag"] = header("Send it as If-None-Match: the answer is 304 while nothing has changed")
		op.Responses["304"] = &huma.Response{Description: "Not modified", Headers: map[string]*huma.Param{"ETag": header("The same")}}
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "If-None-Match", In: "header", Description: "ETag of an answer before", Schema: &huma.Schema{Type: huma.TypeString},
		})
	}
}

// otherAnswers adds the good answers that huma does not see in the handler's types.
func (s routeSpec) otherAnswers(op *huma.Operation) {
	main := op.Responses[strconv.Itoa(s.status)]
	for _, status := range s.also {
		other := &huma.Response{Description: http.StatusText(status)}
		if status != http.StatusNoContent {
			other.Content = main.Content
		}
		op.Responses[strconv.Itoa(status)] = other
	}
}

func header(text string) *huma.Param {
	return &huma.Param{Description: text, Schema: &huma.Schema{Type: huma.TypeString}}
}

func exemplify(r *huma.Response, status int) {
	p := problemOf(status)
	p.RequestID = "4f1c2a9be07d4c55"
	r.Description = p.Title
	for _, m := range r.Content {
		m.Example = p
	}
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		r.Headers["Retry-After"] = header("Seconds to wait")
	}
}

// callers says in a sentence who may call a route.
func (s routeSpec) callers() string {
	text := map[access]string{
		public:  "Anybody may call it, without a key.",
		viewers: "Any key may call it.",
		admins:  "Needs a key with the role admin.",
	}[s.who]
	if s.allAgencies {
		text += " A key of one agency may not."
	}
	if s.perMinute > 0 {
		text += " At most " + strconv.Itoa(s.perMinute) + " calls a minute with one key."
	}
	return text
}
