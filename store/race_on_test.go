//go:build race

package store

// thorough is how often a test does what it does often: a tenth under the race
// detector, which is for the paths and not for the numbers. make test runs these
// tests a second time without it.
func thorough(n int) int { return max(1, n/10) }
