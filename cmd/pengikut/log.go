package main

import (
	"fmt"
	"log/slog"
)

// logger writes to the error stream: text for a person, JSON for a collector.
func (a *app) logger(level slog.Level) *slog.Logger {
	o := &slog.HandlerOptions{Level: level}
	if isTerminal(a.err) {
		return slog.New(slog.NewTextHandler(a.err, o))
	}
	return slog.New(slog.NewJSONHandler(a.err, o))
}

// levelSilent is above every level that is logged.
const levelSilent = slog.LevelError + 4

// parseLevel reads --log-level.
func parseLevel(name string) (slog.Level, error) {
	var l slog.Level
	if l.UnmarshalText([]byte(name)) != nil {
		return l, fmt.Errorf("--log-level %q is none of: debug, info, warn, error", name)
	}
	return l, nil
}
