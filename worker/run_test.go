package worker

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

type answer = func(ctx context.Context, call int, req influencer.Request) ([]influencer.Observation, error)

func refuse(f influencer.Failure) answer {
	return func(context.Context, int, influencer.Request) ([]influencer.Observation, error) { return nil, &f }
}

func blame(kind influencer.FailureKind) answer {
	return func(_ context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
		return spoil(good(req), kind, func(int64) bool { return true }), nil
	}
}

func syncOn(t *testing.T, store *memory, x *platform, change func(*SyncOptions)) (PlatformSummary, Summary, time.Duration) {
	t.Helper()
	o := SyncOptions{Store: store, Connectors: only(influencer.X, x), Logger: quiet()}
	if change != nil {
		change(&o)
	}
	began := time.Now()
	sum, err := Sync(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if store.standing() != 0 {
		t.Errorf("%d batches are still claimed", store.standing())
	}
	return sum.Platforms[0], sum, time.Since(began)
}

func TestSyncReadsWhatIsDue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 9_050)
		store.add(influencer.Facebook, 1, 10)
		var last Progress
		p, sum, _ := syncOn(t, store, &platform{size: 100}, func(o *SyncOptions) { o.OnProgress = func(p Progress) { last = p } })
		if p.Planned != 9_050 || p.Read != 9_050 || !sum.OK() || p.Calls != 91 || p.Reason != "" {
			t.Errorf("%+v", p)
		}
		if last.Done != 9_050 || last.Planned != 9_050 {
			t.Errorf("the last progress was %+v", last)
		}
		if again, _, _ := syncOn(t, store, &platform{size: 100}, nil); again.Planned != 0 {
			t.Errorf("a second run at once planned %d", again.Planned)
		}
		all, _, _ := syncOn(t, store, &platform{size: 100}, func(o *SyncOptions) { o.All = true })
		if all.Read != 9_050 || all.Calls != 91 {
			t.Errorf("all: %+v", all)
		}
	})
}

func TestSyncEndsForEveryFailureOfThePlatform(t *testing.T) {
	t.Parallel()
	for _, kind := range influencer.FailureKinds() {
		for _, until := range []time.Duration{0, -time.Hour, time.Second, time.Minute, 24 * time.Hour} {
			t.Run(fmt.Sprint(kind, until), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					store := newMemory(time.Now)
					store.add(influencer.X, 1, 5_000)
					x := &platform{size: 10}
					x.answer = func(context.Context, int, influencer.Request) ([]influencer.Observation, error) {
						return nil, &influencer.Failure{Kind: kind, Until: time.Now().Add(until), Detail: "no"}
					}
					p, sum, took := syncOn(t, store, x, nil)
					if sum.OK() || p.Read != 0 || p.NotRead != p.Planned || !strings.Contains(p.Reason, string(kind)) {
						t.Errorf("%+v", p)
					}
					if took > 16*time.Minute || p.Calls > 60 {
						t.Errorf("%d calls in %s", p.Calls, took)
					}
					if k := store.health[influencer.X].Kind; k != kind {
						t.Errorf("the platform's health is %q", k)
					}
				})
			})
		}
	}
}

func TestSyncEndsForEveryFailureOfAccounts(t *testing.T) {
	t.Parallel()
	for _, kind := range influencer.FailureKinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newMemory(time.Now)
				store.add(influencer.X, 1, 500)
				p, sum, took := syncOn(t, store, &platform{size: 10, answer: blame(kind)}, func(o *SyncOptions) { o.MaxUnread = 7 })
				tries := 1
				if passing(kind) {
					tries = 3
				}
				if p.Failed[kind] != 500 || p.NotRead != 0 || p.Calls != 50*tries || took > 10*time.Minute {
					t.Errorf("%+v in %s", p, took)
				}
				if len(sum.Unread) != 7 || sum.MoreLeft != 493 || sum.Unread[0].Kind != kind || sum.Unread[0].Handle == "" {
					t.Errorf("named %+v and %d more", sum.Unread, sum.MoreLeft)
				}
			})
		})
	}
}

