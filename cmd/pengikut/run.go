package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/config"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// app is one run of the program.
type app struct {
	streams
	environ    []string
	configFile string           // --config
	now        func() time.Time // the real clock, or a test's
	program    string           // how the person called this program; "" means pengikut
}

// run runs the command that args name and returns the exit code.
func run(ctx context.Context, args, environ []string, s streams) int {
	a := &app{streams: s, environ: environ, now: time.Now, program: os.Args[0]}
	return a.run(ctx, args)
}

func (a *app) run(ctx context.Context, args []string) int {
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(ctx)
	return a.exit(err)
}

// exit tells the person what went wrong and returns the exit code.
func (a *app) exit(err error) int {
	var usage *usageError
	var problems config.ProblemsError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &usage):
		fmt.Fprintf(a.err, "pengikut: %s\nRun '%s --help' for usage.\n", plain(usage.err), usage.command)
		return exitUsage
	case errors.As(err, &problems):
		fmt.Fprintf(a.err, "pengikut: %v\n", err)
		return exitUsage
	case errors.Is(err, context.Canceled):
		fmt.Fprintln(a.err, "pengikut: interrupted")
		return exitFailed
	}
	fmt.Fprintf(a.err, "pengikut: %s\n", plain(err))
	return exitFailed
}

// errReported ends a command that has already told what is wrong.
var errReported = errors.New("failed, as reported")

// usageError is a command line that makes no sense.
type usageError struct {
	command string
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// badUsage makes err exit with 2 and point at cmd's help.
func badUsage(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return &usageError{command: cmd.CommandPath(), err: err}
}

// takes checks the number of arguments, and says what is wrong in the words of the
// command's own usage.
func takes(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if check(cmd, args) == nil {
			return nil
		}
		name := strings.TrimPrefix(cmd.CommandPath(), cmd.Root().Name()+" ")
		_, what, _ := strings.Cut(cmd.Use, " ")
		switch {
		case what == "":
			return badUsage(cmd, fmt.Errorf("%s takes no argument such as %q", name, args[0]))
		case len(args) == 0:
			return badUsage(cmd, fmt.Errorf("%s needs %s", name, what))
		}
		return badUsage(cmd, fmt.Errorf("%s takes %s and nothing more: what is %q?", name, what, args[1]))
	}
}
