package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
)

// TestADayLogsNoSecret runs the demo for a day of its own time at the most talkative
// level, calls every route of its API with good and bad keys and with NIPs wherever
// one can stand, and looks for any NIP and any secret in the log.
func TestADayLogsNoSecret(t *testing.T) {
	t.Parallel()
	const people = 60
	c := newCLI(t)
	dir := c.env["PENGIKUT_DATA_DIR"]
	p := c.start("demo", "--people", strconv.Itoa(people), "--speed", "20000", "--log-level", "debug", "--listen", "127.0.0.1:0", "--data-dir", dir)
	admin := p.out.await(t, `admin key, shown this once: (\S+)`)[1]
	base := "http://" + p.out.await(t, `http://([^/]+)/readyz`)[1]
	client := &http.Client{Timeout: 20 * time.Second}
	t.Cleanup(client.CloseIdleConnections)
	call := caller{t, client, base}
	_, viewer := call.key(admin, `{"name":"dashboard","role":"viewer"}`)
	_, other := call.key(admin, `{"name":"passing","role":"admin"}`)
	hookSecret := call.webhook(admin)
	sim := simulator.New(simulator.Options{Seed: 1, People: people, Now: time.Now})
	var nips []string
	for one := range sim.Population().People(people) {
		nips = append(nips, one.NIP)
	}
	wrong := "pk_1_" + strings.Repeat("wrongwrong", 4)
	routes := call.routes(admin)
	for _, key := range []string{admin, viewer, "", wrong} {
		for _, r := range routes {
			for _, id := range []string{"1", nips[0]} {
				call.everywhere(r, id, key, nips)
			}
		}
		call.do("GET", "/api/v1/people?q="+nips[1], key, "", "")
		call.do("GET", "/made/up/"+nips[2], key, "", "")
	}
	began := call.clock(admin)
	eventually(t, "a day goes by", func() bool { return call.clock(admin)-began >= 24*3600 })
	p.end(t)

	log := p.err.String()
	if n := strings.Count(log, "\n"); n < 200 {
		t.Errorf("only %d lines: the log is not that of a day", n)
	}
	for line := range strings.Lines(log) {
		if !json.Valid([]byte(line)) {
			t.Errorf("no line of JSON: %s", line)
		}
	}
	for _, want := range []string{`"route":"GET /api/v1/people"`, `"status":401`, `"status":403`, `"request_id":"`, `"msg":"planned"`} {
		if !strings.Contains(log, want) {
			t.Errorf("the log never says %s", want)
		}
	}
	secrets := map[string]string{"the admin's key": admin, "a viewer's key": viewer, "another key": other, "a wrong key": wrong, "a webhook's secret": hookSecret,
		"a person's token": "EAASIM", "the institution's token": `"` + rehearsalToken, "the address of a webhook": "hook-path"}
	raw, err := os.ReadFile(filepath.Join(dir, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	secrets["the secret key"] = strings.TrimSpace(string(raw))
	for what, text := range secrets {
		if at := strings.Index(log, text); text == "" || at >= 0 {
			t.Errorf("the log shows %s: %s", what, around(log, at))
		}
	}
	for _, nip := range nips {
		for _, form := range []string{nip, influencer.NIP(nip).Grouped()} {
			if at := strings.Index(log, form); at >= 0 {
				t.Fatalf("the log shows a NIP: %s", around(log, at))
			}
		}
	}
}

func around(text string, at int) string {
	if at < 0 {
		return "(it is empty)"
	}
	return text[max(0, at-300):min(len(text), at+200)]
}

// caller calls the API of a running service.
type caller struct {
	t      *testing.T
	client *http.Client
	base   string
}

func (c caller) do(method, path, key, kind, body string, header ...string) (int, []byte) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := c.client.Do(r)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode, raw
}

// key makes an API key, and gives its id and text.
func (c caller) key(admin, order string) (int64, string) {
	c.t.Helper()
	var made struct {
		ID  int64
		Key string
	}
	if status, body := c.do("POST", "/api/v1/keys", admin, "application/json", order); json.Unmarshal(body, &made) != nil || made.Key == "" {
		c.t.Fatalf("make a key: %d %s", status, body)
	}
	return made.ID, made.Key
}

// webhook makes a webhook that gets whole NIPs and cannot be reached, and gives its
// secret.
func (c caller) webhook(admin string) string {
	c.t.Helper()
	var made struct{ Secret string }
	order := `{"url":"https://hook.invalid/hook-path?token=hook-path","nip":"whole"}`
	if status, body := c.do("POST", "/api/v1/webhooks", admin, "application/json", order); json.Unmarshal(body, &made) != nil || made.Secret == "" {
		c.t.Fatalf("make a webhook: %d %s", status, body)
	}
	return made.Secret
}

// clock is the time that the service lives by, in seconds.
func (c caller) clock(key string) float64 {
	c.t.Helper()
	_, text := c.do("GET", "/metrics", key, "", "")
	m := regexp.MustCompile(`(?m)^pengikut_time_seconds (\S+)$`).FindSubmatch(text)
	if m == nil {
		c.t.Fatalf("no clock in %s", text)
	}
	at, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		c.t.Fatal(err)
	}
	return at
}

// routes lists the API's routes as "METHOD path", without streams that never end.
func (c caller) routes(key string) []string {
	c.t.Helper()
	var doc struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if status, body := c.do("GET", "/api/openapi.json", key, "", ""); json.Unmarshal(body, &doc) != nil || len(doc.Paths) < 10 {
		c.t.Fatalf("document: %d %.300s", status, body)
	}
	var out []string
	for path, methods := range doc.Paths {
		for method := range methods {
			if !strings.HasSuffix(path, "/events") {
				out = append(out, strings.ToUpper(method)+" "+path)
			}
		}
	}
	slices.Sort(out)
	return out
}

// everywhere calls a route with NIPs in path, query, header and body.
func (c caller) everywhere(route, id, key string, nips []string) {
	method, path, _ := strings.Cut(route, " ")
	if method == "DELETE" && id == "1" {
		return // the first key is this test's own
	}
	path = regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, id)
	query := "?q=" + nips[1] + "&nip=" + nips[2]
	body, _ := json.Marshal(map[string]any{"nips": nips[:3], "nip": nips[3], "reason": "NIP " + nips[4], "note": nips[5], "basis": nips[6], "name": nips[7], "url": "http://127.0.0.1:1/" + nips[8]})
	c.do(method, path, key, "application/json", string(body), "X-Request-Id", nips[9])
	c.do(method, path+query, key, "application/json", `{"nips":["`+nips[0]+`"`, "X-Request-Id", "req."+nips[9])
	c.do(method, path+"?dry_run=true", key, "text/csv", "nip,name,agency,unit,platform,handle,external_id\n"+nips[0]+"x,A,B,C,x,"+nips[1]+",\n", "User-Agent", nips[9])
}
