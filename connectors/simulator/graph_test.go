package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// discover reads one Instagram account by its handle.
func discover(s *Server, handle, fields string) *httptest.ResponseRecorder {
	return get(s, "/v26.0/"+DefaultInstagramUserID, "fields", "business_discovery.username("+handle+"){"+fields+"}")
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	truth := s.Truth(Instagram, 8, noon)
	w := discover(s, truth.Handle, "id,username,followers_count,media_count,media.limit(1){timestamp,media_type}")
	body := decode(t, w)
	who := dig(body, "business_discovery")
	if body["id"] != DefaultInstagramUserID || dig(who, "id") != truth.ExternalID() || dig(who, "username") != truth.Handle ||
		dig(who, "followers_count") != float64(truth.Followers) || dig(who, "media_count") != float64(truth.Posts) {
		t.Errorf("got %s, want %+v", w.Body, truth)
	}
	stamp, _ := dig(who, "media", "data", 0, "timestamp").(string)
	at, err := time.Parse("2006-01-02T15:04:05-0700", stamp)
	if err != nil || !at.Equal(truth.LastPost) || !strings.HasSuffix(stamp, "+0000") {
		t.Errorf("timestamp %q, want %v", stamp, truth.LastPost)
	}
	if w.Header().Get("Facebook-API-Version") != "v26.0" {
		t.Errorf("headers %v", w.Header())
	}
	thin := decode(t, discover(s, truth.Handle, "username"))
	if m, _ := thin["business_discovery"].(map[string]any); len(m) != 2 || m["username"] != truth.Handle {
		t.Errorf("asked for the username alone, got %v", m)
	}
}

func TestDiscoveryCannotTellWhyNot(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{People: 3000, Mix: &Mix{Personal: 0.1, Suspended: 0.2, Deleted: 0.2, Renamed: 0.2, TakenOver: 0.1}})
	p := s.people
	handles := []string{"nobody", ""}
	for _, st := range []State{Personal, Suspended, Deleted, Renamed} {
		handles = append(handles, p.Handle(Instagram, find1(t, p, Instagram, st, noon)))
	}
	for _, h := range handles {
		w := discover(s, h, "followers_count")
		e := dig(decode(t, w), "error")
		if w.Code != 400 || dig(e, "code") != 110.0 || dig(e, "error_subcode") != 2207013.0 || dig(e, "message") != "Invalid user id" {
			t.Errorf("%q: %d %s", h, w.Code, w.Body)
		}
	}
	moved := find1(t, p, Instagram, Renamed, noon)
	if got := decode(t, discover(s, p.handle(Instagram, moved, true), "username")); dig(got, "business_discovery", "id") != id(s, Instagram, moved) {
		t.Errorf("the new handle gives %v", got)
	}
	taken := find1(t, p, Instagram, TakenOver, noon)
	got := decode(t, discover(s, p.Handle(Instagram, taken), "username"))
	if other := dig(got, "business_discovery", "id"); other == nil || other == id(s, Instagram, taken) {
		t.Errorf("the handle taken over gives %v", got)
	}
}

func TestDiscoveryNeverPosted(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{Mix: &Mix{NeverPosted: 1}})
	who := dig(decode(t, discover(s, s.people.Handle(Instagram, 1), "media_count,media.limit(1){timestamp}")), "business_discovery")
	if dig(who, "media_count") != 0.0 || dig(who, "media") != nil {
		t.Errorf("got %v", who)
	}
}

func TestGraphRefusals(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{InstagramToken: "ministry", People: 3})
	own, other := s.UserToken(0), s.UserToken(1)
	h := s.people.Handle(Instagram, 0)
	for _, tc := range []struct {
		name, path, token, fields string
		code, subcode             float64
	}{
		{"field that is not public", DefaultInstagramUserID, "ministry", "business_discovery.username(" + h + "){follows_count}", 100, 0},
		{"unknown field", "me", own, "shoe_size", 100, 0},
		{"bad grammar", "me", own, "friends.limit(0", 2500, 0},
		{"nested bad grammar", "me", own, "posts{created_time", 2500, 0},
		{"no token", "me", "", "id", 104, 0},
		{"token of nobody", "me", "EAASIMzZ0Zzz", "id", 190, 0},
		{"token that is none", "me", "whatever", "id", 190, 0},
		{"forged token", "me", own + "1", "id", 190, 0},
		{"token of an index beyond", "me", s.people.token(3, 0), "id", 190, 0},
		{"person's token for discovery", DefaultInstagramUserID, own, "business_discovery.username(" + h + "){id}", 10, 0},
		{"somebody else's node", id(s, Facebook, 0), other, "id", 100, 33},
		{"institution's token for a person", id(s, Facebook, 0), "ministry", "id", 100, 33},
		{"person by name", s.people.Handle(Facebook, 0), own, "id", 803, 0},
		{"root ids", "", own, "id", 100, 0},
		{"unknown edge", "me/enemies", own, "", 100, 0},
	} {
		r := httptest.NewRequest(http.MethodGet, "/v26.0/"+tc.path, nil)
		q := r.URL.Query()
		q.Set("fields", tc.fields)
		q.Set("access_token", tc.token)
		r.URL.RawQuery = q.Encode()
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		e := dig(decode(t, w), "error")
		sub, _ := dig(e, "error_subcode").(float64)
		if w.Code < 400 || dig(e, "code") != tc.code || sub != tc.subcode || dig(e, "fbtrace_id") == nil {
			t.Errorf("%s: %d %s", tc.name, w.Code, w.Body)
		}
	}
}

