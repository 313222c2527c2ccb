package x

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// app is the app as X knows it: where it calls and with which bearer.
type app struct {
	http        *connectors.Client
	base        string
	now         func() time.Time
	fixed       influencer.Secret // a bearer given from outside
	key, secret influencer.Secret

	lock    chan struct{} // guards fetched, and lets a waiter leave with its ctx
	fetched influencer.Secret
}

// credential names the app in the rate gate; it outlives a fetched bearer.
func (a *app) credential() string {
	if a.fixed != "" {
		return connectors.Fingerprint(a.fixed)
	}
	return connectors.Fingerprint(a.key)
}

// ask says what a call is, for the gate.
func (a *app) ask(endpoint string, p influencer.Purpose, reads int) connectors.Ask {
	return connectors.Ask{Purpose: p, Cost: 1, Reads: reads,
		Key: connectors.Key{Platform: influencer.X, Credential: a.credential(), Endpoint: endpoint}}
}

// do makes an authorised call. A bearer that was fetched and is answered 401 has
// been revoked: it is fetched once more and the call repeated once. X's bearer
// carries no expiry, so that nothing else would ever replace it.
func (a *app) do(ctx context.Context, call connectors.Call) (*connectors.Answer, error) {
	token, err := a.bearer(ctx, call.Purpose)
	if err != nil {
		return nil, err
	}
	ans, err := a.with(ctx, call, token)
	if ans == nil || ans.Status != http.StatusUnauthorized || a.fixed != "" {
		return ans, err
	}
	if err := a.forget(ctx, token); err != nil {
		return nil, err
	}
	if token, err = a.bearer(ctx, call.Purpose); err != nil {
		return nil, err
	}
	return a.with(ctx, call, token)
}

func (a *app) with(ctx context.Context, call connectors.Call, token influencer.Secret) (*connectors.Answer, error) {
	call.Header = http.Header{"Authorization": {"Bearer " + token.Reveal()}}
	call.Secrets = []influencer.Secret{token, a.key, a.secret}
	call.Explain = explain
	return a.http.Do(ctx, call)
}

// bearer returns the token in use. Of many callers without one, the first
// fetches it while the others wait.
func (a *app) bearer(ctx context.Context, p influencer.Purpose) (influencer.Secret, error) {
	if a.fixed != "" {
		return a.fixed, nil
	}
	if err := a.enter(ctx); err != nil {
		return "", err
	}
	defer a.leave()
	if a.fetched == "" {
		token, err := a.fetch(ctx, p)
		if err != nil {
			return "", err
		}
		a.fetched = token
	}
	return a.fetched, nil
}

// forget drops a dead token, unless somebody has replaced it already.
func (a *app) forget(ctx context.Context, dead influencer.Secret) error {
	if err := a.enter(ctx); err != nil {
		return err
	}
	defer a.leave()
	if a.fetched == dead {
		a.fetched = ""
	}
	return nil
}

func (a *app) enter(ctx context.Context) error {
	select {
	case a.lock <- struct{}{}:
		return nil
	case <-ctx.Done():
		return &influencer.Failure{Kind: influencer.Unavailable, Detail: "cancelled", Err: ctx.Err()}
	}
}

func (a *app) leave() { <-a.lock }

// fetch trades key and secret for an app-only bearer: POST /oauth2/token with
// both, each escaped, as HTTP basic auth
// (developer.x.com, authentication/oauth-2-0/application-only).
func (a *app) fetch(ctx context.Context, p influencer.Purpose) (influencer.Secret, error) {
	pair := url.QueryEscape(a.key.Reveal()) + ":" + url.QueryEscape(a.secret.Reveal())
	basic := base64.StdEncoding.EncodeToString([]byte(pair))
	ans, err := a.http.Do(ctx, connectors.Call{
		Ask: a.ask("oauth2/token", p, 0), URL: a.base + "/oauth2/token",
		Form:    url.Values{"grant_type": {"client_credentials"}},
		Header:  http.Header{"Authorization": {"Basic " + basic}},
		Secrets: []influencer.Secret{a.key, a.secret, influencer.Secret(basic)},
		Explain: explainToken,
	})
	if err != nil {
		return "", err
	}
	var token struct {
		Type  string            `json:"token_type"`
		Token influencer.Secret `json:"access_token"`
	}
	if json.Unmarshal(ans.Body, &token) != nil || token.Token == "" {
		return "", connectors.Failf(influencer.Malformed, "", "the token endpoint answered without a token")
	}
	return token.Token, nil
}

// explainToken reads a refusal of the token endpoint, where 400 and 403 (code 99,
// "unable to verify your credentials") mean that key and secret are wrong.
func explainToken(a *connectors.Answer) *influencer.Failure {
	f := explain(a)
	if a.Status == http.StatusBadRequest || a.Status == http.StatusForbidden {
		f.Kind = influencer.CredentialDead
	}
	return f
}
