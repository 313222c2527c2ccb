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

// clock is a clock that tests move by hand.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

// rehearse makes a server at noon; the zero Mix makes everybody ordinary.
func rehearse(o Options) (*Server, *clock) {
	c := &clock{noon}
	o.Seed, o.Now = 7, c.now
	if o.Mix == nil {
		o.Mix = &Mix{}
	}
	return New(o), c
}

// get makes one call with a bearer and returns the answer.
func get(s http.Handler, path string, kv ...string) *httptest.ResponseRecorder {
	q := url.Values{}
	for i := 0; i < len(kv); i += 2 {
		q.Set(kv[i], kv[i+1])
	}
	r := httptest.NewRequest(http.MethodGet, path+"?"+q.Encode(), nil)
	r.Header.Set("Authorization", "Bearer b")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

// decode reads a body as JSON and fails the test when it is none.
func decode(t *testing.T, w *httptest.ResponseRecorder) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return out
}

// dig follows keys and list positions into decoded JSON; nil where there is nothing.
func dig(v any, path ...any) any {
	for _, step := range path {
		switch k := step.(type) {
		case string:
			m, _ := v.(map[string]any)
			v = m[k]
		case int:
			l, _ := v.([]any)
			if k >= len(l) {
				return nil
			}
			v = l[k]
		}
	}
	return v
}

// find1 returns the first index whose state at a time is st.
func find1(t *testing.T, p *Population, pf Platform, st State, at time.Time) int {
	t.Helper()
	for i := range p.Len() {
		if p.Profile(pf, i, at).State == st {
			return i
		}
	}
	t.Fatalf("nobody is %s on %s", st, pf)
	return -1
}

func id(s *Server, pf Platform, index int) string {
	return strconv.FormatUint(s.Population().ID(pf, index), 10)
}

func TestV2SaysOnlyWhatWasAsked(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	truth := s.Truth(X, 5, noon)
	post := strconv.FormatUint(s.people.postID(&truth), 10)
	for _, tc := range []struct{ fields, want string }{
		{"", "id,name,username"},
		{"id,name", "id,name,username"},
		{"created_at,protected", "created_at,id,name,protected,username"},
		{"public_metrics,most_recent_tweet_id", "id,most_recent_tweet_id,name,public_metrics,username"},
		{"description,location,url,verified,verified_type", "description,id,location,name,url,username,verified,verified_type"},
		{"withheld", "id,name,username"},
	} {
		w := get(s, "/2/users", "ids", truth.ExternalID(), "user.fields", tc.fields)
		user, _ := dig(decode(t, w), "data", 0).(map[string]any)
		if got := keys(user); got != tc.want {
			t.Errorf("user.fields=%s gives %s, want %s", tc.fields, got, tc.want)
		}
		if user["id"] != truth.ExternalID() || user["username"] != truth.Handle {
			t.Errorf("got user %v, want %+v", user, truth)
		}
		if m := user["public_metrics"]; m != nil && dig(m, "followers_count") != float64(truth.Followers) {
			t.Errorf("metrics %v, want %d followers", m, truth.Followers)
		}
		if p := user["most_recent_tweet_id"]; p != nil && p != post {
			t.Errorf("newest post %v, want %s", p, post)
		}
	}
}

func keys(m map[string]any) string {
	var out []string
	for _, k := range []string{"created_at", "description", "id", "location", "most_recent_post_id", "most_recent_tweet_id",
		"name", "protected", "public_metrics", "url", "username", "verified", "verified_type"} {
		if _, ok := m[k]; ok {
			out = append(out, k)
		}
	}
	if len(out) != len(m) {
		out = append(out, "and more")
	}
	return strings.Join(out, ",")
}

func TestV2NewestPostDatesBySnowflake(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	for i := range 50 {
		f := s.Truth(X, i, noon)
		ms := int64(s.people.postID(&f)>>22) + 1288834974657
		if got := time.UnixMilli(ms).UTC(); !got.Equal(f.LastPost) {
			t.Fatalf("index %d: the id says %v, the truth %v", i, got, f.LastPost)
		}
	}
}

func TestV2ByUsernameInAnyCase(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	names := strings.ToUpper(s.people.Handle(X, 1)) + "," + s.people.Handle(X, 2)
	got := decode(t, get(s, "/2/users/by", "usernames", names))
	if dig(got, "data", 0, "id") != id(s, X, 1) || dig(got, "data", 1, "id") != id(s, X, 2) || got["errors"] != nil {
		t.Errorf("got %v", got)
	}
}

