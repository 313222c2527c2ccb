package main

import (
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/store"
)

// TestDeadTokens lets everybody's token end, and looks at what a person is told
// and at what is called after that.
func TestDeadTokens(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		sim := c.rehearse(static())
		c.register(sim)
		p := sim.Population().Person(0)
		args := []string{"credential", "add", "--platform", "facebook", "--nip", p.NIP}
		add := func(token string) {
			t.Helper()
			if r := c.runIn(token, args...); r.code != exitDone {
				t.Fatalf("add: %+v", r)
			}
		}
		add(sim.UserTokenAt(0, c.clock.now().Add(-61*24*time.Hour)))
		const cause = "190/463: the token has expired; next: log in to the app again, store the new token"
		read := func() int64 {
			t.Helper()
			before := sim.Stats().Endpoints[simulator.GraphBatch].Calls
			c.run("sync", "--platform", "facebook", "--nip", p.NIP, "--all")
			return sim.Stats().Endpoints[simulator.GraphBatch].Calls - before
		}
		if n := read(); n != 1 {
			t.Errorf("%d calls with a token that is not known to be dead", n)
		}
		for range 2 {
			if n := read(); n != 0 {
				t.Errorf("%d calls with a dead token", n)
			}
			list := items[credentialView](c, "credential", "list", "--nip", p.NIP)
			if len(list) != 1 || list[0].State != store.CredentialDead || list[0].Detail != cause {
				t.Errorf("listed: %+v", list)
			}
		}
		if r := c.want(exitDone, "check"); !strings.Contains(r.out, "1 facebook dead: "+cause) {
			t.Errorf("check:\n%s", r.out)
		}
		if r := c.want(exitDone, "person", p.NIP); !strings.Contains(r.out, "(190/463): the token has expired; next: log in to the app again") {
			t.Errorf("person:\n%s", r.out)
		}
		add(sim.UserToken(0))
		if n := read(); n != 1 {
			t.Errorf("%d calls with a new token", n)
		}
		if r := c.want(exitDone, "check"); strings.Contains(r.out, "dead") {
			t.Errorf("check after the new token:\n%s", r.out)
		}
	})
}

func TestCredentialRotate(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		const older, newer = "a passphrase of more than thirty-two characters", "another passphrase of more than thirty-two characters"
		c.env["PENGIKUT_SECRET_KEY"] = older
		sim := c.rehearse(static())
		c.register(sim)
		c.env["PENGIKUT_SECRET_KEY"] = newer
		if r := c.want(exitFailed, "credential", "rotate"); !strings.Contains(r.out, "0 tokens") || !strings.Contains(r.err, "another secret key") {
			t.Errorf("without the old key: %+v", r)
		}
		c.env["PENGIKUT_SECRET_KEY"] = newer + "," + older
		for _, want := range []string{"60 tokens encrypted anew\n", "0 tokens encrypted anew\n"} {
			if r := c.want(exitDone, "credential", "rotate"); r.out != want {
				t.Errorf("rotate: %q, want %q", r.out, want)
			}
		}
		c.env["PENGIKUT_SECRET_KEY"] = newer
		if r := c.want(exitDone, "check"); !strings.Contains(r.out, "60 tokens stored\n") {
			t.Errorf("with the new key alone:\n%s", r.out)
		}
	})
}
