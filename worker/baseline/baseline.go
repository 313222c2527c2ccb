// Package baseline is the design that the service's own is measured against: one
// asynq task per account, with asynq's default settings. Only the benchmark uses
// it.
//
// It is what one would write first, and nothing is slowed down on purpose: the
// tasks are as small as they can be, the client and the server share one
// connection pool, and the concurrency is the caller's.
package baseline

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
)

const taskType = "account"

// Enqueue puts one task per account id into the default queue, and says how many
// it put before an error.
func Enqueue(ctx context.Context, c redis.UniversalClient, ids iter.Seq[int64]) (int, error) {
	client := asynq.NewClientFromRedisClient(c)
	n := 0
	for id := range ids {
		body := binary.AppendVarint(nil, id)
		if _, err := client.EnqueueContext(ctx, asynq.NewTask(taskType, body)); err != nil {
			return n, fmt.Errorf("enqueue account %d: %w", id, err)
		}
		n++
	}
	return n, nil
}

// Server works on the tasks.
type Server struct{ server *asynq.Server }

// Start begins to call handle, once per task and up to concurrency at a time. An
// error of handle is repeated by asynq as it sees fit. The logger gets asynq's
// lines; nil takes asynq's own, which writes to standard error.
func Start(c redis.UniversalClient, concurrency int, log asynq.Logger, handle func(ctx context.Context, accountID int64) error) (*Server, error) {
	s := asynq.NewServerFromRedisClient(c, asynq.Config{Concurrency: concurrency, Logger: log})
	err := s.Start(asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
		id, n := binary.Varint(t.Payload())
		if n <= 0 {
			return errors.New("read task: no account id")
		}
		return handle(ctx, id)
	}))
	if err != nil {
		return nil, fmt.Errorf("start: %w", err)
	}
	return &Server{s}, nil
}

// Stop waits for the tasks under way, up to asynq's default of 8 s.
func (s *Server) Stop() { s.server.Shutdown() }
