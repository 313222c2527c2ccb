package connectortest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
)

// slowest is how long a Read may take to notice that its time is over.
const slowest = 5 * time.Second

// slowBody ends a Read in the middle of a body that would take hours.
func (s suite) slowBody(t *testing.T) {
	r := s.begin(t, nil, simulator.Fault{Kind: simulator.Slow})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	s.wantEnd(t, r, ctx, context.DeadlineExceeded)
}

// cancelled ends a Read by its caller, before and during it.
func (s suite) cancelled(t *testing.T) {
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		r := s.begin(t, nil)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s.wantEnd(t, r, ctx, context.Canceled)
		r.wantCalls(0)
	})
	t.Run("during", func(t *testing.T) {
		t.Parallel()
		r := s.begin(t, nil, simulator.Fault{Kind: simulator.Slow})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		s.wantEnd(t, r, ctx, context.Canceled)
	})
}

func (s suite) wantEnd(t *testing.T, r *rehearsal, ctx context.Context, cause error) {
	t.Helper()
	began := time.Now()
	obs, err := r.c.Read(ctx, r.request(r.c.BatchSize(), always))
	if took := time.Since(began); took > slowest {
		t.Errorf("it took %v to come back", took)
	}
	r.result(influencer.Request{}, obs, err).wantWhole(influencer.Unavailable)
	if !errors.Is(err, cause) {
		t.Errorf("%v does not wrap %v", err, cause)
	}
}

// closedGate throttles once: until the time told, nothing more is called.
func (s suite) closedGate(t *testing.T) {
	for _, kind := range []simulator.Kind{simulator.Throttle, simulator.ThrottleBare} {
		f := simulator.Fault{Kind: kind, Times: 1}
		if s.Graph {
			f.Endpoint = simulator.GraphBatch
		}
		r := s.begin(t, nil, f)
		first := r.read(r.request(5, always))
		first.wantWhole(influencer.RateLimited)
		r.wantCalls(1)
		second := r.read(r.request(5, always))
		second.wantWhole(influencer.RateLimited)
		r.wantCalls(1)
		if second.err == nil || first.err == nil {
			continue // told above
		}
		// The gate adds a second, since no two clocks agree.
		if late := second.err.Until.Sub(first.err.Until); late < 0 || late > 2*time.Second {
			t.Errorf("%s: closed until %v, told %v", kind, second.err.Until, first.err.Until)
		}
	}
}

// nothingToAsk has no target, or none that may be asked about.
func (s suite) nothingToAsk(t *testing.T) {
	r := s.begin(t, nil)
	r.read(influencer.Request{})
	odd := influencer.Request{Targets: []influencer.Target{{AccountID: 1}, {AccountID: 2, Handle: "a,b) {id}&x=1"}}}
	res := r.read(odd)
	if s.OwnTokens {
		res.wantKind(all, influencer.NeedsConsent)
	} else {
		res.wantKind(all, influencer.Unreadable)
	}
	r.wantCalls(0)
}
