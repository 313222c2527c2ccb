package influencer

import (
	"encoding/json"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// strip makes a reading prove nothing, in one of the ways in which that happens.
func strip(t *rapid.T, p Policy, r *Reading) {
	switch rapid.IntRange(0, 2).Draw(t, "strip") {
	case 0:
		r.Suspect = true
	case 1:
		r.Counts = Counts{}
	case 2:
		r.LastSeenAt = at.Add(-p.EvidenceMaxAge - time.Second - genAge(t, "stale"))
		r.ObservedAt, r.Between = r.LastSeenAt, nil
	}
}

// Law 1: no evidence, no move.
func TestLawNoEvidenceNoMove(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := genPolicy(t), genEvidence(t)
		for i, platform := range []Platform{X, Instagram, Facebook} {
			e.Accounts = append(e.Accounts, AccountEvidence{AccountID: int64(100 + i), Platform: platform, State: StatePending})
		}
		for i := range e.Accounts {
			a := &e.Accounts[i]
			if a.State == StateGone || a.State == StateSuspended {
				a.State = StatePrivate
			}
			for k := range a.Readings {
				strip(t, p, &a.Readings[k])
			}
		}
		v := Decide(p, e, at)
		if v.Qualifies != Unknown {
			t.Fatalf("qualifies %s without evidence", v.Qualifies)
		}
		if v.Move != nil && v.Move.Reason != ReasonSuspensionOver {
			t.Fatalf("moved %v without evidence", *v.Move)
		}
	})
}

// Law 1, step by step: taking away what an account in state ok showed never
// turns an answer into its opposite nor makes one where there was none.
func TestLawLessEvidenceNeverDecides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := genPolicy(t), genEvidence(t)
		p.Activity.Unknown = Hold
		before := Decide(p, e, at)
		for i := range e.Accounts {
			if e.Accounts[i].State == StateOK && rapid.Bool().Draw(t, "unread") {
				e.Accounts[i].Readings = nil
			}
		}
		after := Decide(p, e, at)
		if after.Qualifies != before.Qualifies && after.Qualifies != Unknown {
			t.Fatalf("qualifies %s became %s with one account unread", before.Qualifies, after.Qualifies)
		}
	})
}

// An outage moves no status: with the same evidence a holder who is not lost now
// is not lost later, however long nobody can read. Only what the platform has
// said of a gone account ripens with time.
func TestLawOutageRevokesNobody(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := genPolicy(t), genEvidence(t)
		e.Standing = Standing{Status: StatusActive, Since: at.Add(-100 * day), FirstGrantedAt: at.Add(-100 * day)}
		for i := range e.Accounts {
			if s := e.Accounts[i].State; s == StateGone || s == StateSuspended {
				e.Accounts[i].State = StateUnreadable
			}
		}
		now, later := Decide(p, e, at), Decide(p, e, at.Add(genAge(t, "later")))
		if now.Move == nil && later.Move != nil {
			t.Fatalf("time alone moved %v", *later.Move)
		}
	})
}

// Law 2: the same evidence and policy give the same decision, also when they
// come back from storage; and deciding changes no evidence.
func TestLawSameAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := genPolicy(t), genEvidence(t)
		stored, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		first := Decide(p, e, at)
		var again Evidence
		if err := json.Unmarshal(stored, &again); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(e, again); diff != "" {
			t.Fatalf("evidence changed on its way (-was +is):\n%s", diff)
		}
		if diff := cmp.Diff(first, Decide(p, again, at)); diff != "" {
			t.Fatalf("decided otherwise (-first +again):\n%s", diff)
		}
	})
}

// The evidence that a verdict keeps is enough to reach it again.
func TestUsedEvidenceIsEnough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := genPolicy(t), genEvidence(t)
		whole := Decide(p, e, at)
		if diff := cmp.Diff(whole, Decide(p, whole.Used, at)); diff != "" {
			t.Fatalf("decided otherwise (-whole +used):\n%s", diff)
		}
	})
}

