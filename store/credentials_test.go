package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// withKeys opens the same database under these keys.
func (db *testDB) withKeys(keys string) *testDB {
	db.t.Helper()
	ring, err := ParseKeyRing(keys)
	if err != nil {
		db.t.Fatal(err)
	}
	again := *db
	again.Store = db.reopen(Options{Keys: ring})
	return &again
}

func (db *testDB) add(ref CredentialRef, token influencer.Secret) {
	db.t.Helper()
	if err := db.AddCredential(context.Background(), ref, token, time.Time{}); err != nil {
		db.t.Fatal(err)
	}
}

// held are the tokens that a read of these accounts would carry.
func (db *testDB) held(accounts ...int64) (out map[int64]influencer.Secret, err error) {
	db.t.Helper()
	err = db.write(context.Background(), func(tx *gorm.DB) error {
		own, err := db.tokens(tx, accounts)
		out = map[int64]influencer.Secret{}
		for id, o := range own {
			if o.token != "" {
				out[id] = o.token
			}
		}
		return err
	})
	return out, err
}

func (db *testDB) credentials(f CredentialFilter) []Credential {
	db.t.Helper()
	page, err := db.Credentials(context.Background(), f, influencer.Paging{})
	if err != nil {
		db.t.Fatal(err)
	}
	return page.Items
}

func TestCredentialLife(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db = db.withKeys(phraseOld)
		_, a := db.addPerson(ani, influencer.Facebook, influencer.X)
		_, b := db.addPerson(budi, influencer.Facebook)
		own := CredentialRef{Platform: influencer.Facebook, NIP: ani}
		db.add(own, "first")
		db.add(own, "second")
		db.add(CredentialRef{Platform: influencer.Facebook, NIP: budi}, "third")

		got, err := db.held(a[0], a[1], b[0])
		if err != nil || len(got) != 2 || got[a[0]] != "second" || got[b[0]] != "third" {
			t.Errorf("tokens: %d of them, %v; want the newest of each", len(got), err)
		}
		listed := db.credentials(CredentialFilter{NIP: ani})
		if len(listed) != 1 || listed[0].AccountID != a[0] || listed[0].Handle != "u"+string(ani) || listed[0].State != CredentialOK ||
			!listed[0].CreatedAt.Equal(monday) || listed[0].KeyID != db.opts.Keys.Newest() {
			t.Errorf("listed: %+v", listed)
		}
		if err := db.RemoveCredential(ctx, own); err != nil {
			t.Fatal(err)
		}
		if err := db.RemoveCredential(ctx, own); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("removed twice: %v", err)
		}
		if got, err := db.held(a[0], b[0]); err != nil || len(got) != 1 {
			t.Errorf("after removal: %d tokens, %v", len(got), err)
		}
	})
}

func TestCredentialRefs(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db = db.withKeys(phraseOld)
		person, _ := db.addPerson(ani, influencer.Facebook)
		second := db.addAccount(person, influencer.Facebook, "kedua")
		for name, c := range map[string]struct {
			ref   CredentialRef
			token influencer.Secret
			want  string
		}{
			"two accounts":   {CredentialRef{Platform: influencer.Facebook, NIP: ani}, "t", "2 accounts"},
			"no account":     {CredentialRef{Platform: influencer.X, NIP: ani}, "t", "not found"},
			"no person":      {CredentialRef{Platform: influencer.X, NIP: budi}, "t", "not found"},
			"handle alone":   {CredentialRef{Platform: influencer.X, Handle: "ani"}, "t", "without a NIP"},
			"empty":          {CredentialRef{Platform: influencer.X}, "", "empty"},
			"two lines":      {CredentialRef{Platform: influencer.X}, "secret-one\nsecret-two", "control character"},
			"handle of none": {CredentialRef{Platform: influencer.Facebook, NIP: ani, Handle: "ketiga"}, "t", "not found"},
		} {
			err := db.AddCredential(ctx, c.ref, c.token, time.Time{})
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "secret-") || strings.Contains(err.Error(), string(ani)) {
				t.Errorf("%s: %v", name, err)
			}
		}
		db.add(CredentialRef{Platform: influencer.Facebook, NIP: ani, Handle: "KEDUA"}, "t")
		if got, err := db.held(second); err != nil || got[second] != "t" {
			t.Errorf("by handle: %v", err)
		}
	})
}

