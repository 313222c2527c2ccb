// Package web is the HTTP side of the program and the home of its JSON shapes.
//
// view.go holds the shapes, which the API and `pengikut … --output json` share:
// a number or time that is unknown is null, times are RFC 3339 in UTC, and a
// [Viewer] says whether a NIP is shown whole.
//
// The API is a table of routes: one line of route.go's routeSpec says what is
// called and who may, and the checks around each route, the OpenAPI document and
// the tests all read that line. api.go hangs it into the mux; problem.go says what
// a caller is told of an error; docs/api.md how to add one.
//
// What the package needs of others it states as small interfaces of its own.
package web
