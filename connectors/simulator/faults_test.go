package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// badDay makes a server of ordinary people with one fault.
func badDay(t *testing.T, f Fault) *Server {
	t.Helper()
	s, _ := rehearse(Options{TrackReads: true})
	if _, err := s.AddFault(f); err != nil {
		t.Fatal(err)
	}
	return s
}

// The three roads that a fault of the wire or refusal class can block.
func askV2(s *Server) *httptest.ResponseRecorder {
	return get(s, "/2/users", "ids", id(s, X, 1)+","+id(s, X, 2), "user.fields", "public_metrics")
}

func askV11(s *Server) *httptest.ResponseRecorder {
	return get(s, "/1.1/users/lookup.json", "user_id", id(s, X, 1)+","+id(s, X, 2))
}

func askGraph(s *Server) *httptest.ResponseRecorder {
	return discover(s, s.people.Handle(Instagram, 1), "followers_count,media_count")
}

func askBatch(s *Server) *httptest.ResponseRecorder {
	me := "me?fields=friends.limit(0).summary(true)&access_token="
	return post(s, url.Values{"access_token": {"t"}, "batch": {items(me+s.UserToken(1), me+s.UserToken(2), me+s.UserToken(3))}})
}

func TestBlockedRoads(t *testing.T) {
	t.Parallel()
	const html = "<!DOCTYPE html>"
	for _, tc := range []struct {
		fault  Fault
		ask    func(*Server) *httptest.ResponseRecorder
		status int
		body   string // how it begins, or = and all of it
	}{
		{Fault{Kind: OutageJSON}, askV2, 503, `{"title":"Service Unavailable"`},
		{Fault{Kind: OutageJSON}, askV11, 503, `={"errors":[{"code":130,"message":"Over capacity"}]}`},
		{Fault{Kind: OutageJSON}, askGraph, 503, `{"error":{"message":"Service temporarily unavailable","type":"OAuthException","code":2,"is_transient":true`},
		{Fault{Kind: OutageJSON}, askBatch, 503, `{"error":{"message":"Service temporarily unavailable"`},
		{Fault{Kind: OutageEmpty}, askV2, 503, "="},
		{Fault{Kind: OutageEmpty, Status: 500}, askV11, 500, "="},
		{Fault{Kind: OutageEmpty, Status: 502}, askBatch, 502, "="},
		{Fault{Kind: OutageHTML}, askV2, 503, html},
		{Fault{Kind: OutageHTML}, askGraph, 503, html},
		{Fault{Kind: HTMLOK}, askV2, 200, html},
		{Fault{Kind: HTMLOK}, askBatch, 200, html},
		{Fault{Kind: EmptyBody}, askV2, 200, "="},
		{Fault{Kind: EmptyObject}, askV2, 200, "={}"},
		{Fault{Kind: EmptyObject}, askBatch, 200, "={}"},
		{Fault{Kind: EmptyList}, askV2, 200, `={"data":[]}`},
		{Fault{Kind: EmptyList}, askV11, 200, `=[]`},
		{Fault{Kind: EmptyList}, askGraph, 200, `={"data":[]}`},
		{Fault{Kind: EmptyList}, askBatch, 200, `=[]`},
		{Fault{Kind: Null}, askV2, 200, "=null"},
		{Fault{Kind: Null}, askBatch, 200, "=null"},

		{Fault{Kind: Throttle}, askV2, 429, "=" + tooManyRequests},
		{Fault{Kind: Throttle}, askV11, 429, `{"errors":[{"code":88,`},
		{Fault{Kind: Throttle, Status: 420}, askV11, 420, `{"errors":[{"code":88,`},
		{Fault{Kind: Throttle}, askGraph, 400, `{"error":{"message":"(#4) Application request limit reached","type":"OAuthException","code":4,"is_transient":true`},
		{Fault{Kind: Throttle, Code: 80002}, askGraph, 400, `{"error":{"message":"(#80002)`},
		{Fault{Kind: ThrottleBare}, askV2, 429, "=" + tooManyRequests},
		{Fault{Kind: ThrottleBare}, askGraph, 403, `{"error":{"message":"(#17) User request limit reached","type":"OAuthException","code":17,"is_transient":true`},
		{Fault{Kind: ThrottleBare, Code: 613, Status: 400}, askGraph, 400, `{"error":{"message":"(#613)`},
		{Fault{Kind: Throttle, Endpoint: GraphBatch}, askBatch, 400, `{"error":{"message":"(#4)`},
		{Fault{Kind: Credits}, askV2, 402, `{"account_id":1234567890,"title":"CreditsDepleted"`},
		{Fault{Kind: CreditsNew}, askV2, 402, `={"title":"Payment Required","detail":"credits depleted","status":402,"type":"https://api.x.com/2/problems/credits-depleted"}`},
		{Fault{Kind: SpendCap}, askV2, 403, `{"title":"SpendCapReached"`},
		{Fault{Kind: UsageCap}, askV2, 429, `{"account_id":1234567890,"product_name":"standard-basic","title":"UsageCapExceeded","period":"Monthly","scope":"Product"`},
		{Fault{Kind: TokenDead}, askV2, 401, `{"title":"Unauthorized"`},
		{Fault{Kind: TokenDead}, askV11, 401, `{"errors":[{"code":89,`},
		{Fault{Kind: TokenDead, Subcode: 463}, askGraph, 400, `{"error":{"message":"Error validating access token: Session has expired. The current time is later.","type":"OAuthException","code":190,"error_subcode":463`},
		{Fault{Kind: TokenDead, Status: 401}, askGraph, 401, `{"error":{"message":"The access token could not be decrypted","type":"OAuthException","code":190,"is_transient":false`},
		{Fault{Kind: Forbidden}, askV2, 403, `{"client_id":"12345678","reason":"client-not-enrolled"`},
		{Fault{Kind: Forbidden}, askV11, 403, `{"errors":[{"code":453,`},
		{Fault{Kind: Forbidden, Code: 200}, askGraph, 403, `{"error":{"message":"(#10) Application does not have permission for this action","type":"OAuthException","code":200,`},
	} {
		s := badDay(t, tc.fault)
		w := tc.ask(s)
		want, whole := strings.CutPrefix(tc.body, "=")
		if w.Code != tc.status || whole && w.Body.String() != want || !strings.HasPrefix(w.Body.String(), want) {
			t.Errorf("%+v: %d %s", tc.fault, w.Code, w.Body)
		}
		if html := strings.HasPrefix(w.Body.String(), html); html != strings.Contains(w.Header().Get("Content-Type"), "html") {
			t.Errorf("%+v: Content-Type %q", tc.fault, w.Header().Get("Content-Type"))
		}
		if st := s.Stats().Total; st.Accounts != 0 || st.Faulted == 0 {
			t.Errorf("%+v: stats %+v, want nobody handed out", tc.fault, st)
		}
		s.ClearFaults()
		if w := tc.ask(s); w.Code != 200 || s.Stats().Total.Accounts == 0 {
			t.Errorf("%+v: after the bad day %d %s", tc.fault, w.Code, w.Body)
		}
	}
}

