package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/pengikut/pengikut/influencer"
)

func TestImportsAtOnce(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		rows := make([]influencer.Row, 2*importChunk+1)
		for i := range rows {
			rows[i] = line(influencer.NIP(fmt.Sprintf("%018d", i/2)), influencer.X, fmt.Sprint("u", i), "")
		}
		var wg sync.WaitGroup
		reports, errs := make([]influencer.ImportReport, 3), make([]error, 3)
		for i := range reports {
			wg.Go(func() {
				reports[i], errs[i] = db.Import(context.Background(), roster(rows...), influencer.ImportOptions{At: monday})
			})
		}
		wg.Wait()
		added, accounts := 0, 0
		for i, r := range reports {
			if errs[i] != nil || len(r.Problems) != 0 {
				t.Fatal(errs[i], r.Problems)
			}
			added, accounts = added+r.PeopleAdded, accounts+r.AccountsAdded
		}
		if added != importChunk+1 || accounts != len(rows) || db.number("SELECT count(*) FROM schedule") != int64(len(rows)) {
			t.Errorf("added %d people and %d accounts between them", added, accounts)
		}
	})
}

func TestPoliciesAppliedAtOnceAreNumberedApart(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		var wg sync.WaitGroup
		versions, errs := make([]int, 4), make([]error, 4)
		for i := range versions {
			p := influencer.DefaultPolicy()
			p.Confirm = i + 1
			if p.Confirm == 2 { // the default's
				p.Confirm = 5
			}
			wg.Go(func() {
				out, err := db.ApplyPolicy(context.Background(), p, "tester", "", monday, nil)
				versions[i], errs[i] = out.Version.Policy.Version, err
			})
		}
		wg.Wait()
		slices.Sort(versions)
		if !slices.Equal(versions, []int{2, 3, 4, 5}) {
			t.Errorf("versions %v, %v", versions, errs)
		}
	})
}
