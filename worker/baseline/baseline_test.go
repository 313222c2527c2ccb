package baseline

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/pengikut/pengikut/internal/testservers"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type silent struct{}

func (silent) Debug(...any) {}
func (silent) Info(...any)  {}
func (silent) Warn(...any)  {}
func (silent) Error(...any) {}
func (silent) Fatal(...any) {}

var _ asynq.Logger = silent{}

func TestOneTaskAnAccount(t *testing.T) {
	opts, err := redis.ParseURL(testservers.Redis(t))
	if err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(opts)
	defer client.Close()
	ids := []int64{1, -5, 1 << 60, 42}
	if n, err := Enqueue(t.Context(), client, slices.Values(ids)); n != 4 || err != nil {
		t.Fatal(n, err)
	}
	var mu sync.Mutex
	var got []int64
	done := make(chan struct{})
	s, err := Start(client, 4, silent{}, func(_ context.Context, id int64) error {
		mu.Lock()
		defer mu.Unlock()
		if got = append(got, id); len(got) == len(ids) {
			close(done)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	<-done
	s.Stop()
	slices.Sort(ids)
	slices.Sort(got)
	if !slices.Equal(got, ids) {
		t.Errorf("handled %v, want %v", got, ids)
	}
	client.Close()
	if n, err := Enqueue(t.Context(), client, slices.Values(ids)); n != 0 || err == nil {
		t.Errorf("%d tasks put into a closed client, %v", n, err)
	}
}
