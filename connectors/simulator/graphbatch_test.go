package simulator

import (
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// answer is one item of a batch answer.
type batchAnswer struct {
	Code    int
	Headers []struct{ Name, Value string }
	Body    *string
}

// post sends a batch as a form.
func post(s http.Handler, form url.Values) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, "/v26.0/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func items(urls ...string) string {
	list := make([]map[string]string, len(urls))
	for i, u := range urls {
		list[i] = map[string]string{"method": "GET", "relative_url": u}
	}
	b, _ := json.Marshal(list)
	return string(b)
}

func answers(t *testing.T, w *httptest.ResponseRecorder) []*batchAnswer {
	t.Helper()
	var out []*batchAnswer
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
		t.Fatalf("%d %s: %v", w.Code, w.Body, err)
	}
	return out
}

// inner decodes the string that is the body of an item.
func inner(t *testing.T, a *batchAnswer) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(*a.Body), &out); err != nil {
		t.Fatalf("%s: %v", *a.Body, err)
	}
	return out
}

func TestBatchOfManyTokens(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{AppSecret: "shh", InstagramToken: "ministry", TrackReads: true})
	me := func(i int, p string) string {
		return "me?fields=id,friends.limit(0).summary(true)&access_token=" + s.UserToken(i) + "&appsecret_proof=" + p
	}
	got := answers(t, post(s, url.Values{
		"access_token": {"ministry"}, "appsecret_proof": {proof("shh", "ministry")},
		"batch": {items(me(1, proof("shh", s.UserToken(1))), me(2, "wrong"),
			"v26.0/"+DefaultInstagramUserID+"?fields="+url.QueryEscape("business_discovery.username("+s.people.Handle(Instagram, 3)+"){followers_count}"),
			"/me/friends?limit=0&summary=total_count&access_token="+s.UserToken(4)+"&appsecret_proof="+proof("shh", s.UserToken(4)))},
	}))
	if len(got) != 4 || got[0].Code != 200 || got[1].Code != 400 || got[2].Code != 200 || got[3].Code != 200 {
		t.Fatalf("got %+v", got)
	}
	if b := inner(t, got[0]); b["id"] != id(s, Facebook, 1) || dig(b, "friends", "summary", "total_count") != float64(s.Truth(Facebook, 1, noon).Friends) {
		t.Errorf("first: %v", b)
	}
	if b := inner(t, got[1]); dig(b, "error", "message") != errBadProof.message {
		t.Errorf("second: %v", b)
	}
	if b := inner(t, got[2]); dig(b, "business_discovery", "followers_count") != float64(s.Truth(Instagram, 3, noon).Followers) {
		t.Errorf("third: %v", b)
	}
	if len(got[0].Headers) == 0 {
		t.Error("headers are missing though nobody asked for that")
	}
	st := s.Stats()
	if st.Endpoints[GraphBatch].Calls != 1 || st.Endpoints[GraphItem].Calls != 4 || st.Total.Calls != 1 || st.Total.Accounts != 3 ||
		s.Reads(Facebook, 1) != 1 || s.Reads(Facebook, 2) != 0 || s.Reads(Instagram, 3) != 1 {
		t.Errorf("stats %+v", st)
	}
}

func TestBatchForms(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	one := items("me?access_token=" + s.UserToken(1))
	var multi strings.Builder
	m := multipart.NewWriter(&multi)
	_ = m.WriteField("batch", one)
	_ = m.WriteField("access_token", "t")
	_ = m.WriteField("include_headers", "false")
	_ = m.Close()
	body := fmt.Sprintf(`{"batch":%s,"access_token":"t","include_headers":false}`, one)
	bodyToken := fmt.Sprintf(`{"batch":[{"method":"GET","relative_url":"me","body":"access_token=%s"}],"access_token":"t","include_headers":false}`, s.UserToken(1))
	for _, tc := range []struct{ ctype, body string }{
		{m.FormDataContentType(), multi.String()}, {"application/json", body}, {"application/json", bodyToken},
		{"application/x-www-form-urlencoded", url.Values{"batch": {one}, "access_token": {"t"}, "include_headers": {"false"}}.Encode()},
	} {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(tc.body))
		r.Header.Set("Content-Type", tc.ctype)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		got := answers(t, w)
		if len(got) != 1 || got[0].Code != 200 || got[0].Headers != nil || inner(t, got[0])["id"] != id(s, Facebook, 1) {
			t.Errorf("%s: %s", tc.ctype, w.Body)
		}
	}
}

func TestBatchRefusals(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	for name, tc := range map[string]struct {
		form url.Values
		code float64
	}{
		"51 requests": {url.Values{"access_token": {"t"}, "batch": {items(make([]string, 51)...)}}, 100},
		"no list":     {url.Values{"access_token": {"t"}, "batch": {"me"}}, 100},
		"nothing":     {url.Values{}, 100},
		"no fallback": {url.Values{"batch": {items("me?access_token=" + s.UserToken(1))}}, 104},
	} {
		w := post(s, tc.form)
		if w.Code != 400 || dig(decode(t, w), "error", "code") != tc.code {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	got := answers(t, post(s, url.Values{"access_token": {"t"}, "batch": {`[{"method":"DELETE","relative_url":"me"},{"relative_url":"%zz"}]`}}))
	if got[0].Code != 400 || got[1].Code != 400 {
		t.Errorf("got %+v %+v", got[0], got[1])
	}
}

func TestBatchCountsEachItem(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{GraphLimit: 2})
	me := "me?access_token=" + s.UserToken(1)
	w := post(s, url.Values{"access_token": {"t"}, "batch": {items(me, me, me)}})
	got := answers(t, w)
	if got[1].Code != 200 || got[2].Code != 403 || dig(inner(t, got[2]), "error", "code") != 4.0 {
		t.Errorf("got %s", w.Body)
	}
	if s.Stats().Endpoints[GraphItem].OverLimit != 1 || !strings.Contains(w.Header().Get("X-App-Usage"), `"call_count":100,`) {
		t.Errorf("stats %+v, headers %v", s.Stats(), w.Header())
	}
}
