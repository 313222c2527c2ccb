package web

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// checkTimeout bounds one readiness check, so that /readyz answers before those
// who ask give up.
const checkTimeout = 2 * time.Second

// Check is one thing that must be well before requests make sense.
type Check struct {
	Name string // such as "database"
	// Probe returns nil when all is well. Anybody may read the error's text: it
	// holds no secret, no host and no user name.
	Probe func(ctx context.Context) error
}

// checkView is one check in the answer.
type checkView struct {
	Name    string `json:"name"`
	OK      bool   `json:"ok"`
	Problem string `json:"problem,omitempty"`
}

type readyView struct {
	Status string      `json:"status"` // "ready" or "not ready"
	Checks []checkView `json:"checks"`
}

// healthz tells that the process answers; whether it can work is for /readyz,
// so that an outage of the database does not restart a healthy process.
func healthz(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz asks every check at once.
type readyz struct {
	checks []Check
	log    *slog.Logger
}

func (h readyz) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	view := readyView{Status: "ready", Checks: make([]checkView, len(h.checks))}
	var wg sync.WaitGroup
	for i, c := range h.checks {
		wg.Go(func() { view.Checks[i] = h.ask(r.Context(), c) })
	}
	wg.Wait()
	status := http.StatusOK
	for _, c := range view.Checks {
		if !c.OK {
			view.Status, status = "not ready", http.StatusServiceUnavailable
		}
	}
	writeJSON(w, status, view)
}

func (h readyz) ask(ctx context.Context, c Check) checkView {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	err := c.Probe(ctx)
	if err == nil {
		return checkView{Name: c.Name, OK: true}
	}
	problem := err.Error()
	if errors.Is(err, context.DeadlineExceeded) {
		problem = "no answer within " + checkTimeout.String()
	}
	h.log.WarnContext(ctx, "not ready", "check", c.Name, "problem", problem)
	return checkView{Name: c.Name, Problem: problem}
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that left needs no answer
}
