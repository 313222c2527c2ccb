// Package sqlite3 stands in for github.com/mattn/go-sqlite3 and holds nothing. README.md says why.
package sqlite3
