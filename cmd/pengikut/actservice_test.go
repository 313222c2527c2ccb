package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// clerk is a service that carries out acts, unless it answers otherwise.
type clerk struct {
	answers []string // to the first requests: "" for done, a status, or "hang up"

	mu  sync.Mutex
	got []int // orders a request
}

func (c *clerk) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body bulkOrders
	_ = json.NewDecoder(r.Body).Decode(&body)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, len(body.Orders))
	answer := ""
	if len(c.answers) >= len(c.got) {
		answer = c.answers[len(c.got)-1]
	}
	switch status, _, _ := strings.Cut(answer, " "); status {
	case "":
		_ = json.NewEncoder(w).Encode(web.ActReport{Items: make([]web.ActResult, len(body.Orders))})
	case "hang":
		panic(http.ErrAbortHandler)
	case "429":
		w.Header().Set("Retry-After", strings.TrimPrefix(answer, "429 "))
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"title":"Too many requests"}`)
	case "403":
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprint(w, `{"title":"Not for this key"}`)
	default:
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprint(w, `{"title":"Something failed here"}`)
	}
}

// TestAfarActsCutShort: a file goes in requests that are one transaction each, a
// service that has no time is waited for, and an error tells what it leaves open.
func TestAfarActsCutShort(t *testing.T) {
	t.Parallel()
	const unknown = "it is not known whether lines 502 to 1001 of the file were done, all or none, and 200 rows were never sent: "
	for name, one := range map[string]struct {
		answers []string
		wait    error
		done    int
		got     []int
		waits   []time.Duration
		want    string
	}{
		"all goes":        {done: 1200, got: []int{500, 500, 200}},
		"a busy service":  {answers: []string{"", "429 7", "429 50"}, done: 1200, got: []int{500, 500, 500, 500, 200}, waits: []time.Duration{7 * time.Second, 50 * time.Second}},
		"far too busy":    {answers: []string{"", "429 200", "429 200"}, done: 500, got: []int{500, 500, 500}, waits: []time.Duration{200 * time.Second}, want: "nothing of lines 502 to 1001 was done, and 200 rows were never sent: "},
		"nobody waits":    {answers: []string{"429 7"}, wait: context.Canceled, got: []int{500}, waits: []time.Duration{7 * time.Second}, want: "nothing of lines 2 to 501 was done, and 700 rows were never sent: context canceled"},
		"a failure":       {answers: []string{"", "500"}, done: 500, got: []int{500, 500}, want: unknown + "the service says: Something failed here"},
		"it hangs up":     {answers: []string{"", "hang up"}, done: 500, got: []int{500, 500}, want: unknown},
		"a key that ends": {answers: []string{"", "403"}, done: 500, got: []int{500, 500}, want: "nothing of lines 502 to 1001 was done, and 200 rows were never sent: the service says: Not for this key"},
		"the last":        {answers: []string{"", "", "500"}, done: 1000, got: []int{500, 500, 200}, want: "it is not known whether lines 1002 to 1201 of the file were done, all or none: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			service := &clerk{answers: one.answers}
			server := httptest.NewServer(service)
			t.Cleanup(server.Close)
			var c config.Config
			c.Server.URL = server.URL
			var waits []time.Duration
			acts := remoteActs{newRemote(c), func() time.Time { return monday }, func(_ context.Context, d time.Duration) error {
				waits = append(waits, d)
				return one.wait
			}}
			orders := make([]influencer.Order, 1200)
			for i := range orders {
				orders[i] = influencer.Order{Line: i + 2, NIP: influencer.NIP(fmt.Sprintf("19900101201501%d%03d", 1+i/900, 1+i%900)), Note: "x"}
				orders[i].Kind = influencer.ActionSuspend
			}
			results, err := acts.Acts(t.Context(), orders, false)
			service.mu.Lock()
			defer service.mu.Unlock()
			if len(results) != one.done || !slices.Equal(service.got, one.got) || !slices.Equal(waits, one.waits) {
				t.Errorf("%d results of requests of %v, after waits of %v", len(results), service.got, waits)
			}
			if (err == nil) != (one.want == "") || err != nil && !strings.HasPrefix(err.Error(), one.want) {
				t.Errorf("said %v, want %q", err, one.want)
			}
			if one.wait != nil && !errors.Is(err, one.wait) {
				t.Errorf("%v hides why it stopped", err)
			}
		})
	}
}

// TestWaitForEndsEarly waits no longer than anybody wants to.
func TestWaitForEndsEarly(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := waitFor(ctx, time.Hour); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := waitFor(t.Context(), time.Nanosecond); err != nil {
		t.Error(err)
	}
}