func TestCredentialMakesAWaitingAccountDue(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db = db.withKeys(phraseOld)
		later := monday.Add(24 * time.Hour).UnixMicro()
		for state, wantDue := range map[influencer.AccountState]int64{
			influencer.StateNeedsConsent:   monday.UnixMicro(),
			influencer.StateCredentialDead: monday.UnixMicro(),
			influencer.StateOK:             later,
		} {
			nip := influencer.NIP("1" + string(state))
			_, accounts := db.addPerson(nip, influencer.Facebook)
			db.exec("UPDATE accounts SET state = ? WHERE id = ?", state, accounts[0])
			db.exec("UPDATE schedule SET due_at = ? WHERE account_id = ?", later, accounts[0])
			db.add(CredentialRef{Platform: influencer.Facebook, NIP: nip}, "t")
			if got := db.number("SELECT due_at FROM schedule WHERE account_id = ?", accounts[0]); got != wantDue {
				t.Errorf("%s: due at %d, want %d", state, got, wantDue)
			}
		}
	})
}

func TestAppTokens(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db = db.withKeys(phraseOld)
		db.add(CredentialRef{Platform: influencer.Instagram, Label: "b"}, "two")
		db.add(CredentialRef{Platform: influencer.Instagram}, "zero")
		db.add(CredentialRef{Platform: influencer.Instagram, Label: "b"}, "two-again")
		db.add(CredentialRef{Platform: influencer.X}, "x")
		if err := db.AddCredential(ctx, CredentialRef{Platform: influencer.Instagram, Label: "a"}, "one", monday.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		names := func() string {
			t.Helper()
			tokens, err := db.AppTokens(ctx, influencer.Instagram)
			if err != nil {
				t.Fatal(err)
			}
			var s []string
			for _, a := range tokens {
				s = append(s, a.Label+"="+a.Token.Reveal())
			}
			return strings.Join(s, " ")
		}
		if got := names(); got != "=zero a=one b=two-again" {
			t.Errorf("tokens: %s", got)
		}
		db.clock.advance(time.Hour)
		if got := names(); got != "=zero b=two-again" {
			t.Errorf("after one expired: %s", got)
		}
		var id int64
		for _, c := range db.credentials(CredentialFilter{Platform: influencer.Instagram}) {
			if c.Label == "b" {
				id = c.ID
			}
		}
		mark := func(handedOut time.Time) {
			t.Helper()
			if err := db.MarkCredential(ctx, id, CredentialDead, "190/463: expired", handedOut); err != nil {
				t.Fatal(err)
			}
		}
		mark(monday.Add(-time.Second))
		if got := names(); got != "=zero b=two-again" {
			t.Errorf("a token died of what befell the one before it: %s", got)
		}
		mark(db.clock.at)
		if got := names(); got != "=zero" {
			t.Errorf("after one died: %s", got)
		}
		if dead := db.credentials(CredentialFilter{State: CredentialDead}); len(dead) != 1 || dead[0].Detail != "190/463: expired" {
			t.Errorf("dead: %+v", dead)
		}
	})
}

