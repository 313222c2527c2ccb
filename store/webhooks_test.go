package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// keyed opens the same database with a key ring of these keys, and works on it
// from now on.
func (db *testDB) keyed(keys ...influencer.Secret) {
	db.t.Helper()
	var texts []string
	for _, k := range keys {
		texts = append(texts, k.Reveal())
	}
	ring, err := ParseKeyRing(strings.Join(texts, ","))
	if err != nil {
		db.t.Fatal(err)
	}
	db.Store = db.reopen(Options{Keys: ring})
}

// hook makes a webhook.
func (db *testDB) hook(change func(w *influencer.WebhookSettings)) influencer.Webhook {
	db.t.Helper()
	settings := influencer.WebhookSettings{URL: "https://penerima.example/hook?token=rahasia"}
	if change != nil {
		change(&settings)
	}
	w, _, err := db.AddWebhook(context.Background(), settings, "cli:uji")
	if err != nil {
		db.t.Fatal(err)
	}
	return w
}

// happened puts an event of a person into the outbox and returns its id.
func (db *testDB) happened(person int64, kind influencer.Event, agency string) int64 {
	db.t.Helper()
	return db.number(`INSERT INTO outbox (person_id, kind, payload, created_at) VALUES (?, ?, ?, ?) RETURNING id`,
		nullable(person), string(kind), `{"agency":"`+agency+`"}`, db.clock.at.UnixMicro())
}

// route gives events to webhooks until none is left.
func (db *testDB) route() {
	db.t.Helper()
	for {
		n, err := db.RouteEvents(context.Background(), 3)
		if err != nil {
			db.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

const testLease = time.Minute

// outgoing claims deliveries of a webhook.
func (db *testDB) outgoing(webhook int64) []influencer.Outgoing {
	db.t.Helper()
	out, err := db.ClaimDeliveries(context.Background(), webhook, 16, testLease)
	if err != nil {
		db.t.Fatal(err)
	}
	return out
}

// finish writes how one went.
func (db *testDB) finish(o influencer.Outgoing, outcome influencer.Outcome) {
	db.t.Helper()
	outcome.At = db.clock.at
	if err := db.FinishDelivery(context.Background(), o.Ref, outcome); err != nil {
		db.t.Fatalf("finish %d: %v", o.Ref.ID, err)
	}
}

func (db *testDB) deliveries(f influencer.DeliveryFilter) []influencer.Delivery {
	db.t.Helper()
	page, err := db.Deliveries(context.Background(), f, influencer.Paging{})
	if err != nil {
		db.t.Fatal(err)
	}
	return page.Items
}

var (
	taken   = influencer.Outcome{Status: 204}
	refused = influencer.Outcome{Status: 503, Error: "503 Service Unavailable"}
)

func events(out []influencer.Outgoing) (ids []int64) {
	for _, o := range out {
		ids = append(ids, o.Event.ID)
	}
	return ids
}

func TestWebhookLife(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db.keyed(NewSecretKey())
		if _, _, err := db.AddWebhook(ctx, influencer.WebhookSettings{URL: "https://a.example", Events: []influencer.Event{"naik"}}, "cli:uji"); err == nil {
			t.Error("an event that does not exist is taken")
		}
		w, secret, err := db.AddWebhook(ctx, influencer.WebhookSettings{URL: "https://a.example/x?token=rahasia", Agency: "Kemenkes"}, "cli:uji")
		if err != nil || !strings.HasPrefix(secret.Reveal(), "whsec_") || len(secret.Reveal()) != 50 {
			t.Fatalf("%v, a secret of %d characters", err, len(secret.Reveal()))
		}
		if w.Format != influencer.FormatStandard || w.NIP != influencer.NIPMasked || w.State != influencer.WebhookActive {
			t.Errorf("%+v", w)
		}
		if stored := db.text("SELECT ciphertext FROM webhooks"); strings.Contains(stored, secret.Reveal()) {
			t.Error("the secret is stored as it is")
		}
		if err := db.PauseWebhook(ctx, w.ID, "cli:uji", "perawatan"); err != nil {
			t.Fatal(err)
		}
		if got, _ := db.WebhookByID(ctx, w.ID); got.State != influencer.WebhookPaused || got.Detail != "perawatan" {
			t.Errorf("paused: %+v", got)
		}
		if err := db.ResumeWebhook(ctx, w.ID, "cli:uji"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.RotateWebhook(ctx, w.ID, "cli:uji"); err != nil {
			t.Fatal(err)
		}
		if err := db.RemoveWebhook(ctx, w.ID, "cli:uji"); err != nil {
			t.Fatal(err)
		}
		if err := db.RemoveWebhook(ctx, w.ID, "cli:uji"); !errors.Is(err, influencer.ErrNotFound) {
			t.Errorf("removed twice: %v", err)
		}
		audit, err := db.Audit(ctx, influencer.AuditFilter{Agency: "Kemenkes"}, influencer.Paging{})
		if err != nil {
			t.Fatal(err)
		}
		var acts []string
		for _, e := range audit.Items {
			acts = append(acts, e.Action)
			if strings.Contains(string(e.Before)+string(e.After), "rahasia") {
				t.Errorf("%s tells the query of the address", e.Action)
			}
		}
		if want := []string{"webhook.remove", "webhook.rotate", "webhook.resume", "webhook.pause", "webhook.create"}; !cmp.Equal(acts, want) {
			t.Errorf("audit %v", acts)
		}
	})
}

func TestRouting(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.keyed(NewSecretKey())
		before := db.happened(1, influencer.EventGranted, "A")
		db.clock.advance(time.Second)
		all := db.hook(nil)
		some := db.hook(func(w *influencer.WebhookSettings) { w.Events = []influencer.Event{influencer.EventRevoked} })
		ofB := db.hook(func(w *influencer.WebhookSettings) { w.Agency = "B" })
		db.clock.advance(time.Second)
		granted, revoked := db.happened(1, influencer.EventGranted, "A"), db.happened(2, influencer.EventRevoked, "B")
		policy, breaker := db.happened(0, influencer.EventPolicyChanged, ""), db.happened(0, influencer.EventBreakerTripped, "")
		db.route()
		for _, tt := range []struct {
			name string
			hook int64
			want []int64
		}{
			{"all", all.ID, []int64{granted, revoked, policy, breaker}},
			{"revoked alone", some.ID, []int64{revoked}},
			{"agency B", ofB.ID, []int64{revoked, policy}},
		} {
			var got []int64
			for _, d := range db.deliveries(influencer.DeliveryFilter{WebhookID: tt.hook}) {
				got = append(got, d.EventID)
			}
			if !cmp.Equal(got, tt.want) {
				t.Errorf("%s: events %v, want %v (%d is from before)", tt.name, got, tt.want, before)
			}
		}
		if n := db.number("SELECT count(*) FROM outbox WHERE delivered_at IS NULL"); n != 0 {
			t.Errorf("%d events wait for their webhooks", n)
		}
		state, err := db.OutboxState(context.Background())
		if err != nil || state.Waiting != 7 || !state.Oldest.Equal(db.clock.at) {
			t.Errorf("%+v, %v", state, err)
		}
	})
}

