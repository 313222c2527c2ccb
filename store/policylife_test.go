package store

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// by is an order of somebody, now.
func (db *testDB) by(author, note string) influencer.PolicyOrder {
	return influencer.PolicyOrder{Author: author, Note: note, At: db.clock.at}
}

// ordered are the entries of the audit log, oldest first, as text.
func (db *testDB) ordered() []string {
	db.t.Helper()
	page, err := db.Audit(context.Background(), influencer.AuditFilter{}, influencer.Paging{})
	if err != nil {
		db.t.Fatal(err)
	}
	var out []string
	for _, e := range page.Items {
		out = append(out, strings.TrimSpace(e.Actor+" "+e.Action+" "+e.Target+" "+e.Note))
	}
	slices.Reverse(out)
	return out
}

func (db *testDB) applyDue() []influencer.PolicyApplied {
	db.t.Helper()
	out, err := db.ApplyDue(context.Background(), db.clock.at)
	if err != nil {
		db.t.Fatal(err)
	}
	return out
}

// stricter asks for 600 instead of 500, at one reading's word.
func stricter() influencer.Policy {
	p := trials()["a higher line"]
	p.Confirm = 1
	return p
}

func TestDraftsAreKeptAndRuleNothing(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		person, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 550))
		d, err := db.SaveDraft(ctx, stricter(), db.by("cli:siti", "600 dari Desember"))
		if err != nil {
			t.Fatal(err)
		}
		if d.ID != 1 || d.State != influencer.DraftOpen || d.Base != 1 || d.Author != "cli:siti" || !d.CreatedAt.Equal(monday) || len(d.Changes) != 3 {
			t.Errorf("saved: %+v", d)
		}
		db.wantStatus(person, influencer.StatusActive)
		if p, err := db.CurrentPolicy(ctx); err != nil || p.Version != 1 {
			t.Errorf("in force: %d, %v", p.Version, err)
		}
		applied, err := db.ApplyDraft(ctx, d.ID, db.by("cli:budi", ""), nil)
		if err != nil || !applied.New || applied.Version.Author != "cli:budi" || applied.Version.Note != "600 dari Desember" {
			t.Errorf("applied: %+v, %v", applied, err)
		}
		db.wantStatus(person, influencer.StatusRevoked)
		if d, err = db.Draft(ctx, 1); err != nil || d.State != influencer.DraftApplied || d.Version != 2 || len(d.Changes) != 0 {
			t.Errorf("the draft after: %+v, %v", d, err)
		}
		second, err := db.SaveDraft(ctx, influencer.DefaultPolicy(), db.by("cli:siti", ""))
		if err != nil || db.DiscardDraft(ctx, second.ID, db.by("cli:siti", "salah")) != nil {
			t.Fatal(err)
		}
		var state *influencer.DraftStateError
		for _, again := range []error{db.DiscardDraft(ctx, 1, db.by("cli:siti", "")), db.DiscardDraft(ctx, second.ID, db.by("cli:siti", "")),
			db.UnscheduleDraft(ctx, second.ID, db.by("cli:siti", "")), db.ScheduleDraft(ctx, 1, db.by("cli:siti", ""), monday.Add(time.Hour))} {
			if !errors.As(again, &state) {
				t.Errorf("a draft that is done with: %v", again)
			}
		}
		if _, err := db.ApplyDraft(ctx, 9, db.by("cli:siti", ""), nil); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("a draft that is not there: %v", err)
		}
		want := []string{"cli:siti draft.save draft:1 600 dari Desember", "cli:budi policy.apply policy:2 600 dari Desember",
			"cli:siti draft.save draft:2", "cli:siti draft.discard draft:2 salah"}
		if diff := cmp.Diff(want, db.ordered()); diff != "" {
			t.Errorf("audit (-want +got):\n%s", diff)
		}
		all, err := db.Drafts(ctx)
		if err != nil || len(all) != 2 || all[0].ID != 2 {
			t.Errorf("all: %+v, %v", all, err)
		}
		if open, err := db.Drafts(ctx, influencer.DraftOpen, influencer.DraftScheduled); err != nil || len(open) != 0 {
			t.Errorf("open: %+v, %v", open, err)
		}
	})
}

