package main

import (
	"context"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// knownLimits are what a gate knows.
type knownLimits struct {
	room   int
	until  time.Time
	known  bool
	window int
}

func (k knownLimits) Headroom(context.Context, influencer.Platform, influencer.Purpose) (int, time.Time, bool) {
	return k.room, k.until, k.known
}

func (k knownLimits) Window(context.Context, influencer.Platform, influencer.Purpose) int {
	return k.window
}

func TestLeastTimeOfAResync(t *testing.T) {
	t.Parallel()
	soon := monday.Add(4 * time.Minute)
	for name, c := range map[string]struct {
		limits   limits
		accounts int64
		want     time.Duration
	}{
		"published, one window":           {nil, 30_000, 0},
		"published, two windows":          {nil, 30_001, 0},
		"published, a million":            {nil, 1_000_000, 32 * 15 * time.Minute},
		"known, some left":                {knownLimits{500, time.Time{}, true, 1000}, 500, 0},
		"known, none left":                {knownLimits{0, soon, true, 1000}, 500, 4 * time.Minute},
		"known, none left, three windows": {knownLimits{0, soon, true, 1000}, 2500, 34 * time.Minute},
		"a gate that knows nothing":       {knownLimits{}, 1_000_000, 32 * 15 * time.Minute},
	} {
		d := &resyncDesk{limits: c.limits, now: func() time.Time { return monday }}
		got := d.least(t.Context(), influencer.ResyncCost{Platform: influencer.X, Accounts: c.accounts + 7, Joined: 7})
		if got == nil || *got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	d := &resyncDesk{now: func() time.Time { return monday }}
	if got := d.least(t.Context(), influencer.ResyncCost{Platform: influencer.Facebook, Accounts: 10}); got != nil {
		t.Errorf("a limit that nobody knows gives %v", *got)
	}
}
