// Package thorough tells tests how often to do what they do often.
package thorough

// Times is n, or a tenth of it under the race detector, which is for the paths and
// not for the numbers, and makes each ten times as slow. make test runs such tests
// once with it and once without.
func Times(n int) int { return max(1, n/share) }

// Race tells whether the race detector is on.
func Race() bool { return share > 1 }
