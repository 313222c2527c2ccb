package testservers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// Promtool is the path of Prometheus' own tool, which judges metrics and rules.
func Promtool(tb testing.TB) string {
	tb.Helper()
	path, err := find("promtool", "", "prometheus")
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// PrometheusServer is a running Prometheus that belongs to one test.
type PrometheusServer struct {
	port   string
	proc   process
	client *http.Client
}

// Prometheus starts one with a configuration, on loopback; it ends with the test.
func Prometheus(tb testing.TB, config string) *PrometheusServer {
	tb.Helper()
	s, err := newPrometheus(config)
	if err != nil {
		tb.Fatalf("start prometheus: %v", err)
	}
	tb.Cleanup(func() {
		s.client.CloseIdleConnections()
		s.proc.stop(syscall.SIGKILL)
		os.RemoveAll(s.proc.dir)
	})
	return s
}

func newPrometheus(config string) (*PrometheusServer, error) {
	bin, err := find("prometheus", "", "prometheus")
	if err != nil {
		return nil, err
	}
	h, err := openHome()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(h.dir, "prometheus-")
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600)
	}
	if err != nil {
		return nil, err
	}
	s := &PrometheusServer{client: &http.Client{Timeout: 5 * time.Second}}
	err = onFreePort(func(port string) error {
		s.port, s.proc = port, process{bin: bin, dir: dir, args: []string{"--config.file", filepath.Join(dir, "prometheus.yml"),
			"--storage.tsdb.path", filepath.Join(dir, "data"), "--web.listen-address", "127.0.0.1:" + port}}
		return s.proc.start(s.ready)
	})
	return s, err
}

func (s *PrometheusServer) ready() error {
	resp, err := s.client.Get("http://127.0.0.1:" + s.port + "/-/ready")
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ready answers %d", resp.StatusCode)
	}
	return nil
}

// Query evaluates an expression now, and gives the labels of each series with its
// value.
func (s *PrometheusServer) Query(expr string) ([]Series, error) {
	resp, err := s.client.Get("http://127.0.0.1:" + s.port + "/api/v1/query?query=" + url.QueryEscape(expr))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var body struct {
		Error string
		Data  struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&body); err != nil {
		return nil, err
	}
	if body.Error != "" {
		return nil, fmt.Errorf("%s: %s", expr, body.Error)
	}
	out := make([]Series, len(body.Data.Result))
	for i, r := range body.Data.Result {
		out[i] = Series{Labels: r.Metric, Value: fmt.Sprint(r.Value[1])}
	}
	return out, nil
}

// Series is one series of an answer.
type Series struct {
	Labels map[string]string
	Value  string // as Prometheus writes it
}
