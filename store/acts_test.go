package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// theActs are one whole act of each kind on a status.
var theActs = map[influencer.ActionKind]influencer.Action{
	influencer.ActionSuspend:   {Kind: influencer.ActionSuspend},
	influencer.ActionReinstate: {Kind: influencer.ActionReinstate},
	influencer.ActionBlock:     {Kind: influencer.ActionBlock, Basis: "PP 94/2021", Decree: "SK-12/2026"},
	influencer.ActionUnblock:   {Kind: influencer.ActionUnblock},
	influencer.ActionApprove:   {Kind: influencer.ActionApprove},
	influencer.ActionUnapprove: {Kind: influencer.ActionUnapprove},
	influencer.ActionLeave:     {Kind: influencer.ActionLeave, Why: influencer.LeftRetired},
	influencer.ActionRejoin:    {Kind: influencer.ActionRejoin},
}

// wantReplay wants a replay to find so many differences.
func (db *testDB) wantReplay(want int) {
	db.t.Helper()
	if _, found := db.replay(ReplayOptions{}); len(found) != want {
		db.t.Errorf("replay finds %d differences, want %d: %v", len(found), want, found)
	}
}

// TestActsOneByOne walks a person through every act: what is written for each, and
// that the rule decides at once where an act hands the status back to it.
func TestActsOneByOne(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.rules(func(p *influencer.Policy) { p.Approval = influencer.Manual })
		person, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 900))
		db.wantStatus(person, influencer.StatusPending)
		for _, step := range []struct {
			kind   influencer.ActionKind
			want   influencer.Status
			moves  string
			events string
		}{
			{influencer.ActionApprove, influencer.StatusActive, "pending to active (approved)", "granted"},
			{influencer.ActionUnapprove, influencer.StatusPending, "active to pending (unapproved)", "unapproved"},
			{influencer.ActionApprove, influencer.StatusActive, "pending to active (approved)", "granted"},
			{influencer.ActionSuspend, influencer.StatusSuspended, "active to suspended (suspended)", "suspended"},
			{influencer.ActionReinstate, influencer.StatusActive, "suspended to active (reinstated)", "reinstated"},
			{influencer.ActionBlock, influencer.StatusBlocked, "active to blocked (blocked)", "blocked"},
			{influencer.ActionLeave, influencer.StatusBlocked, "blocked to blocked (left)", "left"},
			{influencer.ActionRejoin, influencer.StatusBlocked, "blocked to blocked (rejoined)", "rejoined"},
			{influencer.ActionUnblock, influencer.StatusPending, "blocked to revoked (unblocked), revoked to pending (awaits_approval)", "unblocked,awaiting_approval"},
			{influencer.ActionApprove, influencer.StatusActive, "pending to active (approved)", "granted"},
			{influencer.ActionLeave, influencer.StatusRevoked, "active to revoked (left)", "revoked"},
			{influencer.ActionRejoin, influencer.StatusPending, "revoked to revoked (rejoined), revoked to pending (awaits_approval)", "rejoined,awaiting_approval"},
		} {
			db.clock.advance(time.Minute)
			last := db.number("SELECT max(id) FROM outbox")
			done := db.act(person, theActs[step.kind])
			var moves []string
			for _, m := range done.Moves {
				moves = append(moves, moveText(&m))
			}
			if got := strings.Join(moves, ", "); got != step.moves {
				t.Errorf("%s: %s", step.kind, got)
			}
			if done.Outcome != influencer.ActDone || done.Person.Status != step.want || done.Person.NIP != ani {
				t.Errorf("%s: %+v", step.kind, done)
			}
			db.wantStatus(person, step.want)
			var events []string
			if err := db.db.Raw("SELECT kind FROM outbox WHERE id > ? ORDER BY id", last).Scan(&events).Error; err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(events, ","); got != step.events {
				t.Errorf("%s: events %s", step.kind, got)
			}
		}
		if n := db.number("SELECT first_granted_at FROM people"); n != monday.Add(time.Minute).UnixMicro() {
			t.Error("the first award date did not survive")
		}
		db.chain()
		db.wantReplay(0)
	})
}