func TestSyncTriesAPassingFailureTwiceMore(t *testing.T) {
	t.Parallel()
	for _, kind := range []influencer.FailureKind{influencer.Unavailable, influencer.Malformed} {
		for name, bad := range map[string]answer{"batch": refuse(influencer.Failure{Kind: kind}), "accounts": blame(kind)} {
			t.Run(fmt.Sprint(kind, " ", name), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					store := newMemory(time.Now)
					store.add(influencer.X, 1, 10)
					x := &platform{size: 10}
					x.answer = func(ctx context.Context, call int, req influencer.Request) ([]influencer.Observation, error) {
						if call < 3 {
							return bad(ctx, call, req)
						}
						return good(req), nil
					}
					if p, sum, _ := syncOn(t, store, x, nil); !sum.OK() || p.Read != 10 || p.Calls != 3 {
						t.Errorf("%+v", p)
					}
				})
			})
		}
	}
}

func TestSyncRepeatsOnlyTheAccountsThatFailed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 10)
		var asked []int
		x := &platform{size: 10}
		x.answer = func(_ context.Context, call int, req influencer.Request) ([]influencer.Observation, error) {
			asked = append(asked, len(req.Targets))
			switch call {
			case 1:
				seen := spoil(good(req), influencer.Gone, func(id int64) bool { return id == 1 })
				return spoil(seen, influencer.Unavailable, func(id int64) bool { return id == 2 || id == 3 }), nil
			case 2: // the platform as a whole: what was read before stays read
				return nil, &influencer.Failure{Kind: influencer.Unavailable}
			default:
				return spoil(good(req), influencer.Unavailable, func(id int64) bool { return id == 3 }), nil
			}
		}
		p, _, _ := syncOn(t, store, x, nil)
		if fmt.Sprint(asked) != "[10 2 2]" || p.Read != 8 || p.Failed[influencer.Gone] != 1 || p.Failed[influencer.Unavailable] != 1 {
			t.Errorf("asked %v: %+v", asked, p)
		}
	})
}

func TestSyncWaitsForARateGateThatOpensInTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 1_000)
		until := time.Now().Add(10 * time.Minute)
		var waiting time.Time
		x := &platform{size: 10}
		x.answer = func(_ context.Context, call int, req influencer.Request) ([]influencer.Observation, error) {
			if call > 20 && time.Now().Before(until) {
				return nil, &influencer.Failure{Kind: influencer.RateLimited, Until: until}
			}
			return good(req), nil
		}
		p, sum, took := syncOn(t, store, x, func(o *SyncOptions) {
			o.OnProgress = func(p Progress) {
				if !p.Waiting.IsZero() {
					waiting = p.Waiting
				}
			}
		})
		if !sum.OK() || p.Read != 1_000 || took < 10*time.Minute || took > 11*time.Minute || p.Calls > 100+4 {
			t.Errorf("%+v in %s", p, took)
		}
		if waiting.Before(until) {
			t.Errorf("progress said it waits until %s, want %s", waiting, until)
		}
	})
}

func TestSyncReadsOnPastABatchThatAlwaysFails(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 2_000)
		x := &platform{size: 10}
		x.answer = func(_ context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			if req.Targets[0].AccountID == 1 {
				return nil, &influencer.Failure{Kind: influencer.Malformed, Detail: "a page of HTML"}
			}
			return good(req), nil
		}
		p, _, _ := syncOn(t, store, x, nil)
		if p.Read != 1_990 || p.NotRead != 10 || !strings.Contains(p.Reason, "HTML") || p.Calls != 199+3 {
			t.Errorf("%+v", p)
		}
		if h := store.health[influencer.X]; h.Kind != "" {
			t.Errorf("the platform counts as %q though all others were read", h.Kind)
		}
	})
}

func TestSyncCountsWhatItNeverReached(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 5_000)
		count := func(context.Context, influencer.ClaimOrder) (int, error) { return 5_000, nil }
		p, _, _ := syncOn(t, store, &platform{size: 10, answer: refuse(influencer.Failure{Kind: influencer.CredentialDead})},
			func(o *SyncOptions) { o.Count = count })
		if p.Planned != 5_000 || p.NotRead != 5_000 || p.Calls > 4 {
			t.Errorf("%+v", p)
		}
	})
}

