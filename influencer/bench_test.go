package influencer

import (
	"testing"
	"time"
)

// BenchmarkDecide decides over the shapes that a change of policy walks through
// by the million: three accounts each.
func BenchmarkDecide(b *testing.B) {
	now := time.Date(2026, 11, 23, 5, 0, 0, 0, time.UTC)
	p := DefaultPolicy()
	account := func(id int64, platform Platform, n int64) AccountEvidence {
		counts := Counts{Followers: &n, Friends: &n, LastActiveAt: now.Add(-48 * time.Hour)}
		return AccountEvidence{AccountID: id, Platform: platform, State: StateOK, Readings: []Reading{{
			ObservedAt: now.Add(-72 * time.Hour), LastSeenAt: now.Add(-time.Hour), Reads: 4, Counts: counts,
			Between: []time.Time{now.Add(-48 * time.Hour), now.Add(-24 * time.Hour)},
		}}}
	}
	shapes := map[string]Evidence{
		"stays": {Standing: Standing{Status: StatusActive, Since: now, FirstGrantedAt: now},
			Accounts: []AccountEvidence{account(1, X, 900), account(2, Instagram, 300), account(3, Facebook, 200)}},
		"lost": {Standing: Standing{Status: StatusActive, Since: now, FirstGrantedAt: now},
			Accounts: []AccountEvidence{account(1, X, 400), account(2, Instagram, 300), account(3, Facebook, 200)}},
		"none": {Standing: Standing{Status: StatusNone},
			Accounts: []AccountEvidence{account(1, X, 400), account(2, Instagram, 300), account(3, Facebook, 200)}},
	}
	for name, e := range shapes {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				Decide(p, e, now)
			}
		})
	}
}