// TestActIsAudited: who, why, on what basis, and what became of it.
func TestActIsAudited(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 900))
		db.clock.advance(time.Hour)
		db.act(person, theActs[influencer.ActionBlock])
		page, err := db.Audit(context.Background(), influencer.AuditFilter{}, influencer.Paging{})
		if err != nil || len(page.Items) != 1 {
			t.Fatalf("%v, %v", page, err)
		}
		e := page.Items[0]
		want := influencer.AuditEntry{ID: e.ID, At: db.clock.at, Actor: "cli:siti", Action: "person.block", Target: fmt.Sprint("person:", person),
			Agency: "Kementerian Uji", Note: "why", Before: e.Before, After: e.After}
		if diff := cmp.Diff(want, e); diff != "" {
			t.Error(diff)
		}
		for part, in := range map[string]string{`"status":"active"`: string(e.Before), `"status":"blocked"`: string(e.After),
			`"decree":"SK-12/2026"`: string(e.After), `"basis":"PP 94/2021"`: string(e.After)} {
			if !strings.Contains(strings.ReplaceAll(in, `": "`, `":"`), part) {
				t.Errorf("%s is not in %s", part, in)
			}
		}
		decisions, err := db.Decisions(context.Background(), influencer.DecisionFilter{To: influencer.StatusBlocked}, influencer.Paging{})
		if err != nil || len(decisions.Items) != 1 {
			t.Fatalf("%v, %v", decisions, err)
		}
		d := decisions.Items[0]
		if d.Actor != "cli:siti" || d.Note != "why" || d.Evidence.Act == nil || d.Evidence.Act.Decree != "SK-12/2026" || d.Agency != "Kementerian Uji" {
			t.Errorf("%+v", d)
		}
	})
}

// TestActsReport: what cannot be done is told, order by order, and changes
// nothing; the rest is done. A dry run tells the same and does nothing.
func TestActsReport(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		a, ids := db.addPerson(ani, influencer.X)
		db.addPerson(budi, influencer.X)
		db.exec("UPDATE people SET agency = 'Komdigi' WHERE nip = ?", string(budi))
		db.record(influencer.X, db.saw(ids[0], 900))
		suspend, unblock := theActs[influencer.ActionSuspend], theActs[influencer.ActionUnblock]
		orders := []influencer.Order{
			{Line: 2, NIP: ani, Action: unblock, Note: "n"},
			{Line: 3, NIP: ani, Action: suspend},
			{Line: 4, NIP: ani, Action: suspend, Note: "n"},
			{Line: 5, PersonID: a, Action: suspend, Note: "n"},
			{Line: 6, NIP: "199012312015012009", Action: suspend, Note: "n"},
			{Line: 7, NIP: budi, Action: suspend, Note: "n"},
			{Line: 8, PersonID: 999, Action: suspend, Note: "n"},
		}
		want := []string{"illegal unblock a person who is active", "illegal suspend needs a reason", "done ",
			"duplicate line 4 concerns the same person, and was taken", "not_found nobody with this NIP or id", "done ", "not_found nobody with this NIP or id"}
		tell := func(by influencer.Orderer, dry bool) (got []string) {
			t.Helper()
			results, err := db.Acts(context.Background(), orders, by, db.clock.at, dry)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range results {
				got = append(got, string(r.Outcome)+" "+r.Problem)
			}
			return got
		}
		before := db.contents()
		if diff := cmp.Diff(want, tell(theAdmin, true)); diff != "" {
			t.Errorf("dry run: %s", diff)
		}
		if diff := cmp.Diff(before, db.contents()); diff != "" {
			t.Errorf("a dry run changed something: %s", diff)
		}
		confined := slices.Clone(want)
		confined[5] = "not_found nobody with this NIP or id"
		if diff := cmp.Diff(confined, tell(influencer.Orderer{Actor: "key:1 a", Agency: "Kementerian Uji"}, true)); diff != "" {
			t.Errorf("confined to an agency: %s", diff)
		}
		if diff := cmp.Diff(want, tell(theAdmin, false)); diff != "" {
			t.Error(diff)
		}
		if n := db.number("SELECT count(*) FROM people WHERE status = 'suspended'"); n != 2 {
			t.Errorf("%d suspended", n)
		}
		for _, o := range orders[:1] {
			if _, err := db.Act(context.Background(), o, theAdmin, db.clock.at); !errors.Is(err, influencer.ErrIllegalAct) {
				t.Errorf("alone: %v", err)
			}
		}
		if _, err := db.Act(context.Background(), orders[4], theAdmin, db.clock.at); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("alone: %v", err)
		}
		if _, err := db.Acts(context.Background(), orders, influencer.Orderer{Actor: "rule"}, db.clock.at, true); err == nil {
			t.Error("the rule ordered an act")
		}
		db.wantReplay(0)
	})
}

