package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// someHooks is all that the routes of webhooks need: webhook 1 of Kemenkes, 2 of
// Kemenag and 3 of all, and delivery 10·n to each. It notes what is ordered.
type someHooks struct {
	acts   []string
	made   influencer.WebhookSettings
	filter influencer.DeliveryFilter
	resend influencer.ResendOrder
	agency string
}

const (
	hookSecret  = influencer.Secret("whsec_pertama")
	freshSecret = influencer.Secret("whsec_kedua")
)

func (h *someHooks) all() []influencer.Webhook {
	settings := influencer.WebhookSettings{URL: "https://penerima.example/hook?token=rahasia", Format: influencer.FormatStandard, NIP: influencer.NIPMasked}
	var out []influencer.Webhook
	for i, agency := range []string{"Kemenkes", "Kemenag", ""} {
		settings.Agency = agency
		out = append(out, influencer.Webhook{ID: int64(i + 1), WebhookSettings: settings, State: influencer.WebhookActive})
	}
	return out
}

func (h *someHooks) Webhooks(_ context.Context, agency string, _ influencer.Paging) (influencer.Page[influencer.Webhook], error) {
	h.agency = agency
	return influencer.Page[influencer.Webhook]{Items: h.all()}, nil
}

func (h *someHooks) WebhookByID(_ context.Context, id int64) (influencer.Webhook, error) {
	if id > 3 {
		return influencer.Webhook{}, influencer.ErrNotFound
	}
	return h.all()[id-1], nil
}

func (h *someHooks) note(act string) { h.acts = append(h.acts, act) }

func (h *someHooks) RemoveWebhook(_ context.Context, _ int64, by string) error {
	h.note("remove by " + by)
	return nil
}

func (h *someHooks) PauseWebhook(_ context.Context, _ int64, by, reason string) error {
	h.note("pause by " + by + ": " + reason)
	return nil
}

func (h *someHooks) ResumeWebhook(_ context.Context, _ int64, by string) error {
	h.note("resume by " + by)
	return nil
}

func (h *someHooks) AddWebhook(_ context.Context, w influencer.WebhookSettings, by string) (influencer.Webhook, influencer.Secret, error) {
	h.made = w
	h.note("add by " + by)
	return influencer.Webhook{ID: 4, WebhookSettings: w, State: influencer.WebhookActive}, hookSecret, nil
}

func (h *someHooks) RotateWebhook(_ context.Context, _ int64, by string) (influencer.Secret, error) {
	h.note("rotate by " + by)
	return freshSecret, nil
}

func (h *someHooks) CheckWebhook(address string) error {
	if strings.Contains(address, "10.0.0.1") {
		return errors.New("not in a public network")
	}
	return nil
}

func (h *someHooks) TestWebhook(context.Context, int64) (influencer.Outcome, error) {
	return influencer.Outcome{Error: "no answer in time"}, nil
}

func (h *someHooks) Deliveries(ctx context.Context, f influencer.DeliveryFilter, _ influencer.Paging) (influencer.Page[influencer.Delivery], error) {
	h.filter = f
	one, _ := h.DeliveryByID(ctx, 10)
	return influencer.Page[influencer.Delivery]{Items: []influencer.Delivery{one}}, nil
}

func (h *someHooks) DeliveryByID(_ context.Context, id int64) (influencer.Delivery, error) {
	if id%10 != 0 || id > 30 {
		return influencer.Delivery{}, influencer.ErrNotFound
	}
	return influencer.Delivery{ID: id, WebhookID: id / 10, Event: influencer.EventGranted, State: influencer.DeliveryDead, Status: 503}, nil
}

func (h *someHooks) ResendDeliveries(_ context.Context, which influencer.ResendOrder, by string) (int, error) {
	h.resend = which
	h.note("resend by " + by)
	return 1, nil
}

