package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pengikut/pengikut/influencer"
)

// numbers answers what the routes of numbers ask, and keeps what it was asked.
type numbers struct{ asked influencer.CoverageFilter }

func (n *numbers) CurrentPolicy(context.Context) (influencer.Policy, error) {
	return influencer.DefaultPolicy(), nil
}

func (n *numbers) Coverage(_ context.Context, f influencer.CoverageFilter) (influencer.CoverageReport, error) {
	n.asked = f
	row := influencer.CoverageRow{Agency: "Kemenkes", Coverage: influencer.Coverage{Expected: 3, Read: 2, AsOf: exportedAt}, Unreadable: 1}
	return influencer.CoverageReport{At: exportedAt, Total: row, Rows: []influencer.CoverageRow{row}}, nil
}

func serverOf(from *exportable) *Server {
	n := &numbers{}
	return New(Options{Keys: someKeys{}, Platforms: []influencer.Platform{influencer.X, influencer.Instagram},
		Services: Services{Exports: from, Rule: n, Coverage: n, Columns: []PlatformMetric{{influencer.Instagram, influencer.Followers}}}})
}

func TestExportAndCoverageRoutes(t *testing.T) {
	t.Parallel()
	from := &exportable{rows: 1}
	s := serverOf(from)
	for _, tt := range []struct {
		path, key string
		status    int
		part      string // of the body
	}{
		{"/api/v1/export/influencers.csv", viewerKey, 200, "\ufeffNIP / NI PPPK;"},
		{"/api/v1/export/influencers.csv", viewerKey, 200, "\r\n1986**** ****** * 001;"},
		{"/api/v1/export/influencers.csv", adminKey, 200, "\r\n19860426 200901 2 001;"},
		{"/api/v1/export/accounts.csv?lang=en&separator=comma", viewerKey, 200, "\ufeffNIP,Name,"},
		{"/api/v1/export/readings.csv?since=2026-11-01T00:00:00%2B07:00&platform=x&agency=Kemenkes", scopedKey, 200, ";Meragukan;Sumber\r\n"},
		{"/api/v1/export/readings.csv?agency=Kemenag", scopedKey, 403, `"status":403`},
		{"/api/v1/export/readings.csv?platform=myspace", viewerKey, 422, `"query.platform"`},
		{"/api/v1/export/people.csv", viewerKey, 404, `"status":404`},
		{"/api/v1/export/accounts.csv", "", 401, `"status":401`},
		{"/api/v1/coverage?by=agency", viewerKey, 200, `"items":[{"agency":"Kemenkes","platform":null,"expected":3,"read":2,"as_of":"2026-11-24T20:00:00Z","oldest":null,"never":0,"stale":0,"unreadable":1}]`},
		{"/api/v1/coverage?agency=Kemenag", scopedKey, 403, `"status":403`},
		{"/api/v1/coverage?by=day", viewerKey, 422, `"query.by"`},
	} {
		w := ask(s, http.MethodGet, tt.path, tt.key)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.part) {
			t.Errorf("GET %s: %d %s\nwant %d with %s", tt.path, w.Code, w.Body, tt.status, tt.part)
		}
	}
	if from.readings.Agency != "Kemenkes" || from.readings.Platform != influencer.X || from.readings.Since.IsZero() {
		t.Errorf("asked for %+v", from.readings)
	}
	from.noted = nil
	w := ask(s, http.MethodGet, "/api/v1/export/accounts.csv", adminKey)
	if n := from.noted; len(n) != 1 || n[0].Actor != "key:2 siti" || n[0].NIP != influencer.NIPWhole || n[0].Rows != 1 {
		t.Errorf("noted %+v", n)
	}
	if h := w.Header(); h.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(h.Get("Content-Disposition"), `attachment; filename="accounts-20`) {
		t.Errorf("headers %v", h)
	}
}

// A key of one agency sees no other one's totals, whatever it asks for.
func TestCoverageOfAKeysOwnAgency(t *testing.T) {
	t.Parallel()
	n := &numbers{}
	s := New(Options{Keys: someKeys{}, Services: Services{Coverage: n}})
	if w := ask(s, http.MethodGet, "/api/v1/coverage", scopedKey); w.Code != 200 || n.asked.Agency != "Kemenkes" {
		t.Errorf("%d, asked for %+v", w.Code, n.asked)
	}
}

func TestAnExportThatFailsIsNotTakenForWhole(t *testing.T) {
	t.Parallel()
	get := func(rows int) (*http.Response, error) {
		server := httptest.NewServer(serverOf(&exportable{rows: rows, fail: errors.New("the disk's secret name")}))
		defer server.Close()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/v1/export/accounts.csv", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+adminKey)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		_, err = io.Copy(io.Discard, answer.Body)
		return answer, err
	}
	if answer, err := get(0); answer.StatusCode != 500 || err != nil {
		t.Errorf("failed at once: %d, %v", answer.StatusCode, err)
	}
	if answer, err := get(5000); answer.StatusCode != 200 || err == nil {
		t.Errorf("failed on the way: %d, and the body seems whole", answer.StatusCode)
	}
}