// TestActsInChunks: more orders than one transaction takes, the last naming a
// person of the first.
func TestActsInChunks(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.addMany(actChunk + 20)
		var orders []influencer.Order
		for i := range actChunk + 20 {
			orders = append(orders, influencer.Order{Line: i + 2, PersonID: int64(i + 1), Action: theActs[influencer.ActionLeave]})
		}
		orders = append(orders, influencer.Order{Line: 999, PersonID: 1, Action: theActs[influencer.ActionBlock], Note: "n"})
		results, err := db.Acts(context.Background(), orders, theAdmin, db.clock.at, false)
		if err != nil || len(results) != len(orders) {
			t.Fatalf("%d results, %v", len(results), err)
		}
		if last := results[len(results)-1]; last.Outcome != influencer.ActDuplicate || last.Problem != "line 2 concerns the same person, and was taken" {
			t.Errorf("%+v", last)
		}
		if n := db.number("SELECT count(*) FROM people WHERE left_why = 'retired'"); n != actChunk+20 {
			t.Errorf("%d left", n)
		}
		if n := db.number("SELECT count(*) FROM audit"); n != actChunk+20 {
			t.Errorf("%d audit entries", n)
		}
	})
}

// TestLeaverIsNeverRead: no claim of any kind hands out a leaver's accounts, nor
// one that an import adds; a batch that rests forgets them.
func TestLeaverIsNeverRead(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		a, ids := db.addPerson(ani, influencer.X)
		_, others := db.addPerson(budi, influencer.X)
		db.readAll(nil) // both in one batch
		db.clock.advance(time.Hour)
		db.act(a, theActs[influencer.ActionLeave])
		row := line(ani, influencer.X, "another", "")
		db.take(row)
		if n := db.number("SELECT count(*) FROM accounts WHERE person_id = ?", a); n != 2 {
			t.Fatalf("%d accounts", n)
		}
		db.clock.advance(48 * time.Hour)
		for name, o := range map[string]influencer.ClaimOrder{
			"all": {All: true}, "by NIP": {NIPs: []influencer.NIP{ani}}, "by account": {AccountIDs: ids}, "due": {},
		} {
			order := db.order()
			order.All, order.NIPs, order.AccountIDs = o.All, o.NIPs, o.AccountIDs
			for _, ref := range db.claim(order).Refs {
				for _, id := range db.begin(ref) {
					if id != others[0] {
						t.Errorf("claim %s hands out account %d", name, id)
					}
				}
				if err := db.Release(context.Background(), ref, nil, db.clock.at); err != nil {
					t.Fatal(err)
				}
			}
		}
		sum, err := db.Summary(context.Background(), influencer.SummaryFilter{})
		if err != nil || sum.Coverage.Expected != 1 {
			t.Errorf("%+v, %v: a leaver's accounts are not expected to be read", sum.Coverage, err)
		}
		if c, err := db.Census(context.Background()); err != nil || len(c.Accounts) != 1 || c.Accounts[0].Registered != 1 {
			t.Errorf("%+v, %v", c.Accounts, err)
		}
		stale, err := db.Accounts(context.Background(), influencer.AccountFilter{StaleBefore: db.clock.at}, influencer.Paging{})
		if err != nil || len(stale.Items) != 1 || stale.Items[0].ID != others[0] {
			t.Errorf("stale: %+v, %v", stale.Items, err)
		}
		db.act(a, theActs[influencer.ActionRejoin])
		order := db.order()
		order.NIPs = []influencer.NIP{ani}
		refs := db.claim(order).Refs
		if len(refs) != 1 || len(db.begin(refs[0])) != 2 {
			t.Errorf("after the rejoin: %+v", refs)
		}
	})
}

