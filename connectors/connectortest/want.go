package connectortest

import (
	"slices"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
)

// wantWhole wants a failure of the whole batch, of one of the kinds.
func (r *result) wantWhole(kinds ...influencer.FailureKind) {
	r.r.t.Helper()
	if r.err == nil {
		r.r.t.Fatalf("no failure, want one of %v", kinds)
	}
	if !slices.Contains(kinds, r.err.Kind) {
		r.r.t.Errorf("failed with %v, want one of %v", r.err, kinds)
	}
	if r.err.Kind == influencer.RateLimited && !r.err.Until.After(noon) {
		r.r.t.Errorf("rate limited, and no time to wait for: %v", r.err)
	}
}

// wantTruth wants the true numbers of the accounts that the filter names, by index.
func (r *result) wantTruth(which func(index int) bool) {
	r.r.t.Helper()
	r.wantNumbers(which, func(p simulator.Profile) int64 { return p.Followers + p.Friends })
}

// wantNumbers wants a number that follows from the truth.
func (r *result) wantNumbers(which func(int) bool, number func(simulator.Profile) int64) {
	r.r.t.Helper()
	if r.err != nil {
		r.r.t.Fatalf("the whole batch failed: %v", r.err)
	}
	for i, o := range r.obs {
		index := int(r.req.Targets[i].AccountID - 1)
		if !which(index) {
			continue
		}
		if o.Failure != nil {
			r.r.t.Errorf("person %d: %v", index, o.Failure)
			continue
		}
		r.wantSame(index, o, number)
	}
}

func (r *result) wantSame(index int, o influencer.Observation, number func(simulator.Profile) int64) {
	r.r.t.Helper()
	truth := r.r.truth(index)
	if got, want := *o.Counts.Metric(r.r.c.Metric()), number(truth); got != want {
		r.r.t.Errorf("person %d: read %d, the truth is %d", index, got, want)
	}
	if o.ExternalID != truth.ExternalID() {
		r.r.t.Errorf("person %d: read id %s, the truth is %s", index, o.ExternalID, truth.ExternalID())
	}
	if at := o.Counts.LastActiveAt; !at.IsZero() && at.Unix() != truth.LastPost.Unix() {
		r.r.t.Errorf("person %d: active at %v, the truth is %v", index, at, truth.LastPost)
	}
}

// wantKind wants a failure of one of the kinds of the accounts named.
func (r *result) wantKind(which func(index int) bool, kinds ...influencer.FailureKind) {
	r.r.t.Helper()
	if r.err != nil {
		r.r.t.Fatalf("the whole batch failed: %v", r.err)
	}
	for i, o := range r.obs {
		index := int(r.req.Targets[i].AccountID - 1)
		if which(index) && (o.Failure == nil || !slices.Contains(kinds, o.Failure.Kind)) {
			r.r.t.Errorf("person %d: %v, want one of %v", index, o.Failure, kinds)
		}
	}
}

// failed tells how many accounts failed.
func (r *result) failed() int {
	n := 0
	for _, o := range r.obs {
		if o.Failure != nil {
			n++
		}
	}
	return n
}