func TestV2Spellings(t *testing.T) {
	t.Parallel()
	type ask = []string
	oldAsk := ask{"user.fields", "public_metrics,most_recent_tweet_id", "expansions", "most_recent_tweet_id", "tweet.fields", "created_at,author_id"}
	newAsk := ask{"user.fields", "public_metrics", "expansions", "most_recent_post_id", "post.fields", "created_at"}
	for _, tc := range []struct {
		name              string
		spelling          Spelling
		ask               ask
		status            int
		id, count, bundle string
	}{
		{"old asked of old", SpellingOld, oldAsk, 200, "most_recent_tweet_id", "tweet_count", "tweets"},
		{"new asked of new", SpellingNew, newAsk, 200, "most_recent_post_id", "post_count", "posts"},
		{"old asked of both", SpellingBoth, oldAsk, 200, "most_recent_tweet_id", "tweet_count", "tweets"},
		{"new asked of both", SpellingBoth, newAsk, 200, "most_recent_post_id", "post_count", "posts"},
		{"old asked of new", SpellingNew, oldAsk, 400, "", "", ""},
		{"new asked of old", SpellingOld, newAsk, 400, "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, _ := rehearse(Options{Spelling: tc.spelling})
			w := get(s, "/2/users", append(ask{"ids", id(s, X, 3)}, tc.ask...)...)
			if w.Code != tc.status {
				t.Fatalf("status %d: %s", w.Code, w.Body)
			}
			if tc.status != 200 {
				return
			}
			body, truth := decode(t, w), s.Truth(X, 3, noon)
			if got := dig(body, "data", 0, "public_metrics", tc.count); got != float64(truth.Posts) {
				t.Errorf("%s is %v, want %d", tc.count, got, truth.Posts)
			}
			if dig(body, "data", 0, tc.id) == nil || dig(body, "data", 0, tc.id) != dig(body, "includes", tc.bundle, 0, "id") {
				t.Errorf("newest post %v, includes %v", dig(body, "data", 0, tc.id), body["includes"])
			}
			if got := dig(body, "includes", tc.bundle, 0, "created_at"); got != truth.LastPost.Format("2006-01-02T15:04:05.000Z") {
				t.Errorf("created_at %v, want %v", got, truth.LastPost)
			}
		})
	}
}

func TestV2RefusesAndNamesTheCulprit(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat("1,", 101), ",")
	for _, tc := range []struct {
		name, path       string
		spelling         Spelling
		ask              []string
		parameter, value string
	}{
		{"unknown user field", "/2/users", SpellingBoth, []string{"ids", "1", "user.fields", "id,shoe_size"}, "user.fields", "shoe_size"},
		{"unknown expansion", "/2/users", SpellingBoth, []string{"ids", "1", "expansions", "friends"}, "expansions", "friends"},
		{"unknown post field", "/2/users", SpellingBoth, []string{"ids", "1", "tweet.fields", "mood"}, "tweet.fields", "mood"},
		{"unknown parameter", "/2/users", SpellingBoth, []string{"ids", "1", "colour", "red"}, "colour", "red"},
		{"renamed field", "/2/users", SpellingNew, []string{"ids", "1", "user.fields", "most_recent_tweet_id"}, "user.fields", "most_recent_tweet_id"},
		{"field that is an expansion only", "/2/users", SpellingNew, []string{"ids", "1", "user.fields", "most_recent_post_id"}, "user.fields", "most_recent_post_id"},
		{"renamed parameter", "/2/users", SpellingNew, []string{"ids", "1", "tweet.fields", "id"}, "tweet.fields", "id"},
		{"name among ids", "/2/users", SpellingBoth, []string{"ids", "1,x2"}, "ids", "x2"},
		{"id of 20 digits", "/2/users", SpellingBoth, []string{"ids", strings.Repeat("9", 20)}, "ids", strings.Repeat("9", 20)},
		{"name of 16 characters", "/2/users/by", SpellingBoth, []string{"usernames", "a,abcdefghijklmnop"}, "usernames", "abcdefghijklmnop"},
		{"name with a dot", "/2/users/by", SpellingBoth, []string{"usernames", "a.b"}, "usernames", "a.b"},
		{"none", "/2/users", SpellingBoth, nil, "ids", ""},
		{"too many", "/2/users", SpellingBoth, []string{"ids", many}, "ids", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, _ := rehearse(Options{Spelling: tc.spelling})
			w := get(s, tc.path, tc.ask...)
			body := decode(t, w)
			if w.Code != 400 || !strings.HasSuffix(body["type"].(string), "/invalid-request") {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			gotP, gotV := body["parameter"], body["value"]
			if tc.spelling != SpellingNew {
				gotP, gotV = tc.parameter, dig(body, "errors", 0, "parameters", tc.parameter, 0)
			}
			if gotP != tc.parameter || gotV != tc.value {
				t.Errorf("names %v=%v in %s, want %s=%s", gotP, gotV, w.Body, tc.parameter, tc.value)
			}
		})
	}
}

