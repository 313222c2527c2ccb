package instagram

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// graphServer answers each item of a batch by its username and its fields.
type graphServer struct {
	item  func(username, fields string) (code int, body string)
	mu    sync.Mutex
	calls int
	asked []string // field expressions
}

var expression = regexp.MustCompile(`^business_discovery\.username\(([^)]*)\)\{(.*)\}$`)

func (g *graphServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var items []struct {
		URL string `json:"relative_url"`
	}
	_ = json.Unmarshal([]byte(r.FormValue("batch")), &items)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	out := []map[string]any{}
	for _, it := range items {
		req := httptest.NewRequest(http.MethodGet, "/"+it.URL, nil)
		m := expression.FindStringSubmatch(req.URL.Query().Get("fields"))
		if m == nil {
			panic("not the expression: " + it.URL)
		}
		g.asked = append(g.asked, m[2])
		code, body := g.item(m[1], m[2])
		out = append(out, map[string]any{"code": code, "body": body})
	}
	_ = json.NewEncoder(w).Encode(out)
}

func connect(t *testing.T, h http.Handler) *Connector {
	t.Helper()
	srv := httptest.NewServer(h)
	client := connectors.NewClient(connectors.ClientOptions{Now: func() time.Time { return noon }})
	t.Cleanup(func() { client.Close(); srv.Close() })
	c, err := New(Options{BaseURL: srv.URL, UserID: "17841400000000001", Token: "EAATOKEN0123456789", HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func handles(list ...string) influencer.Request {
	var out influencer.Request
	for i, h := range list {
		out.Targets = append(out.Targets, influencer.Target{AccountID: int64(i + 1), Handle: h})
	}
	return out
}

func graphErr(code, subcode int, message string) string {
	return fmt.Sprintf(`{"error":{"message":%q,"type":"OAuthException","code":%d,"error_subcode":%d}}`, message, code, subcode)
}

func good(username string, rest string) string {
	return fmt.Sprintf(`{"business_discovery":{"id":"1784%d","username":%q,"followers_count":%d%s},"id":"17841400000000001"}`,
		len(username), username, 100*len(username), rest)
}

// told is one observation as a line.
func told(o influencer.Observation) string {
	if o.Failure != nil {
		return string(o.Failure.Kind)
	}
	s := fmt.Sprintf("%s @%s %d", o.ExternalID, o.Handle, *o.Counts.Followers)
	if o.Counts.Posts != nil {
		s += fmt.Sprintf(" posts=%d", *o.Counts.Posts)
	}
	if !o.Counts.LastActiveAt.IsZero() {
		s += " " + o.Counts.LastActiveAt.Format(time.RFC3339)
	}
	return s
}

func wantTold(t *testing.T, obs []influencer.Observation, err error, want ...string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, o := range obs {
		got = append(got, told(o))
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	g := &graphServer{item: func(username, _ string) (int, string) {
		switch username {
		case "full":
			return 200, good("Full", `,"media_count":31,"media":{"data":[{"timestamp":"2026-11-20T10:00:00+0000","id":"1"}]}`)
		case "bare":
			return 200, good("bare", ``)
		case "never":
			return 200, good("never", `,"media_count":0,"media":{"data":[]}`)
		case "odd.media":
			return 200, good("odd.media", `,"media":"x","media_count":"3"`)
		case "personal":
			return 400, graphErr(110, 2207013, "Invalid user id")
		case "hidden":
			return 200, `{"business_discovery":{"id":"5","username":"hidden"}}`
		case "nothing":
			return 200, `{"id":"17841400000000001"}`
		case "noid":
			return 200, `{"business_discovery":{"username":"noid","followers_count":3}}`
		case "new":
			return 400, graphErr(100, 0, "(#100) Invalid parameter")
		}
		return 400, graphErr(10, 0, "(#10) not for this one")
	}}
	obs, err := connect(t, g).Read(t.Context(), handles("full", "bare", "never", "odd.media", "personal", "hidden", "nothing", "noid", "new", "agegated",
		"a){id}", "with space", "", strings.Repeat("a", 31)))
	wantTold(t, obs, err, "17844 @Full 400 posts=31 2026-11-20T10:00:00Z", "17844 @bare 400", "17845 @never 500 posts=0",
		"17849 @odd.media 900", "unreadable", "malformed", "malformed", "malformed", "unreadable", "unavailable",
		"unreadable", "unreadable", "unreadable", "unreadable")
	if g.calls != 1 || len(g.asked) != 10 || g.asked[0] != "id,username,followers_count,media_count,media.limit(1){timestamp}" {
		t.Errorf("%d calls, asked %q", g.calls, g.asked)
	}
}

// TestOptionalFieldsAreDropped refuses media, then media_count too: the counts
// still come, the price is paid once, and it is remembered.
func TestOptionalFieldsAreDropped(t *testing.T) {
	t.Parallel()
	for name, refuse := range map[string]string{
		"no such field": "(#100) Tried accessing nonexisting field (%s) on node type (IGUser)",
		"no permission": "(#10) Application does not have permission for %s",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			code := 100
			if name == "no permission" {
				code = 10
			}
			g := &graphServer{item: func(username, fields string) (int, string) {
				for _, f := range []string{"media_count", "media"} {
					if slices.Contains(strings.FieldsFunc(fields, func(r rune) bool { return r == ',' || r == '.' }), f) {
						return 400, graphErr(code, 0, fmt.Sprintf(refuse, f))
					}
				}
				return 200, good(username, "")
			}}
			c := connect(t, g)
			for i, calls := range []int{3, 4} {
				obs, err := c.Read(t.Context(), handles("a", "bb"))
				wantTold(t, obs, err, "17841 @a 100", "17842 @bb 200")
				if g.calls != calls {
					t.Errorf("read %d: %d calls, want %d", i, g.calls, calls)
				}
			}
		})
	}
}

func TestWholeFailures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		code int
		body string
		want influencer.FailureKind
	}{
		"token":                   {400, graphErr(190, 460, "changed the password"), influencer.CredentialDead},
		"session":                 {400, graphErr(102, 0, "session"), influencer.CredentialDead},
		"permission":              {403, graphErr(10, 0, "(#10) Application does not have permission for this action"), influencer.Forbidden},
		"own account is missing":  {400, graphErr(100, 33, "Unsupported get request. Object with ID '17841400000000001' does not exist"), influencer.Forbidden},
		"own account is personal": {400, graphErr(100, 0, "(#100) Tried accessing nonexisting field (business_discovery) on node type (User)"), influencer.Forbidden},
		"proof":                   {400, graphErr(100, 0, "API calls from the server require an appsecret_proof argument"), influencer.Forbidden},
		"throttle":                {403, graphErr(4, 0, "(#4) Application request limit reached"), influencer.RateLimited},
		"count is gone":           {400, graphErr(100, 0, "(#100) Tried accessing nonexisting field (followers_count) on node type (IGUser)"), influencer.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := &graphServer{item: func(string, string) (int, string) { return tc.code, tc.body }}
			_, err := connect(t, g).Read(t.Context(), handles("a", "bb"))
			if f := connectors.AsFailure(err); f == nil || f.Kind != tc.want {
				t.Errorf("got %v, want %s", err, tc.want)
			}
			if g.calls != 1 {
				t.Errorf("%d calls", g.calls)
			}
		})
	}
}

