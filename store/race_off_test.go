//go:build !race

package store

// thorough is how often a test does what it does often; see the other one.
func thorough(n int) int { return n }
