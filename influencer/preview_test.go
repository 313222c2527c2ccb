package influencer

import (
	"fmt"
	"testing"
	"time"
)

func TestNear(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	evidence := func(status Status, counts map[Platform]int64) Evidence {
		e := Evidence{Standing: Standing{Status: status, Since: now.Add(-day)}}
		for i, p := range []Platform{X, Instagram} {
			n, ok := counts[p]
			if !ok {
				continue
			}
			c := Counts{Followers: &n, LastActiveAt: now.Add(-day)}
			e.Accounts = append(e.Accounts, AccountEvidence{AccountID: int64(i + 1), Platform: p, State: StateOK, StateSince: now.Add(-day),
				Readings: []Reading{{AccountID: int64(i + 1), ObservedAt: now, LastSeenAt: now, Reads: 1, Counts: c}}})
		}
		return e
	}
	anyOf, all := DefaultPolicy(), DefaultPolicy()
	all.Match = Match{Mode: MatchAll}
	all.Requirements = all.Requirements[:2]
	for name, c := range map[string]struct {
		p      Policy
		status Status
		counts map[Platform]int64
		want   string
	}{
		"just below":              {anyOf, StatusNone, map[Platform]int64{X: 450}, "x 450 of 500"},
		"further below":           {anyOf, StatusNone, map[Platform]int64{X: 449}, ""},
		"the nearest of two":      {anyOf, StatusNone, map[Platform]int64{X: 455, Instagram: 490}, "instagram 490 of 500"},
		"just above":              {anyOf, StatusActive, map[Platform]int64{X: 549}, "x 549 of 500"},
		"further above":           {anyOf, StatusActive, map[Platform]int64{X: 550}, ""},
		"safe by another":         {anyOf, StatusActive, map[Platform]int64{X: 501, Instagram: 5000}, ""},
		"all, one just below":     {all, StatusNone, map[Platform]int64{X: 499, Instagram: 5000}, "x 499 of 500"},
		"all, the other too low":  {all, StatusNone, map[Platform]int64{X: 499, Instagram: 1}, ""},
		"all, one just above":     {all, StatusActive, map[Platform]int64{X: 501, Instagram: 5000}, "x 501 of 500"},
		"blocked":                 {anyOf, StatusBlocked, map[Platform]int64{X: 499}, ""},
		"suspended":               {anyOf, StatusSuspended, map[Platform]int64{X: 499}, ""},
		"moves":                   {anyOf, StatusNone, map[Platform]int64{X: 501}, ""},
		"nothing known":           {anyOf, StatusNone, nil, ""},
		"a holder, nothing known": {anyOf, StatusActive, nil, ""},
	} {
		v := Decide(c.p, evidence(c.status, c.counts), now)
		got := ""
		if n := v.Near(c.p); n != nil {
			got = fmt.Sprintf("%s %d of %d", n.Platform, n.Value, n.Line)
		}
		if got != c.want {
			t.Errorf("%s: near %q, want %q", name, got, c.want)
		}
	}
}
