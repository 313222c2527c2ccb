package worker

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// TestHeard listens to the calls and batches of a platform that answers, half
// answers and is out of order, on a clock that runs fast.
func TestHeard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		began := time.Now()
		fast := func() time.Time { return began.Add(60 * time.Since(began)) }
		store := newMemory(fast)
		store.add(influencer.X, 1, 20)
		answers := []func(req influencer.Request) ([]influencer.Observation, error){
			func(influencer.Request) ([]influencer.Observation, error) { return nil, errors.New("a pipe broke") },
			func(req influencer.Request) ([]influencer.Observation, error) {
				seen := good(req)
				seen[0] = influencer.Observation{AccountID: seen[0].AccountID, Failure: &influencer.Failure{Kind: influencer.Gone}}
				return seen, nil
			},
		}
		x := &platform{size: 10, answer: func(ctx context.Context, call int, req influencer.Request) ([]influencer.Observation, error) {
			if err := pause(ctx, 2*time.Second); err != nil {
				return nil, err
			}
			return answers[min(call, len(answers))-1](req)
		}}
		var mu sync.Mutex
		var calls, batches []string
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x), Calls: 1, Concurrency: 1, Now: fast, Speed: 60,
			OnCall: func(d CallDone) {
				mu.Lock()
				defer mu.Unlock()
				calls = append(calls, fmt.Sprintf("%s %s %d %v %s", d.Platform, d.Purpose, d.Accounts, d.Took, d.Failure))
			},
			OnBatch: func(d BatchDone) {
				mu.Lock()
				defer mu.Unlock()
				batches = append(batches, fmt.Sprint(d.Recorded.Read, d.Failed, d.Took, d.Skipped, d.Failure != nil))
			}})
		advance(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		answered := "x planned 10 2s "
		slices.Sort(batches)
		if diff := cmp.Diff([]string{answered + "unavailable", answered, answered}, calls); diff != "" {
			t.Errorf("calls (-want +got):\n%s", diff)
		}
		want := []string{"0 map[] 2s false true", "9 map[gone:1] 2s false false", "9 map[gone:1] 2s false false"}
		if diff := cmp.Diff(want, batches); diff != "" {
			t.Errorf("batches (-want +got):\n%s", diff)
		}
	})
}

// TestPeriodic tells what the schedule holds, on the wall's clock.
func TestPeriodic(t *testing.T) {
	t.Parallel()
	w, err := New(Options{Redis: realRedis(t, "redis://127.0.0.1:1"), Store: newMemory(time.Now), Connectors: only(influencer.X, &platform{size: 1}), Speed: 60,
		Jobs: []Job{{Name: "sweep", Every: time.Hour, Run: func(context.Context) error { return nil }}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []Periodic{{"plan:x", 5 * time.Second}, {"job:decide", time.Second}, {"job:sweep", time.Minute}, {"job:tidy", time.Second}}
	if diff := cmp.Diff(want, w.Periodic()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
