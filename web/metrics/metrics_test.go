package metrics

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/internal/testservers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var monday = time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)

// world is every source there is, as a test wants it.
type world struct {
	mu     sync.Mutex
	asked  map[string]int
	broken error
	delay  time.Duration
	trip   *influencer.Trip       // nil when none is open
	moves  []influencer.MoveCount // one a decision; its id is its place, from 1
}

func (w *world) ask(what string) error {
	time.Sleep(w.delay) // virtual: who sets it is in a synctest bubble
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.asked == nil {
		w.asked = map[string]int{}
	}
	w.asked[what]++
	return w.broken
}

func (w *world) Census(context.Context) (influencer.Census, error) {
	return influencer.Census{At: monday, People: map[influencer.Status]int64{influencer.StatusActive: 3},
		Accounts: []influencer.AccountCount{
			{Platform: influencer.X, State: influencer.StateOK, Registered: 10, InTime: 8, Proving: 9, Oldest: monday.Add(-time.Hour)},
			{Platform: influencer.X, State: influencer.StatePending, Registered: 2},
		},
		Tokens: []influencer.TokenCount{{Platform: influencer.Facebook, State: "ok", Own: true, Count: 1, FirstEnd: monday.Add(time.Hour)},
			{Platform: influencer.Facebook, State: "dead", Count: 7}},
	}, w.ask("census")
}

func (w *world) NewestDecision(context.Context) (int64, error) {
	return int64(len(w.moves)), w.ask("newest")
}

func (w *world) CountMoves(_ context.Context, after, upTo int64) ([]influencer.MoveCount, error) {
	if upTo == 0 {
		upTo = int64(len(w.moves))
	}
	var out []influencer.MoveCount
	for _, m := range w.moves[after:upTo] {
		if m.To != "" { // else its transaction has not committed
			m.Count = 1
			out = append(out, m)
		}
	}
	return out, w.ask("moves")
}

func (w *world) PlatformHealth(context.Context) ([]influencer.PlatformHealth, error) {
	return []influencer.PlatformHealth{{Platform: influencer.X, Kind: influencer.RateLimited, Since: monday.Add(-time.Minute), Until: monday.Add(time.Minute), Failures: 2}},
		w.ask("health")
}

func (w *world) Usage(context.Context, time.Time) ([]influencer.Usage, error) {
	return []influencer.Usage{{Platform: influencer.X, Day: monday, Purpose: influencer.PurposePlanned, Reads: 40},
		{Platform: influencer.X, Day: monday.AddDate(0, 0, 1), Purpose: influencer.PurposePlanned, Reads: 2}}, w.ask("usage")
}

func (w *world) Forecast(_ context.Context, p influencer.Platform) (influencer.Budget, error) {
	cap := int64(1000)
	b := influencer.Budget{Platform: p, Forecast: 900}
	if p == influencer.X {
		b.Cap = &cap
	}
	return b, w.ask("forecast")
}

func (w *world) Headroom(_ context.Context, p influencer.Platform, why influencer.Purpose) (int, time.Time, bool) {
	_ = w.ask("headroom")
	return 500, time.Time{}, p == influencer.X && why == influencer.PurposePlanned
}

func (w *world) OutboxState(context.Context) (influencer.OutboxState, error) {
	return influencer.OutboxState{Waiting: 4, Oldest: monday.Add(-time.Minute), Dead: 2}, w.ask("outbox")
}

func (w *world) OpenTrip(context.Context) (influencer.Trip, error) {
	if w.trip == nil {
		return influencer.Trip{}, influencer.ErrNotFound
	}
	return *w.trip, w.ask("breaker")
}

func (w *world) ResyncsUnderWay(context.Context) (map[influencer.ResyncState]int64, error) {
	return map[influencer.ResyncState]int64{influencer.ResyncQueued: 0, influencer.ResyncRunning: 2}, w.ask("resyncs")
}

