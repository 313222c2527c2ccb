package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/worker"
)

// mailbox is a receiver that checks what it gets with the reference verifier, and
// how it is in order.
type mailbox struct {
	*httptest.Server
	verify *standardwebhooks.Webhook
	// behave says what becomes of the nth request: it may answer by itself, and then
	// says false. taken tells whether the message was kept all the same.
	behave func(n int, w http.ResponseWriter, r *http.Request) (taken, answered bool)

	mu     sync.Mutex
	n      int
	bodies map[string]string   // by message id
	last   map[int64]time.Time // newest event by person
	again  int                 // messages that came twice
	faults []string
}

func newMailbox(t *testing.T, behave func(n int, w http.ResponseWriter, r *http.Request) (taken, answered bool)) *mailbox {
	t.Helper()
	m := &mailbox{behave: behave, bodies: map[string]string{}, last: map[int64]time.Time{}}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	return m
}

func takesAll(int, http.ResponseWriter, *http.Request) (bool, bool) { return true, false }

func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	m.mu.Lock()
	m.n++
	n := m.n
	m.mu.Unlock()
	taken, answered := m.behave(n, w, r)
	if taken && err == nil {
		m.keep(r.Header, body)
	}
	if n%7 == 3 && taken && !answered { // what it took and could not say
		panic(http.ErrAbortHandler)
	}
}

func (m *mailbox) keep(h http.Header, body []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := h.Get("webhook-id")
	if err := m.verify.Verify(body, h); err != nil {
		m.faults = append(m.faults, fmt.Sprintf("%s: %v", id, err))
	}
	if before, had := m.bodies[id]; had {
		m.again++
		if before != string(body) {
			m.faults = append(m.faults, id+" came again and is another")
		}
		return
	}
	m.bodies[id] = string(body)
	var event struct {
		Timestamp time.Time
		Data      struct {
			Person int64 `json:"person_id"`
		}
	}
	if err := json.Unmarshal(body, &event); err != nil {
		m.faults = append(m.faults, err.Error())
	}
	if !event.Timestamp.After(m.last[event.Data.Person]) {
		m.faults = append(m.faults, fmt.Sprintf("person %d: %v came after %v", event.Data.Person, event.Timestamp, m.last[event.Data.Person]))
	}
	m.last[event.Data.Person] = event.Timestamp
}

func (m *mailbox) count() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.bodies)
}

