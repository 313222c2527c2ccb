package connectortest

import (
	"testing"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
)

// accountsOfAKind mixes accounts out of the ordinary with others.
func (s suite) accountsOfAKind(t *testing.T) {
	missing := []influencer.FailureKind{influencer.Gone}
	suspended := []influencer.FailureKind{influencer.Suspended}
	switch {
	case s.Blurred:
		missing, suspended = []influencer.FailureKind{influencer.Unreadable}, []influencer.FailureKind{influencer.Unreadable}
	case s.OwnTokens:
		missing, suspended = []influencer.FailureKind{influencer.CredentialDead}, []influencer.FailureKind{influencer.CredentialDead}
	case s.Silent:
		missing, suspended = append(missing, influencer.Unavailable), append(suspended, influencer.Unavailable)
	}
	t.Run("suspended", func(t *testing.T) {
		s.ofState(t, &simulator.Mix{Suspended: 0.3}, simulator.Suspended, suspended...)
	})
	t.Run("deleted", func(t *testing.T) {
		s.ofState(t, &simulator.Mix{Deleted: 0.3}, simulator.Deleted, missing...)
	})
	t.Run("personal", func(t *testing.T) {
		s.ofState(t, &simulator.Mix{Personal: 0.3}, simulator.Personal, influencer.Unreadable)
	})
	t.Run("renamed", func(t *testing.T) { s.renamed(t, missing) })
	t.Run("protected", s.protected)
	t.Run("never posted", s.neverPosted)
	t.Run("consent", s.consent)
}

// ofState reads people of whom some are in a state: those fail in one of the ways,
// the others are read truly.
func (s suite) ofState(t *testing.T, mix *simulator.Mix, state simulator.State, kinds ...influencer.FailureKind) {
	t.Parallel()
	for name, pinned := range map[string]func(int) bool{"pinned": always, "not pinned": never} {
		r := s.begin(t, mix)
		is := func(i int) bool { return r.truth(i).State == state }
		res := r.read(r.request(r.c.BatchSize(), pinned))
		res.wantTruth(func(i int) bool { return !is(i) })
		res.wantKind(is, kinds...)
		if s.Silent && res.failed() > 0 && !hasLasting(res) {
			t.Errorf("%s: of nobody missing was it asked why", name)
		}
	}
}

func hasLasting(res *result) bool {
	for _, o := range res.obs {
		if o.Failure != nil {
			if _, lasting := o.Failure.Kind.State(); lasting {
				return true
			}
		}
	}
	return false
}

// renamed reads accounts that changed their handle: by id they are found under
// the new one, by handle they are not.
func (s suite) renamed(t *testing.T, missing []influencer.FailureKind) {
	t.Parallel()
	if s.OwnTokens {
		return // no question holds a handle
	}
	r := s.begin(t, &simulator.Mix{Renamed: 0.4})
	is := func(i int) bool { return r.truth(i).State == simulator.Renamed }
	res := r.read(r.request(30, never))
	res.wantTruth(func(i int) bool { return !is(i) })
	res.wantKind(is, missing...)
	if s.AsksByHandle {
		return
	}
	res = r.read(r.request(30, always))
	res.wantTruth(all)
	for i, o := range res.obs {
		if want := r.truth(i).Handle; o.Handle != want {
			t.Errorf("person %d: handle %q, the truth is %q", i, o.Handle, want)
		}
	}
}

// protected reads accounts that hide their posts: the counts are there, the last
// activity is unknown.
func (s suite) protected(t *testing.T) {
	t.Parallel()
	r := s.begin(t, &simulator.Mix{Protected: 0.4})
	res := r.read(r.request(r.c.BatchSize(), always))
	res.wantTruth(all)
	for i, o := range res.obs {
		hidden := r.truth(i).State == simulator.Protected
		if o.Private != hidden || hidden && !o.Counts.LastActiveAt.IsZero() {
			t.Errorf("person %d: private %v, active %v; hidden in truth: %v", i, o.Private, o.Counts.LastActiveAt, hidden)
		}
	}
}

// neverPosted reads accounts without posts: no activity is not an error, and not
// a date.
func (s suite) neverPosted(t *testing.T) {
	t.Parallel()
	r := s.begin(t, &simulator.Mix{NeverPosted: 0.4})
	res := r.read(r.request(r.c.BatchSize(), always))
	res.wantTruth(all)
	known := 0
	for i, o := range res.obs {
		if r.truth(i).LastPost.IsZero() != o.Counts.LastActiveAt.IsZero() {
			known++
		}
	}
	if known > 0 {
		t.Errorf("the last activity of %d of %d was not told as it is", known, len(res.obs))
	}
}

// consent reads with tokens that may not see friends, or posts, or are dead.
func (s suite) consent(t *testing.T) {
	t.Parallel()
	if !s.OwnTokens {
		return
	}
	r := s.begin(t, &simulator.Mix{NoFriendsPermission: 0.4})
	res := r.read(r.request(r.c.BatchSize(), always))
	res.wantKind(func(i int) bool { return res.obs[i].Failure != nil }, influencer.NeedsConsent)
	if n := res.failed(); n < 10 || n > 30 {
		t.Errorf("%d of 50 without consent, want about 20", n)
	}
	res.wantTruth(func(i int) bool { return res.obs[i].Failure == nil })

	r = s.begin(t, &simulator.Mix{NoPostsPermission: 1})
	res = r.read(r.request(20, always))
	res.wantTruth(all)
	for i, o := range res.obs {
		if !o.Counts.LastActiveAt.IsZero() {
			t.Errorf("person %d: active %v without user_posts", i, o.Counts.LastActiveAt)
		}
	}

	r = s.begin(t, &simulator.Mix{DeadToken: 0.6})
	res = r.read(r.request(r.c.BatchSize(), always))
	res.wantKind(func(i int) bool { return res.obs[i].Failure != nil }, influencer.CredentialDead)
	if n := res.failed(); n < 5 || n > 45 {
		t.Errorf("%d of 50 dead tokens, want some", n)
	}
	res.wantTruth(func(i int) bool { return res.obs[i].Failure == nil })

	req := r.request(2, always)
	req.Targets[0].Token, req.Targets[1].Token = "", ""
	before := r.Sim.Stats().Total.Calls
	r.read(req).wantKind(all, influencer.NeedsConsent)
	r.wantCalls(int(before))
}