// Laws 3 and 4: along any walk of decisions and acts each move is one of the
// table, blocked beats suspended beats the rule, and the first award stays.
func TestLawWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s, now, granted := Standing{Status: StatusNone}, at, time.Time{}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			m, after, moved := step(t, s, now)
			if moved {
				checkStep(t, s, after, m)
				s = after
			}
			if granted.IsZero() && s.Status == StatusActive {
				granted = now
			}
			if !s.FirstGrantedAt.Equal(granted) {
				t.Fatalf("first award %v, want %v", s.FirstGrantedAt, granted)
			}
			now = now.Add(genAge(t, "pause"))
		}
	})
}

func step(t *rapid.T, s Standing, now time.Time) (Move, Standing, bool) {
	kind := rapid.SampledFrom(append(ActionKinds(), "", "", "", "")).Draw(t, "kind")
	if kind != "" {
		a := genAction(t, kind, now)
		m, after, err := Act(Evidence{Standing: s, Act: &a, FrozenUntil: genTime(t, "frozen until")}, now)
		if err != nil && after != s {
			t.Fatal("a refused act changed the standing")
		}
		return m, after, err == nil
	}
	p, e := genPolicy(t), genEvidence(t)
	e.Standing = s
	v := Decide(p, e, now)
	if v.Move == nil {
		return Move{}, s, false
	}
	return *v.Move, s.After(*v.Move, p, now), true
}

func checkStep(t *rapid.T, before, after Standing, m Move) {
	row := m.Row()
	if row == nil || m.From != before.Status || m.To != after.Status {
		t.Fatalf("move %v is not of the table", m)
	}
	if before.Status == StatusBlocked && row.Action != ActionUnblock && after.Status != StatusBlocked {
		t.Fatalf("a block was left by %q", row.Name)
	}
	if before.Left != "" && (row.Action == "" || after.Status != before.Status && row.Action != ActionBlock && row.Action != ActionUnblock) {
		t.Fatalf("%q moved somebody who has left the service", row.Name)
	}
	if after.Left != "" && (after.Underlying().Holds() || after.Underlying() == StatusPending) {
		t.Fatalf("left the service as %s over %s", after.Status, after.Underlying())
	}
	if (after.Left == "") != after.LeftAt.IsZero() {
		t.Fatalf("left %q at %v", after.Left, after.LeftAt)
	}
	if before.Status == StatusSuspended && before.Until.IsZero() && row.Action == "" {
		t.Fatalf("an open suspension was left by %q", row.Name)
	}
	if after.Underlying() == StatusGrace == after.GraceSince.IsZero() {
		t.Fatalf("status %s with grace since %v", after.Status, after.GraceSince)
	}
	under := after.Status == StatusSuspended || after.Status == StatusBlocked
	if under == (after.HeldBefore == "") || after.HeldBefore == StatusSuspended || after.HeldBefore == StatusBlocked {
		t.Fatalf("status %s over %q", after.Status, after.HeldBefore)
	}
}

// Law 5 in the decision: suspect readings change nothing, wherever they stand.
func TestLawSuspectChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := genPolicy(t), genEvidence(t)
		with := Decide(p, e, at)
		for i := range e.Accounts {
			e.Accounts[i].Readings = slices.DeleteFunc(slices.Clone(e.Accounts[i].Readings), func(r Reading) bool { return r.Suspect })
		}
		without := Decide(p, e, at)
		with.Used, without.Used = Evidence{}, Evidence{}
		if diff := cmp.Diff(with, without); diff != "" {
			t.Fatalf("suspect readings mattered (-with +without):\n%s", diff)
		}
	})
}

// Three-valued logic against brute force: the answer is the one that all ways to
// fill in the unknowns agree on.
func TestCombineAgainstCompletions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		answers := rapid.SliceOfN(rapid.SampledFrom([]Answer{Yes, No, Unknown}), 1, 7).Draw(t, "answers")
		activity := rapid.SampledFrom([]Answer{Yes, No, Unknown}).Draw(t, "activity")
		needed := rapid.IntRange(1, len(answers)).Draw(t, "needed")
		met, unknown := 0, 0
		for _, a := range answers {
			met += map[Answer]int{Yes: 1}[a]
			unknown += map[Answer]int{Unknown: 1}[a]
		}
		got := both(combine(needed, met, unknown), activity)
		if want := complete(append(answers, activity), needed); got != want {
			t.Fatalf("%v needing %d and activity %s: %s, want %s", answers, needed, activity, got, want)
		}
	})
}

