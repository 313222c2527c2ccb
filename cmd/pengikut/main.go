// Command pengikut keeps the follower and friend counts of civil servants fresh
// and grants or revokes their influencer status by a versioned rule.
//
// main makes a context that ends with the first interrupt, and run does the
// rest. Every command is one file, wire.go builds what they share, and all
// output goes through the streams that run is given, so that a test can run the
// whole program in its own process.
package main

import (
	"context"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
)

func main() {
	leanMemory(os.Getenv)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second interrupt ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Environ(), streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// leanMemory lets the collector run seldom, within a bound, unless the person
// has chosen otherwise. Pengikut's heap is small whatever the number of accounts:
// at Go's default of 100 percent a third of the worker's time went into collecting
// it again and again. The bound then says when to collect, so that the memory is
// the same for ten thousand accounts and for a million.
func leanMemory(getenv func(string) string) {
	if getenv("GOGC") == "" {
		debug.SetGCPercent(1000)
	}
	if getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(88 << 20)
	}
}