// friendly is a server with a person who granted everything, one who withheld
// the friends and one who withheld the posts.
func friendly(t *testing.T) (s *Server, all, noFriends, noPosts int) {
	t.Helper()
	s, _ = rehearse(Options{Mix: &Mix{NoFriendsPermission: 0.3, NoPostsPermission: 0.3}})
	all, noFriends, noPosts = -1, -1, -1
	for i := range s.people.Len() {
		switch f, p := s.people.permits(i, "user_friends"), s.people.permits(i, "user_posts"); {
		case f && p:
			all = i
		case !f && p:
			noFriends = i
		case f && !p:
			noPosts = i
		}
	}
	if all < 0 || noFriends < 0 || noPosts < 0 {
		t.Fatal("the mix does not give all three")
	}
	return s, all, noFriends, noPosts
}

func TestFriends(t *testing.T) {
	t.Parallel()
	s, all, noFriends, noPosts := friendly(t)
	truth := s.Truth(Facebook, all, noon)
	for _, path := range []string{"/v26.0/me/friends", "/" + truth.ExternalID() + "/friends"} {
		got := decode(t, get(s, path, "limit", "0", "summary", "total_count", "access_token", s.UserToken(all)))
		if dig(got, "summary", "total_count") != float64(truth.Friends) || len(got["data"].([]any)) != 0 {
			t.Errorf("%s: %v, want %d friends", path, got, truth.Friends)
		}
	}
	listed := decode(t, get(s, "/me/friends", "access_token", s.UserToken(all)))
	if n := len(listed["data"].([]any)); n != friendsInApp || listed["summary"] != nil {
		t.Errorf("without limit and summary: %v", listed)
	}
	no := decode(t, get(s, "/me/friends", "limit", "0", "summary", "total_count", "access_token", s.UserToken(noFriends)))
	if len(no) != 1 || len(no["data"].([]any)) != 0 {
		t.Errorf("without permission: %v, want empty data and nothing else", no)
	}
	const fields = "id,name,friends.limit(0).summary(true),posts.limit(1){created_time},permissions"
	node := decode(t, get(s, "/me", "fields", fields, "access_token", s.UserToken(all)))
	stamp, _ := dig(node, "posts", "data", 0, "created_time").(string)
	at, err := time.Parse("2006-01-02T15:04:05-0700", stamp)
	if node["id"] != truth.ExternalID() || node["name"] != truth.Name || err != nil || !at.Equal(truth.LastPost) ||
		dig(node, "friends", "summary", "total_count") != float64(truth.Friends) {
		t.Errorf("got %v, want %+v", node, truth)
	}
	silent := decode(t, get(s, "/me", "fields", fields, "access_token", s.UserToken(noPosts)))
	if dig(silent, "posts", "data", 0) != nil || dig(silent, "permissions", "data", 2, "status") != "declined" {
		t.Errorf("posts withheld: %v", silent)
	}
}

func TestDeadTokens(t *testing.T) {
	t.Parallel()
	s, c := rehearse(Options{People: 2000, Mix: &Mix{DeadToken: 0.5, Suspended: 0.1, Deleted: 0.1}})
	dead := map[float64]int{}
	for i := range 2000 {
		w := get(s, "/me", "access_token", s.UserToken(i))
		if w.Code == 200 {
			continue
		}
		e := dig(decode(t, w), "error")
		sub, _ := dig(e, "error_subcode").(float64)
		if dig(e, "code") != 190.0 || dig(e, "type") != "OAuthException" || dig(e, "message") == "" {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		dead[sub]++
	}
	for _, sub := range []float64{0, 458, 459, 460, 463, 467} {
		if dead[sub] == 0 {
			t.Errorf("no token died with subcode %v: %v", sub, dead)
		}
	}
	alive, _ := rehearse(Options{TokenLife: time.Hour})
	token := alive.UserTokenAt(1, noon)
	if w := get(alive, "/me", "access_token", token); w.Code != 200 {
		t.Errorf("fresh: %d %s", w.Code, w.Body)
	}
	late := alive.UserTokenAt(1, c.t.Add(-time.Hour))
	if got := dig(decode(t, get(alive, "/me", "access_token", late)), "error", "error_subcode"); got != 463.0 {
		t.Errorf("an hour later: subcode %v", got)
	}
}

func proof(secret, token string) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(token))
	return hex.EncodeToString(m.Sum(nil))
}