// TestLeaverIsNotMoved: a read that was under way, a new policy and the time
// leave a leaver alone.
func TestLeaverIsNotMoved(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		a, ids := db.addPerson(ani, influencer.X)
		o := db.order()
		ref := db.claim(o).Refs[0]
		db.act(a, theActs[influencer.ActionLeave])
		if _, err := db.Record(context.Background(), ref, []influencer.Observation{db.saw(ids[0], 900)}, db.clock.at); err != nil {
			t.Fatal(err)
		}
		db.clock.advance(time.Hour)
		if made, err := db.Redecide(context.Background(), db.clock.at, nil); err != nil || len(made.Moves) != 0 {
			t.Errorf("redecide: %v, %v", made, err)
		}
		if n := db.decideDue(); n != 0 {
			t.Errorf("%d moves due", n)
		}
		db.wantStatus(a, influencer.StatusNone)
		if done := db.act(a, theActs[influencer.ActionRejoin]); done.Person.Status != influencer.StatusActive {
			t.Errorf("after the rejoin %s: what was read meanwhile counts", done.Person.Status)
		}
		db.wantReplay(0)
	})
}

// TestUnapproveNeedsManual: with automatic approval it would be granted again in
// the same breath.
func TestUnapproveNeedsManual(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		a, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 900))
		_, err := db.Act(context.Background(), influencer.Order{PersonID: a, Action: theActs[influencer.ActionUnapprove], Note: "n"}, theAdmin, db.clock.at)
		if !errors.Is(err, influencer.ErrIllegalAct) || !strings.Contains(err.Error(), "approval is automatic") {
			t.Error(err)
		}
		db.wantStatus(a, influencer.StatusActive)
	})
}

// TestReplayFindsForgedActs: what somebody wrote past the program.
func TestReplayFindsForgedActs(t *testing.T) {
	cases := map[string]struct {
		kind   influencer.ActionKind
		change func(db *testDB, last int64)
		want   string
	}{
		"a block without decree": {influencer.ActionBlock, func(db *testDB, last int64) { db.swap(last, `,"decree":"SK-12/2026"`, ``) }, "a block needs the number of its decree"},
		"another act":            {influencer.ActionBlock, func(db *testDB, last int64) { db.swap(last, `"kind":"block"`, `"kind":"suspend"`) }, "recomputed active to suspended (suspended)"},
		"a longer suspension":    {influencer.ActionSuspend, func(db *testDB, _ int64) { db.exec("UPDATE people SET until = 4102444800000000") }, "stored suspended since 2026-11-23T03:00:00Z, first granted 2026-11-23T02:00:00Z, until 2100"},
		"another status before":  {influencer.ActionSuspend, func(db *testDB, _ int64) { db.exec("UPDATE people SET held_before = 'none'") }, "before none, the decisions give"},
		"a leaving undone":       {influencer.ActionLeave, func(db *testDB, _ int64) { db.exec("UPDATE people SET left_why = '', left_at = NULL") }, "retired"},
		"another way of leaving": {influencer.ActionLeave, func(db *testDB, last int64) { db.swap(last, `"why":"retired"`, `"why":"bored"`) }, "leave needs why"},
		"a status it did not start": {influencer.ActionLeave, func(db *testDB, last int64) {
			db.swap(last, `"first_granted_at":"2026-11-23T02:00:00Z"`, `"first_granted_at":"2020-11-23T02:00:00Z"`)
		}, "where the decisions before led"},
	}
	large(t, func(t *testing.T, db *testDB) {
		for name, c := range cases {
			db.exec("DELETE FROM decisions")
			db.exec("DELETE FROM schedule")
			db.exec("DELETE FROM readings")
			db.exec("DELETE FROM accounts")
			db.exec("DELETE FROM people")
			db.clock.at = monday
			person, ids := db.addPerson(ani, influencer.X)
			db.record(influencer.X, db.saw(ids[0], 900))
			db.clock.advance(time.Hour)
			db.act(person, theActs[c.kind])
			db.wantReplay(0)
			c.change(db, db.number("SELECT max(id) FROM decisions"))
			if _, found := db.replay(ReplayOptions{}); len(found) == 0 || !strings.Contains(found[0].String(), c.want) {
				t.Errorf("%s: found %v, want %q", name, found, c.want)
			}
		}
	})
}

