package graph

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

const (
	userToken influencer.Secret = "EAAUSERTOKEN0123456789"
	secret    influencer.Secret = "app-secret-0123456789"
)

func api(t *testing.T, h http.HandlerFunc) *API {
	t.Helper()
	srv := httptest.NewServer(h)
	client := connectors.NewClient(connectors.ClientOptions{Now: func() time.Time { return noon }})
	t.Cleanup(func() { client.Close(); srv.Close() })
	a, err := New(Options{BaseURL: srv.URL + "/gateway/", AppSecret: secret, HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func answers(body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		fmt.Fprint(w, body)
	}
}

var ask = connectors.Ask{Key: connectors.Key{Platform: "facebook", Credential: "c", Endpoint: "me"}}

// TestRequest checks what goes over the wire, and that no token is in the address.
func TestRequest(t *testing.T) {
	t.Parallel()
	var got *http.Request
	a := api(t, func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		got = r
		fmt.Fprint(w, `[{"code":200,"body":"{\"id\":\"1\"}"},{"code":200,"body":"{}"}]`)
	})
	results, err := a.Do(t.Context(), ask, "TOPTOKEN0123456789", []Item{
		{Path: "me", Query: url.Values{"fields": {"id,friends.limit(0)"}}, Token: userToken},
		{Path: "17841400000000001", Query: url.Values{"fields": {"x"}}},
	})
	if err != nil || len(results) != 2 || string(results[0].Body) != `{"id":"1"}` {
		t.Fatalf("%v, %v", results, err)
	}
	if got.Method != http.MethodPost || got.URL.Path != "/gateway/v26.0/" || strings.Contains(got.URL.RawQuery, "TOKEN") {
		t.Errorf("%s %s", got.Method, got.URL)
	}
	if got.PostForm.Get("access_token") != "TOPTOKEN0123456789" || got.PostForm.Get("include_headers") != "false" {
		t.Errorf("form %v", got.PostForm)
	}
	// The proofs were computed with `printf TOKEN | openssl dgst -sha256 -hmac SECRET`.
	if p := got.URL.Query().Get("appsecret_proof"); p != topProof {
		t.Errorf("proof of the batch is %s", p)
	}
	var items []struct {
		Method string
		URL    string `json:"relative_url"`
	}
	if err := json.Unmarshal([]byte(got.PostForm.Get("batch")), &items); err != nil {
		t.Fatal(err)
	}
	want := "me?access_token=" + userToken.Reveal() + "&appsecret_proof=" + userProof + "&fields=id%2Cfriends.limit%280%29"
	if items[0].Method != "GET" || items[0].URL != want || items[1].URL != "17841400000000001?fields=x" {
		t.Errorf("items %+v, want %s", items, want)
	}
	if p := a.proof("123|" + secret); p != nil {
		t.Error("the app's own token was signed")
	}
}

func TestErrorsAreTyped(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		status int
		body   string
		want   influencer.FailureKind
		code   string
	}{
		{400, `{"error":{"message":"m","code":190,"error_subcode":463}}`, influencer.CredentialDead, "190/463"},
		{400, `{"error":{"message":"m","code":190,"error_subcode":0}}`, influencer.CredentialDead, "190"},
		{401, `{"error":{"message":"m","code":102}}`, influencer.CredentialDead, "102"},
		{403, `{"error":{"message":"m","code":4,"is_transient":true}}`, influencer.RateLimited, "4"},
		{400, `{"error":{"message":"m","code":17}}`, influencer.RateLimited, "17"},
		{400, `{"error":{"message":"m","code":32}}`, influencer.RateLimited, "32"},
		{400, `{"error":{"message":"m","code":613,"error_subcode":1996}}`, influencer.RateLimited, "613/1996"},
		{400, `{"error":{"message":"m","code":80001}}`, influencer.RateLimited, "80001"},
		{400, `{"error":{"message":"m","code":80002}}`, influencer.RateLimited, "80002"},
		{429, ``, influencer.RateLimited, "429"},
		{500, `{"error":{"message":"m","code":1}}`, influencer.Unavailable, "1"},
		{400, `{"error":{"message":"m","code":2}}`, influencer.Unavailable, "2"},
		{400, `{"error":{"message":"m","code":7777,"is_transient":true}}`, influencer.Unavailable, "7777"},
		{503, `{"error":{"message":"m","code":7777}}`, influencer.Unavailable, "7777"},
		{403, `{"error":{"message":"m","code":10}}`, influencer.Forbidden, "10"},
		{403, `{"error":{"message":"m","code":294}}`, influencer.Forbidden, "294"},
		{400, `{"error":{"message":"m","code":368}}`, influencer.Forbidden, "368"},
		{400, `{"error":{"message":"Invalid appsecret_proof provided in the API argument","code":100}}`, influencer.Forbidden, "100"},
		{400, `{"error":{"message":"missing permission or reviewable feature","code":100}}`, influencer.Forbidden, "100"},
		{400, `{"error":{"message":"m","code":110,"error_subcode":2207013}}`, influencer.Unreadable, "110/2207013"},
		{400, `{"error":{"message":"m","code":100,"error_subcode":33}}`, influencer.Unreadable, "100/33"},
		{404, `{"error":{"message":"m","code":803}}`, influencer.Unreadable, "803"},
		{400, `{"error":{"message":"m","code":100}}`, influencer.Malformed, "100"},
		{400, `{"error":"odd"}`, influencer.Malformed, "400"},
	} {
		a := &connectors.Answer{Status: tc.status, Body: []byte(tc.body), Header: http.Header{}, At: noon}
		f := Explain(a)
		if f.Kind != tc.want || f.Code != tc.code || (f.Kind == influencer.RateLimited) != f.Until.Equal(noon.Add(connectors.Cooldown)) {
			t.Errorf("%d %s became %+v", tc.status, tc.body, f)
		}
	}
}

