package facebook

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// graphServer answers each item of a batch by its token and its fields.
type graphServer struct {
	item   func(token, fields string) (code int, body string)
	outer  func(token string) (code int, body string) // code 0: the items decide
	mu     sync.Mutex
	calls  int
	tokens []string // of the batches
}

func (g *graphServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var items []struct {
		URL string `json:"relative_url"`
	}
	_ = json.Unmarshal([]byte(r.FormValue("batch")), &items)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	g.tokens = append(g.tokens, r.PostFormValue("access_token"))
	if g.outer != nil {
		if code, body := g.outer(r.PostFormValue("access_token")); code != 0 {
			w.WriteHeader(code)
			fmt.Fprint(w, body)
			return
		}
	}
	out := []map[string]any{}
	for _, it := range items {
		q := httptest.NewRequest(http.MethodGet, "/"+it.URL, nil).URL.Query()
		code, body := g.item(q.Get("access_token"), q.Get("fields"))
		out = append(out, map[string]any{"code": code, "body": body})
	}
	_ = json.NewEncoder(w).Encode(out)
}

func connect(t *testing.T, h http.Handler, o Options) *Connector {
	t.Helper()
	srv := httptest.NewServer(h)
	client := connectors.NewClient(connectors.ClientOptions{Now: func() time.Time { return noon }})
	t.Cleanup(func() { client.Close(); srv.Close() })
	o.BaseURL, o.HTTP = srv.URL, client
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

var withApp = Options{AppID: "123", AppSecret: "app-secret-0123456789"}

// tokens makes targets with tokens; "12:tok" pins the id 12.
func tokens(list ...string) influencer.Request {
	var out influencer.Request
	for i, s := range list {
		id, token, pinned := strings.Cut(s, ":")
		if !pinned {
			id, token = "", s
		}
		out.Targets = append(out.Targets, influencer.Target{AccountID: int64(i + 1), Handle: "h", ExternalID: id, Token: influencer.Secret(token)})
	}
	return out
}

func graphErr(code int, message string) string {
	return fmt.Sprintf(`{"error":{"message":%q,"code":%d}}`, message, code)
}

func me(id string, friends int) string {
	return fmt.Sprintf(`{"id":%q,"friends":{"data":[],"summary":{"total_count":%d}}}`, id, friends)
}

func wantTold(t *testing.T, obs []influencer.Observation, err error, want ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range obs {
		switch {
		case o.Failure != nil:
			got = append(got, string(o.Failure.Kind))
		case o.Counts.LastActiveAt.IsZero():
			got = append(got, fmt.Sprintf("%s %d", o.ExternalID, *o.Counts.Friends))
		default:
			got = append(got, fmt.Sprintf("%s %d %s", o.ExternalID, *o.Counts.Friends, o.Counts.LastActiveAt.Format(time.RFC3339)))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	const dataOnly = `{"id":"6","friends":{"data":[{"id":"1"},{"id":"2"}]}%s}`
	g := &graphServer{item: func(token, fields string) (int, string) {
		switch token {
		case "full":
			return 200, `{"id":"1","friends":{"data":[{"id":"9"}],"summary":{"total_count":353}},"posts":{"data":[{"created_time":"2026-11-20T10:00:00+0000","id":"1_1"}]}}`
		case "zero":
			return 200, me("2", 0)
		case "no-summary":
			return 200, fmt.Sprintf(dataOnly, "")
		case "no-friends":
			return 200, `{"id":"6"}`
		case "declined":
			return 200, fmt.Sprintf(dataOnly, `,"permissions":{"data":[{"permission":"user_friends","status":"declined"}]}`)
		case "granted":
			return 200, fmt.Sprintf(dataOnly, `,"permissions":{"data":[{"permission":"user_friends","status":"granted"}]}`)
		case "no-total":
			return 200, `{"id":"6","friends":{"data":[],"summary":{}}}`
		case "string":
			return 200, `{"id":"6","friends":{"data":[],"summary":{"total_count":"12"}}}`
		case "no-id":
			return 200, `{"friends":{"data":[],"summary":{"total_count":12}}}`
		case "dead":
			return 400, graphErr(190, "Error validating access token")
		case "withdrawn":
			return 403, graphErr(200, "(#200) Requires user_friends permission")
		case "busy":
			return 400, graphErr(17, "(#17) User request limit reached")
		}
		panic(token)
	}}
	req := tokens("full", "zero", "no-summary", "no-friends", "declined", "granted", "no-total", "string", "no-id", "dead", "withdrawn", "busy", "")
	obs, err := connect(t, g, withApp).Read(t.Context(), req)
	wantTold(t, obs, err, "1 353 2026-11-20T10:00:00Z", "2 0", "needs_consent", "needs_consent", "needs_consent", "malformed",
		"malformed", "malformed", "malformed", "credential_dead", "needs_consent", "rate_limited", "needs_consent")
	if g.calls != 1 || g.tokens[0] != "123|app-secret-0123456789" {
		t.Errorf("%d calls with %v", g.calls, g.tokens)
	}
}

func TestNoTokenNoCall(t *testing.T) {
	t.Parallel()
	g := &graphServer{}
	obs, err := connect(t, g, withApp).Read(t.Context(), tokens("", ""))
	wantTold(t, obs, err, "needs_consent", "needs_consent")
	if g.calls != 0 {
		t.Errorf("%d calls", g.calls)
	}
}

// TestCarrierToken has no app secret: a person's token carries the batch, and a
// dead one must not take the others with it.
func TestCarrierToken(t *testing.T) {
	t.Parallel()
	g := &graphServer{
		outer: func(token string) (int, string) {
			if strings.HasPrefix(token, "dead") {
				return 400, graphErr(190, "dead")
			}
			return 0, ""
		},
		item: func(token, _ string) (int, string) { return 200, me(token, 5) },
	}
	c := connect(t, g, Options{})
	obs, err := c.Read(t.Context(), tokens("dead1", "dead2", "alive"))
	wantTold(t, obs, err, "credential_dead", "credential_dead", "alive 5")
	if want := []string{"dead1", "dead2", "alive"}; !slices.Equal(g.tokens, want) {
		t.Errorf("carried by %v", g.tokens)
	}
	obs, err = c.Read(t.Context(), tokens("dead1", "dead2", "dead3", "alive", "alive2"))
	wantTold(t, obs, err, "credential_dead", "credential_dead", "credential_dead", "unavailable", "unavailable")
	obs, err = c.Read(t.Context(), tokens("dead1"))
	wantTold(t, obs, err, "credential_dead")
	// With the app's token the same refusal is the app's.
	g.outer = func(string) (int, string) { return 400, graphErr(190, "dead") }
	_, err = connect(t, g, withApp).Read(t.Context(), tokens("alive", "b"))
	if f := connectors.AsFailure(err); f == nil || f.Kind != influencer.CredentialDead {
		t.Errorf("got %v", err)
	}
}

// TestOptionalFields refuses what is not needed for the total.
func TestOptionalFields(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		when   string // in the fields
		code   int
		says   string
		first  int // calls of the first Read
		second int // of the second
	}{
		"posts unknown":       {"posts", 100, "(#100) Tried accessing nonexisting field (posts) on node type (User)", 2, 1},
		"permissions unknown": {"permissions", 100, "(#100) Tried accessing nonexisting field (permissions) on node type (User)", 2, 1},
		"limit 0":             {"limit(0)", 100, "(#100) Param limit must be positive", 2, 1},
		"posts not granted":   {"posts", 10, "(#10) This requires the user_posts permission", 2, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := &graphServer{item: func(token, fields string) (int, string) {
				if strings.Contains(fields, tc.when) && token == "b" {
					return 400, graphErr(tc.code, tc.says)
				}
				return 200, me(token, 7)
			}}
			c := connect(t, g, withApp)
			calls := 0
			for _, more := range []int{tc.first, tc.second} {
				obs, err := c.Read(t.Context(), tokens("a", "b"))
				wantTold(t, obs, err, "a 7", "b 7")
				if calls += more; g.calls != calls {
					t.Errorf("%d calls, want %d", g.calls, calls)
				}
			}
		})
	}
}

func TestWholeFailures(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]influencer.FailureKind{
		graphErr(4, "(#4) Application request limit reached"):                            influencer.RateLimited,
		graphErr(17, "(#17) User request limit reached"):                                 influencer.RateLimited,
		graphErr(100, "Invalid appsecret_proof provided in the API argument"):            influencer.Forbidden,
		graphErr(10, "(#10) Application does not have permission for this action"):       influencer.Forbidden,
		graphErr(200, "(#200) Access denied"):                                            influencer.Forbidden,
		graphErr(2, "Service temporarily unavailable"):                                   influencer.Unavailable,
		graphErr(100, "(#100) Tried accessing nonexisting field (friends) on node type"): influencer.Malformed,
	} {
		g := &graphServer{item: func(string, string) (int, string) { return 400, body }}
		_, err := connect(t, g, withApp).Read(t.Context(), tokens("a", "b"))
		if f := connectors.AsFailure(err); f == nil || f.Kind != want || g.calls != 1 {
			t.Errorf("%s gave %v after %d calls, want %s", body, err, g.calls, want)
		}
	}
}

