package web

import (
	"net/http"
	"slices"
	"strings"
)

// routeOf is a pattern without its method. What a client made up is none.
func routeOf(pattern string) string {
	_, route, found := strings.Cut(pattern, " ")
	if !found {
		route = pattern
	}
	return route
}

// methodOf is a method that HTTP knows: a client may send any word.
func methodOf(r *http.Request) string {
	if slices.Contains([]string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}, r.Method) {
		return r.Method
	}
	return "other"
}
