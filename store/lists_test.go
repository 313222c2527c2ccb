package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// someone fills a database with four people of two agencies:
//
//	1 Ani, Kominfo, active: x ani (ok, renamed to AniBaru), instagram ani.ig
//	2 Budi, Kominfo, none: x budi (ok, read an hour ago)
//	3 100%_Citra, Komdigi, grace: facebook citra (needs_consent)
//	4 DEWI ani, Komdigi, blocked: no account
func someone(db *testDB) {
	db.t.Helper()
	row := func(nip, name, agency string, p influencer.Platform, handle string) influencer.Row {
		return influencer.Row{NIP: influencer.NIP(nip), Name: name, Agency: agency, Platform: p, Handle: handle}
	}
	db.take(row("198601012010012001", "Ani", "Kominfo", influencer.X, "ani"), row("198601012010012001", "Ani", "Kominfo", influencer.Instagram, "ani.ig"),
		row("198702022011011002", "Budi", "Kominfo", influencer.X, "budi"),
		row("199003032015012003", "100%_Citra", "Komdigi", influencer.Facebook, "citra"))
	db.exec(`INSERT INTO people (nip, name, agency, created_at, updated_at) VALUES ('199104042016012004', 'DEWI ani', 'Komdigi', 1, 1)`)
	for nip, status := range map[string]influencer.Status{"198601012010012001": "active", "199003032015012003": "grace", "199104042016012004": "blocked"} {
		db.exec("UPDATE people SET status = ?, since = ? WHERE nip = ?", status, monday.UnixMicro(), nip)
	}
	db.exec("UPDATE accounts SET state = 'ok', handle = 'AniBaru', followers = 700, observed_at = 1000000, synced_at = 1000000, reads = 1 WHERE handle_key = 'ani'")
	db.exec("UPDATE accounts SET state = 'ok', synced_at = ? WHERE handle_key = 'budi'", monday.Add(-time.Hour).UnixMicro())
	db.exec("UPDATE accounts SET state = 'needs_consent' WHERE handle_key = 'citra'")
}

// all walks a list in pages of two, and checks that the walk ends.
func all[T any](t *testing.T, list func(influencer.Paging) (influencer.Page[T], error)) []T {
	t.Helper()
	var out []T
	p := influencer.Paging{Limit: 2}
	for range 1000 {
		page, err := list(p)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Items) > 2 {
			t.Fatalf("a page of %d, asked for 2", len(page.Items))
		}
		out = append(out, page.Items...)
		if p.Cursor = page.Next; p.Cursor == "" {
			return out
		}
	}
	t.Fatal("the list does not end")
	return nil
}

func join[T any](items []T, name func(T) string) string {
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = name(item)
	}
	return strings.Join(names, " ")
}

func TestPeople(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		someone(db)
		for name, c := range map[string]struct {
			f    influencer.PeopleFilter
			want string
		}{
			"all":          {influencer.PeopleFilter{}, "Ani Budi 100%_Citra DEWI ani"},
			"agency":       {influencer.PeopleFilter{Agency: "Kominfo"}, "Ani Budi"},
			"no agency":    {influencer.PeopleFilter{Agency: "Komin"}, ""},
			"platform":     {influencer.PeopleFilter{Platform: influencer.X}, "Ani Budi"},
			"influencers":  {influencer.PeopleFilter{Statuses: []influencer.Status{"active", "grace"}}, "Ani 100%_Citra"},
			"none":         {influencer.PeopleFilter{Statuses: []influencer.Status{"none", "blocked"}}, "Budi DEWI ani"},
			"name":         {influencer.PeopleFilter{Query: " aNI "}, "Ani DEWI ani"},
			"two letters":  {influencer.PeopleFilter{Query: "eW"}, "DEWI ani"},
			"percent":      {influencer.PeopleFilter{Query: "%"}, "100%_Citra"},
			"underscore":   {influencer.PeopleFilter{Query: "%_c"}, "100%_Citra"},
			"backslash":    {influencer.PeopleFilter{Query: `\`}, ""},
			"quote":        {influencer.PeopleFilter{Query: `'; DROP TABLE people; --`}, ""},
			"NIP":          {influencer.PeopleFilter{Query: "19870202 201101 1 002"}, "Budi"},
			"NIP begins":   {influencer.PeopleFilter{Query: "1986"}, "Ani"},
			"NIP too long": {influencer.PeopleFilter{Query: "1987020220110110021"}, ""},
			"handle":       {influencer.PeopleFilter{Query: "@Ani"}, "Ani"},
			"new handle":   {influencer.PeopleFilter{Query: "@anibaru"}, "Ani"},
			"no handle":    {influencer.PeopleFilter{Query: "@an"}, ""},
			"together":     {influencer.PeopleFilter{Agency: "Komdigi", Query: "ani", Statuses: []influencer.Status{"blocked"}}, "DEWI ani"},
		} {
			byName := func(p influencer.PersonAccounts) string { return p.Name }
			got := join(all(t, func(p influencer.Paging) (influencer.Page[influencer.PersonAccounts], error) {
				return db.People(ctx, c.f, p)
			}), byName)
			if got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
			var walked []influencer.PersonAccounts
			err := db.EachPerson(ctx, c.f, func(p influencer.PersonAccounts) error { walked = append(walked, p); return nil })
			if err != nil || join(walked, byName) != c.want {
				t.Errorf("%s, walked: %q, %v; want %q", name, join(walked, byName), err, c.want)
			}
		}
	})
}

