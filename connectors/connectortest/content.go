package connectortest

import (
	"fmt"
	"testing"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
)

// bentAnswers are good answers with something wrong in them.
func (s suite) bentAnswers(t *testing.T) {
	for _, kind := range []simulator.Kind{simulator.Reorder, simulator.Duplicate, simulator.Extra} {
		for name, pinned := range map[string]func(int) bool{"pinned": always, "not pinned": never} {
			if s.OwnTokens && kind == simulator.Reorder && name == "not pinned" {
				continue // nothing in such an answer tells whose it is
			}
			t.Run(fmt.Sprint(kind, " ", name), func(t *testing.T) {
				t.Parallel()
				f := simulator.Fault{Kind: kind}
				if s.Graph {
					f.Endpoint = simulator.GraphBatch
				}
				r := s.begin(t, nil, f)
				r.read(r.request(r.c.BatchSize(), pinned)).wantTruth(all)
				if hits := r.Sim.Faults()[0].Hits; hits == 0 {
					t.Error("the fault did not strike")
				}
			})
		}
	}
	t.Run("zero", func(t *testing.T) {
		t.Parallel()
		r := s.begin(t, nil, simulator.Fault{Kind: simulator.Zero})
		r.read(r.request(20, always)).wantNumbers(all, func(simulator.Profile) int64 { return 0 })
	})
	t.Run("purge", func(t *testing.T) {
		t.Parallel()
		r := s.begin(t, nil, simulator.Fault{Kind: simulator.Purge})
		r.read(r.request(20, always)).wantNumbers(all, func(p simulator.Profile) int64 {
			n := p.Followers + p.Friends
			return n - n/10
		})
	})
	for _, kind := range []simulator.Kind{simulator.MissingMetrics, simulator.MissingCount, simulator.RenamedCount,
		simulator.StringCount, simulator.Hydration} {
		t.Run("some "+string(kind), func(t *testing.T) { s.someBent(t, kind) })
	}
	t.Run("takeover", s.takeover)
}

// someBent spoils the counts of some accounts: theirs are unknown, the others' are
// true.
func (s suite) someBent(t *testing.T, kind simulator.Kind) {
	t.Parallel()
	if kind == simulator.Hydration && s.Graph {
		return // a failure of X
	}
	r := s.begin(t, nil, simulator.Fault{Kind: kind, Accounts: 0.3})
	res := r.read(r.request(r.c.BatchSize(), always))
	if n := res.failed(); n == 0 || n == len(res.obs) {
		t.Fatalf("%d of %d failed, whole failure %v: want some", n, len(res.obs), res.err)
	}
	for i, o := range res.obs {
		if o.Failure != nil {
			s.wantPassing(t, o)
		} else {
			res.wantSame(i, o, func(p simulator.Profile) int64 { return p.Followers + p.Friends })
		}
	}
}

// takeover lets strangers answer to handles: whoever asked by handle must be told
// whose id answered.
func (s suite) takeover(t *testing.T) {
	t.Parallel()
	if s.OwnTokens {
		return // a token belongs to a person, not to a handle
	}
	r := s.begin(t, nil, simulator.Fault{Kind: simulator.Takeover})
	res := r.read(r.request(20, never))
	for i, o := range res.obs {
		if o.Failure == nil && o.ExternalID == r.truth(i).ExternalID() {
			t.Errorf("person %d: the stranger was reported with the owner's id", i)
		}
	}
	if res.err != nil || res.failed() > 0 {
		t.Errorf("%d failed, whole failure %v", res.failed(), res.err)
	}
	if !s.AsksByHandle {
		r.read(r.request(20, always)).wantTruth(all)
	}
}

// poison lets one account spoil the call it is in.
func (s suite) poison(t *testing.T) {
	for name, pinned := range map[string]func(int) bool{"pinned": always, "not pinned": never} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := s.begin(t, nil)
			n := r.c.BatchSize()
			bad := n / 3
			item := r.truth(bad).Handle
			if s.OwnTokens || pinned(bad) && !s.AsksByHandle {
				item = r.truth(bad).ExternalID()
			}
			r.fault(simulator.Fault{Kind: simulator.Poison, Item: item})
			res := r.read(r.request(n, pinned))
			res.wantTruth(func(i int) bool { return i != bad })
			res.wantKind(func(i int) bool { return i == bad }, influencer.Unreadable, influencer.Malformed)
			r.wantCalls(s.FirstCalls + 16)
			if s.Graph {
				r.wantCalls(s.FirstCalls)
			}
		})
	}
}
