package x

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

func v2(t *testing.T, o Options) *V2 {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestV2BothGenerations reads the same users as OpenAPI 2.166 and 2.167 write them.
func TestV2BothGenerations(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fields Fields
		body   string
	}{
		"2.166": {FieldsOld, `{"data":[{"id":"2244994945","username":"XDev","name":"X","protected":false,
			"public_metrics":{"followers_count":583423,"following_count":2048,"tweet_count":14052,"listed_count":1672},
			"most_recent_tweet_id":"1860000000000000000"}]}`},
		"2.167": {FieldsNew, `{"data":[{"id":"2244994945","username":"XDev","protected":false,
			"public_metrics":{"followers_count":583423,"following_count":2048,"post_count":14052,"like_count":null,"media_count":null},
			"most_recent_post_id":"1860000000000000000"}],"includes":{"posts":[{"id":"1860000000000000000","text":"hi"}]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := script(t, says(200, tc.body))
			o := p.options()
			o.Fields = tc.fields
			obs, err := v2(t, o).Read(t.Context(), names("xdev"))
			wantTold(t, obs, err, "1 id=2244994945 @XDev followers=583423 following=2048 posts=14052 active=2024-11-22T16:38:51Z")
			if want := "/under/a/path/2/users/by?"; !strings.HasPrefix(p.calls[0], want) {
				t.Errorf("called %s", p.calls[0])
			}
		})
	}
}

func TestV2PartialErrors(t *testing.T) {
	t.Parallel()
	p := script(t, says(200, `{
	 "errors":[
	  {"resource_type":"user","resource_id":"11","parameter":"ids","value":"11","title":"Not Found Error","detail":"Could not find user with ids: [11].","type":"https://api.twitter.com/2/problems/resource-not-found"},
	  {"resource_type":"user","resource_id":"12","parameter":"ids","value":"12","title":"Forbidden","detail":"User has been suspended: [12].","type":"https://api.x.com/2/problems/resource-not-found"},
	  {"title":"Field Hydration Failure","resource_id":"13","parameter":"id","field":"public_metrics","type":"https://api.x.com/2/problems/field-hydration-failure"},
	  {"title":"Not Authorized","resource_id":"14","field":"public_metrics","type":"https://api.x.com/2/problems/not-authorized-for-field"},
	  {"resource_id":"17","parameter":"ids","title":"Forbidden","detail":"Something new","type":"https://api.x.com/2/problems/resource-not-found"},
	  {"title":"broken","value":{"odd":1}}, null, 7],
	 "data":[
	  {"id":"99","username":"nobody_asked","public_metrics":{"followers_count":7}},
	  {"id":"14","username":"d","protected":true},
	  {"id":"13","username":"c"},
	  {"id":"10","username":"a","protected":true,"public_metrics":{"followers_count":0}},
	  {"id":"10","username":"a","protected":true,"public_metrics":{"followers_count":0}},
	  {"id":"16","username":"f","public_metrics":{"followers_count":"500"}},
	  {"id":"18","username":"h","public_metrics":{"following_count":3}},
	  {"id":"19","username":"i","public_metrics":"none"},
	  {"id":"20","username":"j","public_metrics":{"followers_count":-1}}, null, "odd"]}`))
	obs, err := v2(t, p.options()).Read(t.Context(), ids("10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "x1"))
	wantTold(t, obs, err,
		"1 id=10 @a followers=0 following=? posts=? private",
		"2 gone", "3 suspended", "4 unavailable", "5 private", "6 unavailable", "7 malformed",
		"8 unavailable", "9 malformed", "10 malformed", "11 malformed", "12 unreadable")
	p.wantCalls(1)
	if strings.Contains(p.calls[0], "x1") {
		t.Errorf("an id that is none was sent: %s", p.calls[0])
	}
}

func TestV2NamesAreJoinedInAnyCase(t *testing.T) {
	t.Parallel()
	p := script(t, says(200, `{"data":[{"id":"2","username":"SITI","public_metrics":{"followers_count":2}}],
	 "errors":[{"value":"Agus_1","resource_id":"Agus_1","parameter":"usernames","title":"Not Found Error","type":"x/resource-not-found"}]}`))
	obs, err := v2(t, p.options()).Read(t.Context(), names("agus_1", "siti", "no spaces", "sixteen_letters_", "siti", "", "a,b"))
	wantTold(t, obs, err, "1 gone", "2 id=2 @SITI followers=2 following=? posts=?", "3 unreadable", "4 unreadable",
		"5 id=2 @SITI followers=2 following=? posts=?", "6 unreadable", "7 unreadable")
	if !strings.HasSuffix(p.calls[0], "usernames=agus_1%2Csiti") {
		t.Errorf("called %s", p.calls[0])
	}
}

func TestV2WholeFailures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		body   string
		want   influencer.FailureKind
		until  time.Time
	}{
		"401":             {401, `{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}`, influencer.CredentialDead, time.Time{}},
		"402 old":         {402, `{"title":"CreditsDepleted","type":"https://api.twitter.com/2/problems/credits"}`, influencer.BudgetSpent, time.Time{}},
		"402 new":         {402, `{"title":"Payment Required","detail":"credits depleted","status":402,"type":"https://api.x.com/2/problems/credits-depleted"}`, influencer.BudgetSpent, time.Time{}},
		"403 spend cap":   {403, `{"title":"SpendCapReached","detail":"..."}`, influencer.BudgetSpent, time.Time{}},
		"403 enrolment":   {403, `{"reason":"client-not-enrolled","title":"Client Forbidden","type":"https://api.twitter.com/2/problems/client-forbidden"}`, influencer.Forbidden, time.Time{}},
		"404 empty":       {404, ``, influencer.Forbidden, time.Time{}},
		"429":             {429, `{"title":"Too Many Requests","type":"about:blank","status":429}`, influencer.RateLimited, noon.Add(connectors.Cooldown)},
		"429 code 88":     {429, `{"errors":[{"code":88,"message":"Rate limit exceeded"}]}`, influencer.RateLimited, noon.Add(connectors.Cooldown)},
		"429 month":       {429, `{"title":"UsageCapExceeded","period":"Monthly","type":"https://api.twitter.com/2/problems/usage-capped"}`, influencer.BudgetSpent, time.Time{}},
		"429 day":         {429, `{"title":"UsageCapExceeded","period":"Daily","type":"https://api.twitter.com/2/problems/usage-capped"}`, influencer.BudgetSpent, noon.Add(12 * time.Hour)},
		"503 code 130":    {503, `{"errors":[{"code":130,"message":"Over capacity"}]}`, influencer.Unavailable, time.Time{}},
		"200 null":        {200, `null`, influencer.Malformed, time.Time{}},
		"200 {}":          {200, `{}`, influencer.Malformed, time.Time{}},
		"200 []":          {200, `[]`, influencer.Malformed, time.Time{}},
		"200 data object": {200, `{"data":{"id":"1"}}`, influencer.Malformed, time.Time{}},
		"200 nobody":      {200, `{"data":[]}`, influencer.Unavailable, time.Time{}},
		"200 no counts":   {200, `{"data":[{"id":"1"},{"id":"2"}]}`, influencer.Malformed, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := script(t, says(tc.status, tc.body))
			obs, err := v2(t, p.options()).Read(t.Context(), ids("1", "2"))
			var f *influencer.Failure
			if obs != nil || !errors.As(err, &f) || f.Kind != tc.want || !f.Until.Equal(tc.until) {
				t.Fatalf("got %v and %v, want %s until %v", obs, err, tc.want, tc.until)
			}
			p.wantCalls(1)
		})
	}
}

// field400 refuses a query that names what the server does not know, in the
// shape of one generation.
func field400(w http.ResponseWriter, r *http.Request, shape, refused string) bool {
	q := r.URL.Query()
	for _, parameter := range []string{"user.fields", "expansions"} {
		for v := range strings.SplitSeq(q.Get(parameter), ",") {
			if v == "" || !slices.Contains(strings.Split(refused, ","), v) {
				continue
			}
			switch shape {
			case "2.166":
				says(400, fmt.Sprintf(`{"errors":[{"parameters":{"%s":["%s"]},"message":"The %[1]s query parameter value [%[2]s] is not one of [created_at,most_recent_tweet_id]"}],
					"title":"Invalid Request","type":"https://api.twitter.com/2/problems/invalid-request"}`, parameter, v))(w, r)
			case "2.167":
				says(400, fmt.Sprintf(`{"title":"Invalid Request","status":400,"parameter":"%s","value":"%s","type":"https://api.x.com/2/problems/invalid-request"}`, parameter, v))(w, r)
			default:
				says(400, `{"title":"Invalid Request","type":"https://api.x.com/2/problems/invalid-request"}`)(w, r)
			}
			return true
		}
	}
	return false
}

const twoUsers = `{"data":[{"id":"1","username":"a","public_metrics":{"followers_count":1}},{"id":"2","username":"b","public_metrics":{"followers_count":2}}]}`

// TestV2Spelling refuses one spelling, the other, or both, named or unnamed: the
// counts always arrive, the price is paid once, and it is remembered.
func TestV2Spelling(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{"2.166", "2.167", "unnamed"} {
		for _, tc := range []struct {
			refused string
			start   Fields
			first   int // calls of the first Read
			ends    Fields
			learned string
		}{
			{"", "", 1, FieldsOld, "tweet"},
			{"most_recent_tweet_id", "", 2, FieldsNew, "post"},
			{"most_recent_post_id", FieldsNew, 2, FieldsOld, "tweet"},
			{"most_recent_tweet_id,most_recent_post_id", "", 3, FieldsNone, ""},
			{"most_recent_tweet_id,most_recent_post_id", FieldsNone, 1, FieldsNone, ""},
		} {
			t.Run(shape+"/"+tc.refused+"/"+string(tc.start), func(t *testing.T) {
				t.Parallel()
				p := script(t, func(w http.ResponseWriter, r *http.Request) {
					if !field400(w, r, shape, tc.refused) {
						says(200, twoUsers)(w, r)
					}
				})
				o := p.options()
				learned := ""
				o.Fields, o.FieldsLearned = tc.start, func(f Fields) { learned += string(f) }
				c := v2(t, o)
				for i, calls := range []int{tc.first, tc.first + 1} {
					obs, err := c.Read(t.Context(), ids("1", "2"))
					wantTold(t, obs, err, "1 id=1 @a followers=1 following=? posts=?", "2 id=2 @b followers=2 following=? posts=?")
					p.wantCalls(calls)
					if i == 1 && c.fields.load().fields != tc.ends {
						t.Errorf("ended with %q, want %q", c.fields.load().fields, tc.ends)
					}
				}
				if learned != tc.learned {
					t.Errorf("learned %q, want %q", learned, tc.learned)
				}
			})
		}
	}
}

// TestV2SpellingChangesUnderWay swaps the server's generation while it is in use.
func TestV2SpellingChangesUnderWay(t *testing.T) {
	t.Parallel()
	refused := "most_recent_post_id"
	p := script(t, func(w http.ResponseWriter, r *http.Request) {
		if !field400(w, r, "2.167", refused) {
			says(200, twoUsers)(w, r)
		}
	})
	c := v2(t, p.options())
	for i, want := range []Fields{FieldsOld, FieldsNew, FieldsOld} {
		if _, err := c.Read(t.Context(), ids("1", "2")); err != nil || c.fields.load().fields != want {
			t.Fatalf("read %d: %v with %q, want %q", i, err, c.fields.load().fields, want)
		}
		if refused == "most_recent_post_id" {
			refused = "most_recent_tweet_id"
		} else {
			refused = "most_recent_post_id"
		}
	}
}

// poisonous refuses calls that hold the item and answers the others.
func poisonous(item, body400 string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		asked := strings.Split(r.URL.Query().Get("ids"), ",")
		if slices.Contains(asked, item) {
			says(400, body400)(w, r)
			return
		}
		var rows []string
		for _, id := range asked {
			rows = append(rows, fmt.Sprintf(`{"id":"%s","username":"u","public_metrics":{"followers_count":%[1]s}}`, id))
		}
		says(200, `{"data":[`+strings.Join(rows, ",")+`]}`)(w, r)
	}
}

func hundred() influencer.Request {
	var list []string
	for i := range 100 {
		list = append(list, fmt.Sprint(1000+i))
	}
	return ids(list...)
}

func TestV2Poison(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body  string
		calls int
	}{
		// Old, new and no spelling, then 14 for halving.
		"unnamed": {`{"title":"Invalid Request","type":"https://api.x.com/2/problems/invalid-request"}`, 17},
		"2.166":   {`{"errors":[{"parameters":{"ids":["1042"]},"message":"The ids query parameter value [1042] is not valid"}],"title":"Invalid Request"}`, 2},
		"2.167":   {`{"title":"Invalid Request","parameter":"ids","value":"1042"}`, 2},
		"all":     {`{"title":"Invalid Request","parameter":"ids","value":""}`, 15},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := script(t, poisonous("1042", tc.body))
			obs, err := v2(t, p.options()).Read(t.Context(), hundred())
			if err != nil || len(obs) != 100 {
				t.Fatalf("%d observations, %v", len(obs), err)
			}
			for i, o := range obs {
				if bad := i == 42; bad != (o.Failure != nil) || bad && o.Failure.Kind != influencer.Unreadable {
					t.Errorf("observation %d: %v", i, o.Failure)
				}
			}
			p.mu.Lock()
			if len(p.calls) > tc.calls {
				t.Errorf("%d calls, want at most %d", len(p.calls), tc.calls)
			}
			p.mu.Unlock()
		})
	}
}

func TestV2PoisonBlamesNobodyWithoutProof(t *testing.T) {
	t.Parallel()
	refuse := says(400, `{"title":"Invalid Request"}`)
	p := script(t, refuse)
	c := v2(t, p.options())
	obs, err := c.Read(t.Context(), hundred())
	if obs != nil || !isKind(err, influencer.Malformed) {
		t.Errorf("%v, %v", obs, err)
	}
	if len(p.calls) > 15 {
		t.Errorf("%d calls for nothing", len(p.calls))
	}
	obs, err = c.Read(t.Context(), ids("1"))
	wantTold(t, obs, err, "1 malformed")
}

func TestV2KeepsWhatWasPaidFor(t *testing.T) {
	t.Parallel()
	p := script(t, says(200, `{"data":[{"id":"1","username":"a","public_metrics":{"followers_count":1}}]}`),
		says(402, `{"title":"CreditsDepleted","type":"x/credits"}`))
	req := ids("1")
	req.Targets = append(req.Targets, influencer.Target{AccountID: 2, Handle: "b"})
	obs, err := v2(t, p.options()).Read(t.Context(), req)
	wantTold(t, obs, err, "1 id=1 @a followers=1 following=? posts=?", "2 unavailable")
	p.wantCalls(2)
}

func TestV2NothingToAskCallsNothing(t *testing.T) {
	t.Parallel()
	p := script(t, says(500, ""))
	obs, err := v2(t, p.options()).Read(t.Context(), names("not a name"))
	wantTold(t, obs, err, "1 unreadable")
	obs, err = v2(t, p.options()).Read(t.Context(), influencer.Request{})
	wantTold(t, obs, err)
	p.wantCalls(0)
}

func TestSnowflake(t *testing.T) {
	t.Parallel()
	for id, want := range map[string]string{
		"1860000000000000000": "2024-11-22T16:38:51Z",
		"":                    "", "0": "", "-5": "", "20": "", "29700859247": "", "362387865599": "", "99999999999999999999": "", "abc": "",
	} {
		got := ""
		if at := snowflakeTime(id); !at.IsZero() {
			got = at.Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%s was made at %q, want %q", id, got, want)
		}
	}
	if at := connectors.Activity(snowflakeTime("9223372036854775807"), noon); !at.IsZero() {
		t.Errorf("an id from the future gave %v", at)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, o := range map[string]Options{
		"no credential": {},
		"half a pair":   {ConsumerKey: "k"},
		"base address":  {Bearer: "b", BaseURL: "api.x.com"},
		"scheme":        {Bearer: "b", BaseURL: "ftp://api.x.com"},
		"fields":        {Bearer: "b", Fields: "toot"},
	} {
		if _, err := New(o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestBearerFromKeyAndSecret fetches once for many readers, and once more after
// the bearer was revoked.
func TestBearerFromKeyAndSecret(t *testing.T) {
	t.Parallel()
	var p *platform
	fetches, alive := 0, "" // guarded by p.mu, as calls come in one by one
	p = script(t, func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if strings.HasSuffix(r.URL.Path, "/oauth2/token") {
			key, secret, _ := r.BasicAuth()
			if key != "k%2Bey" || secret != "s" || r.FormValue("grant_type") != "client_credentials" {
				says(403, `{"errors":[{"code":99,"message":"Unable to verify your credentials"}]}`)(w, r)
				return
			}
			fetches++
			alive = fmt.Sprintf("bearer-%d", fetches)
			says(200, `{"token_type":"bearer","access_token":"`+alive+`"}`)(w, r)
			return
		}
		if r.Header.Get("Authorization") != "Bearer "+alive {
			says(401, `{"title":"Unauthorized","type":"about:blank","status":401}`)(w, r)
			return
		}
		says(200, twoUsers)(w, r)
	})
	o := p.options()
	o.Bearer, o.ConsumerKey, o.ConsumerSecret = "", "k+ey", "s"
	c := v2(t, o)
	errs := make(chan error)
	for range 8 {
		go func() {
			_, err := c.Read(context.Background(), ids("1", "2"))
			errs <- err
		}()
	}
	for range 8 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	p.wantCalls(9) // one fetch, eight reads
	p.mu.Lock()
	alive = "revoked"
	p.mu.Unlock()
	_, err := c.Read(t.Context(), ids("1", "2"))
	if err != nil || fetches != 2 {
		t.Errorf("after the revocation: %v with %d fetches", err, fetches)
	}
	p.wantCalls(12)

	o.ConsumerSecret = "wrong"
	_, err = v2(t, o).Read(t.Context(), ids("1"))
	if !isKind(err, influencer.CredentialDead) {
		t.Errorf("wrong secret: %v", err)
	}
}

func TestGivenBearerIsNotRebuilt(t *testing.T) {
	t.Parallel()
	p := script(t, says(401, `{}`))
	o := p.options()
	o.ConsumerKey, o.ConsumerSecret = "k", "s"
	_, err := v2(t, o).Read(t.Context(), ids("1"))
	if !isKind(err, influencer.CredentialDead) {
		t.Error(err)
	}
	p.wantCalls(1)
}
