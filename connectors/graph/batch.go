package graph

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// MaxItems is the most requests in one batch.
const MaxItems = 50

// Options sets up an [API].
type Options struct {
	// BaseURL is the scheme, host and, for a gateway, path in front of the
	// version. Empty means https://graph.facebook.com.
	BaseURL string
	// Version is the API's version. Empty means v26.0. Meta keeps a version for
	// about two years and answers calls to an ended one as the oldest left.
	Version string
	// AppSecret signs every token with appsecret_proof. Empty means no proof,
	// which the app's settings may refuse.
	AppSecret influencer.Secret
	// HTTP makes the calls; nil means a client of its own.
	HTTP *connectors.Client
}

// API makes batches. It is safe for concurrent use.
type API struct {
	o Options
}

var versionForm = regexp.MustCompile(`^v[0-9]{1,3}\.[0-9]$`)

// New returns an API. It fails on options that cannot work; it calls nothing.
func New(o Options) (*API, error) {
	if o.BaseURL == "" {
		o.BaseURL = "https://graph.facebook.com"
	}
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("graph: the base address is not an http(s) address")
	}
	if o.Version == "" {
		o.Version = "v26.0"
	}
	if !versionForm.MatchString(o.Version) {
		return nil, errors.New("graph: the version is not of the form v26.0")
	}
	if o.HTTP == nil {
		o.HTTP = connectors.NewClient(connectors.ClientOptions{})
	}
	o.BaseURL = strings.TrimRight(o.BaseURL, "/")
	return &API{o: o}, nil
}

// HTTP returns the client in use.
func (a *API) HTTP() *connectors.Client { return a.o.HTTP }

// Item is one GET of a batch.
type Item struct {
	Path  string            // below the version: "me"
	Query url.Values        // without token and proof
	Token influencer.Secret // of this item alone; "" means the batch's
}

// Result is the answer to one item: a body that is one JSON object, or a Failure.
type Result struct {
	Body    []byte
	Failure *influencer.Failure
	Error   Error // what Graph said, zero when it said nothing
}

// Do makes one batch call; items are at most [MaxItems]. Tokens travel in the
// body of the POST, never in its address; what is in the address is the proof, a
// digest that Meta takes there (scribejava pull request 1070). A nil error comes
// with one result per item, in order. A batch refused with 400 for what it asks
// is marked with connectors.ErrPoison.
func (a *API) Do(ctx context.Context, ask connectors.Ask, token influencer.Secret, items []Item) ([]Result, error) {
	ask.Cost, ask.Reads = len(items), len(items)
	list, secrets := a.write(items)
	secrets = append(secrets, token, a.o.AppSecret)
	ans, err := a.o.HTTP.Do(ctx, connectors.Call{
		Ask: ask, URL: a.o.BaseURL + "/" + a.o.Version + "/", Query: a.proof(token),
		Form:    url.Values{"batch": {list}, "include_headers": {"false"}, "access_token": {token.Reveal()}},
		Secrets: secrets, Explain: Explain,
	})
	if ans != nil && err != nil && ans.Status == http.StatusBadRequest && connectors.AsFailure(err).Kind == influencer.Malformed {
		return nil, errors.Join(err, connectors.ErrPoison)
	}
	if err != nil {
		return nil, err
	}
	results, f := a.read(ans, len(items), secrets)
	if f != nil {
		return nil, f
	}
	a.learn(ctx, ask.Key, ans, results)
	return results, nil
}

// write encodes the items as the parameter batch.
func (a *API) write(items []Item) (string, []influencer.Secret) {
	type wire struct {
		Method string `json:"method"`
		URL    string `json:"relative_url"`
	}
	var list []wire
	var secrets []influencer.Secret
	for _, it := range items {
		q := url.Values{}
		for k, v := range it.Query {
			q[k] = v
		}
		if it.Token != "" {
			secrets = append(secrets, it.Token)
			q.Set("access_token", it.Token.Reveal())
			for k, v := range a.proof(it.Token) {
				q[k] = v
			}
		}
		list = append(list, wire{http.MethodGet, it.Path + "?" + q.Encode()})
	}
	text, _ := json.Marshal(list) // strings alone cannot fail
	return string(text), secrets
}

// read takes a batch's answer apart. Every item must have its place: a list of
// another length cannot be joined with what was asked.
func (a *API) read(ans *connectors.Answer, n int, secrets []influencer.Secret) ([]Result, *influencer.Failure) {
	var list []json.RawMessage
	if json.Unmarshal(ans.Body, &list) != nil {
		if e := readError(ans.Body); e.Code != 0 {
			f := e.Failure(ans)
			f.Detail = connectors.Scrub(f.Detail, secrets...)
			return nil, f
		}
		return nil, connectors.Failf(influencer.Malformed, "200", "the answer to a batch is not a list")
	}
	if list == nil {
		return nil, connectors.Failf(influencer.Malformed, "200", "the answer to a batch is null")
	}
	if len(list) != n {
		return nil, connectors.Failf(influencer.Unavailable, "200", "a batch of %d was answered with %d", n, len(list))
	}
	out := make([]Result, n)
	for i, raw := range list {
		out[i] = readItem(raw, ans)
		if f := out[i].Failure; f != nil {
			f.Detail = connectors.Scrub(f.Detail, secrets...)
		}
	}
	return out, nil
}

// readItem reads one item's answer. Null is an item that a timeout left
// unfinished.
func readItem(raw json.RawMessage, outer *connectors.Answer) Result {
	var it struct {
		Code int    `json:"code"`
		Body string `json:"body"`
	}
	if string(raw) == "null" {
		return Result{Failure: connectors.Failf(influencer.Unavailable, "null", "the batch ran out of time before this item")}
	}
	if json.Unmarshal(raw, &it) != nil || it.Code == 0 {
		return Result{Failure: connectors.Failf(influencer.Malformed, "", "an item of the batch has no code")}
	}
	ans := &connectors.Answer{Status: it.Code, Header: http.Header{}, Body: []byte(it.Body), At: outer.At, Limits: outer.Limits}
	r := Result{Body: ans.Body, Error: readError(ans.Body)}
	switch {
	case it.Code/100 != 2 || r.Error.Code != 0:
		r.Failure = r.Error.Failure(ans)
	case len(strings.TrimSpace(it.Body)) == 0, ans.HTML(), !json.Valid(ans.Body):
		r.Failure = connectors.Failf(influencer.Unavailable, "200", "an item of the batch has no whole answer")
	case !isObject(ans.Body):
		r.Failure = connectors.Failf(influencer.Malformed, "200", "an item of the batch is no object")
	}
	return r
}

func isObject(body []byte) bool { return strings.HasPrefix(strings.TrimSpace(string(body)), "{") }

// learn tells the gate of items that were refused for the app's rate, which a
// good outer answer hides from the client.
func (a *API) learn(ctx context.Context, key connectors.Key, ans *connectors.Answer, results []Result) {
	for _, r := range results {
		if r.Failure != nil && r.Failure.Kind == influencer.RateLimited && !r.Error.OfOneToken() {
			a.o.HTTP.Learn(ctx, key, connectors.Limit{Name: "refusal", Reset: r.Failure.Until})
			return
		}
	}
}
