// Package connectortest is the suite that every connector passes. It drives a
// connector against the simulator through every bad day that it knows and
// compares what is reported with the simulator's truth: one observation per
// target, no number that is not so, failures of the right kind, no call too many,
// and no secret in any text.
package connectortest

import (
	"testing"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
)

// Traits is how a connector and its platform differ from the others, where that
// changes what is right.
type Traits struct {
	Platform influencer.Platform
	// Source is what every observation must name as its origin.
	Source string
	// Sim sets up the platform, for example which spelling X takes. Clock,
	// people and credentials are the suite's.
	Sim simulator.Options
	// AsksByHandle is a platform that knows no question by id: a renamed
	// account is lost, and one taken over answers with another id.
	AsksByHandle bool
	// OwnTokens is a platform that is read with each person's own token: a dead
	// one is that account's failure, and there is nobody without one to ask.
	OwnTokens bool
	// Graph is a platform whose batch answers each item by itself.
	Graph bool
	// Bills is a platform with the refusals of money.
	Bills bool
	// Silent is a platform that does not say why an account is missing, so that
	// some are Unavailable until asked about one by one.
	Silent bool
	// Blurred is a platform that does not tell missing, suspended and
	// unreadable accounts apart: all are Unreadable.
	Blurred bool
	// FirstCalls is how many HTTP calls the first batch may cost, before the
	// connector has learned what the server takes. Zero means 1.
	FirstCalls int
}

// Maker makes the connector under test for one rehearsal.
type Maker func(t testing.TB, h *Harness) connectors.Connector

// Run runs the suite. New connectors are made all the time, so that no test
// inherits what another learned.
func Run(t *testing.T, traits Traits, maker Maker) {
	t.Helper()
	if traits.FirstCalls == 0 {
		traits.FirstCalls = 1
	}
	s := suite{traits, maker}
	for name, test := range map[string]func(*testing.T){
		"constants":          s.constants,
		"good day":           s.goodDay,
		"whole failures":     s.wholeFailures,
		"bent answers":       s.bentAnswers,
		"accounts of a kind": s.accountsOfAKind,
		"poison":             s.poison,
		"items":              s.items,
		"cancelled":          s.cancelled,
		"slow body":          s.slowBody,
		"closed gate":        s.closedGate,
		"nothing to ask":     s.nothingToAsk,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

type suite struct {
	Traits
	maker Maker
}

// constants asks for what the connector says of itself.
func (s suite) constants(t *testing.T) {
	c := s.maker(t, s.rehearse(t, nil))
	if c.Platform() != s.Platform || !c.Metric().Valid() || c.BatchSize() < 1 {
		t.Errorf("platform %q, metric %q, batch size %d", c.Platform(), c.Metric(), c.BatchSize())
	}
}

// goodDay reads a full batch, pinned and not, and a mixed one.
func (s suite) goodDay(t *testing.T) {
	for name, pick := range map[string]func(i int) bool{
		"pinned": func(int) bool { return true }, "not pinned": func(int) bool { return false },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := s.begin(t, nil)
			r.read(r.request(r.c.BatchSize(), pick)).wantTruth(all)
			r.wantCalls(s.FirstCalls)
			r.read(r.request(r.c.BatchSize(), pick)).wantTruth(all)
			r.wantCalls(s.FirstCalls + 1)
		})
	}
	t.Run("mixed", func(t *testing.T) {
		t.Parallel()
		r := s.begin(t, nil)
		r.read(r.request(r.c.BatchSize(), func(i int) bool { return i%2 == 0 })).wantTruth(all)
		r.wantCalls(s.FirstCalls + 1)
	})
	t.Run("one", func(t *testing.T) {
		t.Parallel()
		r := s.begin(t, nil)
		r.read(r.request(1, always)).wantTruth(all)
	})
}

func all(int) bool    { return true }
func always(int) bool { return true }
func never(int) bool  { return false }
