// Package influencer is the rule.
package influencer

import (
	"time"

	"github.com/google/go-cmp/cmp"       // want "standard library only"
	"github.com/pengikut/pengikut/store" // want "free of every technology"
	clock "time"
)

var last time.Time

// Decide reads the clock in two ways, and keeps state between calls.
func Decide() time.Duration {
	last = time.Now() // want "reads the clock with time.Now" "changes the package variable last"
	_ = cmp.Diff(store.X, nil)
	return clock.Since(last) // want "reads the clock with time.Since"
}

// Given is fine: its time is handed in, and its last hides the package's.
func Given(now time.Time) time.Time {
	last := now
	last = last.Add(time.Hour)
	return last
}