func TestThrottleHeaders(t *testing.T) {
	t.Parallel()
	s := badDay(t, Fault{Kind: Throttle})
	if h := askV2(s).Header(); h.Get("x-rate-limit-remaining") != "0" || h.Get("x-rate-limit-reset") == "" {
		t.Errorf("throttle: %v", h)
	}
	if h := askGraph(s).Header(); h.Get("X-App-Usage") != `{"call_count":100,"total_time":100,"total_cputime":100}` {
		t.Errorf("throttle on Graph: %v", h)
	}
	s = badDay(t, Fault{Kind: ThrottleBare})
	if h := askV2(s).Header(); h.Get("x-rate-limit-remaining") != "" || h.Get("x-rate-limit-reset") != "" {
		t.Errorf("bare throttle: %v", h)
	}
	s = badDay(t, Fault{Kind: Throttle, Code: 80002})
	var usage map[string][]map[string]any
	h := askGraph(s).Header().Get("X-Business-Use-Case-Usage")
	if err := json.Unmarshal([]byte(h), &usage); err != nil || usage[DefaultInstagramUserID][0]["estimated_time_to_regain_access"] != 19.0 {
		t.Errorf("business usage %q: %v", h, err)
	}
	s = badDay(t, Fault{Kind: UsageCap})
	if h := askV2(s).Header(); h.Get("x-rate-limit-remaining") != "299" {
		t.Errorf("the usage cap leaves room in the window: %v", h)
	}
}

