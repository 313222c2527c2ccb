package web

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"runtime/debug"
	"time"
)

// given is what an id that a client brings along may look like; anything else
// would let it write into the log.
var givenID = regexp.MustCompile(`^[A-Za-z0-9._-]{8,64}$`)

// nipLike is what may be a NIP, which must not get into the log by this way either.
var nipLike = regexp.MustCompile(`[0-9]([._-]?[0-9]){17}`)

func newRequestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); givenID.MatchString(id) && !nipLike.MatchString(id) {
		return id
	}
	b := make([]byte, 8)
	rand.Read(b) // never fails: it ends the program instead
	return hex.EncodeToString(b)
}

// call is what the log tells of a request. No query stands there, which may hold
// a NIP.
type call struct {
	principal
	route string
}

type callKey struct{}

// noteCaller and noteRoute tell the log whose request it is, and which.
func noteCaller(ctx context.Context, p principal) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.principal = p
	}
}

func noteRoute(ctx context.Context, name string) {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		c.route = name
	}
}

// watch is around everything: it names the request, catches a panic, and logs.
func (a *api) watch(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began, c := time.Now(), &call{}
		ctx := context.WithValue(r.Context(), requestKey{}, newRequestID(r))
		r = r.WithContext(context.WithValue(ctx, callKey{}, c))
		seen := &witness{ResponseWriter: w}
		w.Header().Set("X-Request-Id", requestID(ctx))
		defer func() {
			a.caught(seen, r, recover())
			if c.route == "" {
				c.route = r.Pattern // of a route that is not the API's
			}
			took := time.Since(began)
			a.logCall(r, c, seen.status, took)
			a.told(routeOf(c.route), methodOf(r), seen.status, took)
		}()
		next.ServeHTTP(seen, r)
	})
}

// caught answers for a handler that panicked.
func (a *api) caught(w *witness, r *http.Request, cause any) {
	switch cause {
	case nil:
		return
	case http.ErrAbortHandler: // asks for the connection to be cut
		panic(cause)
	}
	a.log.ErrorContext(r.Context(), "handler panicked", "request_id", requestID(r.Context()), "panic", fmt.Sprint(cause), "stack", string(debug.Stack()))
	if w.status != 0 {
		panic(http.ErrAbortHandler) // half an answer must not look like a whole one
	}
	a.writeProblem(w, r, problemOf(http.StatusInternalServerError))
}

func (a *api) logCall(r *http.Request, c *call, status int, took time.Duration) {
	level := slog.LevelDebug
	switch {
	case status == http.StatusServiceUnavailable: // told on purpose, as by /readyz while the service starts
		level = slog.LevelWarn
	case status >= 500:
		level = slog.LevelError
	case status >= 400:
		level = slog.LevelInfo
	}
	a.log.Log(r.Context(), level, "request", "method", r.Method, "route", c.route, "status", status,
		"took", took.Round(time.Microsecond), "key", c.KeyID, "request_id", requestID(r.Context()))
}

// witness remembers the status of an answer.
type witness struct {
	http.ResponseWriter
	status int
}

// WriteHeader passes the status on.
func (w *witness) WriteHeader(status int) {
	if w.status == 0 && status >= http.StatusOK {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write passes the bytes on.
func (w *witness) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets [http.ResponseController] through.
func (w *witness) Unwrap() http.ResponseWriter { return w.ResponseWriter }
