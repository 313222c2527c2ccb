package graph

import (
	"context"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// App is the app that tokens were given to.
type App struct {
	ID     string
	Secret influencer.Secret
}

// token is the app's own access token (developers.facebook.com,
// facebook-login/guides/access-tokens).
func (a App) token() influencer.Secret { return influencer.Secret(a.ID + "|" + a.Secret.Reveal()) }

// Renew exchanges a token for one that lives longer, about 60 days
// (developers.facebook.com, facebook-login/guides/access-tokens/get-long-lived).
// The older token keeps working until its own end, so that a newer one that is
// lost on the way costs one more call. The end is zero when the answer names
// none. The failure is CredentialDead only when the platform says that this
// token is no longer valid.
func (a *API) Renew(ctx context.Context, ask connectors.Ask, app App, token influencer.Secret) (influencer.Secret, time.Time, error) {
	ans, err := a.get(ctx, ask, "oauth/access_token", url.Values{
		"grant_type": {"fb_exchange_token"}, "client_id": {app.ID}, "client_secret": {app.Secret.Reveal()},
		"fb_exchange_token": {token.Reveal()},
	}, token, app.Secret)
	if err != nil {
		return "", time.Time{}, ofToken(err)
	}
	var v struct {
		Token   influencer.Secret `json:"access_token"`
		Seconds json.Number       `json:"expires_in"`
	}
	if json.Unmarshal(ans.Body, &v) != nil || v.Token == "" {
		return "", time.Time{}, connectors.Failf(influencer.Malformed, "200", "the exchange was answered without a token")
	}
	var end time.Time
	if n, err := v.Seconds.Int64(); err == nil && n > 0 {
		end = ans.At.Add(time.Duration(n) * time.Second).UTC()
	}
	return v.Token, end, nil
}

// Expiry asks when a token ends, zero when it names no end
// (developers.facebook.com, graph-api/reference/debug_token). The failure is
// CredentialDead when the platform says that the token is no longer valid.
func (a *API) Expiry(ctx context.Context, ask connectors.Ask, app App, token influencer.Secret) (time.Time, error) {
	ans, err := a.get(ctx, ask, "debug_token", url.Values{
		"input_token": {token.Reveal()}, "access_token": {app.token().Reveal()},
	}, token, app.Secret, app.token())
	if err != nil {
		return time.Time{}, notOfToken(err)
	}
	var v struct {
		Data struct {
			Valid   *bool       `json:"is_valid"`
			Expires json.Number `json:"expires_at"`
			Error   struct {
				Code    int             `json:"code"`
				Subcode int             `json:"subcode"`
				Message connectors.Text `json:"message"`
			} `json:"error"`
		} `json:"data"`
	}
	if json.Unmarshal(ans.Body, &v) != nil || v.Data.Valid == nil {
		return time.Time{}, connectors.Failf(influencer.Malformed, "200", "the answer does not say whether the token is valid")
	}
	if e := v.Data.Error; !*v.Data.Valid && e.Code == 190 {
		f := Error{Code: e.Code, Subcode: e.Subcode, Message: e.Message}.Failure(ans)
		f.Detail = connectors.Scrub(f.Detail, token, app.Secret)
		return time.Time{}, f
	}
	if !*v.Data.Valid {
		return time.Time{}, connectors.Failf(influencer.Malformed, "200", "the token is not valid, and the answer does not say why")
	}
	if n, err := v.Data.Expires.Int64(); err == nil && n > 0 {
		return time.Unix(n, 0).UTC(), nil
	}
	return time.Time{}, nil
}

// get asks one node. The client keeps the address out of every error.
func (a *API) get(ctx context.Context, ask connectors.Ask, path string, q url.Values, secrets ...influencer.Secret) (*connectors.Answer, error) {
	ask.Cost, ask.Purpose = 1, influencer.PurposePlanned
	return a.o.HTTP.Do(ctx, connectors.Call{
		Ask: ask, URL: a.o.BaseURL + "/" + a.o.Version + "/" + path, Query: q, Secrets: secrets, Explain: Explain,
	})
}

// ofToken lets only 190 speak of the token: a bare 401 may be anybody's.
func ofToken(err error) error {
	if f := connectors.AsFailure(err); f != nil && strings.HasPrefix(f.Code, "190") {
		return err
	}
	return notOfToken(err)
}

// notOfToken takes the blame from the token: the app's own was refused.
func notOfToken(err error) error {
	f := connectors.AsFailure(err)
	if f == nil || f.Kind != influencer.CredentialDead {
		return err
	}
	g := *f
	g.Kind = influencer.Forbidden
	return &g
}
