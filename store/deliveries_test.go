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

const day = 24 * time.Hour

// delivery is the one of an event to a webhook.
func (db *testDB) delivery(webhook, event int64) influencer.Delivery {
	db.t.Helper()
	for _, d := range db.deliveries(influencer.DeliveryFilter{WebhookID: webhook}) {
		if d.EventID == event {
			return d
		}
	}
	db.t.Fatalf("event %d is not on its way to webhook %d", event, webhook)
	return influencer.Delivery{}
}

// untilDue lets the time go by until the webhook may be tried, and claims.
func (db *testDB) untilDue(webhook int64) []influencer.Outgoing {
	db.t.Helper()
	for range 100 {
		if out := db.outgoing(webhook); len(out) > 0 {
			return out
		}
		due := db.number(`SELECT min(due_at) FROM deliveries WHERE webhook_id = ? AND state = 'waiting'`, webhook)
		open := db.number(`SELECT coalesce(closed_to, 0) FROM webhooks WHERE id = ?`, webhook)
		db.clock.at = time.UnixMicro(max(due, open)).UTC()
	}
	db.t.Fatal("nothing is ever due")
	return nil
}

// refuse tries a webhook that is away for as long as it says.
func (db *testDB) refuse(webhook int64, while func() bool) {
	db.t.Helper()
	for while() {
		for _, o := range db.untilDue(webhook) {
			db.finish(o, refused)
		}
	}
}

// away tries a webhook that is away until an event is given up.
func (db *testDB) away(webhook, event int64) {
	db.t.Helper()
	db.refuse(webhook, func() bool { return db.delivery(webhook, event).State == influencer.DeliveryWaiting })
}

// A receiver that stays away costs few tries; after three days what it let wait is
// dead, also what was never tried because it was behind, and what is younger has
// its own three days.
func TestDeadAfterThreeDays(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.keyed(NewSecretKey())
		w, began := db.hook(nil), db.clock.at
		first, behind := db.happened(1, influencer.EventGranted, "A"), db.happened(1, influencer.EventRevoked, "A")
		db.route()
		db.refuse(w.ID, func() bool { return db.clock.at.Before(began.Add(day)) })
		younger := db.happened(2, influencer.EventGranted, "A")
		db.route()
		db.away(w.ID, first)
		// Another may be the one that is tried at that moment, and close the way for a while.
		if late := db.clock.at.Sub(began) - influencer.DeliveryLife; late < 0 || late > 10*time.Minute {
			t.Errorf("given up %v after its time", late)
		}
		d := db.delivery(w.ID, first)
		if d.State != influencer.DeliveryDead || d.Status != 503 || d.Attempts < 14 || d.Attempts > 18 || !d.EndedAt.Equal(db.clock.at) {
			t.Errorf("the first: %+v", d)
		}
		if d := db.delivery(w.ID, behind); d.State != influencer.DeliveryDead || d.Attempts != 0 || !strings.HasPrefix(d.Error, "not tried") {
			t.Errorf("the one behind: %+v", d)
		}
		if d := db.delivery(w.ID, younger); d.State != influencer.DeliveryWaiting || d.Attempts == 0 {
			t.Errorf("the younger: %+v", d)
		}
		if s, err := db.OutboxState(context.Background()); err != nil || s.Dead != 2 || s.Waiting != 1 {
			t.Errorf("%+v, %v", s, err)
		}
	})
}

// While the head of a person's events waits for its next try nothing of that
// person goes, whatever else does; then all go in their order.
func TestHeadOfALaneHoldsTheRest(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.keyed(NewSecretKey())
		w := db.hook(nil)
		var want []int64
		for _, kind := range []influencer.Event{influencer.EventGranted, influencer.EventGraceStarted, influencer.EventRevoked} {
			want = append(want, db.happened(1, kind, "A"))
		}
		db.route()
		for range influencer.ClosesAfter - 2 { // so that the webhook stays open for others
			out := db.untilDue(w.ID)
			if got := events(out); !cmp.Equal(got, want[:1]) {
				t.Fatalf("claimed %v, want the head alone", got)
			}
			db.finish(out[0], refused)
			other := db.happened(2, influencer.EventGranted, "A")
			db.route()
			out = db.outgoing(w.ID)
			if got := events(out); !cmp.Equal(got, []int64{other}) {
				t.Fatalf("claimed %v, want the other person's %d", got, other)
			}
			db.finish(out[0], taken)
		}
		var got []int64
		for len(got) < len(want) {
			out := db.untilDue(w.ID)
			got = append(got, events(out)...)
			db.finish(out[0], taken)
		}
		if !cmp.Equal(got, want) {
			t.Errorf("came as %v, want %v", got, want)
		}
	})
}

