package store

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pengikut/pengikut/influencer"
)

const (
	phraseOld = "a passphrase long enough to be taken; old"
	phraseNew = "a passphrase long enough to be taken; new"
)

func ringOf(t *testing.T, text string) KeyRing {
	t.Helper()
	k, err := ParseKeyRing(text)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeyRingForms(t *testing.T) {
	t.Parallel()
	raw := []byte("0123456789abcdef0123456789ABCDE\xff")
	same := []string{
		hex.EncodeToString(raw),
		strings.ToUpper(hex.EncodeToString(raw)),
		base64.StdEncoding.EncodeToString(raw),
		base64.RawStdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw),
		" " + base64.StdEncoding.EncodeToString(raw) + "\r\n",
	}
	want := ringOf(t, same[0]).Newest()
	for _, text := range same[1:] {
		if got := ringOf(t, text).Newest(); got != want {
			t.Errorf("the same key in another form has id %s, want %s", got, want)
		}
	}
	if ringOf(t, phraseOld).Newest() == want {
		t.Error("a passphrase has the id of another key")
	}
	if a, b := NewSecretKey(), NewSecretKey(); a == b || ringOf(t, a.Reveal()).Newest() == ringOf(t, b.Reveal()).Newest() {
		t.Error("two new keys are the same")
	}
}

func TestKeyRingRefusesShortKeysWithoutShowingThem(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", " \n", "hunter2", strings.Repeat("k", 31), NewSecretKey().Reveal() + ",hunter2"} {
		_, err := ParseKeyRing(text)
		if err == nil {
			t.Fatalf("%d characters were taken as a key", len(text))
		}
		for _, part := range strings.Split(text, ",") {
			if strings.TrimSpace(part) != "" && strings.Contains(err.Error(), part) {
				t.Errorf("the error shows the key: %v", err)
			}
		}
	}
}

func TestKeyRingSealsAndUnseals(t *testing.T) {
	t.Parallel()
	k := ringOf(t, NewSecretKey().Reveal())
	const token = influencer.Secret("EAAB-token")
	id, text, err := k.seal(token, "here")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := k.unseal(id, text, "here"); err != nil || got != token {
		t.Fatalf("unseal: %q, %v", got.Reveal(), err)
	}
	if _, again, _ := k.seal(token, "here"); again == text {
		t.Error("the same token sealed twice looks the same: a nonce repeats")
	}
	if _, err := k.unseal(id, text, "there"); !errors.Is(err, ErrTampered) {
		t.Errorf("in another place: %v, want ErrTampered", err)
	}
	raw, _ := base64.StdEncoding.DecodeString(text)
	for i := range raw {
		bad := append([]byte{}, raw...)
		bad[i] ^= 1
		if _, err := k.unseal(id, base64.StdEncoding.EncodeToString(bad), "here"); !errors.Is(err, ErrTampered) {
			t.Fatalf("byte %d flipped: %v, want ErrTampered", i, err)
		}
	}
	for _, bad := range []string{"", "no base64!", text[:8]} {
		if _, err := k.unseal(id, bad, "here"); !errors.Is(err, ErrTampered) {
			t.Errorf("%q: %v, want ErrTampered", bad, err)
		}
	}
}

func TestKeyRingRotation(t *testing.T) {
	t.Parallel()
	older := ringOf(t, phraseOld)
	both := ringOf(t, phraseNew+","+phraseOld)
	newer := ringOf(t, phraseNew)
	if both.Newest() != newer.Newest() {
		t.Fatal("the first key is not the one that encrypts")
	}
	id, text, err := older.seal("token", "here")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := both.unseal(id, text, "here"); err != nil || got != "token" {
		t.Errorf("with the old key second: %v", err)
	}
	if _, err := newer.unseal(id, text, "here"); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("without the old key: %v, want ErrUnknownKey", err)
	}
	if _, _, err := (KeyRing{}).seal("token", "here"); !errors.Is(err, ErrUnknownKey) {
		t.Errorf("without any key: %v, want ErrUnknownKey", err)
	}
}

func TestKeyRingPrintsNoKey(t *testing.T) {
	t.Parallel()
	secret := NewSecretKey().Reveal()
	k := ringOf(t, secret)
	raw, _ := base64.StdEncoding.DecodeString(secret)
	around := struct {
		keys KeyRing
		Keys KeyRing
	}{k, k}
	for _, form := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		for _, v := range []any{k, around, &around} {
			out := fmt.Sprintf(form, v)
			if strings.Contains(out, secret) || strings.Contains(out, hex.EncodeToString(raw[:8])) || strings.Contains(out, fmt.Sprint(raw[:4])) {
				t.Errorf("%s shows the key: %s", form, out)
			}
		}
	}
}
