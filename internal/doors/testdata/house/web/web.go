// Package web serves.
package web

import (
	"net/http"

	_ "github.com/pengikut/pengikut/store" // want "small interfaces of its own"
)

// Routes are told.
var Routes = http.NewServeMux()

var Naked int

// want above-that "Naked is exported without a doc comment"

const (
	// One is told.
	One = 1
	Two = 2 // Two is told, too.
	Six = 6

	// want above-that "Six is exported"
)

type (
	Page struct{} // want "Page is exported"
)

// A group is told by its comment.
var (
	North = 1
	South = 2
)

type List[T any] struct{} // want "List is exported"

func (l *List[T]) All() {} // want "All is exported"

func (l *List[T]) String() string { return "" }

func Serve() {} // want "Serve is exported"

type hidden struct{}

func (hidden) Exported() {}

var _ http.Handler = Routes

var hits, table = 0, map[string]int{}

func count() {
	_ = hits
	hits++         // want "changes the package variable hits"
	table["a"] = 1 // want "changes the package variable table"
	table := table
	table["b"] = 2
}