func (h *someHooks) server() *Server {
	return New(Options{Keys: someKeys{}, Services: Services{Webhooks: &Webhooks{Book: h, States: h, Secrets: h, Line: h, Deliveries: h}}})
}

func TestWebhookRoutes(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method, path, key, body string
		status                  int
		part, act               string // of the answer; what was done, "" for nothing
	}{
		{"GET", "webhooks", adminKey, "", 200, `"url":"https://penerima.example/hook?…"`, ""},
		{"GET", "webhooks/1", scopedKey, "", 200, `"agency":"Kemenkes"`, ""},
		{"POST", "webhooks", adminKey, `{"url":"https://a.example/"}`, 201, `"secret":"whsec_pertama"`, "add by key:2"},
		{"POST", "webhooks", adminKey, `{"url":"https://10.0.0.1/"}`, 422, `not in a public network`, ""},
		{"POST", "webhooks", adminKey, `{"url":"https://a.example/","events":["naik"]}`, 422, `naik`, ""},
		{"POST", "webhooks", adminKey, `{"url":"https://a.example/","format":"xml"}`, 422, `body.format`, ""},
		{"POST", "webhooks", adminKey, `{}`, 422, `url`, ""},
		{"POST", "webhooks", scopedKey, `{"url":"https://a.example/","agency":"Kemenag"}`, 403, `"status":403`, ""},
		{"POST", "webhooks/1/pause", adminKey, `{"reason":"perawatan"}`, 204, "", "pause by key:2 siti: perawatan"},
		{"POST", "webhooks/1/resume", scopedKey, "", 204, "", "resume by key:3"},
		{"POST", "webhooks/1/rotate", adminKey, "", 200, `"secret":"whsec_kedua"`, "rotate by key:2"},
		{"POST", "webhooks/1/test", adminKey, "", 200, `{"ok":false,"status":null,"error":"no answer in time"}`, ""},
		{"DELETE", "webhooks/1", adminKey, "", 204, "", "remove by key:2"},
		{"DELETE", "webhooks/9", adminKey, "", 404, `"status":404`, ""},
		{"GET", "deliveries?webhook=1&state=dead&person=5", adminKey, "", 200, `"state":"dead"`, ""},
		{"GET", "deliveries?state=lost", adminKey, "", 422, `query.state`, ""},
		{"POST", "deliveries/10/resend", scopedKey, "", 200, `{"deliveries":1}`, "resend by key:3"},
		{"POST", "deliveries/11/resend", adminKey, "", 404, `"status":404`, ""},
		{"POST", "webhooks/1/resend", adminKey, "", 200, `{"deliveries":1}`, "resend by key:2"},
	} {
		h := &someHooks{}
		w := send(h.server(), tt.method, "/api/v1/"+tt.path, tt.key, tt.body)
		if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.part) {
			t.Errorf("%s %s %s: %d %s\nwant %d with %s", tt.method, tt.path, tt.body, w.Code, w.Body, tt.status, tt.part)
		}
		if act := strings.Join(h.acts, ", "); !strings.HasPrefix(act, tt.act) || (act == "") != (tt.act == "") {
			t.Errorf("%s %s: done is %q, want %q", tt.method, tt.path, act, tt.act)
		}
	}
}

// webhookWrites are the routes that show or change one webhook or its deliveries.
func webhookWrites(hook string) [][3]string {
	return [][3]string{
		{"GET", "webhooks/" + hook, ""}, {"DELETE", "webhooks/" + hook, ""}, {"POST", "webhooks/" + hook + "/pause", `{"reason":"x"}`},
		{"POST", "webhooks/" + hook + "/resume", ""}, {"POST", "webhooks/" + hook + "/rotate", ""}, {"POST", "webhooks/" + hook + "/test", ""},
		{"POST", "webhooks/" + hook + "/resend", ""}, {"POST", "deliveries/" + hook + "0/resend", ""},
	}
}

