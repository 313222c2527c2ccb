package worker

import (
	"context"
	"fmt"
	"log/slog"
)

// asynqLog writes asynq's lines to slog. Its "info" is chatter about goroutines
// and goes to debug.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) Debug(args ...any) {}
func (l asynqLog) Info(args ...any)  { l.log.Debug(fmt.Sprint(args...)) }
func (l asynqLog) Warn(args ...any)  { l.log.Warn(fmt.Sprint(args...)) }
func (l asynqLog) Error(args ...any) { l.log.Error(fmt.Sprint(args...)) }

// Fatal only logs: ending the process is for main.
func (l asynqLog) Fatal(args ...any) { l.log.Error(fmt.Sprint(args...)) }

// redisLog writes go-redis's lines, which tell of connections, to slog.
type redisLog struct{ log *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, fmt.Sprintf(format, args...))
}