func TestTokenEndpointFaults(t *testing.T) {
	t.Parallel()
	s := badDay(t, Fault{Kind: TokenDead})
	if w := askToken(s, "k", "s"); w.Code != 200 {
		t.Errorf("a dead bearer leaves the key alive: %d", w.Code)
	}
	s = badDay(t, Fault{Kind: TokenDead, Endpoint: XToken})
	if w := askToken(s, "k", "s"); w.Code != 403 {
		t.Errorf("a dead key: %d", w.Code)
	}
	s = badDay(t, Fault{Kind: OutageEmpty, Platform: X})
	if w := askToken(s, "k", "s"); w.Code != 503 {
		t.Errorf("an outage: %d", w.Code)
	}
}

func TestPoison(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	bad := id(s, X, 2)
	if _, err := s.AddFault(Fault{Kind: Poison, Platform: X, Item: bad, Status: 400}); err != nil {
		t.Fatal(err)
	}
	for ids, want := range map[string]int{id(s, X, 1) + "," + bad: 400, bad: 400, id(s, X, 1): 200} {
		w := get(s, "/2/users", "ids", ids)
		if w.Code != want || want == 400 && strings.Contains(w.Body.String(), bad) {
			t.Errorf("%s: %d %s", ids, w.Code, w.Body)
		}
	}
	s = badDay(t, Fault{Kind: Poison})
	for i, want := range map[int]int{12: 200, 13: 400, 113: 400} {
		if w := get(s, "/2/users/by", "usernames", s.people.Handle(X, i)); w.Code != want {
			t.Errorf("by name %d: %d", i, w.Code)
		}
		if w := get(s, "/1.1/users/lookup.json", "user_id", id(s, X, i)); w.Code != want {
			t.Errorf("v1.1 %d: %d", i, w.Code)
		}
		if w := discover(s, s.people.Handle(Instagram, i), "id"); w.Code != want {
			t.Errorf("Instagram %d: %d", i, w.Code)
		}
		if w := get(s, "/me", "access_token", s.UserToken(i)); w.Code != want {
			t.Errorf("Facebook %d: %d", i, w.Code)
		}
	}
}

func TestBentCounts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind          Kind
		metricsThere  bool
		name          string
		value         func(n int64) any
		errorsOnUsers bool
	}{
		{MissingMetrics, false, "followers_count", func(int64) any { return nil }, false},
		{Hydration, false, "followers_count", func(int64) any { return nil }, true},
		{MissingCount, true, "followers_count", func(int64) any { return nil }, false},
		{RenamedCount, true, "total_followers_count", func(n int64) any { return float64(n) }, false},
		{StringCount, true, "followers_count", func(n int64) any { return json.Number(itoa(n)).String() }, false},
		{Zero, true, "followers_count", func(int64) any { return 0.0 }, false},
		{Purge, true, "followers_count", func(n int64) any { return float64(n - n/10) }, false},
		{Collapse, true, "followers_count", func(n int64) any { return float64(n - n*3/5) }, false},
	} {
		s := badDay(t, Fault{Kind: tc.kind})
		truth := s.Truth(X, 1, noon)
		body := decode(t, askV2(s))
		if m, there := dig(body, "data", 0, "public_metrics").(map[string]any); there != tc.metricsThere ||
			m[tc.name] != tc.value(truth.Followers) {
			t.Errorf("%s on v2: %v", tc.kind, m)
		}
		kind, _ := dig(body, "errors", 0, "type").(string)
		if strings.HasSuffix(kind, "/field-hydration-failure") != tc.errorsOnUsers {
			t.Errorf("%s on v2: errors %v", tc.kind, body["errors"])
		}
		var old []map[string]any
		if err := json.Unmarshal(askV11(s).Body.Bytes(), &old); err != nil || old[0][tc.name] != tc.value(truth.Followers) {
			t.Errorf("%s on v1.1: %v %v", tc.kind, old, err)
		}
	}
}

func itoa(n int64) string { b, _ := json.Marshal(n); return string(b) }

