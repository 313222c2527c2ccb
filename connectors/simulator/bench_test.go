package simulator

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// sink is a ResponseWriter that costs nothing.
type sink struct{ h http.Header }

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) WriteHeader(int)             {}

// BenchmarkUsers is one full v2 answer of 100 users; the bench of the whole
// service shares two cores with it.
func BenchmarkUsers(b *testing.B) {
	s := New(Options{People: 500_000, XLimit: -1, TrackReads: true})
	ids := make([]string, xBatch)
	for i := range ids {
		ids[i] = strconv.FormatUint(s.Population().ID(X, i*4999), 10)
	}
	url := "/2/users?ids=" + strings.Join(ids, ",") +
		"&user.fields=created_at,protected,public_metrics,most_recent_tweet_id"
	r := httptest.NewRequest(http.MethodGet, url, nil)
	r.Header.Set("Authorization", "Bearer b")
	w := &sink{h: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		s.ServeHTTP(w, r)
	}
	if got := s.Stats().Endpoints[XUsers]; got.Accounts < 80*got.Calls {
		b.Fatalf("handed out %d accounts in %d calls", got.Accounts, got.Calls)
	}
}

// BenchmarkBatch is one Graph batch of 50 Instagram accounts.
func BenchmarkBatch(b *testing.B) {
	s := New(Options{People: 500_000})
	list := make([]string, graphBatchMax)
	for i := range list {
		list[i] = DefaultInstagramUserID + "?fields=business_discovery.username(" + s.Population().Handle(Instagram, i*4999) +
			"){username,followers_count,media_count,media.limit(1){timestamp}}"
	}
	form := url.Values{"access_token": {"t"}, "include_headers": {"false"}, "batch": {items(list...)}}.Encode()
	w := &sink{h: http.Header{}}
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest(http.MethodPost, "/v26.0/", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		s.ServeHTTP(w, r)
	}
	if got := s.Stats(); got.Endpoints[GraphItem].Accounts < 35*got.Endpoints[GraphBatch].Calls {
		b.Fatalf("stats %+v", got)
	}
}