// 410 Gone pauses the webhook: nothing more is sent, nothing is lost, and nothing
// dies while it is paused.
func TestGonePausesAWebhook(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db.keyed(NewSecretKey())
		w := db.hook(nil)
		first := db.happened(1, influencer.EventGranted, "A")
		db.route()
		db.finish(db.outgoing(w.ID)[0], influencer.Outcome{Status: 410, Gone: true, Error: "410 Gone: the receiver wants nothing more"})
		if got, err := db.WebhookByID(ctx, w.ID); err != nil || got.State != influencer.WebhookPaused || !strings.Contains(got.Detail, "410") {
			t.Errorf("%+v, %v", got, err)
		}
		second := db.happened(2, influencer.EventGranted, "A")
		db.route()
		db.clock.advance(4 * day)
		if due, err := db.DueWebhooks(ctx); err != nil || len(due) != 0 || len(db.outgoing(w.ID)) != 0 {
			t.Errorf("a paused webhook is due: %v, %v", due, err)
		}
		if err := db.ResumeWebhook(ctx, w.ID, "cli:uji"); err != nil {
			t.Fatal(err)
		}
		if got := events(db.outgoing(w.ID)); !cmp.Equal(got, []int64{first, second}) {
			t.Errorf("after it was resumed %v are claimed", got)
		}
		if d := db.delivery(w.ID, first); !d.ExpiresAt.Equal(db.clock.at.Add(influencer.DeliveryLife)) {
			t.Errorf("it expires at %v", d.ExpiresAt)
		}
	})
}

// A dead letter that is sent again keeps its message id, has its three days anew,
// and goes before what happened to the same person since.
func TestResend(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db.keyed(NewSecretKey())
		w := db.hook(func(w *influencer.WebhookSettings) { w.Agency = "A" })
		first := db.happened(1, influencer.EventGranted, "A")
		db.route()
		db.away(w.ID, first)
		dead := db.delivery(w.ID, first)
		since := db.happened(1, influencer.EventRevoked, "A")
		db.route()
		for name, order := range map[string]influencer.ResendOrder{
			"one that waits": {Delivery: db.delivery(w.ID, since).ID}, "one that is not there": {Delivery: 99},
		} {
			if _, err := db.ResendDeliveries(ctx, order, "cli:uji"); !errors.Is(err, influencer.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n, err := db.ResendDeliveries(ctx, influencer.ResendOrder{Delivery: dead.ID}, "cli:uji"); n != 1 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		if d := db.delivery(w.ID, first); d.MessageID != dead.MessageID || d.Attempts != 0 || !d.ExpiresAt.Equal(db.clock.at.Add(influencer.DeliveryLife)) {
			t.Errorf("%+v", d)
		}
		for _, want := range []int64{first, since} {
			out := db.untilDue(w.ID)
			if got := events(out); !cmp.Equal(got, []int64{want}) {
				t.Fatalf("claimed %v, want %d", got, want)
			}
			db.finish(out[0], taken)
		}
		audit, err := db.Audit(ctx, influencer.AuditFilter{Action: "delivery.resend", Agency: "A"}, influencer.Paging{})
		if err != nil || len(audit.Items) != 1 || audit.Items[0].Note != "1 sent again" {
			t.Errorf("audit %+v, %v", audit.Items, err)
		}
	})
}

func TestResendAllDeadOfAWebhook(t *testing.T) {
	large(t, func(t *testing.T, db *testDB) {
		ctx := context.Background()
		db.keyed(NewSecretKey())
		w := db.hook(nil)
		last := int64(0)
		for person := range int64(3) {
			last = db.happened(person+1, influencer.EventGranted, "A")
		}
		db.route()
		db.away(w.ID, last)
		if n, err := db.ResendDeliveries(ctx, influencer.ResendOrder{DeadOf: w.ID}, "cli:uji"); n != 3 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		for range 3 {
			db.finish(db.untilDue(w.ID)[0], taken)
		}
		if n, err := db.ResendDeliveries(ctx, influencer.ResendOrder{DeadOf: w.ID}, "cli:uji"); n != 0 || err != nil {
			t.Errorf("none is dead any more: %d, %v", n, err)
		}
	})
}

// What was delivered is forgotten after 30 days and what is dead after 90, with the
// event when nobody else needs it; what waits is never.
func TestPruneDeliveries(t *testing.T) {
	both(t, func(t *testing.T, db *testDB) {
		db.keyed(NewSecretKey())
		well, down := db.hook(nil), db.hook(func(w *influencer.WebhookSettings) { w.Events = []influencer.Event{influencer.EventRevoked} })
		granted, revoked := db.happened(1, influencer.EventGranted, "A"), db.happened(2, influencer.EventRevoked, "A")
		db.route()
		for _, o := range db.outgoing(well.ID) {
			db.finish(o, taken)
		}
		db.away(down.ID, revoked)
		db.clock.advance(time.Second)
		waits := db.happened(3, influencer.EventGranted, "A")
		db.route()
		began := db.clock.at
		for _, tt := range []struct {
			after time.Duration
			want  []int64 // events that are still there
		}{
			{26 * day, []int64{granted, revoked, waits}},
			{31 * day, []int64{revoked, waits}},
			{89 * day, []int64{revoked, waits}},
			{91 * day, []int64{waits}},
			{400 * day, []int64{waits}},
		} {
			db.clock.at = began.Add(tt.after)
			db.prune()
			var left []int64
			for _, e := range []int64{granted, revoked, waits} {
				if db.number("SELECT count(*) FROM outbox WHERE id = ?", e) == 1 {
					left = append(left, e)
				}
			}
			if !cmp.Equal(left, tt.want) {
				t.Errorf("after %v events %v are left, want %v", tt.after, left, tt.want)
			}
		}
		if d := db.delivery(well.ID, waits); d.State != influencer.DeliveryWaiting {
			t.Errorf("%+v", d)
		}
	})
}

func (db *testDB) prune() {
	db.t.Helper()
	for {
		n, err := db.PruneDeliveries(context.Background())
		if err != nil {
			db.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}