// TestOneDeadAnswerKillsTheToken: one token asks for all, so that the others were
// read on borrowed time.
func TestOneDeadAnswerKillsTheToken(t *testing.T) {
	t.Parallel()
	g := &graphServer{item: func(u, _ string) (int, string) {
		if u == "bb" {
			return 400, graphErr(190, 0, "dead")
		}
		return 200, good(u, "")
	}}
	_, err := connect(t, g).Read(t.Context(), handles("a", "bb"))
	if f := connectors.AsFailure(err); f == nil || f.Kind != influencer.CredentialDead {
		t.Errorf("got %v", err)
	}
}

// TestOutOfOrder swaps answers: those with a name find their owner, an error
// without one belongs to nobody.
func TestOutOfOrder(t *testing.T) {
	t.Parallel()
	swapped := map[string]string{"a": "bb", "bb": "ccc", "ccc": "a"}
	g := &graphServer{item: func(u, _ string) (int, string) {
		if u = swapped[u]; u == "ccc" {
			return 400, graphErr(110, 2207013, "Invalid user id")
		}
		return 200, good(u, "")
	}}
	obs, err := connect(t, g).Read(t.Context(), handles("a", "bb", "ccc"))
	wantTold(t, obs, err, "17841 @a 100", "17842 @bb 200", "unavailable")
}

func TestAnotherIDSurfaces(t *testing.T) {
	t.Parallel()
	g := &graphServer{item: func(u, _ string) (int, string) { return 200, good(u, "") }}
	req := handles("taken")
	req.Targets[0].ExternalID = "999"
	obs, err := connect(t, g).Read(t.Context(), req)
	wantTold(t, obs, err, "17845 @taken 500")
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for _, o := range []Options{{}, {UserID: "1"}, {Token: "t"}, {UserID: "me", Token: "t"}, {UserID: "1", Token: "t", Version: "x"}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
}
