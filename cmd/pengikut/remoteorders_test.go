package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

var outputs = []string{"table", "json", "csv"}

// TestAfarFreezesKeysAndAudit orders both here and from afar.
func TestAfarFreezesKeysAndAudit(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		nip := c.holders(1)[0]
		far := c.afar()
		c.clock.stand()
		far.says("freeze 1: no new grants of all agencies from 24 Nov", exitDone, "freeze", "add", "--all", "--from", "2026-11-24", "--until", "2099-11-25", "--reason", "Pilkada")
		c.want(exitDone, "freeze", "add", "--all", "--until", "2099-12-25", "--reason", "lagi")
		far.says("freeze 2 has ended", exitDone, "freeze", "end", "2", "--reason", "salah")
		far.says("is over since", exitFailed, "freeze", "end", "2")
		far.says("there is no freeze 9", exitFailed, "freeze", "end", "9")
		far.says(`nobody of the agency "Ujian" is registered: write its name`, exitFailed, "freeze", "add", "--agency", "Ujian", "--until", "2099-12-25", "--reason", "x")

		r := far.want(exitDone, "key", "create", "--name", "dasbor", "--role", "viewer", "--expires", "9000d")
		key := strings.TrimSpace(r.out)
		if !strings.HasPrefix(key, "pk_2_") || !strings.Contains(r.err, "key 2, shown this once") {
			t.Errorf("%+v", r)
		}
		viewer := far.with(key)
		viewer.want(exitDone, "people")
		viewer.says("the service says: Not for this key: This needs a key with the role admin", exitFailed, "freeze", "list")
		viewer.says("role admin", exitFailed, "audit")
		viewer.says("role admin", exitFailed, "key", "revoke", "1")
		c.want(exitDone, "suspend", nip, "--reason", "x")
		for _, args := range [][]string{{"freeze", "list"}, {"freeze", "list", "--agency", "Ujian"}, {"audit"}, {"audit", "--nip", nip}, {"audit", "--action", "freeze.add", "--since", "7d"}, {"key", "list"}} {
			for _, output := range outputs {
				c.agrees(far, append(slices.Clone(args), "-o", output)...)
			}
		}
		far.says("revoked key 2, dasbor", exitDone, "key", "revoke", "2")
		far.says("there is no key 7", exitFailed, "key", "revoke", "7")
		viewer.says("No valid key", exitFailed, "people")
	})
}

// TestAfarDecision shows the same receipts, those of a viewer with masked NIPs.
func TestAfarDecision(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		nip := c.holders(1)[0]
		c.want(exitDone, "suspend", nip, "--reason", "x")
		c.applyHarsh()
		far := c.afar()
		c.clock.stand()
		ids := items[struct{ ID int64 }](c, "decisions", "--nip", nip)
		ids = append(ids, items[struct{ ID int64 }](c, "decisions", "--limit", "2")...)
		for _, d := range ids {
			for _, extra := range [][]string{{"--lang", "id"}, {"--lang", "en"}, {"-o", "json"}} {
				c.agrees(far, append([]string{"decision", number(d.ID)}, extra...)...)
			}
		}
		far.says("there is no decision 99999", exitFailed, "decision", "99999")
		viewer := far.with(strings.TrimSpace(c.want(exitDone, "key", "create", "--name", "v", "--role", "viewer").out))
		masked := viewer.want(exitDone, "decision", number(ids[0].ID)).out
		if strings.Contains(masked, nip[8:14]) || !strings.Contains(masked, nip[:4]+"**** ****** * "+nip[15:]) {
			t.Errorf("a viewer sees:\n%s", masked)
		}
	})
}

// TestAfarBreaker takes both ways out of an alarm from afar.
func TestAfarBreaker(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	c.register(c.rehearse(static()))
	for range 2 {
		c.want(exitDone, "sync", "--all")
		c.clock.advance(3 * time.Hour)
	}
	typo := c.file("typo.yaml", "requirements: [{platform: x, metric: followers, at_least: 500000000}]\nbreaker: {share: 5%, floor: 2, window: 1h}\n")
	far := c.afar()
	c.agrees(far, "breaker", "list")
	c.want(exitDone, "policy", "apply", "--yes", typo)
	look := func(id string) {
		t.Helper()
		for _, output := range outputs {
			c.agrees(far, "breaker", "list", "-o", output)
			c.agrees(far, "breaker", "show", id, "-o", output)
			c.agrees(far, "breaker", "show", id, "--limit", "3", "-o", output)
		}
	}
	look("1")
	far.says("there is no trip 7", exitFailed, "breaker", "show", "7")
	far.says("there is no trip 7", exitFailed, "breaker", "release", "7", "--reason", "x")
	far.says("trip 1 is discarded: nobody moved", exitDone, "breaker", "discard", "1", "--reason", "a typo")
	far.says("trip 1 is closed already", exitFailed, "breaker", "release", "1", "--reason", "x")
	look("1")
	c.want(exitDone, "policy", "apply", "--yes", typo)
	far.says("trip 2 is releasing: the service decides the ", exitDone, "breaker", "release", "2", "--reason", "meant so")
	look("2")
}

// TestAfarWebhooks makes, tries, switches and ends webhooks from afar.
func TestAfarWebhooks(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	box := newMailbox(t, takesAll)
	c.env["PENGIKUT_WEBHOOK_ALLOW"] = "127.0.0.1"
	nip := c.holders(1)[0]
	far := c.afar()
	r := far.want(exitDone, "webhook", "add", box.URL, "--events", "granted,suspended", "--nip", "whole")
	var err error
	if box.verify, err = standardwebhooks.NewWebhook(strings.TrimSpace(r.out)); err != nil || !strings.Contains(r.err, "webhook 1; its secret, shown this once") {
		t.Errorf("%+v", r)
	}
	far.says("taken: 200", exitDone, "webhook", "test", "1")
	far.says("not in a public network", exitFailed, "webhook", "add", "https://169.254.169.254/")
	far.says("paused", exitDone, "webhook", "pause", "1", "--reason", "perawatan")
	c.want(exitDone, "suspend", nip, "--reason", "x")
	for _, output := range outputs {
		c.agrees(far, "webhook", "list", "-o", output)
		c.agrees(far, "webhook", "deliveries", "-o", output)
		c.agrees(far, "webhook", "deliveries", "--webhook", "1", "--state", "dead", "-o", output)
	}
	far.says("resumed", exitDone, "webhook", "resume", "1")
	if was := r.out; far.want(exitDone, "webhook", "rotate", "1").out == was {
		t.Error("the secret stays")
	}
	far.says("0 deliveries are sent again", exitDone, "webhook", "resend", "--dead", "--webhook", "1")
	far.says("there is no webhook 9", exitFailed, "webhook", "resend", "--dead", "--webhook", "9")
	far.says("there is no delivery 99", exitFailed, "webhook", "resend", "99")
	far.says("there is no webhook 9", exitFailed, "webhook", "pause", "9", "--reason", "x")
	far.says("removed", exitDone, "webhook", "remove", "1")
	c.agrees(far, "webhook", "list")
}
