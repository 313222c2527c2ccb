package main

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/internal/testservers"
)

// TestPrometheusScrapes lets a real Prometheus read a service that reads accounts,
// by its token, with the alarms that are shipped.
func TestPrometheusScrapes(t *testing.T) {
	t.Parallel()
	const token = "the-token-of-prometheus"
	c := newCLI(t)
	c.clock.at, c.clock.since = time.Now().Truncate(time.Second), time.Now()
	c.env["PENGIKUT_LISTEN"], c.env["PENGIKUT_METRICS_TOKEN"] = "127.0.0.1:0", token
	c.register(c.rehearse(simulator.Options{Seed: 2, People: 40, Mix: plainMix(), Speed: 1e-9}))
	p := c.start("serve")
	listen := p.err.await(t, `"msg":"serving".*"listen":"([^"]+)"`)[1]
	if code, _ := get("http://" + listen + "/metrics"); code != http.StatusUnauthorized {
		t.Errorf("without the token: %d", code)
	}
	eventually(t, "everybody read", func() bool { return len(items[any](c, "accounts", "--state", "pending")) == 0 })
	rules, err := filepath.Abs("../../deploy/prometheus/rules.yaml")
	if err != nil {
		t.Fatal(err)
	}
	prometheus := testservers.Prometheus(t, fmt.Sprintf(`global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [%q]
scrape_configs:
  - job_name: pengikut
    authorization: {credentials: %q}
    static_configs: [{targets: [%q]}]
`, rules, token, listen))
	for _, expr := range []string{
		`up{job="pengikut"} == 1`,
		`sum(pengikut_accounts) == 120`,
		`sum by (platform) (pengikut_reads_total{outcome="read"}) > 20`,
		`pengikut_people{status="active"} > 0`,
		`pengikut_decisions_total{from="none", to="active"} >= 0`,
		`pengikut_queue_tasks{queue="sync-x", state="pending"} == 0`,
		`pengikut_connector_call_duration_seconds_count{outcome="success"} > 0`,
		`pengikut_periodic_last_success_timestamp_seconds{task="plan:x"} > 0`,
		`min(pengikut_ready) == 1`, `min(pengikut_metrics_part_success) == 1`,
		`job_platform:pengikut_accounts_read_in_time:ratio > 0`, // of the rules
	} {
		eventually(t, expr, func() bool {
			got, err := prometheus.Query(expr)
			return err == nil && len(got) > 0
		})
	}
	if got, err := prometheus.Query(`ALERTS{alertstate="firing"}`); err != nil || len(got) > 0 {
		t.Errorf("a service that is well rings alarms: %v, %v", got, err)
	}
	p.end(t)
	if strings.Contains(p.err.String(), token) {
		t.Error("the log shows the token")
	}
}