// A viewer may do nothing with webhooks, and an admin of one agency nothing with
// those of another or of all: to that key they are not there.
func TestWebhooksOfOthers(t *testing.T) {
	t.Parallel()
	viewed := append(webhookWrites("1"), [][3]string{{"GET", "webhooks", ""}, {"GET", "deliveries", ""}, {"POST", "webhooks", `{"url":"https://a.example/"}`}}...)
	for _, tt := range []struct {
		name, key string
		routes    [][3]string
		want      int
	}{
		{"a viewer", viewerKey, viewed, http.StatusForbidden},
		{"nobody", "", viewed, http.StatusUnauthorized},
		{"another agency's admin", scopedKey, webhookWrites("2"), http.StatusNotFound},
		{"one agency's admin, of all", scopedKey, webhookWrites("3"), http.StatusNotFound},
	} {
		for _, r := range tt.routes {
			h := &someHooks{}
			w := send(h.server(), r[0], "/api/v1/"+r[1], tt.key, r[2])
			if w.Code != tt.want || len(h.acts) != 0 || strings.Contains(w.Body.String(), "whsec_") {
				t.Errorf("%s, %s %s: %d %s, done is %v; want %d", tt.name, r[0], r[1], w.Code, w.Body, h.acts, tt.want)
			}
		}
	}
}

// A secret is in the answer that made it, and in no other; the address' query in none.
func TestWebhookSecretIsShownOnce(t *testing.T) {
	t.Parallel()
	h := &someHooks{}
	s := h.server()
	if w := send(s, http.MethodPost, "/api/v1/webhooks", adminKey, `{"url":"https://a.example/?token=rahasia"}`); !strings.Contains(w.Body.String(), hookSecret.Reveal()) ||
		strings.Contains(w.Body.String(), "rahasia") || !strings.Contains(w.Header().Get("Cache-Control"), "no-store") {
		t.Errorf("made: %v %s", w.Header(), w.Body)
	}
	for _, path := range []string{"webhooks", "webhooks/1", "deliveries"} {
		if w := ask(s, http.MethodGet, "/api/v1/"+path, adminKey); strings.Contains(w.Body.String(), "whsec_") || strings.Contains(w.Body.String(), "rahasia") {
			t.Errorf("GET %s shows a secret: %s", path, w.Body)
		}
	}
}

// What a key of one agency makes and lists is its agency's, whatever it says.
func TestWebhooksOfAKeysOwnAgency(t *testing.T) {
	t.Parallel()
	h := &someHooks{}
	s := h.server()
	send(s, http.MethodPost, "/api/v1/webhooks", scopedKey, `{"url":"https://a.example/","events":["granted"],"nip":"whole"}`)
	want := influencer.WebhookSettings{URL: "https://a.example/", Format: influencer.FormatStandard, NIP: influencer.NIPWhole, Agency: "Kemenkes",
		Events: []influencer.Event{influencer.EventGranted}}
	if diff := cmp.Diff(want, h.made); diff != "" {
		t.Errorf("made (-want +got):\n%s", diff)
	}
	ask(s, http.MethodGet, "/api/v1/webhooks", scopedKey)
	ask(s, http.MethodGet, "/api/v1/deliveries?webhook=2&state=waiting&person=5", scopedKey)
	filter := influencer.DeliveryFilter{WebhookID: 2, State: influencer.DeliveryWaiting, PersonID: 5, Agency: "Kemenkes"}
	if h.agency != "Kemenkes" || h.filter != filter {
		t.Errorf("listed %q and %+v", h.agency, h.filter)
	}
	send(s, http.MethodPost, "/api/v1/deliveries/10/resend", adminKey, "")
	if h.resend != (influencer.ResendOrder{Delivery: 10}) {
		t.Errorf("%+v", h.resend)
	}
	send(s, http.MethodPost, "/api/v1/webhooks/2/resend", adminKey, "")
	if h.resend != (influencer.ResendOrder{DeadOf: 2}) {
		t.Errorf("%+v", h.resend)
	}
}