// complete tries every completion; the last answer is the activity.
func complete(answers []Answer, needed int) Answer {
	for i, a := range answers {
		if a != Unknown {
			continue
		}
		filled := slices.Clone(answers)
		filled[i] = Yes
		yes := complete(filled, needed)
		filled[i] = No
		if no := complete(filled, needed); no != yes {
			return Unknown
		}
		return yes
	}
	met := 0
	for _, a := range answers[:len(answers)-1] {
		if a == Yes {
			met++
		}
	}
	if met >= needed && answers[len(answers)-1] == Yes {
		return Yes
	}
	return No
}

// Below the line means value*10000 < at_least*share, whatever the numbers.
func TestLineIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := Requirement{AtLeast: rapid.Int64Range(1, maxAtLeast).Draw(t, "at least")}
		p := Policy{LeaveBelow: Share(rapid.IntRange(100, 10000).Draw(t, "leave"))}
		value := rapid.OneOf(rapid.Int64Min(0), rapid.Int64Range(max(0, p.Line(r, true)-2), p.Line(r, true)+2)).Draw(t, "value")
		left := new(big.Int).Mul(big.NewInt(value), big.NewInt(int64(Whole)))
		right := new(big.Int).Mul(big.NewInt(r.AtLeast), big.NewInt(int64(p.LeaveBelow)))
		if got, want := value < p.Line(r, true), left.Cmp(right) < 0; got != want {
			t.Fatalf("%d below the line of %d at %s: %v", value, r.AtLeast, p.LeaveBelow, got)
		}
	})
}

// Confirmations against brute force: the largest set of read times of the run
// that are pairwise far enough apart.
func TestConfirmationsAgainstBruteForce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, readings := genPolicy(t), genReadings(t)
		j := judge{p: &p, now: at}
		got, depth := j.confirmations(readings, Followers, 500)
		want := min(p.Confirm, mostSpaced(runTimes(p, readings), p.ConfirmGap))
		if got != want {
			t.Fatalf("%d confirmations, want %d", got, want)
		}
		if again, _ := j.confirmations(readings[:depth], Followers, 500); again != got {
			t.Fatalf("%d confirmations in the %d readings used, not %d", again, depth, got)
		}
	})
}

func runTimes(p Policy, readings []Reading) []time.Time {
	var times []time.Time
	for _, r := range readings {
		if r.Suspect || r.Followers == nil {
			continue
		}
		if *r.Followers >= 500 || at.Sub(r.LastSeenAt) > p.EvidenceMaxAge {
			break
		}
		times = append(append(times, r.ObservedAt, r.LastSeenAt), r.Between...)
	}
	return times
}

// mostSpaced finds, by trying all sets, how many of the times can be chosen that
// are pairwise different and at least gap apart.
func mostSpaced(times []time.Time, gap time.Duration) int {
	if len(times) == 0 {
		return 0
	}
	first, rest := times[0], times[1:]
	far := slices.DeleteFunc(slices.Clone(rest), func(t time.Time) bool {
		return t.Equal(first) || t.Sub(first).Abs() < gap
	})
	return max(mostSpaced(rest, gap), 1+mostSpaced(far, gap))
}

