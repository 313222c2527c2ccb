package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// crowd puts in people of every kind, as two days of reads leave them: counts
// about the line, some falling below it for good, some once, some silent.
func crowd(db *testDB) {
	db.t.Helper()
	type fan struct{ x, ig int64 }
	var fans []fan
	for i := range 24 {
		person, ids := db.addPerson(influencer.NIP(fmt.Sprintf("19860101201001%04d", i)), influencer.X, influencer.Instagram)
		if person == 0 {
			db.t.Fatal("no id")
		}
		fans = append(fans, fan{ids[0], ids[1]})
	}
	read := func(i int, x, ig int64) {
		db.record(influencer.X, db.saw(fans[i].x, x))
		db.record(influencer.Instagram, db.saw(fans[i].ig, ig))
	}
	for i := range fans {
		read(i, int64(430+10*i), int64(100+25*i)) // x 430..660, instagram 100..675
	}
	db.clock.advance(24 * time.Hour)
	for i := range fans {
		if i%3 == 0 { // these fall, and two reads say so
			read(i, int64(400+i), 90)
			db.clock.advance(2 * time.Hour)
			read(i, int64(395+i), 90)
		}
		if i%5 == 1 { // these fall, and one read says so
			read(i, int64(410+i), 80)
		}
	}
}

// trials are policies that move people about, each in its own way.
func trials() map[string]influencer.Policy {
	out := map[string]influencer.Policy{}
	add := func(name string, change func(p *influencer.Policy)) {
		p := influencer.DefaultPolicy()
		p.Requirements = slices.Clone(p.Requirements)
		change(&p)
		out[name] = p
	}
	add("a higher line", func(p *influencer.Policy) { p.Requirements[0].AtLeast, p.Requirements[1].AtLeast = 600, 600 })
	add("a higher line with grace", func(p *influencer.Policy) {
		p.Requirements[0].AtLeast, p.Requirements[1].AtLeast, p.Grace, p.Confirm = 600, 600, 7*24*time.Hour, 1
	})
	add("a lower line", func(p *influencer.Policy) { p.Requirements[0].AtLeast = 405 })
	add("all of two", func(p *influencer.Policy) {
		p.Match = influencer.Match{Mode: influencer.MatchAll}
		p.Requirements = p.Requirements[:2]
	})
	add("approval", func(p *influencer.Policy) { p.Requirements[0].AtLeast, p.Approval = 400, influencer.Manual })
	add("short activity", func(p *influencer.Policy) { p.Activity.Within = 12 * time.Hour })
	add("easy to keep", func(p *influencer.Policy) { p.LeaveBelow = influencer.Whole / 2 })
	add("as it was", func(p *influencer.Policy) {})
	return out
}

// decided are the decisions made since one, as text.
func (db *testDB) decided(since int64) []string {
	db.t.Helper()
	var out []string
	err := db.EachDecision(context.Background(), influencer.DecisionFilter{}, func(d influencer.OwnedDecision) error {
		if d.ID > since {
			out = append(out, fmt.Sprintf("%s %s %s %s", d.NIP, d.From, d.To, d.Reason))
		}
		return nil
	})
	if err != nil {
		db.t.Fatal(err)
	}
	slices.Sort(out)
	return out
}

func TestPreviewEqualsApply(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		crowd(db)
		policies := trials()
		moved, near := 0, 0
		for _, name := range slices.Sorted(maps.Keys(policies)) {
			p := policies[name]
			before, last := db.contents(), db.number("SELECT coalesce(max(id), 0) FROM decisions")
			var rows []string
			preview, err := db.PreviewPolicy(ctx, p, db.clock.at, func(r influencer.PreviewRow) error {
				if says := []bool{r.Move != nil, r.Unconfirmed != nil, r.Near != nil}; len(slices.DeleteFunc(says, func(is bool) bool { return !is })) != 1 {
					t.Errorf("%s: a row with %v, %v and %v", name, r.Move, r.Unconfirmed, r.Near)
				}
				if r.Move != nil {
					if r.Move.From != r.Status {
						t.Errorf("%s: moves from %s, is shown as %s", name, r.Move.From, r.Status)
					}
					rows = append(rows, fmt.Sprintf("%s %s %s %s", r.NIP, r.Move.From, r.Move.To, r.Move.Reason))
				}
				return nil
			})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if after := db.contents(); after != before {
				t.Errorf("%s: the preview wrote something", name)
			}
			applied, err := db.ApplyPolicy(ctx, p, "tester", name, db.clock.at, nil)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			slices.Sort(rows)
			if got := db.decided(last); !slices.Equal(got, rows) {
				t.Errorf("%s: foretold\n%s\ndecided\n%s", name, strings.Join(rows, "\n"), strings.Join(got, "\n"))
			}
			if !maps.Equal(preview.Moves, applied.Moves) || preview.People != 24 {
				t.Errorf("%s: foretold %v of %d people, moved %v", name, preview.Moves, preview.People, applied.Moves)
			}
			moved += len(rows)
			near += preview.Near
		}
		if moved < 30 || near < 5 {
			t.Errorf("the policies moved %d people and %d were near: too few to prove anything", moved, near)
		}
		db.chain()
	})
}

// contents is every row that a policy may change, as text.
func (db *testDB) contents() string {
	db.t.Helper()
	var all strings.Builder
	for _, table := range []string{"people ORDER BY id", "accounts ORDER BY id", "schedule ORDER BY account_id",
		"readings ORDER BY account_id, observed_at", "policies ORDER BY version", "decisions ORDER BY id", "outbox ORDER BY id"} {
		var rows []map[string]any
		if err := db.db.Raw("SELECT * FROM " + table).Scan(&rows).Error; err != nil {
			db.t.Fatal(err)
		}
		fmt.Fprintln(&all, table, rows)
	}
	return all.String()
}

