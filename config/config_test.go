package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// secretWord is the only secret in every test and every file of testdata.
const secretWord = "hunter2"

func TestDefaults(t *testing.T) {
	t.Parallel()
	c, err := Load(Source{})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"PENGIKUT_DATA_DIR": "./data", "PENGIKUT_DATABASE_URL": "sqlite:data/pengikut.db",
		"PENGIKUT_BADGE": "off", "PENGIKUT_BADGE_ISSUER": "Kementerian Komunikasi dan Digital",
		"PENGIKUT_SERVER_PLAIN": "off",
		"PENGIKUT_LISTEN":       "127.0.0.1:8080", "PENGIKUT_X_API": "v2", "PENGIKUT_X_BASE_URL": "https://api.x.com",
		"PENGIKUT_X_EVERY": "24h", "PENGIKUT_X_MONTHLY_READS": "none",
		"PENGIKUT_GRAPH_BASE_URL": "https://graph.facebook.com", "PENGIKUT_GRAPH_VERSION": "v26.0",
		"PENGIKUT_INSTAGRAM_EVERY": "24h", "PENGIKUT_INSTAGRAM_MONTHLY_READS": "none",
		"PENGIKUT_FACEBOOK_EVERY": "24h", "PENGIKUT_FACEBOOK_MONTHLY_READS": "none",
		"PENGIKUT_WEBHOOK_TIMEOUT": "15s",
	}
	got := map[string]string{}
	for _, s := range c.Table() {
		if s.From != "default" {
			t.Errorf("%s comes from %q, want default", s.Name, s.From)
		}
		if s.Value != "" {
			got[s.Name] = s.Value
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("defaults (-want +got):\n%s", diff)
	}
	if !c.Embedded() || !c.EmbeddedQueue() {
		t.Error("the default is not the embedded mode")
	}
	for platform, off := range map[string]string{"X": c.X.Off(), "Instagram": c.Instagram.Off(), "Facebook": c.Facebook.Off()} {
		if off == "" {
			t.Errorf("%s is on without credentials", platform)
		}
	}
}

func TestFile(t *testing.T) {
	t.Parallel()
	c, err := Load(Source{File: "testdata/good.yaml"})
	if err != nil {
		t.Fatal(err)
	}
	if c.Embedded() || c.EmbeddedQueue() {
		t.Error("embedded with Postgres and Redis")
	}
	if c.X.BaseURL != "https://api.twitter.com" {
		t.Errorf("X base URL of v1.1 is %q", c.X.BaseURL)
	}
	if c.X.Every != 12*time.Hour || c.Instagram.Every != 7*24*time.Hour {
		t.Errorf("every: X %v, Instagram %v", c.X.Every, c.Instagram.Every)
	}
	if c.X.MonthlyReads == nil || *c.X.MonthlyReads != 1_000_000 || c.Facebook.MonthlyReads != nil {
		t.Errorf("monthly reads: X %v, Facebook %v", c.X.MonthlyReads, c.Facebook.MonthlyReads)
	}
	if got := c.Facebook.AppSecret.Reveal(); got != secretWord {
		t.Errorf("app secret from its file is %q", got)
	}
	if c.Graph.BaseURL != "https://graph.facebook.com" {
		t.Errorf("the slash stayed: %q", c.Graph.BaseURL)
	}
	if got := fmt.Sprint(c.TrustedProxies); got != "[10.0.0.0/8 192.0.2.7/32 2001:db8::/32]" {
		t.Errorf("trusted proxies: %s", got)
	}
	if c.X.Off()+c.Instagram.Off()+c.Facebook.Off() != "" {
		t.Error("a platform with credentials is off")
	}
}

func TestEnvironmentWins(t *testing.T) {
	t.Parallel()
	c, err := Load(Source{Environ: []string{
		"PENGIKUT_CONFIG=testdata/good.yaml", "PENGIKUT_X_EVERY=30d", "PENGIKUT_X_API=", // empty is left out
		"PENGIKUT_FACEBOOK_APP_SECRET=other", // over facebook_app_secret_file of the file
		"HOME=/root", "PENGIKUTX=1",
	}})
	if err != nil {
		t.Fatal(err)
	}
	if c.X.Every != 30*24*time.Hour {
		t.Errorf("every is %v", c.X.Every)
	}
	if c.X.API != "v1.1" {
		t.Errorf("an empty variable changed the API to %q", c.X.API)
	}
	if c.Facebook.AppSecret.Reveal() != "other" {
		t.Error("the environment did not win over a secret's file")
	}
	from := map[string]string{}
	for _, s := range c.Table() {
		from[s.Name] = s.From
	}
	if from["PENGIKUT_X_EVERY"] != "environment" || from["PENGIKUT_X_API"] != "good.yaml" || from["PENGIKUT_GRAPH_VERSION"] != "default" {
		t.Errorf("sources: %v", from)
	}
}

func shortKey(s string) error {
	if len(s) < 32 {
		return errors.New("is too short")
	}
	return nil
}

// TestBadFiles reads every file of testdata/bad: it must fail with each of its
// "# want:" lines, with as many problems as it has lines, and without the secret.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for line := range strings.Lines(string(raw)) {
				if w, ok := strings.CutPrefix(line, "# want: "); ok {
					want = append(want, strings.TrimSpace(w))
				}
			}
			_, err = Load(Source{File: f, CheckKey: shortKey})
			problems, ok := err.(ProblemsError)
			if !ok || len(problems) != len(want) {
				t.Fatalf("error %v, want %d problems", err, len(want))
			}
			for _, w := range want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error lacks %q:\n%v", w, err)
				}
			}
			if strings.Contains(err.Error(), secretWord) {
				t.Errorf("error shows a secret:\n%v", err)
			}
		})
	}
}

