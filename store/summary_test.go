package store

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

func TestSummary(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		empty, err := db.Summary(ctx, influencer.SummaryFilter{})
		if err != nil || empty.People != 0 || empty.Expected != 0 || len(empty.Statuses) != len(influencer.Statuses()) || !empty.AsOf.IsZero() {
			t.Errorf("of nobody: %+v, %v", empty, err)
		}
		someone(db) // x ani was read in 1970, x budi an hour ago, the others never
		for name, c := range map[string]struct {
			f    influencer.SummaryFilter
			want string
		}{
			"all": {influencer.SummaryFilter{}, "4 people, 2 holders, read 1 of 4 at -1h0m0s to -1h0m0s" +
				" | Komdigi 2: 0 of 1 map[blocked:1 grace:1] | Kominfo 2: 1 of 3 map[active:1 none:1]" +
				" | facebook 0 of 1 map[needs_consent:1] | instagram 0 of 1 map[pending:1] | x 1 of 2 map[ok:2]"},
			"fresh": {influencer.SummaryFilter{FreshWithin: time.Minute, Platform: influencer.X}, "2 people, 1 holders, read 0 of 2" +
				" | Kominfo 2: 0 of 2 map[active:1 none:1] | x 0 of 2 map[ok:2]"},
			"long ago": {influencer.SummaryFilter{FreshWithin: 100 * 365 * 24 * time.Hour, Agency: "Kominfo"},
				"2 people, 1 holders, read 2 of 3 at -1h0m0s to " + time.Unix(1, 0).Sub(monday).String() +
					" | Kominfo 2: 2 of 3 map[active:1 none:1] | instagram 0 of 1 map[pending:1] | x 2 of 2 map[ok:2]"},
			"nobody": {influencer.SummaryFilter{Agency: "Tidak Ada"}, "0 people, 0 holders, read 0 of 0"},
		} {
			s, err := db.Summary(ctx, c.f)
			if err != nil || summaryText(s) != c.want {
				t.Errorf("%s: %s, %v\nwant %s", name, summaryText(s), err, c.want)
			}
		}
	})
}

func summaryText(s influencer.Summary) string {
	text := fmt.Sprintf("%d people, %d holders, read %d of %d", s.People, s.Statuses["active"]+s.Statuses["grace"], s.Read, s.Expected)
	if !s.AsOf.IsZero() {
		text += fmt.Sprintf(" at %v to %v", s.AsOf.Sub(s.At), s.Oldest.Sub(s.At))
	}
	for _, a := range s.Agencies {
		text += fmt.Sprintf(" | %s %d: %d of %d %v", a.Agency, a.People, a.Read, a.Expected, a.Statuses)
	}
	for _, p := range s.Platforms {
		text += fmt.Sprintf(" | %s %d of %d %v", p.Platform, p.Read, p.Expected, p.States)
	}
	return text
}