func TestApplyPolicyKeepsHistoryAndCanBeUndone(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		person, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 550))
		db.wantStatus(person, influencer.StatusActive)

		higher := trials()["a higher line"]
		higher.Confirm = 1
		db.clock.advance(time.Hour)
		var told []int
		out, err := db.ApplyPolicy(ctx, higher, "sekjen", "tighter", db.clock.at, func(done, total int) { told = append(told, done, total) })
		if err != nil {
			t.Fatal(err)
		}
		if !out.New || out.Version.Policy.Version != 2 || len(out.Version.Changes) != 3 || !slices.Equal(told, []int{0, 1, 1, 1}) {
			t.Errorf("applied: %+v, told %v", out, told)
		}
		db.wantStatus(person, influencer.StatusRevoked)
		if p, err := db.CurrentPolicy(ctx); err != nil || p.Version != 2 || p.Requirements[0].AtLeast != 600 {
			t.Errorf("in force: %+v, %v", p, err)
		}

		again, err := db.ApplyPolicy(ctx, higher, "sekjen", "once more", db.clock.at, nil)
		if err != nil || again.New || again.Version.Policy.Version != 2 || again.Version.Note != "tighter" || len(again.Moves) != 0 {
			t.Errorf("applied twice: %+v, %v", again, err)
		}

		first, err := db.PolicyByVersion(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		undone, err := db.ApplyPolicy(ctx, first.Policy, "sekjen", "undo", db.clock.at, nil)
		if err != nil || !undone.New || undone.Version.Policy.Version != 3 {
			t.Errorf("undone: %+v, %v", undone, err)
		}
		db.wantStatus(person, influencer.StatusActive)

		history, err := db.Policies(ctx)
		if err != nil || len(history) != 3 {
			t.Fatalf("history: %+v, %v", history, err)
		}
		for i, want := range []string{"3 sekjen undo 3", "2 sekjen tighter 3"} {
			h := history[i]
			if got := fmt.Sprint(h.Policy.Version, " ", h.Author, " ", h.Note, " ", len(h.Changes)); got != want || !h.CreatedAt.Equal(db.clock.at) {
				t.Errorf("history: %s at %v, want %s", got, h.CreatedAt, want)
			}
		}
		if last := history[2]; last.Policy.Version != 1 || len(last.Changes) != 0 {
			t.Errorf("the first version: %+v", last)
		}
	})
}

func TestApplyPolicyRefuses(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		before := db.contents()
		bad := influencer.DefaultPolicy()
		bad.Confirm = 0
		if _, err := db.ApplyPolicy(ctx, bad, "sekjen", "", monday, nil); err == nil {
			t.Error("took a policy without confirmation")
		}
		if _, err := db.PreviewPolicy(ctx, bad, monday, nil); err == nil {
			t.Error("previewed a policy without confirmation")
		}
		if _, err := db.ApplyPolicy(ctx, influencer.DefaultPolicy(), "", "", monday, nil); err == nil {
			t.Error("took a policy from nobody")
		}
		if _, err := db.PolicyByVersion(ctx, 2); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("a version that is not there: %v", err)
		}
		if db.contents() != before {
			t.Error("a refused policy changed something")
		}
	})
}

// TestPreviewForetellsWhatReadsConfirm applies a policy that takes nothing from
// anybody at once, and reads everybody once more.
func TestPreviewForetellsWhatReadsConfirm(t *testing.T) {
	for name, grace := range map[string]time.Duration{"at once": 0, "with grace": 7 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, db *testDB) {
				ctx := context.Background()
				ids := db.addMany(20)
				all := func() (seen []influencer.Observation) {
					for i, id := range ids {
						seen = append(seen, db.saw(id, int64(450+10*i))) // 450..640: from the 6th on above the line
					}
					return seen
				}
				db.record(influencer.X, all()...)
				p := influencer.DefaultPolicy()
				p.Requirements = []influencer.Requirement{{Platform: influencer.X, Metric: influencer.Followers, AtLeast: 560}}
				p.Grace = grace
				want := map[influencer.NIP]influencer.Status{}
				preview, err := db.PreviewPolicy(ctx, p, db.clock.at, func(r influencer.PreviewRow) error {
					if r.Unconfirmed != nil {
						want[r.NIP] = r.Unconfirmed.To
					}
					return nil
				})
				if err != nil || len(preview.Moves) != 0 || len(want) != 6 || len(preview.Unconfirmed) != 1 {
					t.Fatalf("%+v, %d rows, %v", preview, len(want), err)
				}
				if done, err := db.ApplyPolicy(ctx, p, "tester", "", db.clock.at, nil); err != nil || len(done.Moves) != 0 {
					t.Fatalf("%+v, %v", done, err)
				}
				last := db.number("SELECT coalesce(max(id), 0) FROM decisions")
				db.clock.advance(2 * time.Hour)
				db.record(influencer.X, all()...)
				var came []string
				for nip, to := range want {
					came = append(came, fmt.Sprintf("%s active %s below_line", nip, to))
				}
				slices.Sort(came)
				if got := db.decided(last); !slices.Equal(got, came) {
					t.Errorf("foretold\n%s\ncame\n%s", strings.Join(came, "\n"), strings.Join(got, "\n"))
				}
			})
		})
	}
}

func TestPreviewEndsWithItsCallersError(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		_, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 499))
		full := errors.New("the disk is full")
		_, err := db.PreviewPolicy(context.Background(), influencer.DefaultPolicy(), db.clock.at, func(influencer.PreviewRow) error { return full })
		if !errors.Is(err, full) {
			t.Errorf("%v", err)
		}
	})
}