func TestBentGraphCounts(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		kind      Kind
		ig, fb    string
		value     func(n int64) any
		fbMissing bool
	}{
		{MissingMetrics, "followers_count", "total_count", func(int64) any { return nil }, true},
		{MissingCount, "followers_count", "total_count", func(int64) any { return nil }, false},
		{RenamedCount, "total_followers_count", "total_total_count", func(n int64) any { return float64(n) }, false},
		{StringCount, "followers_count", "total_count", func(n int64) any { return itoa(n) }, false},
		{Zero, "followers_count", "total_count", func(int64) any { return 0.0 }, false},
		{Purge, "followers_count", "total_count", func(n int64) any { return float64(n - n/10) }, false},
		{Collapse, "followers_count", "total_count", func(n int64) any { return float64(n - n*3/5) }, false},
	} {
		s := badDay(t, Fault{Kind: tc.kind})
		who := dig(decode(t, askGraph(s)), "business_discovery")
		if got := dig(who, tc.ig); got != tc.value(s.Truth(Instagram, 1, noon).Followers) {
			t.Errorf("%s on Instagram: %v", tc.kind, who)
		}
		friends := inner(t, answers(t, askBatch(s))[0])["friends"]
		if got := dig(friends, "summary", tc.fb); (friends == nil) != tc.fbMissing || got != tc.value(s.Truth(Facebook, 1, noon).Friends) {
			t.Errorf("%s on Facebook: %v", tc.kind, friends)
		}
	}
}

func TestBentForSomeAccountsOnly(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{XLimit: -1})
	if _, err := s.AddFault(Fault{Kind: Zero, Accounts: 0.3}); err != nil {
		t.Fatal(err)
	}
	hit := func() (out []int) {
		for i := range 300 {
			if dig(decode(t, get(s, "/2/users", "ids", id(s, X, i), "user.fields", "public_metrics")), "data", 0, "public_metrics", "followers_count") == 0.0 {
				out = append(out, i)
			}
		}
		return out
	}
	first, second := hit(), hit()
	if len(first) < 60 || len(first) > 120 || len(first) != len(second) || first[5] != second[5] {
		t.Errorf("%d and %d of 300 hit, want the same 90 or so", len(first), len(second))
	}
}

// idsOf lists the ids of a v2 answer.
func idsOf(body map[string]any) (out []string) {
	list, _ := body["data"].([]any)
	for _, u := range list {
		out = append(out, dig(u, "id").(string))
	}
	return out
}

func TestBentLists(t *testing.T) {
	t.Parallel()
	s := badDay(t, Fault{Kind: Reorder})
	a, b := id(s, X, 1), id(s, X, 2)
	if got := idsOf(decode(t, askV2(s))); strings.Join(got, " ") != b+" "+a {
		t.Errorf("reorder: %v", got)
	}
	s = badDay(t, Fault{Kind: Duplicate})
	if got := idsOf(decode(t, askV2(s))); strings.Join(got, " ") != a+" "+b+" "+a {
		t.Errorf("duplicate: %v", got)
	}
	s = badDay(t, Fault{Kind: Extra})
	if got := idsOf(decode(t, askV2(s))); len(got) != 3 || got[2] == a || got[2] == b || got[0] != a {
		t.Errorf("extra: %v", got)
	}
	s = badDay(t, Fault{Kind: Reorder, Endpoint: GraphBatch})
	if got := answers(t, askBatch(s)); inner(t, got[0])["id"] != id(s, Facebook, 3) {
		t.Errorf("reordered batch: %v", *got[0].Body)
	}
}

func TestTakeover(t *testing.T) {
	t.Parallel()
	s := badDay(t, Fault{Kind: Takeover})
	h := s.people.Handle(X, 1)
	byName := decode(t, get(s, "/2/users/by", "usernames", h))
	if got := dig(byName, "data", 0, "id"); got == nil || got == id(s, X, 1) || dig(byName, "data", 0, "username") != h {
		t.Errorf("by name: %v", byName)
	}
	if got := idsOf(decode(t, get(s, "/2/users", "ids", id(s, X, 1)))); len(got) != 1 || got[0] != id(s, X, 1) {
		t.Errorf("by id: %v", got)
	}
	who := dig(decode(t, askGraph(s)), "business_discovery")
	if got := dig(who, "id"); got == nil || got == id(s, Instagram, 1) {
		t.Errorf("Instagram: %v", who)
	}
}

func TestNullItems(t *testing.T) {
	t.Parallel()
	s := badDay(t, Fault{Kind: NullItems, Share: 0.34, Platform: Facebook})
	got := answers(t, askBatch(s))
	if len(got) != 3 || got[0] == nil || got[1] == nil || got[2] != nil {
		t.Errorf("got %v", got)
	}
}