func (w *world) options() Options {
	return Options{Version: "v1", Roles: []string{"web"}, Now: func() time.Time { return monday }, Sources: Sources{
		Every:  map[influencer.Platform]time.Duration{influencer.X: time.Hour, influencer.Facebook: 24 * time.Hour},
		Checks: []Check{{"database", func(context.Context) error { return errors.New("no") }}}, Periodic: []Periodic{{"plan:x", 5 * time.Second}},
		Census: w, Decisions: w, Platforms: w, Budgets: w, Room: w, Outbox: w, Breaker: w, Resyncs: w,
		Queues: func(context.Context) ([]Queue, error) {
			return []Queue{{Name: "sync-x", Pending: 3, Active: 1, Retry: 2, Archived: 4, Latency: 1500 * time.Millisecond, Paused: true}}, w.ask("queues")
		},
		Pool: func() Pool { return Pool{InUse: 1, Idle: 2, Max: 10, Waits: 5, Waited: 3 * time.Second} },
	}}
}

// scrape gives the text, without what Go tells of itself.
func scrape(m *Metrics) string {
	w := httptest.NewRecorder()
	m.ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	return w.Body.String()
}

// busy is a process that has done a bit of everything.
func busy(w *world) *Metrics {
	m := New(w.options())
	m.Batch(Batch{Platform: influencer.X, Purpose: influencer.PurposePlanned, Size: 10, Took: time.Second,
		Recorded: influencer.Recorded{Read: 7, Suspect: 1, Failed: 3}, Failed: map[influencer.FailureKind]int{influencer.Gone: 2, influencer.Private: 1}})
	m.Batch(Batch{Platform: influencer.X, Purpose: influencer.PurposeManual, Size: 5, Recorded: influencer.Recorded{Refused: &influencer.Failure{Kind: influencer.Malformed}}})
	m.Batch(Batch{Platform: influencer.X, Purpose: influencer.PurposePlanned, Size: 5, Failure: &influencer.Failure{Kind: influencer.Unavailable}})
	m.Batch(Batch{Platform: influencer.X, Purpose: influencer.PurposePlanned, Size: 5, Stale: true})
	m.Batch(Batch{Platform: influencer.X, Purpose: influencer.PurposePlanned, Size: 5, Skipped: true})
	m.Batch(Batch{Platform: influencer.X, Purpose: influencer.PurposePlanned, Size: 5, Error: true})
	m.Call(influencer.X, "", 30*time.Millisecond)
	m.Call(influencer.X, influencer.Unavailable, time.Second)
	m.Delivery(influencer.Outcome{Status: 204}, 30*time.Millisecond)
	m.Delivery(influencer.Outcome{Status: 503, Error: "503"}, time.Millisecond)
	m.Delivery(influencer.Outcome{Status: 503, Error: "503"}, time.Millisecond)
	m.Delivery(influencer.Outcome{Status: 410, Gone: true, Error: "410"}, time.Millisecond)
	m.Delivery(influencer.Outcome{Error: "no answer in time"}, 15*time.Second)
	m.Delivery(influencer.Outcome{Error: "interrupted", Interrupted: true}, time.Second)
	m.Job("plan:x", nil, time.Millisecond)
	m.Job("plan:x", errors.New("no"), time.Millisecond)
	m.Request("/api/v1/people", "GET", 200, time.Millisecond)
	return m
}