func TestV2LenientIgnoresWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{Lenient: true})
	if w := get(s, "/2/users", "ids", id(s, X, 1), "user.fields", "shoe_size", "colour", "red"); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestV2PartialAnswers(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{People: 5000, Mix: &Mix{Protected: 0.1, Suspended: 0.2, Deleted: 0.2, Renamed: 0.1, TakenOver: 0.1}})
	p := s.people
	susp, gone := find1(t, p, X, Suspended, noon), find1(t, p, X, Deleted, noon)
	moved, taken := find1(t, p, X, Renamed, noon), find1(t, p, X, TakenOver, noon)
	prot, fine := find1(t, p, X, Protected, noon), find1(t, p, X, Ordinary, noon)

	byID := decode(t, get(s, "/2/users", "ids", strings.Join([]string{id(s, X, susp), id(s, X, fine), id(s, X, gone),
		id(s, X, moved), id(s, X, taken), id(s, X, prot)}, ","), "user.fields", "protected,most_recent_tweet_id,public_metrics"))
	if n := len(byID["data"].([]any)); n != 4 {
		t.Fatalf("%d users, want 4: %v", n, byID)
	}
	if got := dig(byID, "data", 1, "username"); got != p.handle(X, moved, true) {
		t.Errorf("the renamed account is called %v", got)
	}
	last := dig(byID, "data", 3)
	if dig(last, "protected") != true || dig(last, "most_recent_tweet_id") != nil || dig(last, "public_metrics", "followers_count") == nil {
		t.Errorf("protected account: %v", last)
	}
	wantErr(t, dig(byID, "errors", 0), "ids", id(s, X, susp), "Forbidden", "User has been suspended")
	wantErr(t, dig(byID, "errors", 1), "ids", id(s, X, gone), "Not Found Error", "Could not find user with ids: [")

	names := []string{p.Handle(X, moved), p.handle(X, moved, true), p.Handle(X, taken), "nobody"}
	byName := decode(t, get(s, "/2/users/by", "usernames", strings.Join(names, ",")))
	if dig(byName, "data", 0, "id") != id(s, X, moved) {
		t.Errorf("the new handle does not lead to the renamed account: %v", byName)
	}
	stranger, _ := dig(byName, "data", 1, "id").(string)
	if stranger == id(s, X, taken) || dig(byName, "data", 1, "username") != p.Handle(X, taken) {
		t.Errorf("the handle taken over answers %v", dig(byName, "data", 1))
	}
	wantErr(t, dig(byName, "errors", 0), "usernames", p.Handle(X, moved), "Not Found Error", "Could not find user with usernames: [")
	wantErr(t, dig(byName, "errors", 1), "usernames", "nobody", "Not Found Error", "Could not find user with usernames: [")
	again := decode(t, get(s, "/2/users", "ids", stranger))
	if dig(again, "data", 0, "username") != p.Handle(X, taken) {
		t.Errorf("the stranger's id leads to %v", again)
	}
}

func wantErr(t *testing.T, e any, parameter, value, title, detail string) {
	t.Helper()
	got, _ := dig(e, "detail").(string)
	kind, _ := dig(e, "type").(string)
	if dig(e, "parameter") != parameter || dig(e, "value") != value || dig(e, "resource_id") != value || dig(e, "resource_type") != "user" ||
		dig(e, "title") != title || !strings.HasPrefix(got, detail) || !strings.HasSuffix(kind, "/resource-not-found") {
		t.Errorf("got error %v, want %s=%s %q %q", e, parameter, value, title, detail)
	}
}

