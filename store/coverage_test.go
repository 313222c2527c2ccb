package store

import (
	"context"
	"fmt"
	"testing"

	"github.com/pengikut/pengikut/influencer"
)

func TestCoverageTellsWhereNumbersAreMissing(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		someone(db) // x ani was read in 1970, x budi an hour ago, the others never
		db.exec("UPDATE accounts SET failures = 2 WHERE handle_key = 'citra'")
		for name, c := range map[string]struct {
			f    influencer.CoverageFilter
			want string
		}{
			"all": {influencer.CoverageFilter{}, "1 of 4, never 1, stale 1, unreadable 1" +
				" | Komdigi facebook 0 of 1, never 0, stale 0, unreadable 1" +
				" | Kominfo instagram 0 of 1, never 1, stale 0, unreadable 0 | Kominfo x 1 of 2, never 0, stale 1, unreadable 0"},
			"by agency": {influencer.CoverageFilter{By: influencer.ByAgency}, "1 of 4, never 1, stale 1, unreadable 1" +
				" | Komdigi  0 of 1, never 0, stale 0, unreadable 1 | Kominfo  1 of 3, never 1, stale 1, unreadable 0"},
			"by platform, one agency": {influencer.CoverageFilter{By: influencer.ByPlatform, Agency: "Kominfo"}, "1 of 3, never 1, stale 1, unreadable 0" +
				" | Kominfo instagram 0 of 1, never 1, stale 0, unreadable 0 | Kominfo x 1 of 2, never 0, stale 1, unreadable 0"},
			"one platform": {influencer.CoverageFilter{Platform: influencer.X}, "1 of 2, never 0, stale 1, unreadable 0" +
				" | Kominfo x 1 of 2, never 0, stale 1, unreadable 0"},
		} {
			r, err := db.Coverage(ctx, c.f)
			if err != nil || coverageText(r) != c.want {
				t.Errorf("%s: %s, %v\nwant %s", name, coverageText(r), err, c.want)
			}
		}
		for problem, want := range map[influencer.Problem]string{
			influencer.ProblemNever: "ani.ig", influencer.ProblemStale: "AniBaru", influencer.ProblemUnreadable: "citra",
		} {
			page, err := db.Accounts(ctx, influencer.AccountFilter{Problem: problem}, influencer.Paging{})
			if err != nil || len(page.Items) != 1 || page.Items[0].Handle != want || page.Items[0].Problem(true) != problem {
				t.Errorf("%s: %+v, %v", problem, page.Items, err)
			}
		}
		if _, err := db.Accounts(ctx, influencer.AccountFilter{Problem: "other"}, influencer.Paging{}); err == nil {
			t.Error("a problem that is none was looked for")
		}
	})
}

func coverageText(r influencer.CoverageReport) string {
	row := func(c influencer.CoverageRow) string {
		return fmt.Sprintf("%d of %d, never %d, stale %d, unreadable %d", c.Read, c.Expected, c.Never, c.Stale, c.Unreadable)
	}
	text := row(r.Total)
	for _, c := range r.Rows {
		text += fmt.Sprintf(" | %s %s %s", c.Agency, c.Platform, row(c))
	}
	return text
}