func TestFaultsInsideABatch(t *testing.T) {
	t.Parallel()
	s := badDay(t, Fault{Kind: TokenDead, Subcode: 460, Times: 1})
	got := answers(t, askBatch(s))
	if dig(inner(t, got[0]), "error", "error_subcode") != 460.0 || got[1].Code != 200 || got[2].Code != 200 {
		t.Errorf("got %v", got)
	}
	s = badDay(t, Fault{Kind: EmptyObject, Endpoint: GraphItem, Times: 1})
	if got := answers(t, askBatch(s)); *got[0].Body != "{}" || *got[1].Body == "{}" {
		t.Errorf("got %v", got)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	t.Parallel()
	s, c := rehearse(Options{})
	hits := func(f Fault) (out string) {
		s.ClearFaults()
		if _, err := s.AddFault(f); err != nil {
			t.Fatal(err)
		}
		for range 8 {
			out += map[bool]string{true: "x", false: "."}[askV2(s).Code == 503]
			c.t = c.t.Add(time.Minute)
		}
		return out
	}
	start := func() time.Time { return c.t }
	for name, tc := range map[string]struct {
		fault func() Fault
		want  string
	}{
		"always":         {func() Fault { return Fault{} }, "xxxxxxxx"},
		"a quarter":      {func() Fault { return Fault{Share: 0.25} }, "...x...x"},
		"twice":          {func() Fault { return Fault{Times: 2} }, "xx......"},
		"from and until": {func() Fault { return Fault{From: start().Add(2 * time.Minute), Until: start().Add(5 * time.Minute)} }, "..xxx..."},
		"elsewhere":      {func() Fault { return Fault{Platform: Instagram} }, "........"},
		"this endpoint":  {func() Fault { return Fault{Platform: X, Endpoint: XUsers} }, "xxxxxxxx"},
		"other endpoint": {func() Fault { return Fault{Endpoint: XUsersBy} }, "........"},
	} {
		f := tc.fault()
		f.Kind = OutageJSON
		if got := hits(f); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
		if got := s.Faults()[0].Hits; got != strings.Count(tc.want, "x") {
			t.Errorf("%s: counted %d hits", name, got)
		}
	}
}

func TestAddFaultRefusesNonsense(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{})
	for _, f := range []Fault{{}, {Kind: "rain"}, {Kind: Zero, Platform: "myspace"}, {Kind: Zero, Endpoint: "moon"},
		{Kind: Zero, Share: 1.5}, {Kind: Zero, Accounts: -1}} {
		if _, err := s.AddFault(f); !errors.Is(err, ErrBadFault) {
			t.Errorf("%+v: %v", f, err)
		}
	}
	for _, k := range Kinds() {
		if _, err := s.AddFault(Fault{Kind: k}); err != nil {
			t.Errorf("%s: %v", k, err)
		}
	}
	n := len(s.Faults())
	if !s.RemoveFault(s.Faults()[0].ID) || s.RemoveFault(999) || len(s.Faults()) != n-1 {
		t.Error("RemoveFault")
	}
}

func TestSlowBodyTricklesAndStops(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := New(Options{Mix: &Mix{}})
		if _, err := s.AddFault(Fault{Kind: Slow}); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		whole := askV2(s)
		if got := decode(t, whole); len(got["data"].([]any)) != 2 || time.Since(begun) < 30*time.Second {
			t.Errorf("%v after %v", got, time.Since(begun))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		r := httptest.NewRequest(http.MethodGet, "/2/users?ids="+id(s, X, 1), nil).WithContext(ctx)
		r.Header.Set("Authorization", "Bearer b")
		w := httptest.NewRecorder()
		begun = time.Now()
		s.ServeHTTP(w, r)
		if d := time.Since(begun); d != 5*time.Second || w.Body.Len() == 0 || json.Valid(w.Body.Bytes()) {
			t.Errorf("the client left after 5s; the body went on for %v: %q", d, w.Body)
		}
	})
}

func TestTruncatedBodyLooksWhole(t *testing.T) {
	t.Parallel()
	w := askV2(badDay(t, Fault{Kind: Truncated}))
	if w.Code != 200 || json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Length") != itoa(int64(w.Body.Len())) {
		t.Errorf("%d %v %q", w.Code, w.Header(), w.Body)
	}
}
