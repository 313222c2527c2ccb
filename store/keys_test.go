package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

func (db *testDB) addKey(o influencer.KeyOrder) (influencer.Key, influencer.Secret) {
	db.t.Helper()
	k, text, err := db.CreateKey(context.Background(), o)
	if err != nil {
		db.t.Fatal(err)
	}
	return k, text
}

func TestKeyOpensUntilItEnds(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		other := db.reopen(Options{})
		made, text := db.addKey(influencer.KeyOrder{Name: "dasbor", Role: influencer.RoleViewer, Actor: "cli:siti", ExpiresAt: monday.Add(time.Hour)})
		opens := func(s *Store, want error) influencer.Key {
			t.Helper()
			k, err := s.Authenticate(ctx, text)
			if !errors.Is(err, want) {
				t.Fatalf("got %v, want %v", err, want)
			}
			return k
		}
		if diff := cmp.Diff(made, opens(other, nil)); diff != "" {
			t.Errorf("another process sees (-made +seen):\n%s", diff)
		}
		db.clock.advance(time.Hour)
		opens(db.Store, influencer.ErrKey)
		db.clock.advance(-time.Second)
		opens(db.Store, nil)
		if _, err := db.RevokeKey(ctx, made.ID, "cli:siti"); err != nil {
			t.Fatal(err)
		}
		opens(other, influencer.ErrKey)
	})
}

func TestOtherTextsOpenNothing(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		_, text := db.addKey(influencer.KeyOrder{Name: "a", Role: influencer.RoleAdmin})
		_, second := db.addKey(influencer.KeyOrder{Name: "b", Role: influencer.RoleAdmin})
		own := text.Reveal()
		for _, wrong := range []string{
			"", "pk", "pk_1", "pk_1_", "pk__", own[:len(own)-1], own + "x", "xx" + own[2:], strings.ToUpper(own), " " + own,
			"pk_2" + own[4:], "pk_1" + second.Reveal()[4:], "pk_0" + own[4:], "pk_-1" + own[4:], "pk_99999999999999999999" + own[4:], "pk_1_\x00",
		} {
			if k, err := db.Authenticate(context.Background(), influencer.Secret(wrong)); !errors.Is(err, influencer.ErrKey) {
				t.Errorf("%q: %v %v", wrong, k, err)
			}
		}
	})
}

func TestKeyIsStoredHashedAndAudited(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db.addPerson("198604262009012001")
		k, text := db.addKey(influencer.KeyOrder{Name: "dasbor", Role: influencer.RoleViewer, Agency: "Kementerian Uji", Actor: "key:9 siti"})
		secret := strings.SplitN(text.Reveal(), "_", 3)[2]
		if hash := db.text("SELECT hash FROM api_keys"); len(hash) != 64 || strings.Contains(hash, secret) {
			t.Errorf("stored %q", hash)
		}
		for range 2 { // the second changes nothing
			if _, err := db.RevokeKey(ctx, k.ID, "cli:budi"); err != nil {
				t.Fatal(err)
			}
		}
		page, err := db.Audit(ctx, influencer.AuditFilter{}, influencer.Paging{})
		if err != nil || len(page.Items) != 2 {
			t.Fatalf("%v %v", page, err)
		}
		revoked, created := page.Items[0], page.Items[1]
		if created.Actor != "key:9 siti" || created.Action != "key.create" || created.Target != "key:1" || created.Agency != "Kementerian Uji" ||
			created.Before != nil || string(created.After) != `{"agency":"Kementerian Uji","expires_at":null,"name":"dasbor","role":"viewer"}` {
			t.Errorf("%+v %s", created, created.After)
		}
		if revoked.Actor != "cli:budi" || revoked.Action != "key.revoke" || string(revoked.Before) != `{"revoked_at":null}` ||
			string(revoked.After) != `{"revoked_at":"2026-11-23T02:00:00Z"}` {
			t.Errorf("%+v %s %s", revoked, revoked.Before, revoked.After)
		}
		if _, err := db.RevokeKey(ctx, 99, "cli"); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("no such key: %v", err)
		}
	})
}

func TestKeyOrdersThatAreRefused(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		good := influencer.KeyOrder{Name: "a", Role: influencer.RoleAdmin}
		for name, spoil := range map[string]func(*influencer.KeyOrder){
			"no name":       func(o *influencer.KeyOrder) { o.Name = " " },
			"long name":     func(o *influencer.KeyOrder) { o.Name = strings.Repeat("é", 101) },
			"line in name":  func(o *influencer.KeyOrder) { o.Name = "a\nb" },
			"no role":       func(o *influencer.KeyOrder) { o.Role = "" },
			"past":          func(o *influencer.KeyOrder) { o.ExpiresAt = monday },
			"unknown house": func(o *influencer.KeyOrder) { o.Agency = "Kementerian Ujian" },
		} {
			o := good
			spoil(&o)
			if _, _, err := db.CreateKey(ctx, o); err == nil {
				t.Errorf("%s: taken", name)
			}
		}
		if n := db.number("SELECT count(*) FROM api_keys") + db.number("SELECT count(*) FROM audit"); n != 0 {
			t.Errorf("%d rows stayed", n)
		}
	})
}

func TestFirstKeyIsMadeOnce(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		k, text, err := db.CreateFirstKey(ctx, influencer.KeyOrder{Name: "first admin", Role: influencer.RoleAdmin})
		if err != nil || text == "" {
			t.Fatalf("%q %v", text, err)
		}
		if _, err := db.RevokeKey(ctx, k.ID, "cli"); err != nil {
			t.Fatal(err)
		}
		if _, text, err := db.CreateFirstKey(ctx, influencer.KeyOrder{Name: "first admin", Role: influencer.RoleAdmin}); err != nil || text != "" {
			t.Errorf("once more: %q %v", text, err)
		}
	})
}

func TestLastUseIsNotedOnceAMinute(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		_, text := db.addKey(influencer.KeyOrder{Name: "a", Role: influencer.RoleAdmin})
		used := func() time.Duration {
			t.Helper()
			if _, err := db.Authenticate(context.Background(), text); err != nil {
				t.Fatal(err)
			}
			page, err := db.Keys(context.Background(), influencer.Paging{})
			if err != nil || len(page.Items) != 1 {
				t.Fatalf("%v %v", page, err)
			}
			return page.Items[0].LastUsedAt.Sub(monday)
		}
		for i, want := range []time.Duration{0, 0, time.Minute} {
			if got := used(); got != want {
				t.Errorf("use %d: noted at +%v, want +%v", i, got, want)
			}
			db.clock.advance(30 * time.Second)
		}
	})
}