func TestCredentialStatesAreToldByAccountAndClock(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db = db.withKeys(phraseOld)
		_, a := db.addPerson(ani, influencer.Facebook)
		ref := CredentialRef{Platform: influencer.Facebook, NIP: ani}
		want := func(state CredentialState, detail string) {
			t.Helper()
			for _, f := range []CredentialFilter{{}, {State: state}} {
				if got := db.credentials(f); len(got) != 1 || got[0].State != state || got[0].Detail != detail {
					t.Errorf("listed under %v: %+v, want %s %q", f, got, state, detail)
				}
			}
		}
		if err := db.AddCredential(context.Background(), ref, "first", monday.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		want(CredentialOK, "")
		db.clock.advance(time.Hour)
		db.exec("UPDATE accounts SET state = 'credential_dead', error = 'logged out', attempted_at = ? WHERE id = ?", db.clock.at.UnixMicro(), a[0])
		want(CredentialDead, "logged out")
		db.clock.advance(time.Minute)
		if err := db.AddCredential(context.Background(), ref, "second", monday.Add(2*time.Hour)); err != nil {
			t.Fatal(err)
		}
		want(CredentialOK, "")
		db.clock.advance(time.Hour)
		want(CredentialExpired, "")
	})
}

func TestTamperedTokenIsSetAside(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db = db.withKeys(phraseOld)
		_, a := db.addPerson(ani, influencer.Facebook)
		_, b := db.addPerson(budi, influencer.Facebook)
		db.add(CredentialRef{Platform: influencer.Facebook, NIP: ani}, "ani's")
		db.add(CredentialRef{Platform: influencer.Facebook, NIP: budi}, "budi's")
		// Somebody with the database gives Budi's account the token of Ani.
		db.exec("UPDATE credentials SET ciphertext = (SELECT ciphertext FROM credentials WHERE account_id = ?) WHERE account_id = ?", a[0], b[0])
		got, err := db.held(a[0], b[0])
		if err != nil || len(got) != 1 || got[a[0]] != "ani's" {
			t.Errorf("tokens: %d of them, %v; want Ani's alone", len(got), err)
		}
		if broken := db.credentials(CredentialFilter{State: CredentialBroken}); len(broken) != 1 || broken[0].AccountID != b[0] {
			t.Errorf("broken: %+v", broken)
		}
	})
}

func TestRotateCredentials(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		_, a := db.addPerson(ani, influencer.Facebook)
		older := db.withKeys(phraseOld)
		older.add(CredentialRef{Platform: influencer.Facebook, NIP: ani}, "ani's")
		older.add(CredentialRef{Platform: influencer.X}, "ministry's")
		newer := db.withKeys(phraseNew)
		if _, err := newer.held(a[0]); !errors.Is(err, ErrUnknownKey) {
			t.Errorf("without the old key: %v", err)
		}
		if n, err := newer.RotateCredentials(ctx); n != 0 || !errors.Is(err, ErrUnknownKey) {
			t.Errorf("rotated %d without the old key: %v", n, err)
		}
		for _, want := range []int{2, 0} {
			if n, err := db.withKeys(phraseNew + "," + phraseOld).RotateCredentials(ctx); n != want || err != nil {
				t.Errorf("rotated %d, %v; want %d", n, err, want)
			}
		}
		if got, err := newer.held(a[0]); err != nil || got[a[0]] != "ani's" {
			t.Errorf("after rotation: %v", err)
		}
		if got, err := newer.AppTokens(ctx, influencer.X); err != nil || len(got) != 1 || got[0].Token != "ministry's" {
			t.Errorf("after rotation: %v", err)
		}
	})
}

func TestTokensAreNeverPlainInTheFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "test.db")
	db := newTestDB(t, "sqlite:"+path).withKeys(phraseOld)
	db.addPerson(ani, influencer.Facebook)
	const token = "EAABsbCS1iHgBO-not-to-be-found"
	db.add(CredentialRef{Platform: influencer.Facebook, NIP: ani}, token)
	db.add(CredentialRef{Platform: influencer.X, Label: "app"}, token)
	db.exec("UPDATE people SET unit = 'a text that is to be found'")
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	var all []byte
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, b...)
	}
	if !bytes.Contains(all, []byte("a text that is to be found")) {
		t.Fatal("the files do not hold what was written: the test looks at the wrong ones")
	}
	if bytes.Contains(all, []byte(token)) || bytes.Contains(all, []byte(token[5:15])) {
		t.Error("a token lies in the database file in plain text")
	}
}