func TestPerson(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		someone(db)
		p, err := db.PersonByNIP(ctx, "198601012010012001")
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != "Ani" || p.Status != influencer.StatusActive || !p.Since.Equal(monday) || !p.FirstGrantedAt.IsZero() || len(p.Accounts) != 2 {
			t.Fatalf("person: %+v", p)
		}
		ig, x := p.Accounts[0], p.Accounts[1]
		if ig.Platform != influencer.Instagram || ig.Followers != nil || !ig.SyncedAt.IsZero() || !ig.NextDueAt.Equal(monday) {
			t.Errorf("an account never read: %+v", ig)
		}
		if x.Handle != "AniBaru" || x.Followers == nil || *x.Followers != 700 || !x.SyncedAt.Equal(time.Unix(1, 0)) {
			t.Errorf("an account read: %+v", x)
		}
		again, err := db.PersonByID(ctx, p.ID)
		if err != nil || again.NIP != p.NIP {
			t.Errorf("by id: %+v, %v", again, err)
		}
		if _, err := db.PersonByID(ctx, 99); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("nobody's id: %v", err)
		}
		if _, err := db.PersonByNIP(ctx, "1"); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("nobody's NIP: %v", err)
		}
	})
}

func TestAgencies(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		if got, err := db.Agencies(ctx); err != nil || len(got) != 0 {
			t.Errorf("of nobody: %v, %v", got, err)
		}
		someone(db)
		if got, err := db.Agencies(ctx); err != nil || !slices.Equal(got, []string{"Komdigi", "Kominfo"}) {
			t.Errorf("agencies: %v, %v", got, err)
		}
	})
}

func TestAccounts(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		someone(db)
		citra, err := db.PersonByNIP(ctx, "199003032015012003")
		if err != nil {
			t.Fatal(err)
		}
		for name, c := range map[string]struct {
			f    influencer.AccountFilter
			want string
		}{
			"all":      {influencer.AccountFilter{}, "Ani:AniBaru Ani:ani.ig Budi:budi 100%_Citra:citra"},
			"platform": {influencer.AccountFilter{Platform: influencer.X}, "Ani:AniBaru Budi:budi"},
			"state":    {influencer.AccountFilter{State: influencer.StateNeedsConsent}, "100%_Citra:citra"},
			"agency":   {influencer.AccountFilter{Agency: "Kominfo"}, "Ani:AniBaru Ani:ani.ig Budi:budi"},
			"person":   {influencer.AccountFilter{PersonID: citra.ID}, "100%_Citra:citra"},
			"stale":    {influencer.AccountFilter{StaleBefore: monday.Add(-time.Hour)}, "Ani:AniBaru Ani:ani.ig 100%_Citra:citra"},
			"stale x":  {influencer.AccountFilter{Platform: influencer.X, StaleBefore: monday}, "Ani:AniBaru Budi:budi"},
		} {
			byName := func(a influencer.OwnedAccount) string { return a.Name + ":" + a.Handle }
			got := join(all(t, func(p influencer.Paging) (influencer.Page[influencer.OwnedAccount], error) {
				if !c.f.StaleBefore.IsZero() {
					c.f.StaleBefore = c.f.StaleBefore.Add(time.Nanosecond) // the clock goes on between two pages
				}
				return db.Accounts(ctx, c.f, p)
			}), byName)
			var walked []influencer.OwnedAccount
			err := db.EachAccount(ctx, c.f, func(a influencer.OwnedAccount) error { walked = append(walked, a); return nil })
			if got != c.want || err != nil || join(walked, byName) != c.want {
				t.Errorf("%s: %q, walked %q, %v; want %q", name, got, join(walked, byName), err, c.want)
			}
		}
		one, err := db.AccountByID(ctx, citra.Accounts[0].ID)
		if err != nil || one.NIP != citra.NIP || one.Agency != "Komdigi" || !one.NextDueAt.Equal(monday) {
			t.Errorf("by id: %+v, %v", one, err)
		}
		if _, err := db.AccountByID(ctx, 99); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("no account's id: %v", err)
		}
	})
}

