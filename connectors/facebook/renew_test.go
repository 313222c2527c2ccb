package facebook

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
)

var renewDay = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

func rehearsed(t *testing.T, secret influencer.Secret) (*simulator.Server, *Connector) {
	t.Helper()
	now := func() time.Time { return renewDay }
	sim := simulator.New(simulator.Options{AppID: "123", AppSecret: "app-secret-0123456789", People: 10, Mix: &simulator.Mix{}, Now: now})
	server := httptest.NewServer(sim)
	t.Cleanup(server.Close)
	client := connectors.NewClient(connectors.ClientOptions{Now: now})
	t.Cleanup(client.Close)
	c, err := New(Options{BaseURL: server.URL, AppID: "123", AppSecret: secret, HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	return sim, c
}

func TestRenew(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	sim, c := rehearsed(t, withApp.AppSecret)
	older := influencer.Secret(sim.UserTokenAt(0, renewDay.Add(-55*24*time.Hour)))
	end, err := c.Expiry(ctx, older)
	if err != nil || !end.Equal(renewDay.Add(5*24*time.Hour)) {
		t.Errorf("the older token ends %v, %v", end, err)
	}
	newer, end, err := c.Renew(ctx, older)
	if err != nil || newer == older || !end.Equal(renewDay.Add(60*24*time.Hour)) {
		t.Fatalf("renewed: new %t, ends %v, %v", newer != older, end, err)
	}
	if told, err := c.Expiry(ctx, newer); err != nil || !told.Equal(end) {
		t.Errorf("the newer token ends %v, %v; want %v", told, err, end)
	}
	if end, err := c.Expiry(ctx, influencer.Secret(sim.UserToken(1))); err != nil || !end.IsZero() {
		t.Errorf("a token without an end: %v, %v", end, err)
	}
}

func wantFailure(t *testing.T, err error, kind influencer.FailureKind, code string) {
	t.Helper()
	var f *influencer.Failure
	if !errors.As(err, &f) || f.Kind != kind || f.Code != code {
		t.Errorf("got %v, want %s (%s)", err, kind, code)
	}
}

func TestRenewOfADeadToken(t *testing.T) {
	t.Parallel()
	sim, c := rehearsed(t, withApp.AppSecret)
	expired := influencer.Secret(sim.UserTokenAt(0, renewDay.Add(-61*24*time.Hour)))
	_, _, err := c.Renew(context.Background(), expired)
	wantFailure(t, err, influencer.CredentialDead, "190/463")
	_, err = c.Expiry(context.Background(), expired)
	wantFailure(t, err, influencer.CredentialDead, "190/463")
}

// TestRenewBlamesNoTokenForOthers has the app, the platform or a gateway in
// trouble: none of it says anything of the person's token.
func TestRenewBlamesNoTokenForOthers(t *testing.T) {
	t.Parallel()
	sim, c := rehearsed(t, "another-secret-0123456789")
	_, _, err := c.Renew(context.Background(), influencer.Secret(sim.UserToken(0)))
	wantFailure(t, err, influencer.Unavailable, "1")

	const token = "EAA-not-to-be-shown"
	for _, one := range []struct {
		status int
		body   string
		kind   influencer.FailureKind
		code   string
	}{
		{503, "<html>down</html>", influencer.Unavailable, "503"},
		{401, `{"message":"gateway"}`, influencer.Forbidden, "401"},
		{400, graphErr(104, "needs a token "+token), influencer.Forbidden, "104"},
		{200, `{"token_type":"bearer"}`, influencer.Malformed, "200"},
	} {
		t.Run(fmt.Sprint(one.status, one.code), func(t *testing.T) {
			t.Parallel()
			c := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(one.status)
				fmt.Fprint(w, one.body)
			}), withApp)
			_, _, err := c.Renew(context.Background(), token)
			wantFailure(t, err, one.kind, one.code)
			if strings.Contains(fmt.Sprint(err), token) {
				t.Errorf("the error shows the token: %v", err)
			}
		})
	}
}

func TestExpiryBlamesTheAppForItsOwnToken(t *testing.T) {
	t.Parallel()
	c := connect(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, graphErr(190, "Invalid OAuth access token signature."))
	}), withApp)
	_, err := c.Expiry(context.Background(), "EAA-of-a-person")
	wantFailure(t, err, influencer.Forbidden, "190")
	if _, err := connect(t, http.NotFoundHandler(), Options{}).Expiry(context.Background(), "EAA"); !errors.Is(err, errNoApp) {
		t.Errorf("without an app: %v", err)
	}
}
