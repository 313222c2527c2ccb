package web

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// readWhole replaces a request's body by all of it, so that a client that is slow,
// breaks off or sends too much is told so, which huma would call a fault of ours.
func readWhole(w http.ResponseWriter, r *http.Request, limit int64) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if err == nil {
		r.Body = io.NopCloser(bytes.NewReader(body))
		return nil
	}
	if _, large := errors.AsType[*http.MaxBytesError](err); large {
		return err
	}
	if slow, ok := errors.AsType[net.Error](err); ok && slow.Timeout() {
		return refusal(http.StatusRequestTimeout, "The body did not arrive in time.")
	}
	return refusal(http.StatusBadRequest, "The body broke off.")
}

// checkQuery refuses what no database takes as text, and a parameter given twice,
// of which one would be lost without a word.
func checkQuery(r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refusal(http.StatusBadRequest, "The query cannot be read: a %% stands without its two digits, or a ; between parameters.")
	}
	p := refusal(http.StatusUnprocessableEntity, "validation failed")
	for name, values := range query {
		switch {
		case !isText(name):
			return refusal(http.StatusUnprocessableEntity, "The query holds a control character, or is not UTF-8.")
		case len(values) > 1:
			p.Errors = append(p.Errors, ProblemField{"query." + name, "is given more than once"})
		case !isText(values[0]):
			p.Errors = append(p.Errors, ProblemField{"query." + name, "holds a control character, or is not UTF-8"})
		}
	}
	if len(p.Errors) > 0 {
		return p
	}
	return nil
}

func isText(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, unicode.IsControl)
}