func TestReadings(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		_, a := db.addPerson(ani, influencer.X, influencer.Instagram)
		_, b := db.addPerson(budi, influencer.X)
		at := func(hours int) time.Time { return monday.Add(time.Duration(hours) * time.Hour) }
		for i, account := range []int64{a[0], a[1], b[0]} {
			for h := 0; h < 10; h += 2 { // seen from h to h+1
				db.exec("INSERT INTO readings (account_id, observed_at, last_seen_at, followers) VALUES (?, ?, ?, ?)",
					account, at(h).UnixMicro(), at(h+1).UnixMicro(), 100*i+h)
			}
		}
		byCount := func(r influencer.Reading) string { return fmt.Sprint(*r.Followers) }
		for name, c := range map[string]struct {
			from, to time.Time
			want     string
		}{
			"all":    {time.Time{}, time.Time{}, "108 106 104 102 100"},
			"from":   {at(5), time.Time{}, "108 106 104"},
			"to":     {time.Time{}, at(4), "104 102 100"},
			"within": {at(3), at(3), "102"},
			"after":  {at(10), time.Time{}, ""},
		} {
			got := join(all(t, func(p influencer.Paging) (influencer.Page[influencer.Reading], error) {
				return db.Readings(ctx, a[1], c.from, c.to, p)
			}), byCount)
			if got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
		for name, c := range map[string]struct {
			f    influencer.ReadingFilter
			want string
		}{
			"all":      {influencer.ReadingFilter{}, "0 2 4 6 8 100 102 104 106 108 200 202 204 206 208"},
			"platform": {influencer.ReadingFilter{Platform: influencer.Instagram}, "100 102 104 106 108"},
			"since":    {influencer.ReadingFilter{Platform: influencer.X, Since: at(7)}, "6 8 206 208"},
			"agency":   {influencer.ReadingFilter{Agency: "Tidak Ada"}, ""},
		} {
			var got []string
			err := db.EachReading(ctx, c.f, func(r influencer.OwnedReading) error {
				if (r.AccountID == b[0]) != (r.NIP == budi) || r.Handle == "" || r.Platform == "" {
					t.Errorf("%s: reading with the wrong owner: %+v", name, r)
				}
				got = append(got, byCount(r.Reading))
				return nil
			})
			if err != nil || strings.Join(got, " ") != c.want {
				t.Errorf("%s: %v, %v; want %q", name, got, err, c.want)
			}
		}
	})
}

func TestEachReadingWalksManyPages(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		_, a := db.addPerson(ani, influencer.X, influencer.Instagram)
		const each = walkPage + 1 // so that pages end inside an account
		for _, account := range a {
			at := make([]int64, each)
			for i := range at {
				at[i] = int64(i + 1)
			}
			set := new(rowSet).ints("at", at)
			db.exec("INSERT INTO readings (account_id, observed_at, last_seen_at) SELECT ?, t.at, t.at FROM ?", account, set.as(db.db, "t"))
		}
		var last influencer.OwnedReading
		n := 0
		err := db.EachReading(context.Background(), influencer.ReadingFilter{}, func(r influencer.OwnedReading) error {
			if r.AccountID == last.AccountID && !r.ObservedAt.After(last.ObservedAt) {
				t.Fatalf("%v after %v", r.ObservedAt, last.ObservedAt)
			}
			last = r
			n++
			return nil
		})
		if err != nil || n != 2*each {
			t.Errorf("walked %d of %d, %v", n, 2*each, err)
		}
	})
}

