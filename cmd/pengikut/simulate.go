package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/connectors/simulator"
)

// rehearsalToken is what the rehearsal platforms are asked with; they take any.
const rehearsalToken = "rehearsal"

type simulateFlags struct {
	listen, peopleCSV, tokensCSV string
	faults                       []string
	options                      simulator.Options
}

func (a *app) simulateCommand() *cobra.Command {
	var f simulateFlags
	c := &cobra.Command{
		Use:   "simulate",
		Short: "Serve the fake platforms alone, for a rehearsal",
		Long: `Serve X v2, X v1.1, Instagram and Facebook with invented people on one port, and
print the environment that points pengikut at it. Bad days can be ordered with
--fault, and while it runs at /_sim/faults.`,
		Example: `  pengikut simulate --people-csv people.csv
  pengikut simulate --fault throttle:x --fault outage-html:instagram:0.25`,
		Args: takes(cobra.NoArgs),
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error { return a.simulate(cmd, f) }
	flags := c.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:9090", "host:port; port 0 takes a free one")
	flags.Uint64Var(&f.options.Seed, "seed", 0, "which population")
	flags.IntVar(&f.options.People, "people", 1000, "how many people")
	flags.Float64Var(&f.options.Speed, "speed", 1, "how much faster than the clock counts drift and accounts change")
	flags.IntVar(&f.options.XLimit, "x-limit", 300, "calls that X allows per window and endpoint; below 0 any number")
	flags.DurationVar(&f.options.XWindow, "x-window", 15*time.Minute, "how long X's windows are")
	flags.IntVar(&f.options.GraphLimit, "graph-limit", 0, "calls that Graph allows per hour; 0 any number")
	flags.StringVar(&f.peopleCSV, "people-csv", "", "write the people to this file, for pengikut import")
	flags.StringVar(&f.tokensCSV, "tokens-csv", "", "write each person's Facebook token to this file, for pengikut credential add --csv")
	flags.StringArrayVar(&f.faults, "fault", nil, "a bad day: KIND, KIND:PLATFORM or KIND:PLATFORM:SHARE; KIND is one of "+kindList())
	return c
}

func kindList() string {
	var names []string
	for _, k := range simulator.Kinds() {
		names = append(names, string(k))
	}
	return strings.Join(names, ", ")
}

func (a *app) simulate(cmd *cobra.Command, f simulateFlags) error {
	if f.options.People < 1 || f.options.People > simulator.MaxPeople {
		return badUsage(cmd, fmt.Errorf("--people must be from 1 to %d", simulator.MaxPeople))
	}
	f.options.Now = a.now
	sim := simulator.New(f.options)
	for _, s := range f.faults {
		fault, err := parseFault(s)
		if err == nil {
			_, err = sim.AddFault(fault)
		}
		if err != nil {
			return badUsage(cmd, fmt.Errorf("--fault %q: %w", s, err))
		}
	}
	if err := writeRehearsal(sim, f); err != nil {
		return err
	}
	l, err := net.Listen("tcp", f.listen)
	if err != nil {
		return err
	}
	for _, v := range rehearsal(l.Addr()) {
		fmt.Fprintf(a.out, "export %s=%s\n", v[0], v[1])
	}
	fmt.Fprintf(a.err, "serving %s on %s; statistics at /_sim/stats, bad days at /_sim/faults; end with Ctrl-C\n",
		plural(f.options.People, "invented person", "invented people"), l.Addr())
	return sim.Serve(cmd.Context(), l)
}

// parseFault reads KIND, KIND:PLATFORM or KIND:PLATFORM:SHARE.
func parseFault(s string) (simulator.Fault, error) {
	parts := strings.Split(s, ":")
	f := simulator.Fault{Kind: simulator.Kind(parts[0])}
	if len(parts) > 3 {
		return f, errors.New("more than KIND:PLATFORM:SHARE")
	}
	if len(parts) > 1 {
		f.Platform = simulator.Platform(parts[1])
		if !strings.Contains(" x instagram facebook ", " "+parts[1]+" ") {
			return f, fmt.Errorf("%q is none of: x, instagram, facebook", parts[1])
		}
	}
	if len(parts) > 2 {
		share, err := strconv.ParseFloat(parts[2], 64)
		if err != nil || share <= 0 || share > 1 {
			return f, fmt.Errorf("%q is not a share above 0 and up to 1", parts[2])
		}
		f.Share = share
	}
	return f, nil
}

func writeRehearsal(sim *simulator.Server, f simulateFlags) error {
	people, platforms := sim.Population(), simulator.Platforms()
	err := writeFile(f.peopleCSV, func(w io.Writer) error { return people.WriteCSV(w, people.Len(), platforms...) })
	return errors.Join(err, writeFile(f.tokensCSV, func(w io.Writer) error { return writeTokens(w, sim) }))
}

// writeTokens writes a row for each person's Facebook token.
func writeTokens(w io.Writer, sim *simulator.Server) error {
	out := csv.NewWriter(w)
	err := out.Write([]string{"nip", "token"})
	for p := range sim.Population().People(sim.Population().Len()) {
		err = errors.Join(err, out.Write([]string{p.NIP, sim.UserToken(p.Index)}))
	}
	out.Flush()
	return errors.Join(err, out.Error())
}

// writeFile writes a new file whole; no path is no file.
func writeFile(path string, write func(io.Writer) error) error {
	if path == "" {
		return nil
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w := bufio.NewWriter(f)
	return errors.Join(write(w), w.Flush(), f.Close())
}

// rehearsal is the environment that points pengikut at a simulator.
func rehearsal(addr net.Addr) [][2]string {
	base := "http://" + addr.String()
	return [][2]string{
		{"PENGIKUT_X_BASE_URL", base}, {"PENGIKUT_X_BEARER_TOKEN", rehearsalToken}, {"PENGIKUT_GRAPH_BASE_URL", base},
		{"PENGIKUT_INSTAGRAM_USER_ID", simulator.DefaultInstagramUserID}, {"PENGIKUT_INSTAGRAM_ACCESS_TOKEN", rehearsalToken},
		{"PENGIKUT_FACEBOOK_APP_ID", "1"}, {"PENGIKUT_FACEBOOK_APP_SECRET", rehearsalToken},
	}
}