func TestPolicyComesIntoForceOnItsDateOnce(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		person, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 550))
		if _, err := db.SchedulePolicy(ctx, stricter(), db.by("cli:siti", ""), monday); !errors.Is(err, influencer.ErrNotInFuture) {
			t.Errorf("scheduled for now: %v", err)
		}
		d, err := db.SchedulePolicy(ctx, stricter(), db.by("cli:siti", "mulai besok"), monday.Add(24*time.Hour))
		if err != nil || d.State != influencer.DraftScheduled || !d.EffectiveAt.Equal(monday.Add(24*time.Hour)) || d.ScheduledBy != "cli:siti" {
			t.Fatalf("%+v, %v", d, err)
		}
		db.clock.advance(24*time.Hour - time.Microsecond)
		if out := db.applyDue(); len(out) != 0 {
			t.Errorf("before its time: %+v", out)
		}
		db.wantStatus(person, influencer.StatusActive)
		db.clock.advance(time.Microsecond)

		// Replicas that ask at the same time.
		stores := []*Store{db.Store, db.reopen(Options{}), db.reopen(Options{})}
		var mu sync.Mutex
		var versions []int
		var wg sync.WaitGroup
		for _, s := range slices.Repeat(stores, 2) {
			wg.Go(func() {
				out, err := s.ApplyDue(ctx, db.clock.at)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				for _, o := range out {
					versions = append(versions, o.Version.Policy.Version)
				}
			})
		}
		wg.Wait()
		if !slices.Equal(versions, []int{2}) || db.number("SELECT count(*) FROM policies") != 2 {
			t.Errorf("six tries made versions %v", versions)
		}
		db.wantStatus(person, influencer.StatusRevoked)
		if n := db.number("SELECT count(*) FROM outbox WHERE kind = 'policy_changed'"); n != 1 {
			t.Errorf("%d events", n)
		}
		want := []string{"cli:siti policy.schedule draft:1 mulai besok", "schedule policy.effective policy:2 mulai besok"}
		if diff := cmp.Diff(want, db.ordered()); diff != "" {
			t.Errorf("audit (-want +got):\n%s", diff)
		}
		if v, err := db.PolicyByVersion(ctx, 2); err != nil || v.Author != "cli:siti" {
			t.Errorf("%+v, %v", v, err)
		}
		if out := db.applyDue(); len(out) != 0 {
			t.Errorf("once more: %+v", out)
		}
		db.chain()
	})
}

// TestPoliciesAreCaughtUpWith: what came due while nothing ran comes into force in
// its order, and nobody is moved by a rule that was already past.
func TestPoliciesAreCaughtUpWith(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		person, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 550))
		lenient := influencer.DefaultPolicy()
		lenient.Requirements = []influencer.Requirement{{Platform: influencer.X, Metric: influencer.Followers, AtLeast: 400}}
		for _, one := range []struct {
			p  influencer.Policy
			at time.Duration
		}{{lenient, 3 * time.Hour}, {stricter(), 2 * time.Hour}, {influencer.DefaultPolicy(), time.Hour}, {stricter(), 9 * time.Hour}} {
			if _, err := db.SchedulePolicy(ctx, one.p, db.by("cli:siti", ""), monday.Add(one.at)); err != nil {
				t.Fatal(err)
			}
		}
		if err := db.UnscheduleDraft(ctx, 4, db.by("cli:budi", "belum")); err != nil {
			t.Fatal(err)
		}
		db.clock.advance(12 * time.Hour)
		out := db.applyDue()
		if len(out) != 2 || out[0].Version.Policy.Requirements[0].AtLeast != 600 || out[1].Version.Policy.Requirements[0].AtLeast != 400 {
			t.Errorf("came into force: %+v", out)
		}
		db.wantStatus(person, influencer.StatusActive)
		if n := db.number("SELECT count(*) FROM decisions"); n != 1 {
			t.Errorf("%d decisions, want the first grant alone", n)
		}
		// The one that says what is in force anyway is done with, and so is its date.
		if left, err := db.Drafts(ctx, influencer.DraftScheduled); err != nil || len(left) != 0 {
			t.Errorf("still scheduled: %+v, %v", left, err)
		}
	})
}