// TestHistoryIsEnough: giving only the newest good reading, and the older ones
// where NeedsHistory asks, decides as all readings do.
func TestHistoryIsEnough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := genPolicy(t), genEvidence(t)
		for i := range e.Accounts { // a connector's readings all know their metrics
			for k := range e.Accounts[i].Readings {
				r := &e.Accounts[i].Readings[k]
				r.Followers, r.Friends = known(r.Followers), known(r.Friends)
			}
		}
		brief := e
		brief.Accounts = slices.Clone(e.Accounts)
		for i, a := range brief.Accounts {
			n := slices.IndexFunc(a.Readings, func(r Reading) bool { return !r.Suspect })
			brief.Accounts[i].Readings = a.Readings[:n+1]
		}
		for _, id := range NeedsHistory(p, brief) {
			brief.Accounts[id-1].Readings = e.Accounts[id-1].Readings
		}
		whole, short := Decide(p, e, at), Decide(p, brief, at)
		if whole.Qualifies != short.Qualifies || whole.Activity != short.Activity || !cmp.Equal(whole.Move, short.Move) {
			t.Fatalf("decided otherwise with what was asked for:\n%s", cmp.Diff(whole, short))
		}
		for i := range whole.Requirements {
			if whole.Requirements[i].Answer != short.Requirements[i].Answer {
				t.Fatalf("answered requirement %d otherwise:\n%s", i, cmp.Diff(whole, short))
			}
		}
	})
}

func known(n *int64) *int64 {
	if n == nil {
		return new(int64)
	}
	return n
}

// Who has left the service is moved by no rule, and asks for no read.
func TestLawLeaverStays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := genPolicy(t), genEvidence(t)
		e.Standing = genLeaver(t, e.Standing)
		if v := Decide(p, e, at); v.Move != nil || v.Doubtful != nil || v.Near(p) != nil || v.Unconfirmed(p, at) != nil {
			t.Fatalf("%+v of somebody who has left", v)
		}
	})
}

// A freeze never makes a decision: it changes no answer, and the only move that
// it stops is a new grant or the queue for one.
func TestLawFreezeOnlyWithholds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, e := genPolicy(t), genEvidence(t)
		e.FrozenUntil = time.Time{}
		open := Decide(p, e, at)
		e.FrozenUntil = at.Add(time.Second)
		frozen := Decide(p, e, at)
		if frozen.Move != nil && (frozen.Move.To == StatusActive || frozen.Move.To == StatusPending) && !e.Standing.Underlying().Holds() && frozen.Move.To != e.Standing.Underlying() {
			t.Fatalf("granted %v within a freeze", *frozen.Move)
		}
		suspensionOver := frozen.Move != nil && frozen.Move.Reason == ReasonSuspensionOver
		if !cmp.Equal(open.Move, frozen.Move) && (open.Move == nil || open.Move.Row().When&GrantsOpen == 0 || frozen.Move != nil && !suspensionOver) {
			t.Fatalf("%v became %v by a freeze", open.Move, frozen.Move)
		}
		open.Move, frozen.Move, open.Used, frozen.Used = nil, nil, Evidence{}, Evidence{}
		if diff := cmp.Diff(open, frozen); diff != "" {
			t.Fatalf("a freeze changed the verdict (-open +frozen):\n%s", diff)
		}
	})
}

// An act that is done and taken back leaves the person where the rule finds the
// same: a block and its unblock, a suspension and its reinstatement.
func TestLawActsAreReversible(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		e := Evidence{Standing: genStanding(t)}
		pair := rapid.SampledFrom([][2]ActionKind{{ActionSuspend, ActionReinstate}, {ActionBlock, ActionUnblock}, {ActionLeave, ActionRejoin}}).Draw(t, "pair")
		before := e.Standing
		there, back := genAction(t, pair[0], at), Action{Kind: pair[1]}
		e.Act = &there
		_, after, err := Act(e, at)
		if err != nil {
			return
		}
		e.Standing, e.Act = after, &back
		m, after, err := Act(e, at.Add(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		want := before.Underlying()
		if pair[0] == ActionLeave {
			want = StatusNone
			if before.held() {
				want = StatusRevoked
			}
		}
		if after.Underlying() != want || !after.FirstGrantedAt.Equal(before.FirstGrantedAt) {
			t.Fatalf("%s over %s, then %v: %+v", pair[0], before.Status, m, after)
		}
		if pair[0] == ActionLeave && (after.Status == StatusBlocked) != (before.Status == StatusBlocked) {
			t.Fatalf("a leaving turned %s into %s", before.Status, after.Status)
		}
	})
}
