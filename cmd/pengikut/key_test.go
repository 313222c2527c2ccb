package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/web"
)

// replica starts a process of its own that only answers HTTP, and tells where.
func (c *cli) replica(t *testing.T) (address string, p *process) {
	p = c.start("serve", "--role", "web", "--log-level", "debug")
	return "http://" + p.err.await(t, `"msg":"serving".*"listen":"([^"]+)"`)[1], p
}

// status is what a request with a key is answered with.
func status(t *testing.T, url, key string) (int, http.Header) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode, resp.Header
}

// TestKeysInTwoReplicas revokes a key through one process and uses it on another,
// then tries keys.
func TestKeysInTwoReplicas(t *testing.T) {
	t.Parallel()
	c := newCLI(t).onPostgres()
	c.env["PENGIKUT_LISTEN"] = "127.0.0.1:0"
	c.want(exitDone, "migrate", "up")
	admin := strings.TrimSpace(c.want(exitDone, "key", "create", "--name", "siti", "--role", "admin").out)
	key := strings.TrimSpace(c.want(exitDone, "key", "create", "--name", "dasbor", "--role", "viewer").out)
	one, first := c.replica(t)
	other, second := c.replica(t)
	for _, at := range []string{one, other} {
		if got, _ := status(t, at+"/api/v1/people", key); got != http.StatusOK {
			t.Fatalf("before: %d", got)
		}
	}
	r, _ := http.NewRequest(http.MethodDelete, one+"/api/v1/keys/2", nil)
	r.Header.Set("Authorization", "Bearer "+admin)
	resp, err := http.DefaultClient.Do(r)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("revoke: %v %v", resp, err)
	}
	resp.Body.Close()
	revoked := time.Now()
	for got := 0; got != http.StatusUnauthorized; got, _ = status(t, other+"/api/v1/people", key) {
		if time.Since(revoked) > time.Second {
			t.Fatalf("still %d a second after", got)
		}
	}
	slowed := 0
	for range 100 {
		got, header := status(t, other+"/api/v1/people", "pk_1_"+strings.Repeat("A", 43))
		if got == http.StatusTooManyRequests && header.Get("Retry-After") != "" {
			slowed++
		}
	}
	if slowed < 85 {
		t.Errorf("only %d of 100 wrong keys were slowed", slowed)
	}
	for name, log := range map[string]string{"one": first.err.String(), "other": second.err.String()} {
		if strings.Contains(log, admin[5:]) || strings.Contains(log, key[5:]) || !strings.Contains(log, `"msg":"request"`) {
			t.Errorf("log of %s:\n%s", name, log)
		}
	}
}

func TestFirstKey(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.env["PENGIKUT_LISTEN"] = "127.0.0.1:0"
	p := c.start("serve", "--role", "all")
	key := p.out.await(t, `admin key, shown this once: (pk_1_\S+)`)[1]
	at := p.err.await(t, `"msg":"serving".*"listen":"([^"]+)"`)[1]
	if got, _ := status(t, "http://"+at+"/api/v1/keys", key); got != http.StatusOK {
		t.Errorf("the first key: %d", got)
	}
	if strings.Contains(p.err.String(), key) {
		t.Error("the key stands in the log")
	}
	p.end(t)
	again := c.start("serve", "--role", "all")
	again.err.await(t, `"msg":"serving"`)
	if strings.Contains(again.out.String(), "pk_") {
		t.Errorf("a key at the second start: %s", again.out)
	}
}

func TestKeyCommands(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	text := c.want(exitDone, "key", "create", "--name", "dasbor", "--role", "viewer", "--expires", "90d").out
	if !strings.HasPrefix(text, "pk_1_") || strings.Count(text, "\n") != 1 {
		t.Errorf("printed %q", text)
	}
	if r := c.run("key", "create", "--name", "x", "--role", "admin", "--agency", "Kemenkse"); r.code != exitFailed || !strings.Contains(r.err, `"Kemenkse"`) {
		t.Errorf("an agency of nobody: %+v", r)
	}
	k := items[web.Key](c, "key", "list")
	if len(k) != 1 || k[0].State != "valid" || !k[0].ExpiresAt.Equal(monday.Add(90*24*time.Hour)) || k[0].CreatedBy != "cli:tester" {
		t.Errorf("%+v", k)
	}
	for range 2 {
		if r := c.want(exitDone, "key", "revoke", "1"); r.out != "revoked key 1, dasbor\n" {
			t.Errorf("%q", r.out)
		}
	}
	if k := items[web.Key](c, "key", "list"); k[0].State != "revoked" {
		t.Errorf("%+v", k)
	}
	if r := c.want(exitFailed, "key", "revoke", "7"); !strings.Contains(r.err, "there is no key 7") {
		t.Errorf("%+v", r)
	}
	for args, want := range map[string]string{
		"key create --role viewer":                            "it has no name",
		"key create --name a --role boss":                     `role "boss" is none of: viewer, admin`,
		"key create --name a --role viewer --expires soon":    `--expires: "soon" is neither`,
		"key create --name a --role viewer --expires 2020-01": "is neither",
		"key create --name a --role viewer --expires 0s":      "expire in the past",
		"key revoke x": `"x" is no id of a key`,
		"key":          "which one? create, list, revoke",
	} {
		if r := c.want(exitUsage, strings.Fields(args)...); !strings.Contains(r.err, want) {
			t.Errorf("%s: %s", args, r.err)
		}
	}
}
