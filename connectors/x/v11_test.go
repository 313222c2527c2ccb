package x

import (
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

func v11(t *testing.T, o Options) *V11 {
	t.Helper()
	c, err := NewV11(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// v11User writes a user as users/lookup does; extra replaces the counts.
func v11User(id int, name, counts string) string {
	return fmt.Sprintf(`{"id":%d,"id_str":"%[1]d","screen_name":"%s","protected":false,%s,
		"status":{"created_at":"Mon Aug 19 16:55:31 +0000 2019","id":1163489,"text":"hi"}}`, id, name, counts)
}

const v11Counts = `"followers_count":583423,"friends_count":0,"statuses_count":14052`

func TestV11Read(t *testing.T) {
	t.Parallel()
	p := script(t, says(200, `[`+v11User(2, "SITI", v11Counts)+`,{"id":1,"id_str":"1","screen_name":"Budi","protected":true,"followers_count":0}]`))
	obs, err := v11(t, p.options()).Read(t.Context(), names("budi", "siti"))
	wantTold(t, obs, err, "1 id=1 @Budi followers=0 following=? posts=? private",
		"2 id=2 @SITI followers=583423 following=0 posts=14052 active=2019-08-19T16:55:31Z")
	p.wantCalls(1)
	if want := "/under/a/path/1.1/users/lookup.json?include_entities=false&screen_name=budi%2Csiti"; p.calls[0] != want {
		t.Errorf("called %s", p.calls[0])
	}
	obs, err = v11(t, p.options()).Read(t.Context(), ids("2", "1"))
	if err != nil || !strings.Contains(p.calls[1], "user_id=2%2C1") || strings.Contains(p.calls[1], "screen_name") {
		t.Errorf("%v, %v, called %s", obs, err, p.calls[1])
	}
}

// TestV11SilentZeros holds every answer that go-twitter turns into zeros.
func TestV11SilentZeros(t *testing.T) {
	t.Parallel()
	good := v11User(1, "a", v11Counts)
	fine := "1 id=1 @a followers=583423 following=0 posts=14052 active=2019-08-19T16:55:31Z"
	for name, tc := range map[string]struct {
		second string
		want   string
	}{
		"no counts":             {`{"id":2,"id_str":"2","screen_name":"b"}`, "2 malformed"},
		"string count":          {v11User(2, "b", `"followers_count":"500"`), "2 malformed"},
		"null count":            {v11User(2, "b", `"followers_count":null`), "2 malformed"},
		"negative count":        {v11User(2, "b", `"followers_count":-3`), "2 malformed"},
		"renamed count":         {v11User(2, "b", `"total_followers_count":3`), "2 malformed"},
		"fraction":              {v11User(2, "b", `"followers_count":3.5`), "2 malformed"},
		"odd tweet":             {`{"id":2,"id_str":"2","screen_name":"b","followers_count":9,"status":{"id":"x","created_at":[1]}}`, "2 malformed"},
		"string in a neighbour": {v11User(2, "b", `"followers_count":9,"friends_count":"x"`), "2 malformed"},
		"null":                  {`null`, "2 unavailable"},
		"number":                {`7`, "2 unavailable"},
		"stranger":              {v11User(3, "c", v11Counts), "2 unavailable"},
		"twice":                 {good, "2 unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := script(t, says(200, `[`+tc.second+`,`+good+`]`))
			o := p.options()
			o.ShowPerBatch = -1
			obs, err := v11(t, o).Read(t.Context(), ids("1", "2"))
			wantTold(t, obs, err, fine, tc.want)
			p.wantCalls(1)
		})
	}
}

// TestV11WholeFailures holds the answers that go-twitter gives back without an error.
func TestV11WholeFailures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		status int
		body   string
		want   influencer.FailureKind
	}{
		"500 empty":             {500, ``, influencer.Unavailable},
		"403 v2 problem":        {403, `{"title":"Forbidden","detail":"no","status":403}`, influencer.Forbidden},
		"401 lone error":        {401, `{"request":"/1.1/users/lookup.json","error":"Not authorized."}`, influencer.CredentialDead},
		"503 html":              {503, `<html>`, influencer.Unavailable},
		"429":                   {429, `{"errors":[{"code":88,"message":"Rate limit exceeded"}]}`, influencer.RateLimited},
		"420":                   {420, ``, influencer.RateLimited},
		"403 code 453":          {403, `{"errors":[{"code":453,"message":"You currently have access to a subset"}]}`, influencer.Forbidden},
		"403 code 87":           {403, `{"errors":[{"code":87,"message":"Client is not permitted"}]}`, influencer.Forbidden},
		"403 our own is 64":     {403, `{"errors":[{"code":64,"message":"Your account is suspended"}]}`, influencer.CredentialDead},
		"403 our own is 326":    {403, `{"errors":[{"code":326,"message":"log in to unlock"}]}`, influencer.CredentialDead},
		"401 code 32":           {401, `{"errors":[{"code":32,"message":"Could not authenticate you"}]}`, influencer.CredentialDead},
		"400 code 215":          {400, `{"errors":[{"code":215,"message":"Bad Authentication data."}]}`, influencer.CredentialDead},
		"404 code 34":           {404, `{"errors":[{"code":34,"message":"Sorry, that page does not exist"}]}`, influencer.Forbidden},
		"404 empty":             {404, ``, influencer.Forbidden},
		"503 code 130":          {503, `{"errors":[{"code":130,"message":"Over capacity"}]}`, influencer.Unavailable},
		"200 null":              {200, `null`, influencer.Malformed},
		"200 object":            {200, `{"errors":[]}`, influencer.Malformed},
		"200 []":                {200, `[]`, influencer.Unavailable},
		"200 truncated":         {200, `[{"id":1,"followers_cou`, influencer.Unavailable},
		"200 empty":             {200, ``, influencer.Unavailable},
		"200 nobody has counts": {200, `[{"id":1},{"id":2}]`, influencer.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := script(t, says(tc.status, tc.body))
			obs, err := v11(t, p.options()).Read(t.Context(), ids("1", "2"))
			var f *influencer.Failure
			if obs != nil || !errors.As(err, &f) || f.Kind != tc.want {
				t.Fatalf("got %v and %v, want %s", obs, err, tc.want)
			}
			p.wantCalls(1)
		})
	}
}

