package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/pengikut/pengikut/worker"
)

var deliveriesLine = regexp.MustCompile(`(?m)^pengikut_deliveries_total\{outcome="(\w+)"\} (\d+)$`)

// TestDeliveriesAreCounted compares what Prometheus is told with what the receiver
// has seen: each attempt, by what came of it.
func TestDeliveriesAreCounted(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	h := c.town(3600)
	m := newMailbox(t, func(n int, w http.ResponseWriter, _ *http.Request) (bool, bool) {
		if n%10 == 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return n%10 != 1, n%10 == 1
	})
	m.subscribe(t, h)
	h.happens(t)
	ctx, stop := context.WithCancel(t.Context())
	s, err := h.service(ctx, roles{worker: true, scheduler: true}, worker.Options{Tick: 100 * time.Millisecond, Speed: h.speed})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- s.run(ctx) }()
	m.hasAll(t, "the receiver", townsfolk*rounds)
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.metrics.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	got, total := map[string]int{}, 0
	for _, line := range deliveriesLine.FindAllStringSubmatch(w.Body.String(), -1) {
		n, err := strconv.Atoi(line[2])
		if err != nil {
			t.Fatal(err)
		}
		got[line[1]] = n
		total += n
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	// What the receiver cut off after it had taken it is unanswered, and may be taken again.
	if total != m.n || got["success"] < townsfolk*rounds-1 || got["refused"] == 0 || got["unanswered"] == 0 {
		t.Errorf("%v of %d attempts", got, m.n)
	}
}