// subscribe makes a webhook for the mailbox.
func (m *mailbox) subscribe(t *testing.T, h *house) {
	t.Helper()
	_, secret, err := h.store.AddWebhook(t.Context(), influencer.WebhookSettings{URL: m.URL}, "cli:tester")
	if err == nil {
		m.verify, err = standardwebhooks.NewWebhook(secret.Reveal())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// hasAll checks that every event came, in order, and nothing twice but as itself.
func (m *mailbox) hasAll(t *testing.T, name string, want int) {
	t.Helper()
	eventually(t, name+" has all events", func() bool { return m.count() >= want })
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.bodies) != want {
		t.Errorf("%s: %d events, want %d", name, len(m.bodies), want)
	}
	for _, f := range m.faults {
		t.Errorf("%s: %s", name, f)
	}
	if m.again == 0 {
		t.Errorf("%s: nothing came twice, so nothing was shown about that", name)
	}
}

const (
	townsfolk = 12
	rounds    = 6
)

// town registers people, and opens the house in which time runs fast.
func (c *cli) town(speed float64) *house {
	c.t.Helper()
	var rows strings.Builder
	rows.WriteString("nip,name,agency,platform,handle\n")
	for i := range townsfolk {
		fmt.Fprintf(&rows, "198604262009012%03d,Orang %d,Kementerian Uji,x,orang%d\n", i+1, i, i)
	}
	c.env["PENGIKUT_WEBHOOK_ALLOW"] = "127.0.0.1"
	c.want(exitDone, "import", c.file("town.csv", rows.String()))
	a, _, _ := c.app("")
	cfg, err := a.config()
	if err != nil {
		c.t.Fatal(err)
	}
	return c.houseOf(a, cfg, speed)
}

func (c *cli) houseOf(a *app, cfg config.Config, speed float64) *house {
	began := time.Now()
	now := func() time.Time { return monday.Add(time.Duration(float64(time.Since(began)) * speed)) }
	h, err := a.openHouse(c.t.Context(), cfg, timekeeper{now: now, speed: speed}, founding)
	if err != nil {
		c.t.Fatal(err)
	}
	h.log = slog.New(slog.DiscardHandler)
	c.t.Cleanup(func() {
		if err := h.Close(); err != nil {
			c.t.Error(err)
		}
	})
	return h
}

// happens suspends and reinstates everybody by turns.
func (h *house) happens(t *testing.T) {
	t.Helper()
	people, err := h.store.People(t.Context(), influencer.PeopleFilter{}, influencer.Paging{})
	if err != nil || len(people.Items) != townsfolk {
		t.Fatalf("%d people, %v", len(people.Items), err)
	}
	for round := range rounds {
		kind := []influencer.ActionKind{influencer.ActionSuspend, influencer.ActionReinstate}[round%2]
		for _, p := range people.Items {
			o := influencer.Order{PersonID: p.ID, Action: influencer.Action{Kind: kind}, Note: "uji"}
			if _, err := h.store.Act(t.Context(), o, influencer.Orderer{Actor: "cli:tester"}, h.now()); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// serve runs services on one database and queue until the test ends.
func (h *house) serve(t *testing.T, services int) {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range services {
		s, err := h.service(ctx, roles{worker: true, scheduler: true}, worker.Options{Tick: 100 * time.Millisecond, Speed: h.speed})
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			if err := s.run(ctx); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { stop(); all.Wait() })
}

// TestWebhooksThroughAnOutage has receivers of three kinds: one that is well, one
// that answers slowly and one that is down for an hour. Each gets every event,
// each person's in order. Now and then an answer is lost, and what it was for
// comes again as the same message.
func TestWebhooksThroughAnOutage(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		const speed = 3600
		h := c.town(speed)
		hour := h.now().Add(time.Hour)
		well := newMailbox(t, takesAll)
		slow := newMailbox(t, func(int, http.ResponseWriter, *http.Request) (bool, bool) {
			<-time.After(100 * time.Millisecond)
			return true, false
		})
		var refused atomic.Int64
		down := newMailbox(t, func(_ int, w http.ResponseWriter, _ *http.Request) (bool, bool) {
			if h.now().Before(hour) {
				refused.Add(1)
				w.WriteHeader(http.StatusServiceUnavailable)
				return false, true
			}
			return true, false
		})
		for _, m := range []*mailbox{well, slow, down} {
			m.subscribe(t, h)
		}
		workers := 1
		if !h.config.EmbeddedQueue() {
			workers = 3
		}
		h.serve(t, workers)
		h.happens(t)
		well.hasAll(t, "the one that is well", townsfolk*rounds)
		slow.hasAll(t, "the slow one", townsfolk*rounds)
		down.hasAll(t, "the one that was down", townsfolk*rounds)
		if n := refused.Load(); n == 0 || h.now().Before(hour) {
			t.Errorf("it refused %d times: it was not down", n)
		}
		eventually(t, "the outbox is empty", func() bool {
			state, err := h.store.OutboxState(t.Context())
			return err == nil && state.Waiting == 0 && state.Dead == 0
		})
	})
}

// TestKilledInMidDelivery kills the service while a receiver holds what it was
// sent. The next service sends it again, under the same id, and all the rest.
func TestKilledInMidDelivery(t *testing.T) {
	t.Parallel()
	c := newCLI(t).onPostgres()
	c.clock.at = time.Now()
	c.env["PENGIKUT_LISTEN"] = "127.0.0.1:0"
	c.env["PENGIKUT_WEBHOOK_TIMEOUT"] = "1s" // the lease comes from it
	c.want(exitDone, "migrate", "up")
	h := c.town(1)
	h.timekeeper = timekeeper{now: time.Now}
	held := make(chan struct{}, 100)
	m := newMailbox(t, func(n int, _ http.ResponseWriter, r *http.Request) (bool, bool) {
		if n <= 5 { // it takes these, and never says so
			held <- struct{}{}
			<-r.Context().Done()
		}
		return true, true
	})
	m.subscribe(t, h)
	first := c.spawn("serve", "--role", "worker,scheduler")
	h.happens(t)
	<-held
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = first.Wait() // it says that it was killed
	second := c.spawn("serve", "--role", "worker,scheduler")
	// What was in the dead process's hands waits for the end of its lease.
	eventuallyIn(t, 2*time.Minute, "every event came", func() bool { return m.count() == townsfolk*rounds })
	m.hasAll(t, "the receiver", townsfolk*rounds)
	if m.again < 1 || m.again > 16 {
		t.Errorf("%d messages came twice, of the 16 that may be under way", m.again)
	}
	if err := second.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := second.Wait(); err != nil {
		t.Errorf("the second process: %v\n%s", err, second.Stderr)
	}
}

func TestWebhookCommands(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		got := make(chan simulator.Message, 10)
		var receiver *simulator.Receiver
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { receiver.ServeHTTP(w, r) }))
		t.Cleanup(server.Close)
		c.env["PENGIKUT_WEBHOOK_ALLOW"] = server.Listener.Addr().String()
		secret := strings.TrimSpace(c.want(exitDone, "webhook", "add", server.URL+"/?token=rahasia", "--format", "cloudevents", "--events", "granted,revoked").out)
		var err error
		if receiver, err = simulator.NewReceiver(influencer.Secret(secret), time.Now, func(m simulator.Message) { got <- m }); err != nil {
			t.Fatal(err)
		}
		c.want(exitDone, "webhook", "test", "1")
		if m := <-got; !strings.Contains(string(m.Body), `"type":"io.github.pengikut.test"`) || m.Seen {
			t.Errorf("%+v", m)
		}
		c.want(exitDone, "webhook", "rotate", "1")
		c.want(exitDone, "webhook", "test", "1") // the secret before is valid for a day
		c.want(exitDone, "webhook", "pause", "1", "--reason", "perawatan")
		list := c.want(exitDone, "webhook", "list").out
		if !strings.Contains(list, "paused") || !strings.Contains(list, "perawatan") || strings.Contains(list, "rahasia") {
			t.Errorf("list:\n%s", list)
		}
		c.want(exitDone, "webhook", "resume", "1")
		if r := c.want(exitDone, "webhook", "resend", "--dead", "--webhook", "1"); !strings.Contains(r.out, "0 deliveries") {
			t.Errorf("resend: %s", r.out)
		}
		c.want(exitDone, "webhook", "remove", "1")
		for _, args := range [][]string{
			{"webhook", "add", "https://e.example/", "--events", "naik"}, {"webhook", "add"}, {"webhook", "test", "x"},
			{"webhook", "resend"}, {"webhook", "resend", "1", "--dead"}, {"webhook", "deliveries", "--state", "hilang"},
		} {
			c.want(exitUsage, args...)
		}
		for _, args := range [][]string{
			{"webhook", "add", "https://10.0.0.1/"}, {"webhook", "add", "http://e.example/"}, {"webhook", "test", "1"}, {"webhook", "resend", "1"},
		} {
			c.want(exitFailed, args...)
		}
	})
}
