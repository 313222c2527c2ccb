package simulator

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"
)

// v11User is what a v1.1 client decodes.
type v11User struct {
	ID        int64  `json:"id"`
	IDStr     string `json:"id_str"`
	Name      string `json:"screen_name"`
	Followers *int64 `json:"followers_count"`
	Friends   *int64 `json:"friends_count"`
	Protected bool   `json:"protected"`
	Created   string `json:"created_at"`
	Status    *struct {
		Created string `json:"created_at"`
	} `json:"status"`
}

func v11Users(t *testing.T, w *httptest.ResponseRecorder) []v11User {
	t.Helper()
	var out []v11User
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return out
}

func TestV11Lookup(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{People: 3000, Mix: &Mix{Protected: 0.1, Suspended: 0.1, NeverPosted: 0.1}})
	prot, susp := find1(t, s.people, X, Protected, noon), find1(t, s.people, X, Suspended, noon)
	fine := find1(t, s.people, X, Ordinary, noon)
	for s.Truth(X, fine, noon).State != Ordinary || s.Truth(X, fine, noon).LastPost.IsZero() {
		fine++
	}
	truth := s.Truth(X, fine, noon)
	got := v11Users(t, get(s, "/1.1/users/lookup.json",
		"user_id", id(s, X, susp)+","+id(s, X, prot)+",1", "screen_name", strings.ToUpper(truth.Handle)))
	if len(got) != 2 {
		t.Fatalf("%d users, want the protected and the ordinary one: %+v", len(got), got)
	}
	if u := got[0]; u.IDStr != id(s, X, prot) || !u.Protected || u.Status != nil || u.Followers == nil {
		t.Errorf("protected: %+v", u)
	}
	u := got[1]
	if u.IDStr != truth.ExternalID() || strconv.FormatInt(u.ID, 10) != u.IDStr || u.Name != truth.Handle ||
		*u.Followers != truth.Followers || *u.Friends != truth.Following {
		t.Errorf("got %+v, want %+v", u, truth)
	}
	posted, err := time.Parse(time.RubyDate, u.Status.Created)
	if err != nil || !posted.Equal(truth.LastPost) {
		t.Errorf("posted %v (%v), want %v", posted, err, truth.LastPost)
	}
	if _, err := time.Parse(time.RubyDate, u.Created); err != nil {
		t.Error(err)
	}
}

func TestV11LookupByPost(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	r := httptest.NewRequest(http.MethodPost, "/1.1/users/lookup.json", strings.NewReader("user_id="+id(s, X, 4)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", `OAuth oauth_consumer_key="k"`)
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	if got := v11Users(t, w); got[0].IDStr != id(s, X, 4) || w.Header().Get("x-rate-limit-limit") != "900" {
		t.Errorf("%+v %v, want a user's own window of 900", got, w.Header())
	}
}

func TestV11Errors(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{People: 2000, Mix: &Mix{Suspended: 0.2}, BearerToken: "b"})
	susp := id(s, X, find1(t, s.people, X, Suspended, noon))
	many := strings.TrimSuffix(strings.Repeat("1,", 101), ",")
	for _, tc := range []struct {
		path   string
		ask    []string
		status int
		code   float64
	}{
		{"/1.1/users/lookup.json", []string{"user_id", susp}, 404, 17},
		{"/1.1/users/lookup.json", []string{"screen_name", "nobody"}, 404, 17},
		{"/1.1/users/lookup.json", nil, 400, 25},
		{"/1.1/users/lookup.json", []string{"user_id", many}, 403, 18},
		{"/1.1/users/show.json", []string{"user_id", susp}, 403, 63},
		{"/1.1/users/show.json", []string{"screen_name", "nobody"}, 404, 50},
		{"/1.1/nowhere.json", nil, 404, 34},
	} {
		w := get(s, tc.path, tc.ask...)
		if w.Code != tc.status || dig(decode(t, w), "errors", 0, "code") != tc.code {
			t.Errorf("%s %v: %d %s", tc.path, tc.ask, w.Code, w.Body)
		}
	}
	for header, code := range map[string]float64{"": 215, "Bearer other": 89} {
		r := httptest.NewRequest(http.MethodGet, "/1.1/users/lookup.json?user_id=1", nil)
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if got := dig(decode(t, w), "errors", 0, "code"); got != code {
			t.Errorf("%q gives code %v, want %v", header, got, code)
		}
	}
}

func TestV11ShowAndLimits(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{XLimit: 2})
	w := get(s, "/1.1/users/show.json", "screen_name", s.people.Handle(X, 3))
	if got := decode(t, w); got["id_str"] != id(s, X, 3) {
		t.Errorf("got %v", got)
	}
	status := decode(t, get(s, "/1.1/application/rate_limit_status.json"))
	show := dig(status, "resources", "users", "/users/show/:id")
	if dig(show, "limit") != 2.0 || dig(show, "remaining") != 1.0 || dig(show, "reset") != float64(noon.Add(15*time.Minute).Unix()) {
		t.Errorf("got %v", show)
	}
	if look := dig(status, "resources", "users", "/users/lookup"); dig(look, "remaining") != 2.0 {
		t.Errorf("got %v, want an untouched window", look)
	}
	get(s, "/1.1/users/show.json", "user_id", "1")
	w = get(s, "/1.1/users/show.json", "user_id", "1")
	if w.Code != 429 || dig(decode(t, w), "errors", 0, "code") != 88.0 || s.Stats().Endpoints[XShow].OverLimit != 1 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// askToken asks for an app-only bearer.
func askToken(s *Server, key, secret string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/oauth2/token", strings.NewReader("grant_type=client_credentials"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(url.QueryEscape(key), url.QueryEscape(secret))
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func TestAppToken(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{ConsumerKey: "key/1", ConsumerSecret: "s+cret", BearerToken: "other"})
	for _, bad := range [][2]string{{"key/1", "wrong"}, {"wrong", "s+cret"}, {"", ""}} {
		if w := askToken(s, bad[0], bad[1]); w.Code != 403 || dig(decode(t, w), "errors", 0, "code") != 99.0 {
			t.Errorf("%v: %d %s", bad, w.Code, w.Body)
		}
	}
	token := decode(t, askToken(s, "key/1", "s+cret"))
	if token["token_type"] != "bearer" || token["access_token"] != s.AppToken() || token["expires_in"] != nil {
		t.Fatalf("got %v", token)
	}
	try := func(bearer string) int {
		r := httptest.NewRequest(http.MethodGet, "/2/users?ids=1", nil)
		r.Header.Set("Authorization", "Bearer "+bearer)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	old := s.AppToken()
	if got := try(old); got != 200 {
		t.Errorf("fresh token: %d", got)
	}
	s.RevokeAppToken()
	if a, b := try(old), try(s.AppToken()); a != 401 || b != 200 {
		t.Errorf("after the revocation the old one gives %d, the new one %d", a, b)
	}
}
