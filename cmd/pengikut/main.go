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
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second interrupt ends the program at once.
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Environ(), streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}
