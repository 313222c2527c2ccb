package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pengikut/pengikut/influencer"
)

// Problem is the answer to a request that failed (RFC 9457). It tells nothing
// that the caller did not send or may not know; the log tells the rest under the
// request's id.
type Problem struct {
	Type      string         `json:"type" doc:"Which kind of problem; the text is stable, and programs may compare it" example:"urn:pengikut:problem:not-found"`
	Title     string         `json:"title" doc:"The kind of problem in words" example:"Not found"`
	Status    int            `json:"status" doc:"The HTTP status" minimum:"400" maximum:"599" example:"404"`
	Detail    string         `json:"detail,omitempty" doc:"What happened this time"`
	RequestID string         `json:"request_id" doc:"Names this request in the service's log" example:"4f1c2a9be07d4c55"`
	Errors    []ProblemField `json:"errors,omitempty" nullable:"false" doc:"What is wrong, one by one"`

	retry time.Duration // 0 for no Retry-After
}

// ProblemField is one thing that is wrong with a request.
type ProblemField struct {
	Location string `json:"location" doc:"Where it stands" example:"query.limit"`
	Message  string `json:"message" doc:"What is wrong" example:"expected number <= 500"`
}

// Error is the kind of problem, and what happened.
func (p *Problem) Error() string { return p.Title + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType is that of problem details.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// GetHeaders are the headers that go with the problem.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retry > 0 {
		h.Set("Retry-After", strconv.Itoa(max(1, int((p.retry+time.Second-1)/time.Second))))
	}
	return h
}

// refusal makes a problem of a kind that a handler finds itself. The detail is
// shown to the caller.
func refusal(status int, format string, args ...any) *Problem {
	p := problemOf(status)
	p.Detail = fmt.Sprintf(format, args...)
	return p
}

const problemPrefix = "urn:pengikut:problem:"

// kinds names the kinds of problems, by status.
var kinds = map[int][2]string{
	http.StatusBadRequest:            {"bad-request", "Bad request"},
	http.StatusUnauthorized:          {"unauthorized", "No valid key"},
	http.StatusForbidden:             {"forbidden", "Not for this key"},
	http.StatusNotFound:              {"not-found", "Not found"},
	http.StatusMethodNotAllowed:      {"method-not-allowed", "Method not allowed"},
	http.StatusRequestTimeout:        {"request-timeout", "The request came too slowly"},
	http.StatusConflict:              {"conflict", "Not possible as things stand"},
	http.StatusPreconditionFailed:    {"changed-meanwhile", "Changed meanwhile"},
	http.StatusRequestEntityTooLarge: {"too-large", "The request is too large"},
	http.StatusUnsupportedMediaType:  {"unsupported-media-type", "Unsupported content type"},
	http.StatusUnprocessableEntity:   {"invalid", "The request is not valid"},
	http.StatusTooManyRequests:       {"too-many-requests", "Too many requests"},
	http.StatusInternalServerError:   {"internal", "Something failed here"},
	http.StatusServiceUnavailable:    {"unavailable", "Not available now"},
}

func problemOf(status int) *Problem {
	kind, known := kinds[status]
	if !known {
		kind = [2]string{"http-" + strconv.Itoa(status), http.StatusText(status)}
	}
	return &Problem{Type: problemPrefix + kind[0], Title: kind[1], Status: status}
}

// failure is one line of the table of errors: which error gives which status, and
// what the caller is told. say nil tells the text of the error itself from is on,
// which its package has written for people.
type failure struct {
	is     error
	status int
	say    string
}

