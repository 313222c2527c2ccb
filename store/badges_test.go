package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// stands writes a person's status as a decision would, and the decision with it.
func (db *testDB) stands(person int64, from, to influencer.Status, reason influencer.Reason) {
	db.t.Helper()
	db.decide(person, db.clock.at, from, to, reason)
	db.exec("UPDATE people SET status = ?, since = ?, reason = ? WHERE id = ?", to, db.clock.at.UnixMicro(), reason, person)
}

func (db *testDB) keepBadges() int {
	db.t.Helper()
	n, err := db.KeepBadges(context.Background(), db.clock.at, 100)
	if err != nil {
		db.t.Fatal(err)
	}
	return n
}

func (db *testDB) bits(purpose influencer.StatusPurpose) string {
	db.t.Helper()
	bits, err := db.BadgeBits(context.Background(), purpose, 0)
	if err != nil {
		db.t.Fatal(err)
	}
	return fmt.Sprint(bits)
}

func (db *testDB) badgeOf(nip influencer.NIP) influencer.Badge {
	db.t.Helper()
	b, err := db.BadgeOf(context.Background(), nip)
	if err != nil {
		db.t.Fatal(err)
	}
	return b
}

func TestBadgeFollowsTheStatus(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		const nip = "198601012010012001"
		person, _ := db.addPerson(nip, influencer.X)
		if n := db.keepBadges(); n != 0 {
			t.Fatalf("%d badges for nobody", n)
		}
		if _, err := db.BadgeOf(ctx, nip); !errors.Is(err, influencer.ErrNotFound) {
			t.Fatalf("who never held the status: %v", err)
		}
		db.stands(person, "none", "active", influencer.ReasonQualifies)
		if n := db.keepBadges(); n != 2 {
			t.Fatalf("changed %d rows, want a page and an award", n)
		}
		first := db.badgeOf(nip)
		if first.State != influencer.BadgeValid || first.AwardID != 1 || !first.AwardedAt.Equal(monday) || len(first.PublicID) != 22 {
			t.Fatalf("%+v", first)
		}
		if n := db.keepBadges(); n != 0 {
			t.Fatalf("nothing moved, %d rows changed", n)
		}
		for _, step := range []struct {
			from, to        influencer.Status
			reason          influencer.Reason
			state           influencer.BadgeState
			revoked, paused string
			award           int64
		}{
			{"active", "grace", influencer.ReasonBelowLine, influencer.BadgeValid, "[]", "[]", 1},
			{"grace", "active", influencer.ReasonRecovered, influencer.BadgeValid, "[]", "[]", 1},
			{"active", "suspended", influencer.ReasonSuspended, influencer.BadgeSuspended, "[]", "[1]", 1},
			{"suspended", "active", influencer.ReasonReinstated, influencer.BadgeValid, "[]", "[]", 1},
			{"active", "blocked", influencer.ReasonBlocked, influencer.BadgeInvalid, "[]", "[1]", 1},
			{"blocked", "active", influencer.ReasonUnblocked, influencer.BadgeValid, "[]", "[]", 1},
			{"active", "revoked", influencer.ReasonBelowLine, influencer.BadgeInvalid, "[1]", "[]", 1},
			{"revoked", "active", influencer.ReasonReturned, influencer.BadgeValid, "[1]", "[]", 2},
		} {
			db.clock.advance(time.Hour)
			db.stands(person, step.from, step.to, step.reason)
			if step.award == 1 { // what the public sees does not wait for the upkeep
				if b := db.badgeOf(nip); b.State != step.state {
					t.Errorf("%s before the upkeep: %s", step.to, b.State)
				}
			}
			db.keepBadges()
			b := db.badgeOf(nip)
			if b.State != step.state || b.AwardID != step.award || b.PublicID != first.PublicID {
				t.Errorf("%s to %s (%s): %+v", step.from, step.to, step.reason, b)
			}
			if r, p := db.bits(influencer.PurposeRevocation), db.bits(influencer.PurposeSuspension); r != step.revoked || p != step.paused {
				t.Errorf("%s to %s: revoked %s, suspended %s, want %s and %s", step.from, step.to, r, p, step.revoked, step.paused)
			}
		}
	})
}