// decide puts in a decision as if the rule had made it.
func (db *testDB) decide(person int64, at time.Time, from, to influencer.Status, reason influencer.Reason) {
	db.t.Helper()
	db.exec(`INSERT INTO decisions (person_id, at, from_status, to_status, reason, policy_version, actor, evidence)
		VALUES (?, ?, ?, ?, ?, 1, 'rule', '{"standing":{"status":"none"},"accounts":[]}')`, person, at.UnixMicro(), from, to, reason)
}

func TestDecisions(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		a, _ := db.addPerson(ani)
		b, _ := db.addPerson(budi)
		db.exec("UPDATE people SET agency = 'Komdigi' WHERE id = ?", b)
		db.decide(a, monday, "none", "active", influencer.ReasonQualifies)
		db.decide(b, monday.Add(time.Hour), "none", "active", influencer.ReasonQualifies)
		db.decide(a, monday.Add(2*time.Hour), "active", "grace", influencer.ReasonInactive)
		db.decide(a, monday.Add(3*time.Hour), "grace", "revoked", influencer.ReasonBelowLine)
		for name, c := range map[string]struct {
			f    influencer.DecisionFilter
			want string
		}{
			"all":    {influencer.DecisionFilter{}, "a-revoked a-grace b-active a-active"},
			"person": {influencer.DecisionFilter{PersonID: a}, "a-revoked a-grace a-active"},
			"agency": {influencer.DecisionFilter{Agency: "Komdigi"}, "b-active"},
			"since":  {influencer.DecisionFilter{Since: monday.Add(2 * time.Hour)}, "a-revoked a-grace"},
			"to":     {influencer.DecisionFilter{To: influencer.StatusActive}, "b-active a-active"},
			"reason": {influencer.DecisionFilter{Reason: influencer.ReasonInactive}, "a-grace"},
		} {
			byName := func(d influencer.OwnedDecision) string {
				return map[influencer.NIP]string{ani: "a-", budi: "b-"}[d.NIP] + string(d.To)
			}
			got := join(all(t, func(p influencer.Paging) (influencer.Page[influencer.OwnedDecision], error) {
				return db.Decisions(ctx, c.f, p)
			}), byName)
			var walked []influencer.OwnedDecision
			err := db.EachDecision(ctx, c.f, func(d influencer.OwnedDecision) error { walked = append(walked, d); return nil })
			if got != c.want || err != nil || join(walked, byName) != c.want {
				t.Errorf("%s: %q, walked %q, %v; want %q", name, got, join(walked, byName), err, c.want)
			}
		}
	})
}

func TestPagesStayStableWhileRowsAreAdded(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		add := func(n int) { db.addPerson(influencer.NIP(fmt.Sprintf("%018d", n)), influencer.X) }
		for n := range 7 {
			add(n)
		}
		want, added := 7, 7
		seen := map[int64]bool{}
		got := all(t, func(p influencer.Paging) (influencer.Page[influencer.PersonAccounts], error) {
			page, err := db.People(ctx, influencer.PeopleFilter{}, p)
			if added < 10 { // two more behind the cursor's back, while pages are taken
				add(added)
				added++
				want++
			}
			return page, err
		})
		for _, p := range got {
			if seen[p.ID] {
				t.Errorf("person %d comes twice", p.ID)
			}
			seen[p.ID] = true
		}
		if len(got) != want {
			t.Errorf("%d people, want %d", len(got), want)
		}

		a := got[0].ID
		for range 5 {
			db.decide(a, monday, "none", "active", influencer.ReasonQualifies)
		}
		n := 0
		all(t, func(p influencer.Paging) (influencer.Page[influencer.OwnedDecision], error) {
			page, err := db.Decisions(ctx, influencer.DecisionFilter{}, p)
			n += len(page.Items)
			db.decide(a, monday, "none", "active", influencer.ReasonQualifies) // newer than where the walk began
			return page, err
		})
		if n != 5 {
			t.Errorf("newest first: %d decisions, want the 5 there were at the start", n)
		}
	})
}