// TestSyncTellsWhatItDidNotRead adds up under every kind of trouble that ends a
// run early: nothing that was due is left unsaid.
func TestSyncTellsWhatItDidNotRead(t *testing.T) {
	t.Parallel()
	slow := func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
		return good(req), pause(ctx, 10*time.Second)
	}
	zero := func([]influencer.Observation) *influencer.Failure {
		return &influencer.Failure{Kind: influencer.Malformed, Detail: "all 10 accounts have 0"}
	}
	for name, c := range map[string]struct {
		answer     answer
		incredible func([]influencer.Observation) *influencer.Failure
		timeout    time.Duration
		want       string // in the reason
	}{
		"outage":      {answer: refuse(influencer.Failure{Kind: influencer.Unavailable, Detail: "a page of HTML"}), want: "unavailable"},
		"limit":       {answer: refuse(influencer.Failure{Kind: influencer.RateLimited}), want: "rate_limited"},
		"out of time": {answer: slow, timeout: 25 * time.Second, want: "the time allowed is over"},
		"incredible":  {incredible: zero, want: "malformed: all 10 accounts have 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newMemory(time.Now)
				store.add(influencer.X, 1, 1_000)
				store.incredible = c.incredible
				p, sum, _ := syncOn(t, store, &platform{size: 10, answer: c.answer}, func(o *SyncOptions) {
					o.Count, o.Timeout = store.count, c.timeout
				})
				if p.Planned != 1_000 || p.Read+p.NotRead != 1_000 || p.NotRead < 900 || !strings.Contains(p.Reason, c.want) {
					t.Errorf("%+v", p)
				}
				if sum.OK() || strings.Contains(p.Reason, "running service") {
					t.Errorf("ok %v: %q", sum.OK(), p.Reason)
				}
				if c.incredible != nil && (p.Calls > 4 || sum.Unread[0].Kind != influencer.Malformed || sum.Unread[0].Detail != "all 10 accounts have 0") {
					t.Errorf("%d calls, named %+v", p.Calls, sum.Unread[0])
				}
			})
		})
	}
}

func TestSyncSaysWhatTheServiceHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 100)
		p, sum, _ := syncOn(t, store, &platform{size: 10}, func(o *SyncOptions) {
			o.Count = func(context.Context, influencer.ClaimOrder) (int, error) { return 130, nil }
		})
		if p.Planned != 130 || p.Read != 100 || p.NotRead != 30 || p.Reason != "held by the running service" || sum.OK() {
			t.Errorf("%+v", p)
		}
	})
}

// TestSyncKeepsToTheBudget reads what the cap allows and says why no more.
func TestSyncKeepsToTheBudget(t *testing.T) {
	t.Parallel()
	for _, counted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := newMemory(time.Now)
			store.add(influencer.X, 1, 100)
			budget := 70
			store.budget = &budget
			p, sum, _ := syncOn(t, store, &platform{size: 10}, func(o *SyncOptions) {
				if counted {
					o.Count = store.count
				}
			})
			if sum.OK() || !p.Cut || p.Read != 70 || p.Reason != "the cap is used up" || counted && p.NotRead != 30 {
				t.Errorf("counted %v: %+v", counted, p)
			}
		})
	}
}

// TestSyncThatSawNothingIsNotOK lets the time be over before the first claim.
func TestSyncThatSawNothingIsNotOK(t *testing.T) {
	t.Parallel()
	for _, counted := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			store := newMemory(time.Now)
			store.add(influencer.X, 1, 100)
			store.fault = func(string) error { time.Sleep(time.Second); return nil }
			p, sum, _ := syncOn(t, store, &platform{size: 10}, func(o *SyncOptions) {
				if o.Timeout = time.Nanosecond; counted {
					o.Count = store.count
				}
			})
			if sum.OK() || !p.Cut || p.Read != 0 || p.Reason != "the time allowed is over" {
				t.Errorf("counted %v: OK %v, %+v", counted, sum.OK(), p)
			}
		})
	}
}

func TestSyncSaysThatItWasInterrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 5_000)
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(25*time.Second, cancel)
		slow := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			return good(req), pause(ctx, 10*time.Second)
		}}
		sum, err := Sync(ctx, SyncOptions{Store: store, Connectors: only(influencer.X, slow), Count: store.count, Logger: quiet()})
		if p := sum.Platforms[0]; !errors.Is(err, context.Canceled) || p.Reason != "interrupted" || p.NotRead != 5_000-p.Read || sum.OK() {
			t.Errorf("%v, %+v", err, p)
		}
	})
}

// TestSyncReadsBigBatchesWhole takes batches that the planner made for several
// calls, and whose calls take longer than one call may.
func TestSyncReadsBigBatchesWhole(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 30)
		o := influencer.ClaimOrder{Platform: influencer.X, BatchSize: 30, Limit: 30, Lease: time.Second, At: time.Now()}
		if _, err := store.Claim(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		x := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			return good(req), pause(ctx, 15*time.Second)
		}}
		p, sum, _ := syncOn(t, store, x, func(o *SyncOptions) { o.Count = store.count })
		if p.Planned != 30 || p.Read != 30 || !sum.OK() {
			t.Errorf("%+v", p)
		}
	})
}

func TestSyncEndsWithItsTimeOrItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 5_000)
		slow := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			return good(req), pause(ctx, 10*time.Second)
		}}
		p, _, took := syncOn(t, store, slow, func(o *SyncOptions) { o.Timeout = 65 * time.Second })
		if took > 66*time.Second || p.Read != 4*6*10 || p.NotRead == 0 || !strings.Contains(p.Reason, "time") {
			t.Errorf("%+v in %s", p, took)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		sum, err := Sync(ctx, SyncOptions{Store: store, Connectors: only(influencer.X, slow), Logger: quiet()})
		if !errors.Is(err, context.DeadlineExceeded) || len(sum.Platforms) != 1 || store.standing() != 0 {
			t.Errorf("%v, %+v, %d batches still claimed", err, sum, store.standing())
		}
		for _, f := range store.released {
			if f != nil {
				t.Errorf("our own end is blamed on the platform: %v", f)
			}
		}
	})
}

func TestSyncStopsWhenTheDatabaseFails(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"claim", "begin", "record", "release"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newMemory(time.Now)
				store.add(influencer.X, 1, 5_000)
				store.fault = func(got string) error {
					if got == op {
						return errors.New("connection refused")
					}
					return nil
				}
				x := &platform{size: 10}
				if op == "release" {
					x.answer = refuse(influencer.Failure{Kind: influencer.Forbidden})
				}
				sum, err := Sync(t.Context(), SyncOptions{Store: store, Connectors: only(influencer.X, x), Logger: quiet()})
				if err == nil || !strings.Contains(err.Error(), "connection refused") || len(sum.Platforms) != 1 {
					t.Errorf("%v, %+v", err, sum)
				}
				if p := sum.Platforms[0]; sum.OK() || p.Reason != "connection refused" && op != "release" {
					t.Errorf("OK %v: %q", sum.OK(), p.Reason)
				}
				if x.called() > 8 {
					t.Errorf("%d calls whose answers nobody could keep", x.called())
				}
			})
		})
	}
}