// TestV11Silence finds out why users are left out, for as many as it may ask.
func TestV11Silence(t *testing.T) {
	t.Parallel()
	p := script(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "lookup.json") {
			says(404, `{"errors":[{"code":17,"message":"No user matches for specified terms."}]}`)(w, r)
			return
		}
		switch r.URL.Query().Get("user_id") {
		case "1":
			says(404, `{"errors":[{"code":50,"message":"User not found."}]}`)(w, r)
		case "2":
			says(403, `{"errors":[{"code":63,"message":"User has been suspended."}]}`)(w, r)
		case "3":
			says(200, v11User(3, "c", v11Counts))(w, r)
		case "4":
			says(200, v11User(9, "stranger", v11Counts))(w, r)
		case "5":
			says(200, `[]`)(w, r)
		default:
			says(503, ``)(w, r)
		}
	})
	o := p.options()
	o.ShowPerBatch = 6
	obs, err := v11(t, o).Read(t.Context(), ids("1", "2", "3", "4", "5", "6", "7", "99999999999999999999"))
	wantTold(t, obs, err, "1 gone", "2 suspended",
		"3 id=3 @c followers=583423 following=0 posts=14052 active=2019-08-19T16:55:31Z",
		"4 unavailable", "5 unavailable", "6 unavailable", "7 unavailable", "8 unreadable")
	p.wantCalls(7)
	_, err = v11(t, o).Read(t.Context(), ids("9", "8"))
	if !isKind(err, influencer.Unavailable) {
		t.Errorf("nobody could be explained: %v", err)
	}
	p.wantCalls(9) // the first failing show ends it
}

func TestV11Poison(t *testing.T) {
	t.Parallel()
	p := script(t, func(w http.ResponseWriter, r *http.Request) {
		asked := strings.Split(r.URL.Query().Get("user_id"), ",")
		if slices.Contains(asked, "1077") {
			says(400, `{"errors":[{"code":44,"message":"parameter is invalid."}]}`)(w, r)
			return
		}
		var rows []string
		for _, id := range asked {
			rows = append(rows, fmt.Sprintf(`{"id":%s,"id_str":"%[1]s","screen_name":"u","followers_count":%[1]s}`, id))
		}
		says(200, `[`+strings.Join(rows, ",")+`]`)(w, r)
	})
	obs, err := v11(t, p.options()).Read(t.Context(), hundred())
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range obs {
		if bad := i == 77; bad != (o.Failure != nil) || bad && o.Failure.Kind != influencer.Unreadable {
			t.Errorf("observation %d: %v", i, o.Failure)
		}
	}
	if len(p.calls) > 15 {
		t.Errorf("%d calls", len(p.calls))
	}
}

func TestV11DeadBearerIsRebuilt(t *testing.T) {
	t.Parallel()
	fetches := 0
	p := script(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/oauth2/token"):
			fetches++
			says(200, fmt.Sprintf(`{"token_type":"bearer","access_token":"b%d"}`, fetches))(w, r)
		case r.Header.Get("Authorization") == "Bearer b1":
			says(401, `{"errors":[{"code":89,"message":"Invalid or expired token."}]}`)(w, r)
		default:
			says(200, `[`+v11User(1, "a", v11Counts)+`]`)(w, r)
		}
	})
	o := p.options()
	o.Bearer, o.ConsumerKey, o.ConsumerSecret = "", "k", "s"
	c := v11(t, o)
	for range 3 {
		if _, err := c.Read(t.Context(), ids("1")); err != nil {
			t.Fatal(err)
		}
	}
	if fetches != 2 {
		t.Errorf("%d fetches, want 2", fetches)
	}
	p.wantCalls(6)
}

func TestV11GateClosesOnShownLimit(t *testing.T) {
	t.Parallel()
	reset := noon.Add(8 * time.Minute)
	p := script(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("x-rate-limit-limit", "300")
		w.Header().Set("x-rate-limit-remaining", "0")
		w.Header().Set("x-rate-limit-reset", fmt.Sprint(reset.Unix()))
		says(200, `[`+v11User(1, "a", v11Counts)+`]`)(w, r)
	})
	c := v11(t, p.options())
	if _, err := c.Read(t.Context(), ids("1")); err != nil {
		t.Fatal(err)
	}
	_, err := c.Read(t.Context(), ids("1"))
	if f := connectors.AsFailure(err); f == nil || f.Kind != influencer.RateLimited || !f.Until.Equal(reset) {
		t.Errorf("the last call of a window was followed by %v", err)
	}
	p.wantCalls(1)
}
