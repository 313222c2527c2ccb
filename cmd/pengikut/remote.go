package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// errLocal is what a command says that has no way to ask a service elsewhere.
var errLocal = errors.New("this command works on the database itself, and PENGIKUT_SERVER names a service elsewhere: run it there, or unset PENGIKUT_SERVER")

const (
	remoteTimeout = time.Minute // of one request
	maxAnswer     = 64 << 20
)

// remote is a running service elsewhere, asked through its API.
type remote struct {
	base string // without a slash at the end
	key  influencer.Secret
	http *http.Client
}

// remote is the service that the configuration names, nil when it names none.
func (a *app) remote() (*remote, error) {
	c, err := a.config()
	if err != nil || c.Server.URL == "" {
		return nil, err
	}
	return newRemote(c), nil
}

// localConfig is the configuration of a command that has no way to ask a service.
func (a *app) localConfig() (config.Config, error) {
	c, err := a.config()
	if err == nil && c.Server.URL != "" {
		err = errLocal
	}
	return c, err
}

func newRemote(c config.Config) *remote {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSHandshakeTimeout: 10 * time.Second, ExpectContinueTimeout: time.Second,
		DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext, ForceAttemptHTTP2: true}
	return &remote{base: c.Server.URL, key: c.Server.Key, http: &http.Client{Timeout: remoteTimeout, Transport: transport,
		// The key goes nowhere but where the operator said.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// ask calls a route and reads its answer. A nil body sends none.
func ask[T any](ctx context.Context, r *remote, method, path string, query url.Values, body any) (out T, err error) {
	req, err := r.request(ctx, method, path, query, body)
	if err != nil {
		return out, err
	}
	resp, err := r.http.Do(req)
	if err != nil {
		return out, r.unreachable(err)
	}
	return answerOf[T](r, resp)
}

// stream sends a body of CSV as it is read, nil for none, and gives the answer as it
// comes: neither has a time by which it must be through.
func (r *remote) stream(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Response, error) {
	req, err := r.request(ctx, method, path, query, nil)
	if err != nil {
		return nil, err
	}
	if body != nil {
		req.Body = io.NopCloser(body)
		req.Header.Set("Content-Type", "text/csv")
		req.Header.Set("Expect", "100-continue") // who is refused need not send it all
	}
	patient := *r.http
	patient.Timeout = 0
	resp, err := patient.Do(req)
	if err != nil {
		return nil, r.unreachable(err)
	}
	return resp, nil
}

// answerOf reads an answer.
func answerOf[T any](r *remote, resp *http.Response) (out T, err error) {
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return out, r.unreachable(err)
	}
	if resp.StatusCode >= http.StatusMultipleChoices {
		return out, r.refused(resp, raw)
	}
	if resp.StatusCode == http.StatusNoContent {
		return out, nil
	}
	if err := json.Unmarshal(raw, &out); err != nil {
		return out, r.stranger()
	}
	return out, nil
}

// stranger says that something else than a service answers.
func (r *remote) stranger() error {
	return fmt.Errorf("%s does not answer as a Pengikut service does: is PENGIKUT_SERVER right?", r.base)
}

func (r *remote) request(ctx context.Context, method, path string, query url.Values, body any) (*http.Request, error) {
	address := r.base + path
	if len(query) > 0 {
		address += "?" + query.Encode()
	}
	var sent io.Reader
	if body != nil {
		raw, err := json.Marshal(body)
		if err != nil {
			return nil, err
		}
		sent = bytes.NewReader(raw)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, sent)
	if err != nil {
		return nil, errors.New("PENGIKUT_SERVER is no address that can be called")
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+r.key.Reveal())
	req.Header.Set("User-Agent", "pengikut/"+versionText())
	return req, nil
}

// unreachable says that the service could not be asked. The query is left out,
// which may hold a NIP.
func (r *remote) unreachable(err error) error {
	return fmt.Errorf("%s cannot be asked: %w", r.base, r.plainly(err))
}

// plainly leaves out what was called, and how.
func (r *remote) plainly(err error) error {
	if outer, ok := errors.AsType[*url.Error](err); ok {
		return outer.Err
	}
	return err
}

// refused is what a service said that did not do what it was asked.
func (r *remote) refused(resp *http.Response, raw []byte) error {
	if resp.StatusCode < http.StatusBadRequest {
		return fmt.Errorf("%s sends elsewhere, to %s: name that in PENGIKUT_SERVER", r.base, hostOf(resp.Header.Get("Location")))
	}
	var p web.Problem
	if json.Unmarshal(raw, &p) != nil || p.Title == "" {
		return fmt.Errorf("%s answers %s, and not as a Pengikut service does", r.base, resp.Status)
	}
	words := []string{strings.TrimSuffix(p.Title, ".")}
	if p.Detail != "" {
		words = append(words, p.Detail)
	}
	for _, e := range p.Errors {
		words = append(words, strings.TrimPrefix(e.Location+": ", ": ")+e.Message)
	}
	text := "the service says: " + strings.Join(words, ": ")
	if resp.StatusCode >= http.StatusInternalServerError {
		text += " (its log tells more under " + p.RequestID + ")"
	}
	said := &remoteError{text: text, status: resp.StatusCode, noRoute: p.Type == web.NoSuchRoute || resp.StatusCode == http.StatusMethodNotAllowed}
	if said.noRoute {
		said.text += ": is it of another version?"
	}
	if wait := resp.Header.Get("Retry-After"); wait != "" {
		said.text += " (try again in " + wait + " s)"
		if s, err := strconv.ParseUint(wait, 10, 16); err == nil && resp.StatusCode == http.StatusTooManyRequests {
			said.retry = time.Duration(s) * time.Second
		}
	}
	return said
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" {
		return "another path"
	}
	return u.Scheme + "://" + u.Host
}

