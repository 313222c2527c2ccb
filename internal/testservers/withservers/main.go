// Command withservers runs a program with a Postgres and a Redis of its own, for measurements by hand:
//
//	go run ./internal/testservers/withservers bin/pengikut bench
//
// The program finds them in PENGIKUT_DATABASE_URL and PENGIKUT_REDIS_URL, and a key of the run's own in
// PENGIKUT_SECRET_KEY. Postgres syncs its files as in production. Both servers and all they stored are gone when the
// program ends; its exit code is passed on.
package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"

	"github.com/pengikut/pengikut/internal/testservers"
)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: withservers PROGRAM [ARGUMENT]...")
		os.Exit(2)
	}
	code, err := run(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "withservers:", err)
	}
	os.Exit(code)
}

// run returns the program's exit code, or 1 and why it could not be run.
func run(args []string) (int, error) {
	// Ctrl-C reaches the program too, which decides when to end. Caught rather than ignored, because a program inherits
	// what its parent ignores.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	database, redis, err := testservers.Pair()
	if err != nil {
		return 1, err
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "PENGIKUT_DATABASE_URL="+database, "PENGIKUT_REDIS_URL="+redis,
		"PENGIKUT_SECRET_KEY="+rand.Text()+rand.Text())
	err = cmd.Run()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return max(exit.ExitCode(), 1), nil // -1 is the end by a signal
	}
	if err != nil {
		return 1, err
	}
	return 0, nil
}
