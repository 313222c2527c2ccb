package worker

import (
	"context"
	"log/slog"
	"net"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Embedded is a Redis inside the process: no port, no password, nothing on
// disk. What was in it is gone with the process, which loses nothing, since the
// database holds the truth.
type Embedded struct {
	server *miniredis.Miniredis
	client redis.UniversalClient
	stop   chan struct{}
	ticker sync.WaitGroup
	once   sync.Once
}

// EmbeddedRedis starts one. Close it when every Worker on it has stopped. The
// logger gets go-redis's own lines, at debug, for the whole process.
func EmbeddedRedis(log *slog.Logger) *Embedded {
	redis.SetLogger(redisLog{log})
	e := &Embedded{server: miniredis.NewMiniRedis(), stop: make(chan struct{})}
	e.client = redis.NewClient(&redis.Options{
		Addr:                     "127.0.0.1:6379", // never dialled; a name would be looked up
		Dialer:                   func(context.Context, string, string) (net.Conn, error) { return e.server.Dial() },
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	e.client.AddHook(slowOnRefusal{refusalPause})
	e.ticker.Go(e.age)
	return e
}

// Client is the one client of this Redis, shared by all.
func (e *Embedded) Client() redis.UniversalClient { return e.client }

// Close ends it; a second call does nothing.
func (e *Embedded) Close() error {
	var err error
	e.once.Do(func() {
		close(e.stop)
		e.ticker.Wait()
		err = e.client.Close()
		e.server.Close()
	})
	return err
}

// age makes keys expire: the server has no clock of its own. Its way of looking
// at the clock at every command sorts all keys each time, which costs more than
// the commands.
func (e *Embedded) age() {
	t := time.NewTicker(time.Second)
	defer t.Stop()
	last := time.Now()
	for {
		select {
		case <-e.stop:
			return
		case <-t.C:
			now := time.Now()
			e.server.FastForward(now.Sub(last))
			last = now
		}
	}
}
