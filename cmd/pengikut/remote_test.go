package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
	"github.com/pengikut/pengikut/worker"
)

// afar is a person without the database, who has the address and a key of c's
// service.
func (c *cli) afar() *cli {
	c.t.Helper()
	key := strings.TrimSpace(c.want(exitDone, "key", "create", "--name", "afar", "--role", "admin").out)
	c.env["PENGIKUT_LISTEN"] = "127.0.0.1:0"
	a, _, _ := c.app("")
	ctx, stop := context.WithCancel(context.Background())
	h, err := a.open(ctx)
	if err != nil {
		c.t.Fatal(err)
	}
	s, err := h.service(ctx, roles{web: true}, worker.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	c.t.Cleanup(func() {
		stop()
		if err := errors.Join(<-done, h.Close()); err != nil {
			c.t.Error(err)
		}
	})
	return &cli{t: c.t, clock: c.clock, dir: c.t.TempDir(), env: map[string]string{"PENGIKUT_SERVER": "http://" + s.addresses()[0], "PENGIKUT_KEY": key, "USER": "tester"}}
}

// TestAfarIsAsNear runs commands on the database and through the API: both print
// the same to the byte.
func TestAfarIsAsNear(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		sim := c.rehearse(simulator.Options{Seed: 7, People: 60, Mix: plainMix(), Speed: 1e-9})
		c.register(sim)
		c.run("sync", "--all")
		c.applyHarsh()
		nip := nips(items[person](c, "people", "--limit", "1"))[0]
		far := c.afar()
		c.clock.stand()
		for _, args := range [][]string{
			{"people"}, {"people", "--status", "active,revoked"}, {"people", "-q", nip[:8]}, {"people", "--platform", "x", "--limit", "7"}, {"influencers"},
			{"accounts", "--platform", "instagram"}, {"accounts", "--nip", nip}, {"accounts", "--state", "gone"}, {"accounts", "--stale", "1h"},
			{"accounts", "--problem", "unreadable"}, {"decisions"}, {"decisions", "--nip", nip}, {"decisions", "--status", "revoked", "--since", "7d"},
			{"summary"}, {"coverage"}, {"coverage", "--by", "platform"}, {"key", "list"}, {"resyncs"},
		} {
			for _, output := range []string{"table", "json", "csv"} {
				c.agrees(far, append(append([]string{}, args...), "--output", output)...)
			}
		}
	})
}

// agrees runs a command here and from afar, which must print the same.
func (c *cli) agrees(far *cli, args ...string) {
	c.t.Helper()
	near, there := c.want(exitDone, args...), far.want(exitDone, args...)
	if near.out == "" {
		c.t.Errorf("%v prints nothing", args)
	}
	if diff := cmp.Diff(near.out, there.out); diff != "" {
		c.t.Errorf("%v (-near +afar):\n%s", args, diff)
	}
}

// says runs a command that must end with the code and say something.
func (c *cli) says(part string, code int, args ...string) {
	c.t.Helper()
	if r := c.want(code, args...); !strings.Contains(r.out+r.err, part) {
		c.t.Errorf("pengikut %s does not say %q:\n%s%s", strings.Join(args, " "), part, r.out, r.err)
	}
}

// with is the same person with a key of another role.
func (c *cli) with(key string) *cli {
	env := maps.Clone(c.env)
	env["PENGIKUT_KEY"] = key
	return &cli{t: c.t, clock: c.clock, dir: c.dir, env: env}
}

// TestAfarSpeaksPlainly asks where nothing good can be answered.
func TestAfarSpeaksPlainly(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.want(exitDone, "import", c.file("none.csv", "nip,name,agency,unit,platform,handle,external_id\n"))
	far := c.afar()
	key := far.env["PENGIKUT_KEY"]
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/page/api/v1/people":
			io.WriteString(w, "<html>welcome</html>")
		case "/old/api/v1/decisions/5":
			w.WriteHeader(http.StatusNotFound)
			_ = json.NewEncoder(w).Encode(web.Problem{Type: web.NoSuchRoute, Title: "No such path", Status: http.StatusNotFound})
		case "/broken/api/v1/people":
			w.WriteHeader(http.StatusBadGateway)
		default:
			http.Redirect(w, r, "https://other.example.go.id/"+r.Header.Get("Authorization"), http.StatusFound)
		}
	}))
	t.Cleanup(elsewhere.Close)
	for name, one := range map[string]struct {
		env  map[string]string
		args []string
		want string
		code int
	}{
		"a wrong key":     {map[string]string{"PENGIKUT_KEY": "pk_1_wrong"}, []string{"people"}, "the service says: No valid key", exitFailed},
		"nobody there":    {map[string]string{"PENGIKUT_SERVER": "http://127.0.0.1:1"}, []string{"people"}, "http://127.0.0.1:1 cannot be asked: ", exitFailed},
		"a page":          {map[string]string{"PENGIKUT_SERVER": elsewhere.URL + "/page"}, []string{"people"}, "does not answer as a Pengikut service does", exitFailed},
		"a proxy's error": {map[string]string{"PENGIKUT_SERVER": elsewhere.URL + "/broken"}, []string{"people"}, "502 Bad Gateway, and not as a Pengikut service does", exitFailed},
		"another version": {map[string]string{"PENGIKUT_SERVER": elsewhere.URL + "/old"}, []string{"decision", "5"}, "No such path: is it of another version?", exitFailed},
		"sent elsewhere":  {map[string]string{"PENGIKUT_SERVER": elsewhere.URL}, []string{"people"}, "sends elsewhere, to https://other.example.go.id: name that", exitFailed},
		"no such person":  {nil, []string{"accounts", "--nip", "198604262009012001"}, "not found", exitFailed},
		"no such resync":  {nil, []string{"resyncs", "show", "77"}, "there is no resync 77", exitFailed},
		"a local command": {nil, []string{"migrate", "status"}, "works on the database itself", exitFailed},
		"the database":    {nil, []string{"replay"}, "works on the database itself", exitFailed},
		"in the open":     {map[string]string{"PENGIKUT_SERVER": "http://pengikut.example.go.id"}, []string{"people"}, "the key could be read on the way", exitUsage},
		"without a key":   {map[string]string{"PENGIKUT_KEY": ""}, []string{"people"}, "is of no use without PENGIKUT_KEY", exitUsage},
		"a bad cursor":    {nil, []string{"people", "--cursor", "x"}, "the service says: ", exitFailed},
	} {
		t.Run(name, func(t *testing.T) {
			other := &cli{t: t, clock: far.clock, dir: far.dir, env: map[string]string{}}
			for k, v := range far.env {
				other.env[k] = v
			}
			for k, v := range one.env {
				other.env[k] = v
			}
			r := other.want(one.code, one.args...)
			if !strings.Contains(r.err, one.want) {
				t.Errorf("said %q, want %q", r.err, one.want)
			}
			if strings.Contains(r.err+r.out, key) || strings.Contains(r.err, "Bearer") {
				t.Errorf("shows the key: %s", r.err)
			}
		})
	}
}

