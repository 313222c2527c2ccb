// Package store is told twice.
package store // want "a doc comment in store/people.go too"
