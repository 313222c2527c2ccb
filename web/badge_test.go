package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/pengikut/pengikut/influencer"
)

const badgeBase = "https://lencana.example.go.id"

// badgeShelf is a store of badges whose bits a test sets.
type badgeShelf struct {
	mu    sync.Mutex
	one   influencer.Badge
	bits  map[influencer.StatusPurpose][]int64
	asked int
	err   error
}

func (s *badgeShelf) Badge(_ context.Context, id string) (influencer.Badge, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return influencer.Badge{}, s.err
	}
	if id != s.one.PublicID {
		return influencer.Badge{}, influencer.ErrNotFound
	}
	return s.one, nil
}

func (s *badgeShelf) BadgeBits(_ context.Context, p influencer.StatusPurpose, list int64) ([]int64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked++
	if list > 1 {
		return nil, influencer.ErrNotFound
	}
	return s.bits[p], s.err
}

type fixedKey struct{ key BadgeKey }

func (k fixedKey) BadgeKey(context.Context) (BadgeKey, error) { return k.key, nil }
func (k fixedKey) BadgePublicKeys(context.Context) ([]BadgeKey, error) {
	return []BadgeKey{{KID: k.key.KID, Public: k.key.Public}}, nil
}

var oneKey = sync.OnceValues(NewBadgeKey) // making one takes a second under the race detector

func badgeServer(t *testing.T) (*Server, *badgeShelf, *time.Time) {
	t.Helper()
	key, err := oneKey()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 25, 3, 0, 0, 0, time.UTC)
	shelf := &badgeShelf{bits: map[influencer.StatusPurpose][]int64{}, one: influencer.Badge{
		PublicID: "abcDEF123_-abcDEF123_-", Name: `Siti "Ani" <b>Aminah</b> & Co`, Agency: "Kementerian Kesehatan",
		AwardID: influencer.StatusListSize + 9, AwardedAt: now.AddDate(0, -1, 0), State: influencer.BadgeValid}}
	s := New(Options{Badges: &BadgeOptions{Store: shelf, Keys: fixedKey{key}, Base: badgeBase, Issuer: "Komdigi", Now: func() time.Time { return now }}})
	return s, shelf, &now
}

// verifier is a third party: it knows the address of a credential and nothing
// else, and believes what the issuer's own addresses say.
type verifier struct {
	t *testing.T
	s *Server
}

func (v verifier) fetch(address string) string {
	v.t.Helper()
	path, ours := strings.CutPrefix(address, badgeBase)
	if !ours {
		v.t.Fatalf("%s is not the issuer's", address)
	}
	status, body := get(v.s, path)
	if status != http.StatusOK {
		v.t.Fatalf("%s: %d %s", address, status, body)
	}
	return body
}

func (v verifier) open(signed string) map[string]any {
	v.t.Helper()
	token, err := jose.ParseSignedCompact(signed, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		v.t.Fatal(err)
	}
	var key jose.JSONWebKey
	if err := json.Unmarshal([]byte(v.fetch(token.Signatures[0].Protected.KeyID)), &key); err != nil {
		v.t.Fatal(err)
	}
	if !key.IsPublic() {
		v.t.Fatal("a private key is served")
	}
	payload, err := token.Verify(key)
	if err != nil {
		v.t.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal(payload, &out); err != nil {
		v.t.Fatal(err)
	}
	return out
}

// set tells whether the credential's bit of a purpose is set.
func (v verifier) set(credential map[string]any, purpose string) bool {
	v.t.Helper()
	for _, entry := range credential["credentialStatus"].([]any) {
		e := entry.(map[string]any)
		if e["statusPurpose"] != purpose {
			continue
		}
		list := v.open(v.fetch(e["statusListCredential"].(string)))["credentialSubject"].(map[string]any)
		packed, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(list["encodedList"].(string), "u"))
		if err != nil {
			v.t.Fatal(err)
		}
		r, err := gzip.NewReader(bytes.NewReader(packed))
		if err != nil {
			v.t.Fatal(err)
		}
		bits, err := io.ReadAll(r)
		if err != nil || len(bits)*8 < 131_072 || list["statusPurpose"] != purpose {
			v.t.Fatalf("%d bits for %v: %v", len(bits)*8, list["statusPurpose"], err)
		}
		n, err := strconv.Atoi(e["statusListIndex"].(string))
		if err != nil {
			v.t.Fatal(err)
		}
		return bits[n/8]>>(7-n%8)&1 == 1
	}
	v.t.Fatalf("no status for %s", purpose)
	return false
}

