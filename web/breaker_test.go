package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// oneTrip is a Breaker with one trip, number 3, that holds one loss.
type oneTrip struct {
	state  influencer.TripState
	orders []influencer.TripOrder
}

func (b *oneTrip) Trips(context.Context, influencer.Paging) (influencer.Page[influencer.Trip], error) {
	t, err := b.Trip(context.Background(), 3)
	return influencer.Page[influencer.Trip]{Items: []influencer.Trip{t}}, err
}

func (b *oneTrip) Trip(_ context.Context, id int64) (influencer.Trip, error) {
	if id != 3 {
		return influencer.Trip{}, influencer.ErrNotFound
	}
	return influencer.Trip{ID: 3, State: b.state, Cause: influencer.CausePolicy, Losses: 70, Holders: 90, Allowed: 20, Held: 70}, nil
}

func (b *oneTrip) HeldLosses(context.Context, int64, influencer.Paging) (influencer.Page[influencer.HeldLoss], error) {
	h := influencer.HeldLoss{TripID: 3, Outcome: influencer.OutcomeHeld}
	h.PersonID, h.NIP, h.Reason = 12, "198604262009012001", influencer.ReasonBelowLine
	return influencer.Page[influencer.HeldLoss]{Items: []influencer.HeldLoss{h}, Next: "more"}, nil
}

func (b *oneTrip) ReleaseTrip(ctx context.Context, id int64, o influencer.TripOrder) (influencer.Trip, error) {
	return b.close(ctx, id, influencer.TripReleasing, o)
}

func (b *oneTrip) DiscardTrip(ctx context.Context, id int64, o influencer.TripOrder) (influencer.Trip, error) {
	return b.close(ctx, id, influencer.TripDiscarded, o)
}

func (b *oneTrip) close(ctx context.Context, id int64, to influencer.TripState, o influencer.TripOrder) (influencer.Trip, error) {
	if id == 3 && b.state != influencer.TripOpen {
		return influencer.Trip{}, influencer.ErrTripClosed
	}
	if id == 3 {
		b.state, b.orders = to, append(b.orders, o)
	}
	return b.Trip(ctx, id)
}

func TestBreakerRoutes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	b := &oneTrip{state: influencer.TripOpen}
	s := New(Options{Keys: someKeys{}, Services: Services{Breaker: b}, Now: func() time.Time { return now }})
	const get, post = http.MethodGet, http.MethodPost
	for _, tt := range []struct {
		method, path, key, body string
		status                  int
		part                    string // of the answer
	}{
		{get, "/api/v1/breaker", adminKey, "", 200, `"state":"open","cause":"policy"`},
		{get, "/api/v1/breaker", viewerKey, "", 403, `"status":403`},
		{get, "/api/v1/breaker", scopedKey, "", 403, `"status":403`},
		{get, "/api/v1/breaker", "", "", 401, `"status":401`},
		{get, "/api/v1/breaker/3", adminKey, "", 200, `"trip_id":3,"outcome":"held"`},
		{get, "/api/v1/breaker/3", adminKey, "", 200, `"next_cursor":"more"`},
		{get, "/api/v1/breaker/4", adminKey, "", 404, `"status":404`},
		{get, "/api/v1/breaker/x", adminKey, "", 422, `"path.id"`},
		{post, "/api/v1/breaker/3/release", scopedKey, `{"reason":"meant so"}`, 403, `"status":403`},
		{post, "/api/v1/breaker/3/release", viewerKey, `{"reason":"meant so"}`, 403, `"status":403`},
		{post, "/api/v1/breaker/3/release", adminKey, `{"reason":" "}`, 422, `"body.reason"`},
		{post, "/api/v1/breaker/3/release", adminKey, `{}`, 422, `reason`},
		{post, "/api/v1/breaker/4/discard", adminKey, `{"reason":"a typo"}`, 404, `"status":404`},
		{post, "/api/v1/breaker/3/release", adminKey, `{"reason":"meant so"}`, 200, `"state":"releasing"`},
		{post, "/api/v1/breaker/3/discard", adminKey, `{"reason":"a typo"}`, 409, `the trip is closed already`},
	} {
		w := send(s, tt.method, tt.path, tt.key, tt.body)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.part) {
			t.Errorf("%s %s %s: %d %s\nwant %d with %s", tt.method, tt.path, tt.body, w.Code, w.Body, tt.status, tt.part)
		}
	}
	if want := (influencer.TripOrder{Actor: "key:2 siti", Note: "meant so", At: now}); len(b.orders) != 1 || b.orders[0] != want {
		t.Errorf("ordered %+v", b.orders)
	}
}

// send is ask with a JSON body.
func send(h http.Handler, method, path, key, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
