package webhook

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"go.uber.org/goleak"

	"github.com/pengikut/pengikut/influencer"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	secret      = influencer.Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA=")
	otherSecret = influencer.Secret("whsec_AAKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwAAAAAAAAAAA=")
	nip         = "198604262009012001"
)

// got is one request that a receiver was sent.
type got struct {
	header http.Header
	body   []byte
}

// receiver answers over TLS as it is told, and keeps what it was sent.
func receiver(t *testing.T, answer http.HandlerFunc) (*httptest.Server, chan got) {
	t.Helper()
	all := make(chan got, 100)
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		all <- got{r.Header, body}
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s, all
}

// to is a sender that may reach the receiver.
func to(t *testing.T, s *httptest.Server, change func(*Options)) *Sender {
	t.Helper()
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	o := Options{Allow: Allowed{s.Listener.Addr().String()}, Roots: roots}
	if change != nil {
		change(&o)
	}
	sender := NewSender(o)
	t.Cleanup(sender.Close)
	return sender
}

func event(s *httptest.Server) influencer.Outgoing {
	return influencer.Outgoing{
		Ref: influencer.DeliveryRef{ID: 3, Fence: 1, WebhookID: 2}, URL: s.URL + "/hook?token=rahasia", Format: influencer.FormatStandard,
		Secrets: []influencer.Secret{secret},
		Event: influencer.OutEvent{ID: 7, Kind: influencer.EventGranted, PersonID: 5, At: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC),
			Data: json.RawMessage(`{"person_id":5,"nip":"` + nip + `","big":9007199254740993}`)},
	}
}

func says(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// A reference verifier accepts both forms, and the signature of either secret
// while both are valid.
func TestReferenceVerifierAccepts(t *testing.T) {
	t.Parallel()
	s, all := receiver(t, says(http.StatusNoContent))
	for _, format := range []influencer.WebhookFormat{influencer.FormatStandard, influencer.FormatCloudEvents} {
		o := event(s)
		o.Format, o.Secrets = format, []influencer.Secret{secret, otherSecret}
		if out := to(t, s, nil).Send(t.Context(), o); out.Error != "" || out.Status != http.StatusNoContent {
			t.Fatalf("%s: %+v", format, out)
		}
		msg := <-all
		for _, key := range o.Secrets {
			v, err := standardwebhooks.NewWebhook(key.Reveal())
			if err == nil {
				err = v.Verify(msg.body, msg.header)
			}
			if err != nil {
				t.Errorf("%s: %v", format, err)
			}
			if v.Verify(append(msg.body, ' '), msg.header) == nil {
				t.Errorf("%s: a changed body is accepted", format)
			}
		}
		if id := msg.header.Get("webhook-id"); id != o.MessageID() || !strings.HasPrefix(id, "evt_2_7_") {
			t.Errorf("id %q", id)
		}
	}
}

func TestForms(t *testing.T) {
	t.Parallel()
	s, all := receiver(t, says(http.StatusOK))
	o := event(s)
	to(t, s, nil).Send(t.Context(), o)
	msg := <-all
	want := `{"type":"granted","timestamp":"2026-11-23T02:00:00Z","data":{"big":9007199254740993,"nip":"1986**** ****** * 001","person_id":5}}`
	if string(msg.body) != want || msg.header.Get("Content-Type") != "application/json" {
		t.Errorf("standard, masked:\n%s", msg.body)
	}
	o.Format, o.NIP = influencer.FormatCloudEvents, influencer.NIPWhole
	to(t, s, nil).Send(t.Context(), o)
	msg = <-all
	want = `{"specversion":"1.0","id":"` + o.MessageID() + `","source":"/pengikut/webhooks/2","type":"io.github.pengikut.granted","subject":"people/5",` +
		`"time":"2026-11-23T02:00:00Z","datacontenttype":"application/json","data":{"person_id":5,"nip":"` + nip + `","big":9007199254740993}}`
	if string(msg.body) != want || msg.header.Get("Content-Type") != "application/cloudevents+json" {
		t.Errorf("cloudevents, whole:\n%s", msg.body)
	}
}

func TestWhatAnswersMean(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   influencer.Outcome
	}{
		{"taken", says(202), influencer.Outcome{Status: 202}},
		{"a fault", says(500), influencer.Outcome{Status: 500, Error: "500 Internal Server Error"}},
		{"gone", says(410), influencer.Outcome{Status: 410, Gone: true, Error: "410 Gone: the receiver wants nothing more"}},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}, influencer.Outcome{Status: 307, Error: "307: redirects are not followed"}},
		{"retry after seconds", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusTooManyRequests)
		}, influencer.Outcome{Status: 429, Error: "429 Too Many Requests", NotBefore: at.Add(2 * time.Minute)}},
		{"retry after years", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "Fri, 01 Jan 2100 00:00:00 GMT")
			w.WriteHeader(http.StatusServiceUnavailable)
		}, influencer.Outcome{Status: 503, Error: "503 Service Unavailable", NotBefore: at.Add(24 * time.Hour)}},
		{"cut", func(w http.ResponseWriter, _ *http.Request) {
			panic(http.ErrAbortHandler)
		}, influencer.Outcome{Error: "the connection was cut"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, all := receiver(t, tt.answer)
			sender := to(t, s, func(o *Options) { o.Now = func() time.Time { return at } })
			tt.want.At = at
			if out := sender.Send(t.Context(), event(s)); out != tt.want {
				t.Errorf("got  %+v\nwant %+v", out, tt.want)
			}
			if n := len(all); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// A receiver that does not answer costs the timeout, and no more; one that never
// ends its body has taken the message.
func TestSlowReceivers(t *testing.T) {
	t.Parallel()
	// Aborted, as a handler that ends would answer 200 to a sender that has not quite hung up.
	hang := func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	}
	s, _ := receiver(t, hang)
	quick := func(o *Options) { o.Timeout = 50 * time.Millisecond }
	if out := to(t, s, quick).Send(t.Context(), event(s)); out.Error != "no answer in time" || out.Interrupted {
		t.Errorf("%+v", out)
	}
	s, _ = receiver(t, func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).Flush()
		hang(w, r)
	})
	// Time enough for the handshake and the head on a loaded machine too: the body's end is what never comes.
	patient := func(o *Options) { o.Timeout = 3 * time.Second }
	if out := to(t, s, patient).Send(t.Context(), event(s)); out.Error != "" || out.Status != http.StatusOK {
		t.Errorf("%+v", out)
	}
	s, all := receiver(t, hang)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-all; cancel() }()
	if out := to(t, s, nil).Send(ctx, event(s)); !out.Interrupted {
		t.Errorf("interrupted: %+v", out)
	}
}

// No error holds the address' query or the secret.
func TestErrorsHoldNoSecret(t *testing.T) {
	t.Parallel()
	s, _ := receiver(t, says(200))
	o := event(s)
	for name, sender := range map[string]*Sender{
		"certificate": NewSender(Options{Allow: Allowed{s.Listener.Addr().String()}}),
		"private":     NewSender(Options{}),
		"no name":     NewSender(Options{Resolver: nowhere()}),
	} {
		t.Cleanup(sender.Close)
		one := o
		if name == "no name" {
			one.URL = "https://tiada.example/hook?token=rahasia"
		}
		out := sender.Send(t.Context(), one)
		if out.Error == "" || strings.Contains(out.Error, "rahasia") || strings.Contains(out.Error, "MfKQ9") {
			t.Errorf("%s: %q", name, out.Error)
		}
	}
}
