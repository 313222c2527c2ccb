package simulator

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// window is a fixed rate window: it opens at the first call, and a fresh one
// opens at the first call after its end. A limit of 0 or less lets all pass.
type window struct {
	limit  int
	length time.Duration

	mu    sync.Mutex
	used  int
	reset time.Time
}

// rate is what a window told one call.
type rate struct {
	ok               bool
	limit, remaining int
	reset            time.Time
}

// take counts n calls at once and says whether they fit.
func (w *window) take(now time.Time, n int) rate {
	if w.limit <= 0 {
		return rate{ok: true}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if !now.Before(w.reset) {
		w.used = 0
		w.reset = wholeSecond(now.Add(w.length))
	}
	w.used += n
	return rate{
		ok: w.used <= w.limit, limit: w.limit,
		remaining: max(w.limit-w.used, 0), reset: w.reset,
	}
}

// peek tells the state of the window without counting a call.
func (w *window) peek(now time.Time) rate {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !now.Before(w.reset) {
		return rate{ok: true, limit: w.limit, remaining: w.limit, reset: wholeSecond(now.Add(w.length))}
	}
	return rate{ok: true, limit: w.limit, remaining: max(w.limit-w.used, 0), reset: w.reset}
}

// wholeSecond rounds up: a header in epoch seconds must not promise too early an end.
func wholeSecond(t time.Time) time.Time {
	if whole := t.Truncate(time.Second); whole.Before(t) {
		return whole.Add(time.Second)
	}
	return t
}

// headers writes the three x-rate-limit headers of X (docs.x.com, rate limits):
// the reset is in epoch seconds. family is "x-rate-limit" or "x-app-limit-24hour".
func (r rate) headers(h http.Header, family string) {
	if r.limit <= 0 {
		return
	}
	h.Set(family+"-limit", strconv.Itoa(r.limit))
	h.Set(family+"-remaining", strconv.Itoa(r.remaining))
	h.Set(family+"-reset", strconv.FormatInt(r.reset.Unix(), 10))
}

// usedPercent is what X-App-Usage reports: 100 means throttled.
func (r rate) usedPercent() int {
	if r.limit <= 0 {
		return 0
	}
	return 100 * (r.limit - r.remaining) / r.limit
}