func TestV2NobodyThereLeavesDataOut(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	w := get(s, "/2/users", "ids", "1,2")
	body := decode(t, w)
	if _, has := body["data"]; has || w.Code != 200 || len(body["errors"].([]any)) != 2 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestV2AnswersOncePerAccount(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{TrackReads: true})
	one := id(s, X, 9)
	if body := decode(t, get(s, "/2/users", "ids", one+","+one)); len(body["data"].([]any)) != 1 {
		t.Errorf("got %v", body)
	}
	get(s, "/2/users", "ids", id(s, X, 10))
	if s.Reads(X, 9) != 1 || s.MaxReads(X) != 1 || s.Reads(Instagram, 9) != 0 || s.Reads(X, 1<<30) != 0 {
		t.Errorf("reads %d, most %d", s.Reads(X, 9), s.MaxReads(X))
	}
	get(s, "/2/users", "ids", one)
	if s.MaxReads(X) != 2 {
		t.Errorf("most %d after a second read", s.MaxReads(X))
	}
}

func TestV2Tokens(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{BearerToken: "right"})
	for header, want := range map[string]int{"": 401, "Bearer wrong": 401, "Bearer ": 401, "Basic right": 401, "Bearer right": 200} {
		r := httptest.NewRequest(http.MethodGet, "/2/users?ids=1", nil)
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q gives %d, want %d", header, w.Code, want)
		}
		if want == 401 && w.Body.String() != `{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}` {
			t.Errorf("body %s", w.Body)
		}
	}
}

func TestV2Window(t *testing.T) {
	t.Parallel()
	s, c := rehearse(Options{XLimit: 2, XWindow: 10 * time.Minute})
	c.t = noon.Add(300 * time.Millisecond)
	reset := strconv.FormatInt(noon.Add(10*time.Minute+time.Second).Unix(), 10)
	for i, want := range []struct {
		status    int
		remaining string
	}{{200, "1"}, {200, "0"}, {429, "0"}, {429, "0"}} {
		w := get(s, "/2/users", "ids", "1")
		h := w.Header()
		if w.Code != want.status || h.Get("x-rate-limit-remaining") != want.remaining || h.Get("x-rate-limit-limit") != "2" || h.Get("x-rate-limit-reset") != reset {
			t.Errorf("call %d: %d %v", i, w.Code, h)
		}
	}
	if w := get(s, "/2/users/by", "usernames", "a"); w.Code != 200 {
		t.Errorf("the other endpoint shares the window: %d", w.Code)
	}
	c.t = noon.Add(10*time.Minute + 999*time.Millisecond)
	if w := get(s, "/2/users", "ids", "1"); w.Code != 429 {
		t.Errorf("just before the reset: %d", w.Code)
	}
	c.t = noon.Add(10*time.Minute + time.Second)
	if w := get(s, "/2/users", "ids", "1"); w.Code != 200 {
		t.Errorf("at the reset: %d", w.Code)
	}
	got := s.Stats()
	if n := got.Endpoints[XUsers]; n.Calls != 6 || n.OverLimit != 3 || got.Total.OverLimit != 3 || got.Total.Calls != 7 {
		t.Errorf("stats %+v", got)
	}
}

func TestV2DayWindow(t *testing.T) {
	t.Parallel()
	s, c := rehearse(Options{XDayLimit: 1})
	w := get(s, "/2/users", "ids", "1")
	if w.Code != 200 || w.Header().Get("x-app-limit-24hour-remaining") != "0" || w.Header().Get("x-app-limit-24hour-limit") != "1" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	c.t = noon.Add(time.Hour)
	if w := get(s, "/2/users/by", "usernames", "a"); w.Code != 429 || w.Header().Get("x-rate-limit-remaining") != "299" {
		t.Errorf("%d %v: want a refusal though the short window has room", w.Code, w.Header())
	}
	c.t = noon.Add(24 * time.Hour)
	if w := get(s, "/2/users", "ids", "1"); w.Code != 200 {
		t.Errorf("next day: %d", w.Code)
	}
}

func TestV2UnknownPathHasNoBody(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	if w := get(s, "/2/usage/credits"); w.Code != 404 || w.Body.Len() != 0 {
		t.Errorf("%d %q", w.Code, w.Body)
	}
}