// TestThrottleTellsTheTime reads minutes as minutes and percent as percent.
func TestThrottleTellsTheTime(t *testing.T) {
	t.Parallel()
	item := `[{"code":400,"body":"{\"error\":{\"message\":\"m\",\"code\":80002}}"}]`
	a := api(t, answers(item, "X-Business-Use-Case-Usage",
		`{"9":[{"type":"instagram","call_count":95,"total_cputime":20,"total_time":20,"estimated_time_to_regain_access":2}]}`))
	results, err := a.Do(t.Context(), ask, userToken, []Item{{Path: "me"}})
	if err != nil || !results[0].Failure.Until.Equal(noon.Add(2*time.Minute)) {
		t.Fatalf("%+v, %v", results, err)
	}
	// The gate learned it from the item, though the call itself was good.
	_, err = a.Do(t.Context(), ask, userToken, []Item{{Path: "me"}})
	if f := connectors.AsFailure(err); f == nil || f.Code != "gate" {
		t.Errorf("called again: %v", err)
	}
}

func TestItems(t *testing.T) {
	t.Parallel()
	for item, want := range map[string]influencer.FailureKind{
		`{"code":200,"body":"{\"id\":\"1\"}"}`: "",
		`null`:                                 influencer.Unavailable,
		`{"code":200,"body":""}`:               influencer.Unavailable,
		`{"code":200,"body":"{\"id\":"}`:       influencer.Unavailable,
		`{"code":200,"body":"<html>"}`:         influencer.Unavailable,
		`{"code":200,"body":"[]"}`:             influencer.Malformed,
		`{"code":200,"body":"null"}`:           influencer.Malformed,
		`{"code":200,"body":null}`:             influencer.Unavailable,
		`{"code":200,"body":"{\"error\":{\"code\":190,\"message\":\"m\"}}"}`: influencer.CredentialDead,
		`{"code":500,"body":""}`:     influencer.Unavailable,
		`{"body":"{}"}`:              influencer.Malformed,
		`{"code":"200","body":"{}"}`: influencer.Malformed,
		`7`:                          influencer.Malformed,
	} {
		a := api(t, answers(`[`+item+`]`))
		results, err := a.Do(t.Context(), ask, userToken, []Item{{Path: "me"}})
		if err != nil || len(results) != 1 {
			t.Fatalf("%s: %v, %v", item, results, err)
		}
		var got influencer.FailureKind
		if f := results[0].Failure; f != nil {
			got = f.Kind
		}
		if got != want {
			t.Errorf("%s is %q, want %q", item, got, want)
		}
	}
}

func TestBatchAsAWhole(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]influencer.FailureKind{
		`null`: influencer.Malformed, `{}`: influencer.Malformed, `"x"`: influencer.Malformed,
		`[]`: influencer.Unavailable, `[{"code":200,"body":"{}"},{"code":200,"body":"{}"}]`: influencer.Unavailable,
		`{"error":{"code":190,"message":"m"}}`: influencer.CredentialDead,
	} {
		_, err := api(t, answers(body)).Do(t.Context(), ask, userToken, []Item{{Path: "me"}})
		if f := connectors.AsFailure(err); f == nil || f.Kind != want {
			t.Errorf("%s gave %v, want %s", body, err, want)
		}
	}
	refuse := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprintf(w, `{"error":{"code":100,"message":"Malformed access token %s"}}`, userToken.Reveal())
	}
	_, err := api(t, refuse).Do(t.Context(), ask, "TOPTOKEN0123456789", []Item{{Path: "me", Token: userToken}})
	if !errors.Is(err, connectors.ErrPoison) || strings.Contains(err.Error(), userToken.Reveal()) {
		t.Errorf("got %v", err)
	}
}

func TestTime(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"2014-08-19T10:00:00+0000": "2014-08-19T10:00:00Z", "2014-08-19T17:00:00+07:00": "2014-08-19T10:00:00Z",
		"2014-08-19T10:00:00Z": "2014-08-19T10:00:00Z", "": "", "1408442400": "", "2031-01-01T00:00:00+0000": "", "1970-01-01T00:00:00+0000": "",
	} {
		got := ""
		if at := Time(in, noon); !at.IsZero() {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{Version: "26"}, {Version: "v26.0/../x"}, {BaseURL: "graph.facebook.com"}, {BaseURL: "file:///x"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}

const (
	topProof  = "6f66580714db0dd201179074a8447451c7d7ef377944acc705513b4508c7755c"
	userProof = "7f2a73df99e3afa95fecfab8a2961897af23c8564b04988c9ef7e32769781ca9"
)
