package worker

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
)

// asynqLog writes asynq's lines to slog. Its "info" is chatter about goroutines,
// and what it warns of when a task failed the worker has told already: both go
// to debug.
type asynqLog struct{ log *slog.Logger }

func (l asynqLog) Debug(args ...any) {}
func (l asynqLog) Info(args ...any)  { l.log.Debug(fmt.Sprint(args...)) }
func (l asynqLog) Error(args ...any) { l.log.Error(fmt.Sprint(args...)) }

// Warn keeps what the worker does not know of.
func (l asynqLog) Warn(args ...any) {
	text := fmt.Sprint(args...)
	level := slog.LevelWarn
	if strings.HasPrefix(text, "revoke task") || strings.HasPrefix(text, "Retry exhausted") {
		level = slog.LevelDebug
	}
	l.log.Log(context.Background(), level, text)
}

// Fatal only logs: ending the process is for main.
func (l asynqLog) Fatal(args ...any) { l.log.Error(fmt.Sprint(args...)) }

// redisLog writes go-redis's lines, which tell of connections, to slog.
type redisLog struct{ log *slog.Logger }

func (l redisLog) Printf(ctx context.Context, format string, args ...any) {
	l.log.DebugContext(ctx, fmt.Sprintf(format, args...))
}
