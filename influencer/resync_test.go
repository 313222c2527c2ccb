package influencer

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestResyncETA(t *testing.T) {
	t.Parallel()
	began := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	now := began.Add(10 * time.Minute)
	limited := []PlatformHealth{{Platform: X, Kind: RateLimited, Until: now.Add(time.Hour)}, {Platform: Facebook, Until: now.Add(-time.Hour)}}
	running := func(change func(*Resync)) Resync {
		r := Resync{State: ResyncRunning, StartedAt: began, ResyncCount: ResyncCount{Total: 100, Done: 40, Failed: 10},
			Platforms: []ResyncPlatform{{X, ResyncCount{Total: 60, Done: 20}}, {Facebook, ResyncCount{Total: 40, Done: 20, Failed: 10}}}}
		if change != nil {
			change(&r)
		}
		return r
	}
	for name, c := range map[string]struct {
		resync Resync
		health []PlatformHealth
		want   time.Time
		waits  []ResyncWait
	}{
		"goes on as it did":       {running(nil), nil, now.Add(10 * time.Minute), nil},
		"waits for a limit":       {running(nil), limited, now.Add(time.Hour), []ResyncWait{{X, now.Add(time.Hour), RateLimited, ""}}},
		"needs the limit no more": {running(func(r *Resync) { r.Platforms[0].Done = 60 }), limited, now.Add(10 * time.Minute), nil},
		"nothing read yet":        {running(func(r *Resync) { r.Done, r.Failed = 0, 0 }), nil, time.Time{}, nil},
		"not begun":               {running(func(r *Resync) { r.StartedAt = time.Time{} }), nil, time.Time{}, nil},
		"over":                    {running(func(r *Resync) { r.State = ResyncDone }), limited, time.Time{}, nil},
	} {
		if got := c.resync.ETA(c.health, now); !got.Equal(c.want) {
			t.Errorf("%s: ends at %v, want %v", name, got, c.want)
		}
		if diff := cmp.Diff(c.waits, c.resync.Waits(c.health, now)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestResyncFailuresAreExplained for every kind, tried or given up.
func TestResyncFailuresAreExplained(t *testing.T) {
	t.Parallel()
	for _, k := range FailureKinds() {
		for _, tries := range []int{0, 3} {
			a := ResyncFailure{Platform: X, Handle: "sri", Kind: k, Tries: tries}.Advice(English)
			if a.Cause == "" || a.NextStep == "" || strings.Contains(a.Cause, "{") {
				t.Errorf("%s after %d tries: %+v", k, tries, a)
			}
		}
	}
	own, institution := ResyncFailure{Platform: Facebook, Kind: CredentialDead, Tries: 1}, ResyncFailure{Platform: Facebook, Kind: CredentialDead}
	if own.Advice(English) == institution.Advice(English) {
		t.Error("a person's token and the institution's are told alike")
	}
}