func TestBadEnvironment(t *testing.T) {
	t.Parallel()
	tests := []struct {
		env  []string
		want string // "" means none
	}{
		{[]string{"PENGIKUT_X_BEARER_TOKN=" + secretWord}, "PENGIKUT_X_BEARER_TOKN: is no option, did you mean PENGIKUT_X_BEARER_TOKEN?"},
		{[]string{"PENGIKUT_LISTEN_FILE=x"}, "PENGIKUT_LISTEN_FILE: is no option"},
		{[]string{"PENGIKUT_X_BEARER_TOKEN=" + secretWord, "PENGIKUT_X_BEARER_TOKEN_FILE=testdata/token"},
			"PENGIKUT_X_BEARER_TOKEN: is set, and so is PENGIKUT_X_BEARER_TOKEN_FILE: keep one"},
		{[]string{"PENGIKUT_CONFIG=testdata/nowhere.yaml"}, "testdata/nowhere.yaml: no such file or directory"},
		{[]string{"PENGIKUT_PORT=8080"}, "PENGIKUT_PORT: is no option"},
		{[]string{"PENGIKUT_X_EVERY=12 h", "PENGIKUT_LISTEN=here"}, `PENGIKUT_LISTEN: "here" is not host:port` + "\n  " +
			`PENGIKUT_X_EVERY: "12 h" is not a duration such as 90m, 24h or 30d`},
		{[]string{"PENGIKUT_PORT=tcp://10.0.0.1:8080", "PENGIKUT_SERVICE_HOST=10.0.0.1", "PENGIKUT_SERVICE_PORT_HTTP=8080",
			"PENGIKUT_WEB_PORT_8080_TCP_ADDR=10.0.0.1", "PENGIKUT_WEB_PORT_8080_TCP=tcp://10.0.0.1:8080"}, ""},
	}
	for _, tt := range tests {
		_, err := Load(Source{Environ: tt.env})
		if tt.want == "" {
			if err != nil {
				t.Errorf("%v: %v", tt.env, err)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v:\ngot  %v\nwant %s", tt.env, err, tt.want)
		}
		if err != nil && strings.Contains(err.Error(), secretWord) {
			t.Errorf("%v: error shows a secret: %v", tt.env, err)
		}
	}
}

// TestNoSecretPrints sets every secret there is and prints the configuration in
// every way that Go offers.
func TestNoSecretPrints(t *testing.T) {
	t.Parallel()
	c, err := Load(Source{File: "testdata/good.yaml", Environ: []string{
		"PENGIKUT_X_BEARER_TOKEN=" + secretWord,
		"PENGIKUT_KEY=" + secretWord, "PENGIKUT_SERVER=https://pengikut.example.go.id",
		"PENGIKUT_REDIS_URL=rediss://" + secretWord + "@redis:6379/0?password=" + secretWord,
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range c.options(anyText) {
		if o.secret && o.show() == "" {
			t.Errorf("%s is not set: this test proves nothing for it", o.name)
		}
	}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	prints := []string{c.String(), fmt.Sprint(c.Table()), fmt.Sprintf("%#v", c), fmt.Sprintf("%+v", c.X), fmt.Sprintf("%#v", c.X)}
	for _, p := range prints {
		if strings.Contains(p, secretWord) || strings.Contains(p, "AAECAwQ") {
			t.Errorf("prints a secret:\n%s", p)
		}
	}
	if strings.Contains(string(raw), secretWord) {
		t.Errorf("JSON holds a secret: %s", raw)
	}
	if !strings.Contains(c.String(), "PENGIKUT_REDIS_URL=rediss://****@redis:6379/0?****") ||
		!strings.Contains(c.String(), "PENGIKUT_DATABASE_URL=postgres://****@db/pengikut?****") {
		t.Errorf("URLs are not shown without their secrets:\n%s", c)
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	c, err := Load(Source{Environ: []string{"PENGIKUT_X_BASE_URL=http://gateway:9000/x", "PENGIKUT_LISTEN=:8080",
		"PENGIKUT_GRAPH_BASE_URL=http://127.0.0.1:9000"}})
	if err != nil {
		t.Fatal(err)
	}
	if w := c.Warnings(); len(w) != 2 || !strings.Contains(w[0], "PENGIKUT_X_BASE_URL") || !strings.Contains(w[1], "PENGIKUT_LISTEN") {
		t.Errorf("warnings: %q", w)
	}
}

func TestDurations(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{"24h": day, "30d": 30 * day, "1d12h": 36 * time.Hour, "90m": 90 * time.Minute, "0d": 0} {
		if d, err := ParseDuration(s); err != nil || d != want {
			t.Errorf("ParseDuration(%q) = %v, %v", s, d, err)
		}
	}
	for _, s := range []string{"", "d", "5", "-1d", "1d-1h", "1.5d", "1h2d", "99999999d", "1 d"} {
		if d, err := ParseDuration(s); err == nil {
			t.Errorf("ParseDuration(%q) = %v", s, d)
		}
	}
	for d, want := range map[time.Duration]string{day: "24h", 35 * day: "35d", 90 * time.Minute: "1h30m", 36 * time.Hour: "36h", time.Minute: "1m", 10 * time.Second: "10s", 0: "0s"} {
		if s := FormatDuration(d); s != want {
			t.Errorf("FormatDuration(%v) = %q, want %q", d, s, want)
		}
	}
}
