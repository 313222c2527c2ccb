package connectortest

import (
	"testing"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
)

// wholeFailures are bad days on which no account is to blame.
func (s suite) wholeFailures(t *testing.T) {
	const (
		un  = influencer.Unavailable
		mal = influencer.Malformed
	)
	days := map[simulator.Kind][]influencer.FailureKind{
		simulator.OutageJSON: {un}, simulator.OutageEmpty: {un}, simulator.OutageHTML: {un}, simulator.HTMLOK: {un},
		simulator.Reset: {un}, simulator.EmptyBody: {un}, simulator.EmptyObject: {mal, un}, simulator.EmptyList: {mal, un},
		simulator.Null: {mal, un}, simulator.Half: {un}, simulator.Truncated: {un},
		simulator.Throttle: {influencer.RateLimited}, simulator.ThrottleBare: {influencer.RateLimited},
		simulator.TokenDead: {influencer.CredentialDead}, simulator.Forbidden: {influencer.Forbidden},
	}
	for _, kind := range []simulator.Kind{simulator.MissingMetrics, simulator.MissingCount, simulator.RenamedCount, simulator.StringCount} {
		t.Run(string(kind), func(t *testing.T) {
			s.wholeFailure(t, simulator.Fault{Kind: kind}, []influencer.FailureKind{mal})
		})
	}
	if s.Bills {
		for _, k := range []simulator.Kind{simulator.Credits, simulator.CreditsNew, simulator.SpendCap, simulator.UsageCap} {
			days[k] = []influencer.FailureKind{influencer.BudgetSpent}
		}
	}
	for kind, want := range days {
		if !s.OwnTokens || kind != simulator.TokenDead { // a token is one person's: see items
			t.Run(string(kind), func(t *testing.T) { s.wholeFailure(t, simulator.Fault{Kind: kind}, want) })
		}
		if s.Graph {
			t.Run(string(kind)+" of the call", func(t *testing.T) {
				s.wholeFailure(t, simulator.Fault{Kind: kind, Endpoint: simulator.GraphBatch}, want)
			})
		}
	}
	t.Run("after the first call", s.partWay)
}

func (s suite) wholeFailure(t *testing.T, f simulator.Fault, want []influencer.FailureKind) {
	t.Parallel()
	r := s.begin(t, nil, f)
	r.read(r.request(r.c.BatchSize(), always)).wantWhole(want...)
	r.wantCalls(s.FirstCalls)
	// One account alone says less, and must not be written off for it.
	alone := r.read(r.request(1, never))
	if alone.err == nil && len(alone.obs) == 1 {
		s.wantPassing(t, alone.obs[0])
	}
}

// wantPassing wants a failure that moves no account's state.
func (s suite) wantPassing(t *testing.T, o influencer.Observation) {
	t.Helper()
	if o.Failure == nil {
		t.Errorf("a number was read where there was none: %+v", o.Counts)
		return
	}
	if state, moves := o.Failure.Kind.State(); moves {
		t.Errorf("the platform's bad day made an account %s: %v", state, o.Failure)
	}
}

// partWay lets the credential die between two calls of one Read: what was read and
// paid for is kept, and the rest may not be written off.
func (s suite) partWay(t *testing.T) {
	t.Parallel()
	if s.Graph {
		return // pinned or not, its targets go in one call
	}
	r := s.begin(t, nil)
	r.read(r.request(1, always)).wantTruth(all) // learns what the server takes
	r.fault(simulator.Fault{Kind: simulator.TokenDead, Share: 0.5})
	res := r.read(r.request(10, func(i int) bool { return i < 5 }))
	res.wantTruth(func(i int) bool { return i < 5 })
	res.wantKind(func(i int) bool { return i >= 5 }, influencer.Unavailable)
}

// items are bad days inside a Graph batch, where the call itself is good.
func (s suite) items(t *testing.T) {
	if !s.Graph {
		t.Log("this platform's answers have no items")
		return
	}
	for _, kind := range []simulator.Kind{simulator.NullItems, simulator.OutageJSON, simulator.OutageEmpty, simulator.OutageHTML,
		simulator.HTMLOK, simulator.EmptyBody, simulator.Null, simulator.EmptyList, simulator.Throttle, simulator.ThrottleBare} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			r := s.begin(t, nil, simulator.Fault{Kind: kind, Endpoint: simulator.GraphItem, Share: 0.5})
			res := r.read(r.request(r.c.BatchSize(), always))
			if res.err != nil || res.failed() != r.c.BatchSize()/2 {
				t.Fatalf("%d of %d failed, whole failure %v: want half", res.failed(), len(res.obs), res.err)
			}
			for i, o := range res.obs {
				if o.Failure != nil {
					s.wantPassing(t, o)
				} else {
					res.wantSame(i, o, func(p simulator.Profile) int64 { return p.Followers + p.Friends })
				}
			}
		})
	}
	t.Run("all null", func(t *testing.T) {
		t.Parallel()
		r := s.begin(t, nil, simulator.Fault{Kind: simulator.NullItems})
		r.read(r.request(r.c.BatchSize(), always)).wantWhole(influencer.Unavailable)
	})
	t.Run("dead tokens", s.deadItems)
}

// deadItems refuses tokens inside the batch.
func (s suite) deadItems(t *testing.T) {
	t.Parallel()
	every := s.begin(t, nil, simulator.Fault{Kind: simulator.TokenDead})
	whole := every.read(every.request(10, always))
	if s.OwnTokens {
		whole.wantKind(all, influencer.CredentialDead)
	} else {
		whole.wantWhole(influencer.CredentialDead)
	}
	r := s.begin(t, nil, simulator.Fault{Kind: simulator.TokenDead, Endpoint: simulator.GraphItem, Share: 0.5, Subcode: 463})
	res := r.read(r.request(10, always))
	if !s.OwnTokens {
		res.wantWhole(influencer.CredentialDead)
		return
	}
	res.wantTruth(func(i int) bool { return i%2 == 0 })
	res.wantKind(func(i int) bool { return i%2 == 1 }, influencer.CredentialDead)
}
