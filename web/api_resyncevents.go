package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/pengikut/pengikut/influencer"
)

const (
	eventEvery  = time.Second      // between two looks at a resync
	heartbeat   = 15 * time.Second // proxies close what is silent for a minute or less
	eventSlow   = 10 * time.Second // how long one event may take to be sent
	maxWatchers = 200              // streams at a time, in one process
)

type watchInput struct {
	ResyncPath
	LastEventID string `header:"Last-Event-ID" maxLength:"100" doc:"The id of the last event seen, as a browser sends it when it connects again"`
}

func (a *api) resyncEvents(s Resyncs) {
	slots := make(chan struct{}, maxWatchers)
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/resyncs/{id}/events", id: "watch-resync", tag: "resyncs", who: admins, streams: true,
		gives: "text/event-stream", also: []int{http.StatusNoContent},
		summary: "How far one order is, as server-sent events",
		description: "An event named progress whenever something has changed, and one named end when the order is over; each holds the whole order as GET /api/v1/resyncs/{id} gives it. " +
			"A client that has seen the end is answered 204, which tells a browser to stay away.",
	}, func(ctx context.Context, in *watchInput) (*huma.StreamResponse, error) {
		r, err := s.Books.Resync(ctx, in.ID, principalOf(ctx).Agency)
		if err != nil {
			return nil, err
		}
		if r.State.Over() && in.LastEventID == eventID(r) {
			return &huma.StreamResponse{Body: func(h huma.Context) { h.SetStatus(http.StatusNoContent) }}, nil
		}
		select {
		case slots <- struct{}{}:
		default:
			return nil, refusal(http.StatusServiceUnavailable, "Too many are watching.")
		}
		return &huma.StreamResponse{Body: func(h huma.Context) {
			defer func() { <-slots }()
			request, w := humago.Unwrap(h)
			t := ticker{api: a, services: s, id: in.ID, last: in.LastEventID, request: request, w: w, control: http.NewResponseController(w)}
			t.run(principalOf(ctx))
		}}, nil
	})
}

// ticker sends one client the events of a resync.
type ticker struct {
	api      *api
	services Resyncs
	id       int64
	last     string // the id of the event that the client saw last
	request  *http.Request
	w        http.ResponseWriter
	control  *http.ResponseController
	beat     time.Time
}

// run sends events until the resync is over, the client leaves, its key is
// revoked, or the service stops.
func (t *ticker) run(who principal) {
	h := t.w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // nginx would gather them
	t.w.WriteHeader(http.StatusOK)
	if t.send("retry: 3000\n\n") != nil {
		return
	}
	again := time.NewTicker(eventEvery)
	defer again.Stop()
	for {
		if over, err := t.tell(who); over || err != nil {
			return
		}
		select {
		case <-t.request.Context().Done():
			return
		case <-t.api.closing:
			return
		case <-again.C:
		}
		if k, err := t.api.door.keys.Authenticate(t.request.Context(), bearer(t.request)); err != nil || k.Role != influencer.RoleAdmin || k.Agency != who.Agency {
			return
		}
	}
}

// tell sends how the resync stands when that is news, or a sign of life.
func (t *ticker) tell(who principal) (over bool, err error) {
	ctx := t.request.Context()
	r, err := t.services.Books.Resync(ctx, t.id, who.Agency)
	if err != nil {
		return true, err
	}
	health, err := t.services.Health.PlatformHealth(ctx)
	if err != nil {
		return true, err
	}
	if id := eventID(r); id != t.last {
		name := "progress"
		if r.State.Over() {
			name = "end"
		}
		body, err := json.Marshal(who.viewer().Resync(r, health, t.api.now()))
		if err != nil {
			return true, err
		}
		t.last = id
		return r.State.Over(), t.send("id: %s\nevent: %s\ndata: %s\n\n", id, name, body)
	}
	if time.Since(t.beat) >= heartbeat {
		return r.State.Over(), t.send(": still here\n\n")
	}
	return r.State.Over(), nil
}

func (t *ticker) send(format string, args ...any) error {
	t.beat = time.Now()
	// Who has no deadlines, as in a test, needs none.
	_ = t.control.SetWriteDeadline(t.beat.Add(eventSlow))
	if _, err := fmt.Fprintf(t.w, format, args...); err != nil {
		return err
	}
	return t.control.Flush()
}

// eventID is alike while nothing has changed.
func eventID(r influencer.Resync) string {
	return fmt.Sprintf("%s-%d-%d-%d", r.State, r.Done, r.Failed, r.Cancelled)
}