func TestCursorsAreChecked(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		for n := range 3 {
			db.addPerson(influencer.NIP(fmt.Sprintf("%018d", n)), influencer.X)
		}
		f := influencer.PeopleFilter{Platform: influencer.X}
		page, err := db.People(ctx, f, influencer.Paging{Limit: 1})
		if err != nil || page.Next == "" {
			t.Fatal(page, err)
		}
		people := func(f influencer.PeopleFilter, cursor string) error {
			_, err := db.People(ctx, f, influencer.Paging{Cursor: cursor})
			return err
		}
		if err := people(f, page.Next); err != nil {
			t.Errorf("its own: %v", err)
		}
		_, ofAccounts := db.Accounts(ctx, influencer.AccountFilter{Platform: influencer.X}, influencer.Paging{Cursor: page.Next})
		for name, err := range map[string]error{
			"another filter":   people(influencer.PeopleFilter{}, page.Next),
			"another status":   people(influencer.PeopleFilter{Platform: influencer.X, Statuses: []influencer.Status{"active"}}, page.Next),
			"another list":     ofAccounts,
			"cut short":        people(f, page.Next[:len(page.Next)-1]),
			"no base64":        people(f, "!!"),
			"a number":         people(f, "17"),
			"no id in it":      people(f, newCursor(f, 0)),
			"a negative id":    people(f, newCursor(f, -1)),
			"too long to read": people(f, page.Next+page.Next),
		} {
			if !errors.Is(err, influencer.ErrCursor) {
				t.Errorf("%s: %v, want ErrCursor", name, err)
			}
		}
	})
}

func newCursor(f influencer.PeopleFilter, id int64) string { return peopleListing(f).cursor(id) }

func TestPagesAreBoundedAndAskAFixedNumberOfQuestions(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		const people = maxLimit + 1
		rows := make([]influencer.Row, 0, people)
		for n := range people {
			rows = append(rows, line(influencer.NIP(fmt.Sprintf("%018d", n)), influencer.X, fmt.Sprint("u", n), ""))
		}
		rand.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		db.take(rows...)
		asked := 0
		if err := db.db.Callback().Row().Before("gorm:row").Register("count", func(*gorm.DB) { asked++ }); err != nil {
			t.Fatal(err)
		}
		var before int
		for _, c := range []struct{ limit, want int }{{1, 1}, {0, defaultLimit}, {-5, defaultLimit}, {1 << 40, maxLimit}} {
			asked = 0
			page, err := db.People(ctx, influencer.PeopleFilter{}, influencer.Paging{Limit: c.limit})
			if err != nil || len(page.Items) != c.want || page.Next == "" {
				t.Errorf("limit %d: %d people, %v; want %d", c.limit, len(page.Items), err, c.want)
			}
			if before != 0 && asked != before {
				t.Errorf("a page of %d takes %d questions, a page of 1 takes %d", c.want, asked, before)
			}
			before = asked
		}
		if before == 0 {
			t.Error("no question was counted")
		}
	})
}

func TestWalksEndWithTheirCallersError(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		a, accounts := db.addPerson(ani, influencer.X)
		db.decide(a, monday, "none", "active", influencer.ReasonQualifies)
		db.exec("INSERT INTO readings (account_id, observed_at, last_seen_at) VALUES (?, 1, 1)", accounts[0])
		full := errors.New("the disk is full")
		for name, err := range map[string]error{
			"people":    db.EachPerson(ctx, influencer.PeopleFilter{}, func(influencer.PersonAccounts) error { return full }),
			"accounts":  db.EachAccount(ctx, influencer.AccountFilter{}, func(influencer.OwnedAccount) error { return full }),
			"decisions": db.EachDecision(ctx, influencer.DecisionFilter{}, func(influencer.OwnedDecision) error { return full }),
			"readings":  db.EachReading(ctx, influencer.ReadingFilter{}, func(influencer.OwnedReading) error { return full }),
		} {
			if !errors.Is(err, full) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}