func TestSyncReadsPlatformsSideBySide(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 100)
		store.add(influencer.Facebook, 1_001, 100)
		dead := &platform{size: 10, answer: refuse(influencer.Failure{Kind: influencer.RateLimited, Until: time.Now().Add(time.Hour)})}
		sum, err := Sync(t.Context(), SyncOptions{Store: store, Logger: quiet(),
			Connectors: map[influencer.Platform]Connector{influencer.X: dead, influencer.Facebook: &platform{size: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		fb, x := sum.Platforms[0], sum.Platforms[1]
		if fb.Platform != influencer.Facebook || fb.Read != 100 || x.Read != 0 || x.Calls > 4 || x.Took > time.Minute {
			t.Errorf("%+v\n%+v", fb, x)
		}
	})
	if _, err := Sync(t.Context(), SyncOptions{Platforms: []influencer.Platform{"x"}}); err == nil || !strings.Contains(err.Error(), "off") {
		t.Errorf("a platform without a connector: %v", err)
	}
}

func TestSyncHoldsConnectorsToTheirContract(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 10)
		x := &platform{size: 10, answer: func(_ context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			seen := good(req)[:len(req.Targets)-1] // the last one is left out
			return append(seen, seen[0], influencer.Observation{AccountID: 999}), nil
		}}
		p, _, _ := syncOn(t, store, x, nil)
		if p.Read != 9 || p.Failed[influencer.Malformed] != 1 {
			t.Errorf("%+v", p)
		}
		panics := &platform{size: 10, answer: func(_ context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			none := req.Targets[:0]
			return []influencer.Observation{{Handle: none[len(none)].Handle}}, nil
		}}
		store.add(influencer.X, 100, 10)
		if p, _, _ := syncOn(t, store, panics, nil); p.Failed[influencer.Malformed] != 10 {
			t.Errorf("%+v", p)
		}
		odd := &platform{size: 10, answer: func(context.Context, int, influencer.Request) ([]influencer.Observation, error) {
			return nil, errors.New("dial https://api/?access_token=sekrit")
		}}
		store.add(influencer.X, 200, 10)
		p, sum, _ := syncOn(t, store, odd, nil)
		if p.NotRead != 10 || strings.Contains(fmt.Sprint(sum), "sekrit") {
			t.Errorf("%+v", sum)
		}
	})
}

func TestSyncRacesAService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 3_000)
		x := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			return good(req), pause(ctx, 50*time.Millisecond)
		}}
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x)})
		var both sync.WaitGroup
		for range 2 {
			both.Go(func() {
				if _, err := Sync(t.Context(), SyncOptions{Store: store, Connectors: only(influencer.X, x), Logger: quiet()}); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		advance(time.Minute)
		if once, more := store.readings(); once != 3_000 || more != 0 {
			t.Errorf("%d read once, %d more often", once, more)
		}
	})
}

func TestFailedTotal(t *testing.T) {
	t.Parallel()
	p := PlatformSummary{Failed: map[influencer.FailureKind]int{influencer.Gone: 2, influencer.Private: 3}}
	if p.FailedTotal() != 5 || len(maps.Clone(p.Failed)) != 2 {
		t.Error(p.FailedTotal())
	}
}

func TestAFastClockKeepsLeasesAndWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, client := virtualRedis(t)
		began, fast := time.Now(), 3600.0
		now := func() time.Time { return began.Add(time.Duration(float64(time.Since(began)) * fast)) }
		store := newMemory(now)
		store.every = 365 * 24 * time.Hour
		store.add(influencer.X, 1, 300)
		until := now().Add(15 * time.Minute) // a quarter of a second on the wall
		x := &platform{size: 10, answer: func(ctx context.Context, _ int, req influencer.Request) ([]influencer.Observation, error) {
			if now().Before(until) {
				return nil, &influencer.Failure{Kind: influencer.RateLimited, Until: until}
			}
			return good(req), pause(ctx, time.Second)
		}}
		p, sum, took := syncOn(t, store, x, func(o *SyncOptions) { o.Now, o.Speed = now, fast })
		if !sum.OK() || p.Read != 300 || took > 10*time.Second || p.Took > 10*time.Second {
			t.Errorf("%+v in %s", p, took)
		}
		store.add(influencer.X, 1_001, 300)
		launch(t, Options{Redis: client, Store: store, Connectors: only(influencer.X, x), Now: now, Speed: fast, Tick: time.Second})
		advance(15 * time.Second)
		if once, more := store.readings(); once != 600 || more != 0 || store.stale != 0 {
			t.Errorf("%d read once, %d more often, %d stale", once, more, store.stale)
		}
	})
}
