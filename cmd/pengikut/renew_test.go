package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/facebook"
	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
	"github.com/pengikut/pengikut/worker"
)

// renewOnce does what the service does every hour.
func (c *cli) renewOnce() {
	c.t.Helper()
	a, _, _ := c.app("")
	err := a.within(context.Background(), func(ctx context.Context, h *house) error {
		f, err := buildFacebook(parts{config: h.config, now: h.now,
			http: connectors.NewClient(connectors.ClientOptions{Now: h.now})})
		if err != nil {
			return err
		}
		jobs := h.renewJobs(map[influencer.Platform]worker.Connector{influencer.Facebook: f.(*facebook.Connector)})
		if len(jobs) != 1 {
			c.t.Fatalf("%d jobs", len(jobs))
		}
		return jobs[0].Run(ctx)
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// TestRenewal follows one token over half a year: read, renewed ahead of each
// end, kept through an outage, and marked once the person has taken it back.
func TestRenewal(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		sim := c.rehearse(static())
		c.register(sim)
		p := sim.Population().Person(0)
		const aDay = 24 * time.Hour
		add := func(token string) {
			t.Helper()
			if r := c.runIn(token, "credential", "add", "--platform", "facebook", "--nip", p.NIP); r.code != exitDone || r.err != "" {
				t.Fatalf("add: %+v", r)
			}
		}
		listed := func() credentialView {
			t.Helper()
			list := items[credentialView](c, "credential", "list", "--nip", p.NIP)
			if len(list) != 1 || list[0].ExpiresAt == nil {
				t.Fatalf("listed: %+v", list)
			}
			return list[0]
		}
		add(sim.UserTokenAt(0, c.clock.now().Truncate(time.Second)))
		first := listed()
		if left := first.ExpiresAt.Sub(c.clock.now()); left < 59*aDay || left > 60*aDay {
			t.Fatalf("credential add learned an end in %v", left)
		}
		c.renewOnce()
		if again := listed(); !again.ExpiresAt.Equal(*first.ExpiresAt) {
			t.Errorf("renewed when it was new: %v", again.ExpiresAt)
		}
		for range 3 {
			before := listed()
			c.clock.advance(55 * aDay)
			fault, err := sim.AddFault(simulator.Fault{Kind: simulator.OutageJSON, Platform: simulator.Facebook})
			if err != nil {
				t.Fatal(err)
			}
			c.renewOnce()
			if now := listed(); now.State != store.CredentialOK || !now.ExpiresAt.Equal(*before.ExpiresAt) || !strings.HasPrefix(now.Detail, "not renewed: ") {
				t.Errorf("in an outage: %+v", now)
			}
			sim.RemoveFault(fault)
			c.clock.advance(time.Hour)
			c.renewOnce()
			if now := listed(); now.Detail != "" || now.ExpiresAt.Sub(c.clock.now()) < 59*aDay {
				t.Errorf("after the outage: %+v", now)
			}
			c.want(exitDone, "sync", "--platform", "facebook", "--nip", p.NIP, "--all")
		}
		c.clock.advance(55 * aDay)
		if _, err := sim.AddFault(simulator.Fault{Kind: simulator.TokenDead, Platform: simulator.Facebook, Subcode: 460}); err != nil {
			t.Fatal(err)
		}
		c.renewOnce()
		if now := listed(); now.State != store.CredentialDead || !strings.HasPrefix(now.Detail, "190/460: the password was changed; next: ") {
			t.Errorf("after the password was changed: %+v", now)
		}
	})
}

// TestReplicasRenewOnce lets three replicas do their hour's work at once.
func TestReplicasRenewOnce(t *testing.T) {
	t.Parallel()
	c := newCLI(t).onPostgres()
	c.want(exitDone, "migrate", "up")
	o := static()
	o.People = 12
	sim := c.rehearse(o)
	c.register(sim)
	for i := range o.People {
		token := sim.UserTokenAt(i, c.clock.now().Add(-50*24*time.Hour))
		if r := c.runIn(token, "credential", "add", "--platform", "facebook", "--nip", sim.Population().Person(i).NIP); r.code != exitDone {
			t.Fatalf("add: %+v", r)
		}
	}
	c.clock.advance(4 * 24 * time.Hour)
	renewed := func() int64 { return sim.Stats().Endpoints[simulator.GraphExchange].Calls }
	young := func() (n int) {
		for _, one := range items[credentialView](c, "credential", "list", "--limit", "50") {
			if one.State == store.CredentialOK && one.ExpiresAt != nil && one.ExpiresAt.Sub(c.clock.now()) > 59*24*time.Hour {
				n++
			}
		}
		return n
	}
	c.serveThree(t, func() bool { return renewed() >= int64(o.People) && young() == o.People })
	if n := renewed(); n != int64(o.People) || young() != o.People {
		t.Errorf("%d exchanges, and %d tokens renewed of %d", n, young(), o.People)
	}
}
