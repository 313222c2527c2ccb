package main

import (
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/web"
)

// TestAfarResync orders everybody from a service elsewhere, and waits for the end:
// who could not be read is named.
func TestAfarResync(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		c.clock.at, c.clock.since = time.Now().Truncate(time.Second), time.Now()
		c.env["PENGIKUT_LISTEN"] = "127.0.0.1:0"
		c.register(c.rehearse(simulator.Options{Seed: 2, People: 60, Speed: 1e-9}))
		c.run("sync") // some of the people cannot be read
		key := strings.TrimSpace(c.want(exitDone, "key", "create", "--name", "afar", "--role", "admin").out)
		serve := c.start("serve")
		listen := serve.err.await(t, `"msg":"serving".*"listen":"([^"]+)"`)[1]
		far := &cli{t: t, clock: c.clock, dir: t.TempDir(), env: map[string]string{"PENGIKUT_SERVER": "http://" + listen, "PENGIKUT_KEY": key}}
		far.says("nothing ordered: it would be 60 accounts", exitDone, "resync", "--platform", "x", "--dry-run")
		r := far.run("resync", "--all", "--wait")
		m := ended.FindStringSubmatch(r.out)
		if m == nil {
			t.Fatalf("exit %d\n%s%s", r.code, r.out, r.err)
		}
		total, done, failed := numberIn(m[3]), numberIn(m[4]), numberIn(m[5])
		if total == 0 || total != done+failed || failed == 0 || r.code != exitFailed {
			t.Errorf("exit %d: %s", r.code, m[0])
		}
		if n := strings.Count(r.err, "\n  "); n != failed {
			t.Errorf("%d of %d failures are named:\n%s", n, failed, r.err)
		}
		failures := items[web.ResyncFailure](far, "resyncs", "failures", m[1])
		if len(failures) != failed {
			t.Errorf("%d failures, want %d", len(failures), failed)
		}
		for _, f := range failures {
			if f.Kind == "" || f.NextStep == "" || !strings.Contains(r.err, f.Handle) {
				t.Errorf("failure %+v is not told:\n%s", f, r.err)
			}
		}
		for _, output := range outputs {
			c.agrees(far, "resyncs", "failures", m[1], "-o", output)
		}
		c.agrees(far, "resyncs", "show", m[1], "-o", "json")
		c.agrees(far, "resyncs", "--agency", "Kementerian Kesehatan")
		if all := items[web.Resync](far, "resyncs"); len(all) != 1 || all[0].Actor != "key:1 afar" || all[0].State != "done" {
			t.Errorf("%+v", all)
		}
		serve.end(t)
	})
}
