package simulator

import (
	"bytes"
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/dghubble/go-twitter/twitter"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"github.com/pengikut/pengikut/influencer"
)

// TestPeopleFitTheImport reads the invented people by the rules of the real
// import: nobody may be left out.
func TestPeopleFitTheImport(t *testing.T) {
	t.Parallel()
	p := country(20_000, nil)
	var file bytes.Buffer
	if err := p.WriteCSV(&file, p.Len(), Platforms()...); err != nil {
		t.Fatal(err)
	}
	known := func(pf influencer.Platform) bool { return slices.Contains(Platforms(), Platform(pf)) }
	rows := 0
	report, err := influencer.ReadRoster(&file, noon, known, func(influencer.Row) error { rows++; return nil })
	if err != nil || rows != 60_000 || len(report.Problems) > 0 {
		t.Errorf("%d rows, problems %v, %v", rows, report.Problems[:min(len(report.Problems), 5)], err)
	}
}

// here sends every request to the simulator, as go-twitter has its address
// built in.
type here struct{ host string }

func (h here) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host = "http", h.host
	r.Close = true
	return http.DefaultTransport.RoundTrip(r)
}

// TestGoTwitterReadsV11 reads v1.1 with the library that apps on it use.
func TestGoTwitterReadsV11(t *testing.T) {
	t.Parallel()
	s, _ := rehearse(Options{ConsumerKey: "k", ConsumerSecret: "s"})
	base := serve(t, s)
	auth := clientcredentials.Config{ClientID: "k", ClientSecret: "s", TokenURL: base + "/oauth2/token"}
	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: here{strings.TrimPrefix(base, "http://")}})
	api := twitter.NewClient(auth.Client(ctx))
	users, _, err := api.Users.Lookup(&twitter.UserLookupParams{ScreenName: []string{s.people.Handle(X, 1)}})
	if err != nil || len(users) != 1 {
		t.Fatalf("%v %v", users, err)
	}
	truth := s.Truth(X, 1, noon)
	posted, err := users[0].Status.CreatedAtTime()
	if users[0].IDStr != truth.ExternalID() || int64(users[0].FollowersCount) != truth.Followers || !posted.Equal(truth.LastPost) || err != nil {
		t.Errorf("got %+v, want %+v", users[0], truth)
	}
}
