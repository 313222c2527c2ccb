package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/gate"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/worker"
)

// selectors say which accounts a person means.
type selectors struct {
	platforms, nips []string
	all             bool
}

func (s *selectors) add(cmd *cobra.Command) {
	cmd.Flags().StringArrayVar(&s.platforms, "platform", nil, "only this platform: "+platformNames()+" (repeatable)")
	cmd.Flags().StringArrayVar(&s.nips, "nip", nil, "only this person's accounts (repeatable)")
	cmd.Flags().BoolVar(&s.all, "all", false, "everything, not only what is due")
}

// parse checks the selectors; a mistake is one of usage.
func (s selectors) parse(now time.Time) (platforms []influencer.Platform, nips []influencer.NIP, err error) {
	for _, name := range s.platforms {
		p, err := parsePlatform(name)
		if err != nil {
			return nil, nil, err
		}
		platforms = append(platforms, p)
	}
	for _, text := range s.nips {
		n, err := influencer.ParseNIP(text, now)
		if err != nil {
			return nil, nil, fmt.Errorf("--nip: %w", err)
		}
		nips = append(nips, n)
	}
	return platforms, nips, nil
}

func (a *app) syncCommand() *cobra.Command {
	var s selectors
	var timeout time.Duration
	c := &cobra.Command{
		Use:   "sync",
		Short: "Read the accounts that are due, in this process, and exit",
		Long: `Read the accounts that are due, or all of them with --all, and decide. A rate
limit that opens within the timeout is waited for, and a passing failure is tried
twice more. Exit 1, and tell what could not be read, when something could not.`,
		Args: takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			platforms, nips, err := s.parse(a.now())
			if err == nil && timeout <= 0 {
				err = errors.New("--timeout must be above 0")
			}
			if err != nil {
				return badUsage(cmd, err)
			}
			o := worker.SyncOptions{Platforms: platforms, NIPs: nips, All: s.all, Timeout: timeout}
			return a.within(cmd.Context(), func(ctx context.Context, h *house) error { return a.sync(ctx, h, o) })
		},
	}
	s.add(c)
	c.Flags().DurationVar(&timeout, "timeout", 15*time.Minute, "how long it may take")
	return c
}

func (a *app) sync(ctx context.Context, h *house, o worker.SyncOptions) error {
	if h.over {
		return errors.New("this is the data of a demo that is over, and its platforms with it")
	}
	g, closer := a.sharedGate(ctx, h)
	defer closer.Close()
	on, without, err := h.connect(ctx, g)
	if err != nil {
		return err
	}
	for _, l := range without {
		if slices.Contains(o.Platforms, l.name) {
			return fmt.Errorf("%s is off: %s", l.name, l.why)
		}
		fmt.Fprintf(a.err, "%s is off: %s\n", l.name, l.why)
	}
	if len(on) == 0 {
		return errors.New("no platform has credentials")
	}
	o.Store, o.Connectors, o.Now, o.Logger = h.store, on, h.now, h.log
	o.Count, o.Speed = h.store.CountDue, h.speed
	summary, err := a.syncWithBar(ctx, o)
	a.tellSync(summary)
	if err == nil && !summary.OK() {
		err = errReported
	}
	return err
}

// sharedGate is the gate of the running service, so that both together stay
// within the platforms' limits; without a Redis that answers, one of our own.
func (a *app) sharedGate(ctx context.Context, h *house) (connectors.Gate, io.Closer) {
	if h.config.EmbeddedQueue() {
		return connectors.NewLocalGate(h.now), io.NopCloser(nil)
	}
	client, closer, err := h.redis()
	if err == nil {
		limited, cancel := context.WithTimeout(ctx, pingTimeout)
		defer cancel()
		err = client.Ping(limited).Err()
	}
	if err != nil {
		fmt.Fprintln(a.err, "Redis does not answer: the rate limits that a running service knows are not known here")
		if closer == nil {
			closer = io.NopCloser(nil)
		}
		return connectors.NewLocalGate(h.now), closer
	}
	return gate.New(gate.Options{Client: client, Now: h.now}), closer
}

// syncWithBar draws one bar over all platforms.
func (a *app) syncWithBar(ctx context.Context, o worker.SyncOptions) (worker.Summary, error) {
	b := a.newBar(-1, "reading")
	defer b.end()
	done, planned := map[influencer.Platform]int{}, map[influencer.Platform]int{}
	o.OnProgress = func(p worker.Progress) {
		done[p.Platform], planned[p.Platform] = p.Done, p.Planned
		b.at(total(done), total(planned))
		if p.Waiting.IsZero() {
			b.say("reading")
		} else {
			b.say(fmt.Sprintf("waiting for %s until %s", p.Platform, p.Waiting.Local().Format("15:04:05")))
		}
	}
	return worker.Sync(ctx, o)
}

func total(m map[influencer.Platform]int) int64 {
	var n int64
	for v := range maps.Values(m) {
		n += int64(v)
	}
	return n
}

// tellSync prints the summary, and on the error stream what could not be read.
func (a *app) tellSync(s worker.Summary) {
	type row = worker.PlatformSummary
	n := func(get func(row) int) func(row) string { return func(r row) string { return number(get(r)) } }
	g := grid[row]{paper: a.paper(a.out), columns: []column[row]{
		{head: "Platform", cell: func(r row) string { return string(r.Platform) }},
		{head: "Planned", right: true, cell: n(func(r row) int { return r.Planned })},
		{head: "Read", right: true, cell: n(func(r row) int { return r.Read })},
		{head: "Suspect", right: true, cell: n(func(r row) int { return r.Suspect })},
		{head: "Failed", right: true, cell: n(row.FailedTotal)},
		{head: "Not read", right: true, cell: n(func(r row) int { return r.NotRead })},
		{head: "Moved", right: true, cell: n(func(r row) int { return r.Moved })},
		{head: "Calls", right: true, cell: n(func(r row) int { return r.Calls })},
		{head: "Took", right: true, cell: func(r row) string { return r.Took.Round(time.Millisecond).String() }},
	}}
	_ = g.page(s.Platforms)
	for _, p := range s.Platforms {
		if p.NotRead > 0 {
			fmt.Fprintf(a.err, "%s: %s not read: %s\n", p.Platform, plural(p.NotRead, "account", "accounts"), clean(p.Reason))
		} else if p.Cut {
			fmt.Fprintf(a.err, "%s: stopped before all was looked at: %s\n", p.Platform, clean(p.Reason))
		}
		if len(p.Failed) > 0 {
			fmt.Fprintf(a.err, "%s: %s failed: %s\n", p.Platform, plural(p.FailedTotal(), "account", "accounts"), kinds(p.Failed))
		}
	}
	for _, u := range s.Unread {
		fmt.Fprintf(a.err, "  %s %s: %s\n", u.Platform, clean(u.Handle), failureText(u))
	}
	if s.MoreLeft > 0 {
		fmt.Fprintf(a.err, "  and %s more\n", number(s.MoreLeft))
	}
}

func failureText(u worker.Unread) string {
	if u.Detail == "" {
		return string(u.Kind)
	}
	return string(u.Kind) + ": " + clean(u.Detail)
}

func kinds(failed map[influencer.FailureKind]int) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(failed)) {
		out = append(out, fmt.Sprintf("%s %s", number(failed[k]), k))
	}
	return strings.Join(out, ", ")
}
