package worker

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/internal/testservers"
)

func realRedis(t *testing.T, url string) redis.UniversalClient {
	t.Helper()
	c, err := Connect(url, quiet())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// signalled makes the store say when the accounts that got a reading reach n.
func signalled(m *memory, n int) <-chan struct{} {
	reached := make(chan struct{}, 1)
	m.onRecord = func() {
		if once, more := m.readings(); once+more >= n {
			select {
			case reached <- struct{}{}:
			default:
			}
		}
	}
	return reached
}

func await(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(90 * time.Second):
		t.Fatalf("%s: not within 90 s", what)
	}
}

func TestThreeReplicasOnARealRedis(t *testing.T) {
	t.Parallel()
	url := testservers.Redis(t)
	store := newMemory(time.Now)
	store.add(influencer.X, 1, 20_000)
	all := signalled(store, 20_000)
	x := &platform{size: 100}
	for range 3 {
		launch(t, Options{Redis: realRedis(t, url), Store: store, Connectors: only(influencer.X, x), Tick: 100 * time.Millisecond, MaxBatches: 20})
	}
	await(t, "all accounts read", all)
	if once, more := store.readings(); once != 20_000 || more != 0 || x.called() != 200 {
		t.Errorf("%d read once, %d more often, in %d calls", once, more, x.called())
	}
}

func TestRedisKilledAndEmptiedMidRun(t *testing.T) {
	t.Parallel()
	server := testservers.StartRedis(t)
	store := newMemory(time.Now)
	store.add(influencer.X, 1, 3_000)
	first, second, all := signalled(store, 300), make(chan struct{}), make(chan struct{})
	x := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
		return good(req), pause(ctx, 20*time.Millisecond)
	}}
	client := realRedis(t, server.URL())
	launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x), Tick: 100 * time.Millisecond,
		ClaimLease: time.Second, MaxBatches: 50})
	await(t, "the first accounts", first)
	store.mu.Lock()
	store.onRecord = func() {
		once, more := store.readings()
		if once+more >= 1_500 {
			closeOnce(second)
		}
		if once+more >= 3_000 {
			closeOnce(all)
		}
	}
	store.mu.Unlock()
	server.Kill()
	server.Start(t)
	await(t, "half of the accounts after a kill", second)
	realRedis(t, server.URL()).FlushAll(t.Context())
	await(t, "the rest after a flush", all)
	if once, more := store.readings(); once != 3_000 || more != 0 {
		t.Errorf("%d read once, %d more often", once, more)
	}
}

// closeOnce closes c unless it is closed; all callers are serialised by the test
// or do no harm.
func closeOnce(c chan struct{}) {
	defer func() { _ = recover() }()
	close(c)
}

func TestARedisWithoutThePassword(t *testing.T) {
	t.Parallel()
	server := testservers.StartRedis(t)
	if err := realRedis(t, server.URL()).ConfigSet(t.Context(), "requirepass", "sekrit").Err(); err != nil {
		t.Fatal(err)
	}
	w, err := New(Options{Redis: realRedis(t, server.URL()), Store: newMemory(time.Now), Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	if all, err := w.Queues(t.Context()); err == nil {
		t.Errorf("queues without the password: %v", all)
	}
	client := realRedis(t, "redis://:sekrit@"+server.Addr())
	if w, err = New(Options{Redis: client, Store: newMemory(time.Now), Logger: quiet()}); err != nil {
		t.Fatal(err)
	}
	if err := w.Running(t.Context()); !errors.Is(err, ErrNotRunning) {
		t.Errorf("with the password, before Run: %v", err)
	}
	if all, err := w.Queues(t.Context()); err != nil || len(all) != 0 {
		t.Errorf("queues of an empty Redis: %v, %v", all, err)
	}
}
