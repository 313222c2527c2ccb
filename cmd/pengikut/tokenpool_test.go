package main

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
)

// moodyConnector is a connector of which each token has a fate.
type moodyConnector struct {
	connectors.Connector
	token string
	fate  map[string]*influencer.Failure
	calls *[]string
}

func (m moodyConnector) BatchSize() int { return 7 }

func (m moodyConnector) Read(context.Context, influencer.Request) ([]influencer.Observation, error) {
	*m.calls = append(*m.calls, m.token)
	if f := m.fate[m.token]; f != nil {
		return nil, f
	}
	return []influencer.Observation{{Source: m.token}}, nil
}

func TestTokenPool(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	at := monday
	now := func() time.Time { return at }
	url := "sqlite:" + filepath.Join(t.TempDir(), "pool.db")
	if _, err := store.Migrate(ctx, url); err != nil {
		t.Fatal(err)
	}
	ring, err := store.ParseKeyRing("a passphrase of more than thirty-two characters")
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(ctx, store.Options{URL: url, Keys: ring, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	add := func(label string, token influencer.Secret) {
		t.Helper()
		if err := s.AddCredential(ctx, store.CredentialRef{Platform: influencer.X, Label: label}, token, time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	add("a", "one")
	add("b", "two")
	var calls []string
	fate := map[string]*influencer.Failure{}
	pool, err := newTokenPool(ctx, influencer.X, s, now, func(token influencer.Secret) (connectors.Connector, error) {
		return moodyConnector{token: token.Reveal(), fate: fate, calls: &calls}, nil
	})
	if err != nil || pool.BatchSize() != 7 {
		t.Fatalf("pool of %d: %v", pool.BatchSize(), err)
	}
	read := func(want string, kind influencer.FailureKind, wantCalls ...string) {
		t.Helper()
		calls = nil
		seen, err := pool.Read(ctx, influencer.Request{})
		var f *influencer.Failure
		switch {
		case want != "" && (err != nil || seen[0].Source != want):
			t.Errorf("read with %v, %v; want %s", seen, err, want)
		case want == "" && (!errors.As(err, &f) || f.Kind != kind):
			t.Errorf("got %v, want %s", err, kind)
		}
		if strings.Join(calls, " ") != strings.Join(wantCalls, " ") {
			t.Errorf("called with %q, want %q", calls, wantCalls)
		}
	}
	read("one", "", "one")
	fate["one"] = &influencer.Failure{Kind: influencer.RateLimited, Until: at.Add(15 * time.Minute)}
	read("two", "", "one", "two")
	read("two", "", "two")
	fate["two"] = &influencer.Failure{Kind: influencer.RateLimited, Until: at.Add(5 * time.Minute)}
	read("", influencer.RateLimited, "two")
	read("", influencer.RateLimited)
	delete(fate, "one")
	delete(fate, "two")
	at = at.Add(6 * time.Minute)
	read("two", "", "two")
	at = at.Add(10 * time.Minute)
	read("one", "", "one")
	fate["one"] = &influencer.Failure{Kind: influencer.Unavailable}
	read("", influencer.Unavailable, "one")
	fate["one"] = &influencer.Failure{Kind: influencer.CredentialDead, Code: "401", Detail: "Unauthorized"}
	read("two", "", "one", "two")
	read("two", "", "two")
	fate["two"] = fate["one"]
	read("", influencer.CredentialDead, "two")
	read("", influencer.CredentialDead)
	page, err := s.Credentials(ctx, store.CredentialFilter{State: store.CredentialDead}, influencer.Paging{})
	if err != nil || len(page.Items) != 2 || page.Items[0].Detail != "401: Unauthorized" {
		t.Errorf("dead: %+v, %v", page.Items, err)
	}
	at = at.Add(time.Second)
	add("a", "three")
	at = at.Add(time.Minute)
	read("three", "", "three")
}

// TestStoredTokensInTurn has a dead token in front of a good one.
func TestStoredTokensInTurn(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		o := static()
		o.InstagramToken = "right"
		c.register(c.rehearse(o))
		delete(c.env, "PENGIKUT_INSTAGRAM_ACCESS_TOKEN")
		for label, token := range map[string]string{"a": "wrong", "b": "right"} {
			if r := c.runIn(token, "credential", "add", "--platform", "instagram", "--label", label); r.code != exitDone {
				t.Fatalf("%s: %+v", label, r)
			}
		}
		c.want(exitDone, "sync", "--platform", "instagram")
		list := items[credentialView](c, "credential", "list", "--platform", "instagram")
		for _, one := range list {
			dead := one.State == store.CredentialDead && strings.HasPrefix(one.Detail, "190: ")
			if len(list) != 2 || dead != (one.Label == "a") {
				t.Errorf("listed: %+v", one)
			}
		}
		if r := c.want(exitDone, "check"); !strings.Contains(r.out, "1 instagram dead: 190: ") {
			t.Errorf("check:\n%s", r.out)
		}
	})
}