func TestProof(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{AppID: "1", AppSecret: "shh"})
	token := s.UserToken(1)
	for p, want := range map[string]string{
		"":                  "API calls from the server require an appsecret_proof argument",
		proof("x", token):   "Invalid appsecret_proof provided in the API argument",
		proof("shh", "x"):   "Invalid appsecret_proof provided in the API argument",
		proof("shh", token): "",
	} {
		w := get(s, "/me", "access_token", token, "appsecret_proof", p)
		got, _ := dig(decode(t, w), "error", "message").(string)
		if got != want || (w.Code == 200) != (want == "") {
			t.Errorf("proof %q: %d %s", p, w.Code, w.Body)
		}
	}
}

func TestDebugAndExchange(t *testing.T) {
	t.Parallel()
	s, c := rehearse(Options{AppID: "1", AppSecret: "shh"})
	ex := func(kv ...string) *httptest.ResponseRecorder {
		return get(s, "/v26.0/oauth/access_token", append([]string{"grant_type", "fb_exchange_token"}, kv...)...)
	}
	for _, bad := range [][]string{
		{"client_id", "2", "client_secret", "shh", "fb_exchange_token", s.UserToken(1)},
		{"client_id", "1", "client_secret", "no", "fb_exchange_token", s.UserToken(1)},
		{"client_id", "1", "client_secret", "shh", "fb_exchange_token", "EAASIMno"},
		{"client_id", "1", "client_secret", "shh", "grant_type", "other"},
	} {
		if w := ex(bad...); w.Code != 400 || dig(decode(t, w), "error", "code") == nil {
			t.Errorf("%v: %d %s", bad, w.Code, w.Body)
		}
	}
	got := decode(t, ex("client_id", "1", "client_secret", "shh", "fb_exchange_token", s.UserToken(1)))
	token, _ := got["access_token"].(string)
	if got["expires_in"] != 5184000.0 || got["token_type"] != "bearer" || token != s.UserTokenAt(1, noon) {
		t.Fatalf("got %v", got)
	}
	debug := func() any {
		return dig(decode(t, get(s, "/debug_token", "input_token", token, "access_token", "1|shh")), "data")
	}
	d := debug()
	if dig(d, "is_valid") != true || dig(d, "user_id") != id(s, Facebook, 1) || dig(d, "app_id") != "1" ||
		dig(d, "expires_at") != float64(noon.Add(60*24*time.Hour).Unix()) || len(dig(d, "scopes").([]any)) != 3 {
		t.Errorf("got %v", d)
	}
	c.t = noon.Add(60 * 24 * time.Hour)
	if d := debug(); dig(d, "is_valid") != false || dig(d, "error", "subcode") != 463.0 {
		t.Errorf("at its end: %v", d)
	}
}

func TestGraphWindow(t *testing.T) {
	t.Parallel()
	s, c := rehearse(Options{GraphLimit: 2})
	for i, want := range []struct {
		status int
		usage  string
	}{{200, "50"}, {200, "100"}, {403, "100"}} {
		w := get(s, "/me", "access_token", s.UserToken(1))
		wantUsage := `{"call_count":` + want.usage + `,"total_time":` + want.usage + `,"total_cputime":` + want.usage + `}`
		if w.Code != want.status || w.Header().Get("X-App-Usage") != wantUsage {
			t.Errorf("call %d: %d %v", i, w.Code, w.Header())
		}
		if want.status == 403 && (dig(decode(t, w), "error", "code") != 4.0 || dig(decode(t, w), "error", "is_transient") != true) {
			t.Errorf("body %s", w.Body)
		}
	}
	c.t = noon.Add(time.Hour)
	if w := get(s, "/me", "access_token", s.UserToken(1)); w.Code != 200 {
		t.Errorf("an hour later: %d", w.Code)
	}
	if n := s.Stats().Endpoints[GraphNode]; n.OverLimit != 1 || n.Calls != 4 {
		t.Errorf("stats %+v", n)
	}
}

func TestParseGraphFields(t *testing.T) {
	t.Parallel()
	got, ok := parseGraphFields("a,b.x(1).y(2){c,d{e}},f")
	if !ok || len(got) != 3 || got[1].name != "b" || got[1].mods["x"] != "1" || got[1].mods["y"] != "2" ||
		got[1].sub[1].sub[0].name != "e" || got[2].name != "f" {
		t.Errorf("got %+v, %v", got, ok)
	}
	for _, bad := range []string{",", "a,", "a{", "a{}", "a}", "a.b", "a.b(", "a.(1)", "a b", "a{b}c"} {
		if got, ok := parseGraphFields(bad); ok {
			t.Errorf("%q was read as %+v", bad, got)
		}
	}
}