// failures is the table. An error that is not in it is a fault of ours: the caller
// gets 500 and the request's id, the log gets the error.
var failures = []failure{
	{influencer.ErrNotFound, http.StatusNotFound, "There is no such thing, or this key may not see it."},
	{influencer.ErrCursor, http.StatusBadRequest, "The cursor belongs to another list or filter. Begin without one."},
	{influencer.ErrIllegalAct, http.StatusConflict, ""},
	{influencer.ErrFirstPolicy, http.StatusConflict, ""},
	{influencer.ErrDraftState, http.StatusConflict, ""},
	{influencer.ErrPolicyMoved, http.StatusConflict, ""},
	{influencer.ErrNotInFuture, http.StatusUnprocessableEntity, ""},
	{influencer.ErrTripClosed, http.StatusConflict, ""},
	{influencer.ErrNoAgency, http.StatusUnprocessableEntity, ""},
	{influencer.ErrKeyOrder, http.StatusUnprocessableEntity, ""},
	{context.DeadlineExceeded, http.StatusServiceUnavailable, "It took too long. Ask for less, or later."},
	{context.Canceled, http.StatusServiceUnavailable, "The request was given up."},
}

// NoSuchRoute is the type of the problem of a path that this version of the service
// does not have.
const NoSuchRoute = problemPrefix + "no-such-route"

// routeProblem is what is told who calls a route that is not there.
func routeProblem(status int) *Problem {
	if status != http.StatusNotFound {
		return problemOf(status)
	}
	p := refusal(status, "This service has no such path.")
	p.Type, p.Title = NoSuchRoute, "No such path"
	return p
}

// problem is what the caller is told of an error.
func (a *api) problem(ctx context.Context, err error) *Problem {
	p := knownProblem(err)
	if p == nil {
		p = problemOf(http.StatusInternalServerError)
		p.Detail = "The fault is not yours. Whoever runs this service finds it in the log by the request's id."
		a.log.ErrorContext(ctx, "request failed", "request_id", requestID(ctx), "error", err)
	}
	told := *p
	told.RequestID = requestID(ctx)
	return &told
}

func knownProblem(err error) *Problem {
	if p, ok := errors.AsType[*Problem](err); ok {
		return p
	}
	if bad, ok := errors.AsType[*influencer.PolicyError](err); ok {
		p := refusal(http.StatusUnprocessableEntity, "The policy is not valid.")
		for _, problem := range bad.Problems {
			p.Errors = append(p.Errors, ProblemField{Location: "body", Message: problem})
		}
		return p
	}
	if bad, ok := errors.AsType[*influencer.RosterError](err); ok {
		return refusal(http.StatusUnprocessableEntity, "%s", bad.Text)
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return refusal(http.StatusRequestEntityTooLarge, "The body is larger than %d bytes.", large.Limit)
	}
	for _, f := range failures {
		if errors.Is(err, f.is) {
			p := refusal(f.status, "%s", f.say)
			if f.say == "" {
				p.Detail = textFrom(err, f.is)
			}
			return p
		}
	}
	return nil
}

// textFrom is err's text from where target's own begins: without what the layers
// above have put before it. An error that wraps target in words of its own, as a
// type does, is told in those.
func textFrom(err, target error) string {
	if _, after, found := strings.Cut(err.Error(), target.Error()); found {
		line, _, _ := strings.Cut(after, "\n") // of errors that were joined, the first
		return target.Error() + line
	}
	for e := err; e != nil; e = errors.Unwrap(e) {
		if errors.Unwrap(e) == target { //nolint:errorlint // the one that wraps it itself is looked for
			return e.Error()
		}
	}
	return target.Error()
}

// asProblem turns what huma says of a request that is not valid into a problem:
// without the values that were sent, which may be personal data. It is a
// [huma.Transformer].
func asProblem(ctx huma.Context, _ string, v any) (any, error) {
	said, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	p := problemOf(said.Status)
	p.Detail, p.RequestID = said.Detail, requestID(ctx.Context())
	for _, e := range said.Errors {
		p.Errors = append(p.Errors, ProblemField{Location: e.Location, Message: e.Message})
	}
	return p, nil
}

// writeProblem answers with a problem, outside of huma.
func (a *api) writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problem(r.Context(), err)
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="pengikut"`)
	}
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // a client that left needs no answer
}
