package connectors

import (
	"context"
	"sync"
	"time"
)

// LocalGate is a [Gate] in memory, for one process. It honours what it learned:
// while a limit has nothing left, its key is closed until the limit's reset,
// and calls made in the meantime count against what was left.
type LocalGate struct {
	now    func() time.Time
	mu     sync.Mutex
	limits map[slot]Limit
}

// slot is where a limit is kept; a wide one has no endpoint.
type slot struct {
	Key
	name string
}

// NewLocalGate returns an open gate. A nil now means time.Now.
func NewLocalGate(now func() time.Time) *LocalGate {
	if now == nil {
		now = time.Now
	}
	return &LocalGate{now: now, limits: map[slot]Limit{}}
}

// Take implements [Gate].
func (g *LocalGate) Take(ctx context.Context, ask Ask) (time.Time, error) {
	if err := ctx.Err(); err != nil {
		return time.Time{}, err
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	var until time.Time
	var open []slot
	now := g.now()
	for s, l := range g.limits {
		switch {
		case !l.Reset.After(now):
			delete(g.limits, s)
		case !s.covers(ask.Key):
		case l.Remaining <= 0 && l.Reset.After(until):
			until = l.Reset
		case l.Remaining > 0:
			open = append(open, s)
		}
	}
	if until.IsZero() {
		g.spend(open, ask)
	}
	return until, nil
}

// spend counts a call against limits that count calls; percentages are left to
// the platform.
func (g *LocalGate) spend(open []slot, ask Ask) {
	for _, s := range open {
		if l := g.limits[s]; !l.percent() {
			l.Remaining -= int64(max(ask.Cost, 1))
			g.limits[s] = l
		}
	}
}

func (l Limit) percent() bool { return l.Name == limitAppUsage || l.Name == limitBusinessUsage }

func (s slot) covers(k Key) bool {
	return s.Platform == k.Platform && s.Credential == k.Credential && (s.Endpoint == "" || s.Endpoint == k.Endpoint)
}

// Lost implements [Gate]. Nobody waits for an answer here.
func (g *LocalGate) Lost(context.Context, Key) {}

// Learn implements [Gate]. Answers may overtake each other, so that within one
// window the smaller remainder wins.
func (g *LocalGate) Learn(_ context.Context, key Key, limits []Limit) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range limits {
		s := slot{Key: key, name: l.Name}
		if l.Wide {
			s.Endpoint = ""
		}
		if old, ok := g.limits[s]; ok && old.Reset.Equal(l.Reset) && !l.percent() {
			l.Remaining = min(l.Remaining, old.Remaining)
		}
		g.limits[s] = l
	}
}