// TestLoneRefusalProvesNothing: one person alone cannot tell a withdrawn consent
// from an app that lost its permission.
func TestLoneRefusalProvesNothing(t *testing.T) {
	t.Parallel()
	g := &graphServer{item: func(string, string) (int, string) { return 403, graphErr(10, "(#10) no permission") }}
	obs, err := connect(t, g, withApp).Read(t.Context(), tokens("a"))
	wantTold(t, obs, err, "unavailable")
}

func TestOrder(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		req  influencer.Request
		says map[string]string // token to id, or to "dead"
		want []string
	}{
		"swapped":                    {tokens("1:a", "2:b", "3:c", "4:d"), map[string]string{"a": "2", "b": "1", "c": "dead", "d": "4"}, []string{"1 1", "2 2", "unavailable", "4 4"}},
		"swapped beside an unpinned": {tokens("1:a", "2:b", "c"), map[string]string{"a": "2", "b": "1", "c": "3"}, []string{"1 1", "2 2", "unavailable"}},
		"another's token":            {tokens("1:a", "2:b", "c"), map[string]string{"a": "2", "b": "2", "c": "dead"}, []string{"2 2", "2 2", "credential_dead"}},
		"a stranger's token":         {tokens("1:a", "b"), map[string]string{"a": "9", "b": "5"}, []string{"9 9", "5 5"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := &graphServer{item: func(token, _ string) (int, string) {
				id := tc.says[token]
				if id == "dead" {
					return 400, graphErr(190, "dead")
				}
				return 200, me(id, int(id[0]-'0'))
			}}
			obs, err := connect(t, g, withApp).Read(t.Context(), tc.req)
			wantTold(t, obs, err, tc.want...)
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{AppID: "my app"}, {AppID: "1|2"}, {Version: "x"}, {BaseURL: "x"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}