// A loss and a return between two rounds of the upkeep must not leave the old
// credential good.
func TestBadgeNoticesWhatItMissed(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		person, _ := db.addPerson("198601012010012001", influencer.X)
		db.stands(person, "none", "active", influencer.ReasonQualifies)
		db.keepBadges()
		db.clock.advance(time.Hour)
		db.stands(person, "active", "revoked", influencer.ReasonBelowLine)
		db.clock.advance(time.Hour)
		db.stands(person, "revoked", "active", influencer.ReasonReturned)
		db.keepBadges()
		if b := db.badgeOf("198601012010012001"); b.AwardID != 2 || b.State != influencer.BadgeValid || db.bits(influencer.PurposeRevocation) != "[1]" {
			t.Errorf("%+v, revoked %s", b, db.bits(influencer.PurposeRevocation))
		}
	})
}

func TestBadgeHideAndRotate(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		const nip = "198601012010012001"
		person, _ := db.addPerson(nip, influencer.X)
		db.stands(person, "none", "active", influencer.ReasonQualifies)
		db.keepBadges()
		old := db.badgeOf(nip).PublicID
		change := func(c BadgeChange) {
			t.Helper()
			if err := db.ChangeBadge(ctx, nip, c, "cli:siti", "diminta"); err != nil {
				t.Fatal(err)
			}
		}
		wantGone := func(id string) {
			t.Helper()
			if _, err := db.Badge(ctx, id); !errors.Is(err, influencer.ErrNotFound) {
				t.Errorf("%v", err)
			}
		}
		change(BadgeHide)
		wantGone(old)
		change(BadgeShow)
		if b, err := db.Badge(ctx, old); err != nil || b.Name == "" {
			t.Errorf("%+v, %v", b, err)
		}
		change(BadgeRotate)
		wantGone(old)
		if id := db.badgeOf(nip).PublicID; id == old || len(id) != 22 {
			t.Errorf("new address %q", id)
		}
		if err := db.ChangeBadge(ctx, "198702022011011002", BadgeHide, "cli:siti", ""); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("nobody's badge: %v", err)
		}
		audit, err := db.Audit(ctx, influencer.AuditFilter{Target: fmt.Sprintf("person:%d", person)}, influencer.Paging{})
		if err != nil || len(audit.Items) != 3 || audit.Items[0].Action != "badge.rotate" || audit.Items[0].Note != "diminta" {
			t.Errorf("%+v, %v", audit, err)
		}
		listed := all(t, func(p influencer.Paging) (influencer.Page[OwnedBadge], error) { return db.Badges(ctx, "", p) })
		if len(listed) != 1 || listed[0].NIP != nip || listed[0].Hidden {
			t.Errorf("%+v", listed)
		}
	})
}

func TestSigningKeys(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		old := db.withKeys("an old passphrase of thirty-two characters")
		if _, err := old.NewestSigningKey(ctx); !errors.Is(err, influencer.ErrNotFound) {
			t.Fatalf("no key yet: %v", err)
		}
		key := func(kid string) SigningKey {
			return SigningKey{KID: kid, Public: "{}", Private: influencer.Secret("private " + kid)}
		}
		for _, kid := range []string{"a", "b"} { // two processes begin together: the first wins
			if err := old.AddSigningKey(ctx, key(kid), true, "schedule"); err != nil {
				t.Fatal(err)
			}
		}
		db.clock.advance(time.Hour)
		if err := old.AddSigningKey(ctx, key("c"), false, "cli:siti"); err != nil {
			t.Fatal(err)
		}
		both := db.withKeys("a new passphrase of thirty-two characters!,an old passphrase of thirty-two characters")
		if moved, err := both.RotateCredentials(ctx); err != nil || moved != 2 {
			t.Fatalf("moved %d, %v", moved, err)
		}
		newest, err := db.withKeys("a new passphrase of thirty-two characters!").NewestSigningKey(ctx)
		if err != nil || newest.KID != "c" || newest.Private.Reveal() != "private c" {
			t.Errorf("%+v, %v", newest, err)
		}
		keys, err := both.SigningKeys(ctx)
		want := []SigningKey{{KID: "c", Public: "{}", CreatedAt: monday.Add(time.Hour)}, {KID: "a", Public: "{}", CreatedAt: monday}}
		if diff := cmp.Diff(want, keys); err != nil || diff != "" {
			t.Errorf("%v\n%s", err, diff)
		}
		if _, err := old.NewestSigningKey(ctx); !errors.Is(err, ErrUnknownKey) {
			t.Errorf("under a key that is not there: %v", err)
		}
	})
}