// TestNumbers looks for each number that the sources and the work should give.
func TestNumbers(t *testing.T) {
	t.Parallel()
	text := scrape(busy(&world{trip: &influencer.Trip{Held: 30, OpenedAt: monday}}))
	for _, want := range []string{
		`pengikut_build_info{version="v1"} 1`, `pengikut_role{role="web"} 1`, `pengikut_time_seconds 1.7953992e+09`,
		`pengikut_ready{check="database"} 0`,
		`pengikut_periodic_interval_seconds{task="plan:x"} 5`, `pengikut_read_interval_seconds{platform="x"} 3600`,
		`pengikut_people{status="active"} 3`, `pengikut_accounts{platform="x",state="ok"} 10`,
		`pengikut_accounts_read_in_time{platform="x",state="ok"} 8`, `pengikut_accounts_proving{platform="x",state="ok"} 9`,
		`pengikut_accounts_oldest_read_timestamp_seconds{platform="x",state="ok"} 1.7953956e+09`,
		`pengikut_tokens{owner="institution",platform="facebook",state="ok"} 1`, `pengikut_tokens{owner="person",platform="facebook",state="dead"} 7`,
		`pengikut_tokens_first_end_timestamp_seconds{owner="institution",platform="facebook"} 1.7954028e+09`,
		`pengikut_platform_state{platform="x",state="rate_limited"} 1`, `pengikut_platform_state{platform="x",state="ok"} 0`,
		`pengikut_platform_state{platform="facebook",state="ok"} 1`, `pengikut_platform_failures_in_a_row{platform="x"} 2`,
		`pengikut_gate_open{platform="x"} 0`, `pengikut_gate_open{platform="facebook"} 1`,
		`pengikut_gate_closed_until_timestamp_seconds{platform="x"} 1.79539926e+09`, `pengikut_gate_closed_until_timestamp_seconds{platform="facebook"} 0`,
		`pengikut_gate_headroom_accounts{platform="x",purpose="planned"} 500`,
		`pengikut_budget_used_reads{platform="x",purpose="planned"} 42`, `pengikut_budget_used_reads{platform="facebook",purpose="manual"} 0`,
		`pengikut_budget_cap_reads{platform="x"} 1000`, `pengikut_budget_forecast_reads{platform="facebook"} 900`,
		`pengikut_queue_tasks{queue="sync-x",state="pending"} 3`, `pengikut_queue_latency_seconds{queue="sync-x"} 1.5`, `pengikut_queue_paused{queue="sync-x"} 1`,
		`pengikut_outbox_waiting 4`, `pengikut_outbox_oldest_timestamp_seconds 1.79539914e+09`, `pengikut_outbox_dead 2`,
		`pengikut_breaker_open 1`, `pengikut_breaker_held_losses 30`, `pengikut_breaker_open_since_timestamp_seconds 1.7953992e+09`,
		`pengikut_resyncs{state="running"} 2`, `pengikut_resyncs{state="queued"} 0`,
		`pengikut_decisions_total{from="none",reason="qualifies",to="active"} 0`,
		`pengikut_database_connections{state="in_use"} 1`, `pengikut_database_wait_seconds_total 3`,
		`pengikut_reads_total{outcome="read",platform="x",purpose="planned"} 6`, `pengikut_reads_total{outcome="suspect",platform="x",purpose="planned"} 1`,
		`pengikut_reads_total{outcome="gone",platform="x",purpose="planned"} 2`, `pengikut_reads_total{outcome="malformed",platform="x",purpose="manual"} 5`,
		`pengikut_batches_total{outcome="read",platform="x",purpose="planned"} 1`, `pengikut_batches_total{outcome="refused",platform="x",purpose="manual"} 1`,
		`pengikut_batches_total{outcome="unavailable",platform="x",purpose="planned"} 1`, `pengikut_batches_total{outcome="stale",platform="x",purpose="planned"} 1`,
		`pengikut_batches_total{outcome="skipped",platform="x",purpose="planned"} 1`, `pengikut_batches_total{outcome="error",platform="x",purpose="planned"} 1`,
		`pengikut_connector_call_duration_seconds_count{outcome="success",platform="x"} 1`, `pengikut_connector_call_duration_seconds_count{outcome="unavailable",platform="x"} 1`,
		`pengikut_deliveries_total{outcome="success"} 1`, `pengikut_deliveries_total{outcome="refused"} 2`, `pengikut_deliveries_total{outcome="gone"} 1`,
		`pengikut_deliveries_total{outcome="unanswered"} 1`, `pengikut_deliveries_total{outcome="interrupted"} 1`,
		`pengikut_delivery_duration_seconds_sum{outcome="unanswered"} 15`,
		`pengikut_periodic_runs_total{outcome="failure",task="plan:x"} 1`, `pengikut_http_requests_total{code="200",method="GET",route="/api/v1/people"} 1`,
		`pengikut_metrics_part_success{part="census"} 1`, "go_goroutines ", "process_cpu_seconds_total ",
	} {
		if !strings.Contains(text, "\n"+want) {
			t.Errorf("no %s", want)
		}
	}
	if calm := scrape(busy(&world{})); !strings.Contains(calm, "\npengikut_breaker_open 0\n") || !strings.Contains(calm, `part_success{part="breaker"} 1`) {
		t.Errorf("a breaker that is not open:\n%s", calm)
	}
	if strings.Contains(text, `pengikut_budget_cap_reads{platform="facebook"}`) || strings.Contains(text, `headroom_accounts{platform="facebook"`) {
		t.Errorf("a number that nobody knows is told:\n%s", text)
	}
}