// TestDecidingThatWasCutShortIsFinished: a process that died between the new
// version and the last person leaves nobody under the old one.
func TestDecidingThatWasCutShortIsFinished(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, ids := db.addPerson(ani, influencer.X)
		db.record(influencer.X, db.saw(ids[0], 550))
		db.rules(func(p *influencer.Policy) { *p = stricter() })
		db.exec("UPDATE policies SET created_at = ?, decide_from = ? WHERE version = 2", db.clock.at.UnixMicro(), db.clock.at.Add(unfinished).UnixMicro())
		db.clock.advance(unfinished - time.Microsecond)
		db.applyDue()
		db.wantStatus(person, influencer.StatusActive) // somebody may still be at it
		db.clock.advance(time.Microsecond)
		db.applyDue()
		db.wantStatus(person, influencer.StatusRevoked)
		if db.number("SELECT decided_at FROM policies WHERE version = 2") != db.clock.at.UnixMicro() {
			t.Error("not noted as done")
		}
	})
}

func TestUndoGoesBackWhereTheEvidenceSaysSo(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		if _, err := db.UndoPolicy(ctx, db.by("cli:siti", ""), nil); !errors.Is(err, influencer.ErrFirstPolicy) {
			t.Errorf("undid the first: %v", err)
		}
		back, a := db.addPerson(ani, influencer.X)
		gone, b := db.addPerson(budi, influencer.X)
		db.record(influencer.X, db.saw(a[0], 550), db.saw(b[0], 560))
		db.clock.advance(time.Hour)
		if _, err := db.ApplyPolicy(ctx, stricter(), "cli:siti", "", db.clock.at, nil); err != nil {
			t.Fatal(err)
		}
		db.clock.advance(time.Hour)
		db.record(influencer.X, db.saw(b[0], 480)) // meanwhile below the old line too
		wrong := db.by("cli:siti", "")
		wrong.Expect = 1
		var moved *influencer.PolicyMovedError
		if _, err := db.UndoPolicy(ctx, wrong, nil); !errors.As(err, &moved) || moved.InForce != 2 {
			t.Errorf("undid another version than the one looked at: %v", err)
		}
		out, err := db.UndoPolicy(ctx, db.by("cli:siti", "keliru"), nil)
		if err != nil || !out.New || out.Version.Policy.Version != 3 || out.Version.Note != "undo of version 2: keliru" {
			t.Fatalf("%+v, %v", out, err)
		}
		if was, err := db.PolicyByVersion(ctx, 1); err != nil || len(influencer.Diff(was.Policy, out.Version.Policy)) != 0 {
			t.Errorf("version 3 is not version 1: %v", err)
		}
		db.wantStatus(back, influencer.StatusActive)
		db.wantStatus(gone, influencer.StatusRevoked)
		if redone, err := db.UndoPolicy(ctx, db.by("cli:siti", ""), nil); err != nil || redone.Version.Policy.Requirements[0].AtLeast != 600 {
			t.Errorf("undid the undo: %+v, %v", redone, err)
		}
		if entries := db.ordered(); entries[1] != "cli:siti policy.undo policy:3 undo of version 2: keliru" {
			t.Errorf("audit: %q", entries)
		}
	})
}

func TestPolicyChangedIsToldWithTheVersion(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		stale := db.by("cli:siti", "")
		stale.Expect = 7
		var moved *influencer.PolicyMovedError
		if _, err := db.PutPolicy(ctx, stricter(), stale, nil); !errors.As(err, &moved) {
			t.Errorf("overwrote a version nobody looked at: %v", err)
		}
		if _, err := db.PutPolicy(ctx, stricter(), db.by("cli:siti", "uji"), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := db.PutPolicy(ctx, stricter(), db.by("cli:siti", "lagi"), nil); err != nil {
			t.Fatal(err)
		}
		if n := db.number("SELECT count(*) FROM outbox WHERE kind = 'policy_changed' AND person_id IS NULL"); n != 1 {
			t.Fatalf("%d events for one version", n)
		}
		var got influencer.PolicyChange
		if err := json.Unmarshal([]byte(db.text("SELECT payload FROM outbox WHERE kind = 'policy_changed'")), &got); err != nil {
			t.Fatal(err)
		}
		if got.Version != 2 || got.PreviousVersion != 1 || got.Author != "cli:siti" || got.Note != "uji" || len(got.Changes) != 3 || !got.At.Equal(monday) ||
			got.Policy.Requirements[0].AtLeast != 600 || got.Text.Indonesian != "Kebijakan versi 2 berlaku sejak 23 Nov 2026 09.00 WIB. Yang berubah: "+
			strings.ReplaceAll(strings.Join(got.Changes, "; "), "->", "→")+"." ||
			!strings.HasPrefix(got.Text.English, "Policy version 2 has been in force since 23 Nov 2026 09:00 WIB. What changed: ") {
			t.Errorf("%+v", got)
		}
	})
}