func TestOrderOfAPerson(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.keyed(NewSecretKey())
		w := db.hook(nil)
		first, other := db.happened(1, influencer.EventGranted, "A"), db.happened(2, influencer.EventGranted, "A")
		second := db.happened(1, influencer.EventRevoked, "A")
		db.route()
		got := db.outgoing(w.ID)
		if !cmp.Equal(events(got), []int64{first, other}) {
			t.Fatalf("claimed %v", events(got))
		}
		db.finish(got[1], taken)
		db.finish(got[0], refused)
		if again := db.outgoing(w.ID); len(again) != 0 {
			t.Fatalf("claimed %v though the person's first event waits", events(again))
		}
		db.clock.advance(10 * time.Second)
		got = db.outgoing(w.ID)
		if !cmp.Equal(events(got), []int64{first}) {
			t.Fatalf("claimed %v, want the first again", events(got))
		}
		db.finish(got[0], taken)
		if got = db.outgoing(w.ID); !cmp.Equal(events(got), []int64{second}) {
			t.Fatalf("claimed %v, want the second at once", events(got))
		}
	})
}

func TestLeaseAndFence(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db.keyed(NewSecretKey())
		w := db.hook(nil)
		for person := range int64(5) {
			db.happened(person+1, influencer.EventGranted, "A")
		}
		db.route()
		some, err := db.ClaimDeliveries(ctx, w.ID, 3, testLease)
		if err != nil || len(some) != 3 {
			t.Fatalf("%d claimed, %v", len(some), err)
		}
		if more, _ := db.ClaimDeliveries(ctx, w.ID, 3, testLease); len(more) != 0 {
			t.Errorf("%d more are under way than may be", len(more))
		}
		db.clock.advance(testLease)
		again, err := db.ClaimDeliveries(ctx, w.ID, 5, testLease)
		if err != nil || len(again) != 5 || again[0].MessageID() != some[0].MessageID() {
			t.Fatalf("%d claimed, %v", len(again), err)
		}
		late := influencer.Outcome{At: db.clock.at, Status: 200}
		if err := db.FinishDelivery(ctx, some[0].Ref, late); !errors.Is(err, influencer.ErrStale) {
			t.Errorf("whoever lost the lease writes: %v", err)
		}
		late.Error, late.Status = "timeout", 0
		if err := db.FinishDelivery(ctx, some[1].Ref, late); !errors.Is(err, influencer.ErrStale) || db.number("SELECT failures FROM webhooks") != 0 {
			t.Errorf("whoever lost the lease blames the webhook: %v", err)
		}
		db.finish(again[0], influencer.Outcome{Interrupted: true})
		if back := db.outgoing(w.ID); len(back) != 1 || back[0].Event.ID != again[0].Event.ID {
			t.Errorf("given back, but %v are claimed", events(back))
		}
	})
}