// TestNames lets Prometheus' own tool judge names, help and format.
func TestNames(t *testing.T) {
	t.Parallel()
	judge := exec.CommandContext(t.Context(), testservers.Promtool(t), "check", "metrics")
	judge.Stdin = bytes.NewReader([]byte(scrape(busy(&world{}))))
	if out, err := judge.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}

// TestAnswersAreKept scrapes again and again: what is costly is asked seldom, and
// the more seldom the longer it takes.
func TestAnswersAreKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		m := New(w.options())
		for range 60 {
			scrape(m)
			time.Sleep(15 * time.Second)
		}
		want := map[string]int{"census": 15, "usage": 15, "forecast": 2, "health": 60, "headroom": 4 * 60, "queues": 60, "newest": 60}
		for what, n := range want {
			if w.asked[what] != n {
				t.Errorf("%s asked %d times in a quarter of an hour, want %d", what, w.asked[what], n)
			}
		}
		w.delay, w.asked = 10*time.Second, nil
		for range 60 {
			scrape(m)
			time.Sleep(15 * time.Second)
		}
		if n := w.asked["census"]; n < 2 || n > 5 {
			t.Errorf("a census of 10 s was made %d times in half an hour", n)
		}
	})
}

// TestTroubleShowsNothing breaks the sources: no old number stays, but that they
// are broken is told.
func TestTroubleShowsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		m := New(w.options())
		if text := scrape(m); !strings.Contains(text, "\npengikut_people{") {
			t.Fatalf("nothing at first:\n%s", text)
		}
		w.broken = errors.New("the database is away")
		time.Sleep(2 * time.Minute)
		text := scrape(m)
		for _, gone := range []string{"pengikut_people{", "pengikut_platform_state{", "pengikut_queue_tasks{", "pengikut_decisions_total{", "pengikut_census_timestamp_seconds"} {
			if strings.Contains(text, "\n"+gone) {
				t.Errorf("%s is still there", gone)
			}
		}
		if !strings.Contains(text, `pengikut_metrics_part_success{part="census"} 0`) || !strings.Contains(text, "pengikut_build_info{") {
			t.Errorf("trouble is not told:\n%s", text)
		}
	})
}

// TestDecisionsAreCountedOnce lets decisions appear late, in another order than
// their ids, and restarts nothing.
func TestDecisionsAreCountedOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		grant := influencer.MoveCount{From: "none", To: "active", Reason: "qualifies"}
		loss := influencer.MoveCount{From: "active", To: "revoked", Reason: "below_line"}
		w := &world{moves: []influencer.MoveCount{grant, grant, loss}} // before the process began
		c := &moveCounter{from: w, wall: time.Now, counted: map[influencer.MoveCount]int64{}}
		want := map[influencer.MoveCount]int64{grant: 0, loss: 0}
		for round := range 200 {
			got, err := c.count(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, map[influencer.MoveCount]int64{grant: got[grant], loss: got[loss]}); diff != "" {
				t.Fatalf("round %d (-want +got):\n%s", round, diff)
			}
			time.Sleep(time.Minute)
			switch round % 4 {
			case 0:
				w.moves = append(w.moves, influencer.MoveCount{}, grant) // the first of them is not committed yet
				want[grant]++
			case 2:
				w.moves[len(w.moves)-2] = loss
				want[loss]++
			}
		}
		if c.mark < int64(len(w.moves))-20 || len(c.later) > 20 {
			t.Errorf("counts %d of %d decisions anew each time, and holds %d marks", int64(len(w.moves))-c.mark, len(w.moves), len(c.later))
		}
	})
}