func TestThirdPartyChecksABadge(t *testing.T) {
	t.Parallel()
	s, shelf, now := badgeServer(t)
	v := verifier{t, s}
	credential := v.open(v.fetch(badgeBase + "/badge/credential/" + shelf.one.PublicID))
	subject := credential["credentialSubject"].(map[string]any)
	said := map[string]any{}
	for _, i := range subject["identifier"].([]any) {
		said[i.(map[string]any)["identityType"].(string)] = i.(map[string]any)["identityHash"]
	}
	if said["name"] != shelf.one.Name || said["ext:agency"] != shelf.one.Agency || credential["validFrom"] != "2026-10-25T03:00:00Z" {
		t.Errorf("%v since %v", said, credential["validFrom"])
	}
	if v.set(credential, "revocation") || v.set(credential, "suspension") {
		t.Error("a good badge has a bit set")
	}
	shelf.bits[influencer.PurposeRevocation] = []int64{8, 9, 10}
	if v.set(credential, "revocation") {
		t.Error("the list was made again within its time")
	}
	*now = now.Add(statusListFresh)
	if !v.set(credential, "revocation") || v.set(credential, "suspension") {
		t.Error("the revocation does not show")
	}
	if shelf.asked != 4 {
		t.Errorf("the database was asked %d times, want 4", shelf.asked)
	}
	forged := strings.Split(v.fetch(badgeBase+"/badge/credential/"+shelf.one.PublicID), ".")
	forged[1] = base64.RawURLEncoding.EncodeToString([]byte(`{"name":"somebody else"}`))
	token, err := jose.ParseSignedCompact(strings.Join(forged, "."), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		t.Fatal(err)
	}
	var key jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(v.fetch(badgeBase+"/badge/jwks.json")), &key); err != nil || len(key.Keys) != 1 {
		t.Fatalf("%v %v", key, err)
	}
	if _, err := token.Verify(key.Keys[0]); err == nil {
		t.Error("a forged credential passes")
	}
}

func TestBadgePage(t *testing.T) {
	t.Parallel()
	s, shelf, _ := badgeServer(t)
	for _, tt := range []struct {
		path  string
		state influencer.BadgeState
		want  []string
	}{
		{"", influencer.BadgeValid, []string{`lang="id"`, "Lencana influencer pemerintah", "✓", "Berlaku", "25 Okt 2026", "Siti &#34;Ani&#34; &lt;b&gt;Aminah&lt;/b&gt; &amp; Co", "noindex"}},
		{"?lang=en", influencer.BadgeSuspended, []string{`lang="en"`, "Government influencer badge", "Suspended", "25 Oct 2026"}},
		{"?lang=xx", influencer.BadgeInvalid, []string{`lang="id"`, "Tidak berlaku"}},
	} {
		shelf.one.State = tt.state
		status, body := get(s, "/badge/"+url.PathEscape(shelf.one.PublicID)+tt.path)
		for _, want := range tt.want {
			if status != 200 || !strings.Contains(body, want) {
				t.Errorf("%q, %s: %d, no %q in\n%s", tt.path, tt.state, status, want, body)
			}
		}
	}
}

func TestBadgeImageCarriesTheCredential(t *testing.T) {
	t.Parallel()
	s, shelf, _ := badgeServer(t)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/badge/"+shelf.one.PublicID+".svg", nil))
	var svg struct {
		Credential struct {
			Verify string `xml:"verify,attr"`
		} `xml:"https://purl.imsglobal.org/ob/v3p0 credential"`
		Title string `xml:"title"`
	}
	if err := xml.Unmarshal(w.Body.Bytes(), &svg); err != nil || w.Header().Get("Content-Type") != "image/svg+xml" {
		t.Fatalf("%v: %s", err, w.Body)
	}
	if c := (verifier{t, s}).open(svg.Credential.Verify); c["type"].([]any)[1] != "OpenBadgeCredential" {
		t.Errorf("%v", c["type"])
	}
	if !strings.HasSuffix(svg.Title, shelf.one.Name) {
		t.Errorf("title %q", svg.Title)
	}
}

func TestBadgeUnknownAndTrouble(t *testing.T) {
	t.Parallel()
	s, shelf, _ := badgeServer(t)
	for _, path := range []string{"/badge/other", "/badge/other.svg", "/badge/credential/other", "/badge/key/other", "/badge/status/revocation/2",
		"/badge/status/revocation/-1", "/badge/status/revocation/99999999999", "/badge/status/other/0"} {
		if status, body := get(s, path); status != 404 || !strings.Contains(body, "Lencana tidak ditemukan") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	shelf.err = errors.New("password=hunter2")
	if status, body := get(s, "/badge/"+shelf.one.PublicID); status != 500 || strings.Contains(body, "hunter2") {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := get(New(Options{}), "/badge/issuer"); status != 404 {
		t.Errorf("badges are off, yet: %d", status)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Siti":                              "Siti",
		"Badan Pengembangan Sumber Daya":    "Badan|Pengembangan …",
		"Pemerintahprovinsidaerahistimewa":  "Pemerintahpr…",
		"a b c d e f g h i j k l m n o p q": "a b c d e f|g h i j k l …",
		"":                                  "",
	} {
		got := strings.Join(lines(in, 12, 2), "|")
		if got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