// remoteError is what a service refused, in words for a person.
type remoteError struct {
	text    string
	status  int
	noRoute bool          // the service does not know what it was asked
	retry   time.Duration // how long a service that gets too many asks to wait, 0 for none
}

func (e *remoteError) Error() string { return e.text }

// Is lets a command tell in its own words what it knows by name: that a thing is
// not there, and what the service says in the words of the error itself.
func (e *remoteError) Is(target error) bool {
	switch target {
	case influencer.ErrNotFound:
		return e.status == http.StatusNotFound && !e.noRoute
	case influencer.ErrNoAgency, influencer.ErrTripClosed:
		return strings.HasSuffix(e.text, target.Error())
	}
	return false
}

// pages is a list of the service.
func pages[V any](r *remote, path string, query url.Values) source[V] {
	return func(ctx context.Context, p influencer.Paging) (influencer.Page[V], error) {
		q := url.Values{}
		for name, values := range query {
			if len(values) > 0 && values[0] != "" {
				q[name] = values
			}
		}
		if q.Set("limit", strconv.Itoa(p.Limit)); p.Cursor != "" {
			q.Set("cursor", p.Cursor)
		}
		page, err := ask[web.Page[V]](ctx, r, http.MethodGet, path, q, nil)
		return influencer.Page[V]{Items: page.Items, Next: page.NextCursor}, err
	}
}

// asked is a list whose rows a service gave as it shows them: the columns are those
// of rows of this machine, and the JSON is the service's own.
func asked[V, T any](l list[T], back func(V) T) list[V] {
	out := list[V]{none: l.none, view: func(v V) any { return v }}
	for _, col := range l.columns {
		c := column[V]{head: col.head, right: col.right, long: col.long}
		if col.cell != nil {
			c.cell = func(v V) string { return col.cell(back(v)) }
		}
		if col.raw != nil {
			c.raw = func(v V) string { return col.raw(back(v)) }
		}
		if col.paint != nil {
			c.paint = func(v V) text.Color { return col.paint(back(v)) }
		}
		out.columns = append(out.columns, c)
	}
	return out
}

// about narrows a query to the person with a NIP as typed, if one is.
func (r *remote) about(ctx context.Context, query url.Values, typed string, now time.Time) error {
	if typed == "" {
		return nil
	}
	nip, err := influencer.ParseNIP(typed, now)
	if err != nil {
		return err
	}
	id, err := r.personID(ctx, nip)
	query.Set("person_id", strconv.FormatInt(id, 10))
	return err
}

// personID finds a person by a NIP. A key that sees NIPs masked may ask too: nobody
// else has the whole NIP. The service looks in names and handles as well, so that
// the answer must show the NIP that was asked for, as far as the key may see it.
func (r *remote) personID(ctx context.Context, nip influencer.NIP) (int64, error) {
	page, err := ask[web.Page[web.Person]](ctx, r, http.MethodGet, "/api/v1/people", url.Values{"q": {string(nip)}, "limit": {"2"}}, nil)
	if err != nil {
		return 0, err
	}
	found := slices.DeleteFunc(page.Items, func(p web.Person) bool { return p.NIP != string(nip) && p.NIP != nip.Masked() })
	if len(found) != 1 {
		return 0, influencer.ErrNotFound
	}
	return found[0].ID, nil
}
