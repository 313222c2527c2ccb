package main

import (
	"context"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// policyBook tells which rules there are.
type policyBook interface {
	Current(ctx context.Context) (influencer.Policy, error)
	// Version is one version; [influencer.ErrNotFound] when there is none.
	Version(ctx context.Context, version int) (influencer.PolicyVersion, error)
	Versions(ctx context.Context) ([]influencer.PolicyVersion, error)
}

// policyOrders puts policies in force. A terms' draft names where the policy comes
// from, 0 for a file.
type policyOrders interface {
	Put(ctx context.Context, p influencer.Policy, t policyTerms, progress func(done, total int)) (policyDone, error)
	// Schedule lets it come into force later, and returns the draft that it is until then.
	Schedule(ctx context.Context, p influencer.Policy, t policyTerms, at time.Time) (int64, error)
	// Undo puts the version before the expected one in force again.
	Undo(ctx context.Context, t policyTerms, progress func(done, total int)) (policyDone, error)
}

// policyTerms are what an order has besides the policy.
type policyTerms struct {
	draft  int64
	note   string
	expect int // the version that must be in force, 0 for any
}

// policyDone is what an order did.
type policyDone struct {
	influencer.PolicyApplied
	later bool // others decide people, within minutes
}

// draftBook keeps drafts. An unknown one is an [influencer.ErrNotFound].
type draftBook interface {
	Save(ctx context.Context, p influencer.Policy, note string) (int64, error)
	Draft(ctx context.Context, id int64) (influencer.Draft, error)
	// Drafts lists those that are not done with, or everything.
	Drafts(ctx context.Context, everything bool) ([]influencer.Draft, error)
}

// draftOrders moves drafts to another state.
type draftOrders interface {
	Discard(ctx context.Context, id int64, note string) error
	Unschedule(ctx context.Context, id int64, note string) error
}

// policyScales weighs a policy before it is in force.
type policyScales interface {
	Weigh(ctx context.Context, p influencer.Policy, o weighing) (weighed, error)
}

// weighing says what is to be told of a preview beside the totals.
type weighing struct {
	by    influencer.CoverageBy             // groups, "" for none
	limit int                               // rows of each kind at most, 0 for all
	known func(influencer.Coverage) error   // called before the first row; nil for nobody
	row   func(influencer.PreviewRow) error // nil for none
}

// weighed is what a policy would do, in numbers.
type weighed struct {
	influencer.Coverage // the evidence that it rests on
	people              int
	counts              [effects]int
	breaker             influencer.BreakerView
	groups              []influencer.PreviewGroup
	most                int // rows of each kind are not more than these, although more were asked for; 0 when all could be had
}

// policyService is whoever has the rule.
type policyService interface {
	policyBook
	policyOrders
	draftBook
	draftOrders
	policyScales
}

func (a *app) policies(may access) ways[policyService] {
	return ways[policyService]{may, func(h *house) policyService { return localPolicies{h, a.actor()} },
		func(r *remote) policyService { return remotePolicies{r} }}
}