// TestAfarWrongKey: a key that opens nothing is told in the service's words, and
// not shown.
func TestAfarWrongKey(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.want(exitDone, "import", c.file("none.csv", "nip,name,agency,unit,platform,handle,external_id\n"))
	wrong := c.afar().with("pk_1_wrong")
	for _, args := range [][]string{ // fewer than make an address wait
		{"person", "199001012015011001"}, {"suspend", "199001012015011001", "--reason", "x"}, {"import", c.file("x.csv", "nip\n")}, {"export", "readings"},
		{"policy", "preview", c.file("p.yaml", "confirm: 1\n")}, {"freeze", "end", "1"}, {"webhook", "add", "https://example.go.id/"}, {"breaker", "show", "1"},
	} {
		if r := wrong.want(exitFailed, args...); !strings.Contains(r.err, "the service says: No valid key: The key is not valid") || strings.Contains(r.err+r.out, "pk_1") {
			t.Errorf("%v: %s%s", args, r.out, r.err)
		}
	}
}

// TestAfarLeavesTheMachineAlone: what works on the database itself says so.
func TestAfarLeavesTheMachineAlone(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.env["PENGIKUT_SERVER"], c.env["PENGIKUT_KEY"] = "http://127.0.0.1:1", "pk_1_x"
	for _, args := range []string{
		"serve", "migrate up", "migrate status", "sync", "replay", "check", "credential list", "credential rotate",
		"badge list", "badge new-key",
	} {
		c.says("works on the database itself, and PENGIKUT_SERVER names a service elsewhere", exitFailed, strings.Fields(args)...)
	}
	c.want(exitDone, "check", "--options")
	if _, err := os.Stat(c.env["PENGIKUT_DATA_DIR"]); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a data directory was made: %v", err)
	}
}

// TestAfarKeyFromAFile keeps the key out of the environment.
func TestAfarKeyFromAFile(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.want(exitDone, "import", c.file("none.csv", "nip,name,agency,unit,platform,handle,external_id\n"))
	far := c.afar()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(far.env["PENGIKUT_KEY"]+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	delete(far.env, "PENGIKUT_KEY")
	far.env["PENGIKUT_KEY_FILE"] = path
	if r := far.want(exitDone, "people"); !strings.Contains(r.out, "nobody") {
		t.Errorf("%s%s", r.out, r.err)
	}
}

// TestAfarFindsTheRightPerson: the service looks for a NIP in names and handles too.
func TestAfarFindsTheRightPerson(t *testing.T) {
	t.Parallel()
	const nip = influencer.NIP("198604262009012001")
	for name, one := range map[string]struct {
		seen []string // NIPs in the answer, from person 1 on
		want int64    // 0 for not found
	}{
		"whole":                     {[]string{string(nip)}, 1},
		"masked":                    {[]string{"1986**** ****** * 001"}, 1},
		"another":                   {[]string{"198604262009012002"}, 0},
		"another, masked":           {[]string{"1986**** ****** * 002"}, 0},
		"a handle of the same name": {[]string{"199001012015011001", string(nip)}, 2},
		"two that look alike":       {[]string{"1986**** ****** * 001", "1986**** ****** * 001"}, 0},
		"nobody":                    {nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				var page web.Page[web.Person]
				for i, seen := range one.seen {
					page.Items = append(page.Items, web.Person{ID: int64(i) + 1, NIP: seen})
				}
				_ = json.NewEncoder(w).Encode(page)
			}))
			t.Cleanup(service.Close)
			var c config.Config
			c.Server.URL = service.URL
			id, err := newRemote(c).personID(t.Context(), nip)
			if id != one.want || (one.want == 0) != errors.Is(err, influencer.ErrNotFound) {
				t.Errorf("person %d, %v", id, err)
			}
		})
	}
}

// TestAfarWebhookTestWithoutAStatus: something says that all is well, and not how.
func TestAfarWebhookTestWithoutAStatus(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, `{"ok":true,"status":null}`)
	}))
	t.Cleanup(service.Close)
	c := newCLI(t)
	c.env["PENGIKUT_SERVER"], c.env["PENGIKUT_KEY"] = service.URL, "pk_1_x"
	c.says("does not answer as a Pengikut service does", exitFailed, "webhook", "test", "1")
}
