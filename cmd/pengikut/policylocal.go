package main

import (
	"context"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// localPolicies works on the database itself.
type localPolicies struct {
	*house
	by string
}

// Current is the rule in force.
func (l localPolicies) Current(ctx context.Context) (influencer.Policy, error) {
	return l.store.CurrentPolicy(ctx)
}

// Version is one version.
func (l localPolicies) Version(ctx context.Context, version int) (influencer.PolicyVersion, error) {
	return l.store.PolicyByVersion(ctx, version)
}

// Versions are all, newest first.
func (l localPolicies) Versions(ctx context.Context) ([]influencer.PolicyVersion, error) {
	return l.store.Policies(ctx)
}

func (l localPolicies) order(note string, expect int) influencer.PolicyOrder {
	return influencer.PolicyOrder{Author: l.by, Note: note, At: l.now(), Expect: expect}
}

// Put puts a policy in force and decides everybody.
func (l localPolicies) Put(ctx context.Context, p influencer.Policy, t policyTerms, progress func(done, total int)) (policyDone, error) {
	put := func() (influencer.PolicyApplied, error) {
		return l.store.PutPolicy(ctx, p, l.order(t.note, t.expect), progress)
	}
	if t.draft != 0 {
		put = func() (influencer.PolicyApplied, error) {
			return l.store.ApplyDraft(ctx, t.draft, l.order(t.note, t.expect), progress)
		}
	}
	done, err := put()
	return policyDone{PolicyApplied: done}, err
}

// Schedule lets a policy come into force later.
func (l localPolicies) Schedule(ctx context.Context, p influencer.Policy, t policyTerms, at time.Time) (int64, error) {
	if t.draft != 0 {
		return t.draft, l.store.ScheduleDraft(ctx, t.draft, l.order(t.note, t.expect), at)
	}
	d, err := l.store.SchedulePolicy(ctx, p, l.order(t.note, t.expect), at)
	return d.ID, err
}

// Undo puts the version before in force again and decides everybody.
func (l localPolicies) Undo(ctx context.Context, t policyTerms, progress func(done, total int)) (policyDone, error) {
	done, err := l.store.UndoPolicy(ctx, l.order(t.note, t.expect), progress)
	return policyDone{PolicyApplied: done}, err
}

// Save keeps a draft.
func (l localPolicies) Save(ctx context.Context, p influencer.Policy, note string) (int64, error) {
	d, err := l.store.SaveDraft(ctx, p, l.order(note, 0))
	return d.ID, err
}

// Draft is one draft.
func (l localPolicies) Draft(ctx context.Context, id int64) (influencer.Draft, error) {
	return l.store.Draft(ctx, id)
}

// Drafts are those that are not done with, or everything.
func (l localPolicies) Drafts(ctx context.Context, everything bool) ([]influencer.Draft, error) {
	if everything {
		return l.store.Drafts(ctx)
	}
	return l.store.Drafts(ctx, influencer.DraftOpen, influencer.DraftScheduled)
}

// Discard is done with a draft.
func (l localPolicies) Discard(ctx context.Context, id int64, note string) error {
	return l.store.DiscardDraft(ctx, id, l.order(note, 0))
}

// Unschedule takes a draft's date back.
func (l localPolicies) Unschedule(ctx context.Context, id int64, note string) error {
	return l.store.UnscheduleDraft(ctx, id, l.order(note, 0))
}

// Weigh decides everybody under a policy, and writes nothing.
func (l localPolicies) Weigh(ctx context.Context, p influencer.Policy, o weighing) (weighed, error) {
	s, err := l.store.Summary(ctx, influencer.SummaryFilter{FreshWithin: p.EvidenceMaxAge})
	if err == nil && o.known != nil {
		err = o.known(s.Coverage)
	}
	if err != nil {
		return weighed{}, err
	}
	var shown [effects]int
	groups := influencer.NewPreviewGroups(o.by)
	totals, err := l.store.PreviewPolicy(ctx, p, l.now(), func(r influencer.PreviewRow) error {
		if o.by != "" {
			groups.Add(r)
		}
		if e := r.Effect(); o.row != nil && (o.limit == 0 || shown[e] < o.limit) {
			shown[e]++
			return o.row(r)
		}
		return nil
	})
	if err != nil {
		return weighed{}, err
	}
	out := weighed{Coverage: s.Coverage, people: totals.People, counts: totals.Effects(), breaker: totals.Breaker}
	if o.by != "" {
		out.groups = groups.Groups(s)
	}
	return out, nil
}