// TestSuspensionsDateIsOneMoment: however exact, and in whichever zone it was
// given, what is stored of it is the same everywhere.
func TestSuspensionsDateIsOneMoment(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 900))
		until := monday.Add(time.Hour + 1500*time.Nanosecond).In(influencer.WIB)
		db.act(person, influencer.Action{Kind: influencer.ActionSuspend, Until: until})
		want := monday.Add(time.Hour + time.Microsecond)
		p, err := db.PersonByID(context.Background(), person)
		if err != nil || p.Until != want {
			t.Errorf("until %v, %v", p.Until, err)
		}
		db.act(person, theActs[influencer.ActionSuspend])
		db.wantReplay(0)
	})
}

// TestWhomActsHandBack: when many are handed back to the rule at once who would
// lose by it, their losses wait as all others do; and who leaves is on no list.
func TestWhomActsHandBack(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.rules(func(p *influencer.Policy) {
			p.Confirm, p.Breaker = 1, influencer.Breaker{Floor: 2, Share: 0, Window: time.Hour}
		})
		ids := db.addMany(4)
		read := func(n int64) {
			db.clock.advance(48 * time.Hour)
			for _, ref := range db.claim(db.order()).Refs {
				var seen []influencer.Observation
				for _, id := range db.begin(ref) {
					seen = append(seen, db.saw(id, n))
				}
				if _, err := db.Record(context.Background(), ref, seen, db.clock.at); err != nil {
					t.Fatal(err)
				}
			}
		}
		read(600)
		orders := func(kind influencer.ActionKind) (out []influencer.Order) {
			for i := range ids {
				out = append(out, influencer.Order{PersonID: int64(i + 1), Action: theActs[kind], Note: "n"})
			}
			return out
		}
		do := func(kind influencer.ActionKind) []influencer.ActResult {
			t.Helper()
			out, err := db.Acts(context.Background(), orders(kind), theAdmin, db.clock.at, false)
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		do(influencer.ActionSuspend)
		read(400)
		for _, r := range do(influencer.ActionReinstate) {
			if r.Person.Status != influencer.StatusActive || len(r.Moves) != 1 {
				t.Errorf("reinstated: %+v", r)
			}
		}
		held := func() int64 { return db.number("SELECT count(*) FROM held_losses WHERE outcome = 'held'") }
		if held() != 4 {
			t.Fatalf("%d losses wait, want 4", held())
		}
		db.act(1, theActs[influencer.ActionLeave])
		db.act(2, theActs[influencer.ActionSuspend])
		if held() != 2 {
			t.Errorf("%d losses wait after one left and one was suspended, want 2", held())
		}
		db.wantReplay(0)
	})
}
