// Package web is the HTTP side of the program and the home of its JSON shapes.
//
// view.go holds the shapes, which the API and `pengikut … --output json` share:
// a number or time that is unknown is null, times are RFC 3339 in UTC, and a
// [Viewer] says whether a NIP is shown whole. Server answers /healthz and
// /readyz. What it needs of others it states as small interfaces of its own.
package web
