package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/pengikut/pengikut/influencer"
)

func TestRedisOptions(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]redis.UniversalOptions{
		"redis://h":                            {Addrs: []string{"h:6379"}},
		"redis://u:p@h:7000/3":                 {Addrs: []string{"h:7000"}, Username: "u", Password: "p", DB: 3},
		"rediss://:p@h":                        {Addrs: []string{"h:6379"}, Password: "p"},
		"redis-sentinel://:p@a:1,b/2?master=m": {Addrs: []string{"a:1", "b:26379"}, Password: "p", DB: 2, MasterName: "m"},
		"redis-sentinel://a?master=m&sentinel_password=s": {Addrs: []string{"a:26379"}, MasterName: "m", SentinelPassword: "s"},
		"redis://[::1]:7000":                              {Addrs: []string{"[::1]:7000"}},
		"rediss-cluster://u:p%40@[::1],b:2/?x=y":          {Addrs: []string{"[::1]:6379", "b:2"}, Username: "u", Password: "p@", IsClusterMode: true},
		"redis-cluster://a:1,b:2":                         {Addrs: []string{"a:1", "b:2"}, IsClusterMode: true},
	} {
		u, hosts, err := splitRedisURL(raw)
		if err != nil {
			t.Fatal(err)
		}
		got, err := redisOptions(u, hosts)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		if strings.Join(got.Addrs, " ") != strings.Join(want.Addrs, " ") || got.Username != want.Username || got.Password != want.Password ||
			got.DB != want.DB || got.MasterName != want.MasterName || got.SentinelPassword != want.SentinelPassword || got.IsClusterMode != want.IsClusterMode {
			t.Errorf("%s: %+v", raw, got)
		}
		if (got.TLSConfig != nil) != strings.HasPrefix(raw, "rediss") {
			t.Errorf("%s: TLS %v", raw, got.TLSConfig)
		}
	}
}

func TestConnectRefusesWithoutTellingThePassword(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"http://:sekrit@h", "redis://:sekrit@h/x", "redis://:sekrit@a,b", "redis-sentinel://:sekrit@h",
		"redis-cluster://:sekrit@h/1", "redis-sekrit://h", "redis://", "sekrit", "redis://:sekrit@h:port/%zz"} {
		c, err := Connect(raw, quiet())
		if err == nil {
			c.Close()
			t.Errorf("%s: accepted", raw)
		} else if strings.Contains(err.Error(), ":sekrit") {
			t.Errorf("%s: %v tells the password", raw, err)
		}
	}
}

func TestConnectKinds(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{"redis://h", "redis-sentinel://h?master=m", "redis-cluster://h"} {
		c, err := Connect(raw, quiet())
		if err != nil {
			t.Fatal(err)
		}
		_, cluster := c.(*redis.ClusterClient)
		if cluster != strings.HasPrefix(raw, "redis-cluster") {
			t.Errorf("%s: %T", raw, c)
		}
		c.Close()
	}
}

func TestEmbeddedKeysExpire(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		e := EmbeddedRedis(quiet())
		if err := e.Client().Set(t.Context(), "k", "v", 10*time.Second).Err(); err != nil {
			t.Fatal(err)
		}
		advance(9 * time.Second)
		if err := e.Client().Get(t.Context(), "k").Err(); err != nil {
			t.Errorf("gone before its time: %v", err)
		}
		advance(2500 * time.Millisecond)
		if err := e.Client().Get(t.Context(), "k").Err(); !errors.Is(err, redis.Nil) {
			t.Errorf("still there after its time: %v", err)
		}
		if err := errors.Join(e.Close(), e.Close()); err != nil {
			t.Error(err)
		}
		advance(time.Second)
	})
}

func TestWorkerOnEmbedded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newMemory(time.Now)
		store.add(influencer.X, 1, 1_000)
		for range 2 { // a process, and the one after it
			e := EmbeddedRedis(quiet())
			_, stop := launch(t, Options{Redis: e.Client(), Store: store, Connectors: only(influencer.X, &platform{size: 10}), Tick: 100 * time.Millisecond,
				MaxBatches: 20, Jobs: []Job{{Name: "noop", Every: time.Second, Run: func(context.Context) error { return nil }}}})
			advance(3 * time.Second)
			stop()
			if err := e.Close(); err != nil {
				t.Error(err)
			}
			advance(time.Second)
		}
		if once, more := store.readings(); once != 1_000 || more != 0 {
			t.Errorf("%d read once, %d more often", once, more)
		}
	})
}
