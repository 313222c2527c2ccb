package influencer

import (
	"slices"
	"time"

	"pgregory.net/rapid"
)

// Generators of what the rule eats. Values gather around the lines and times
// around the limits, where the mistakes are.

func genPolicy(t *rapid.T) Policy {
	p := Policy{
		Version:        0,
		LeaveBelow:     Share(rapid.SampledFrom([]int{10000, 9000, 9999, 100, 3333}).Draw(t, "leave")),
		Confirm:        rapid.IntRange(1, maxConfirm).Draw(t, "confirm"),
		ConfirmGap:     rapid.SampledFrom([]time.Duration{0, time.Hour, 90 * time.Minute, day}).Draw(t, "gap"),
		Grace:          rapid.SampledFrom([]time.Duration{0, time.Hour, 30 * day}).Draw(t, "grace"),
		Activity:       Activity{Within: rapid.SampledFrom([]time.Duration{day, 30 * day, 90 * day}).Draw(t, "within"), Unknown: rapid.SampledFrom([]UnknownActivity{Hold, Accept}).Draw(t, "unknown")},
		EvidenceMaxAge: rapid.SampledFrom([]time.Duration{2 * day, 35 * day}).Draw(t, "max age"),
		Suspect:        SuspectRule{Drop: Share(rapid.IntRange(100, 10000).Draw(t, "drop")), From: rapid.Int64Range(0, 1000).Draw(t, "from")},
		GoneAfter:      rapid.SampledFrom([]time.Duration{0, 14 * day}).Draw(t, "gone after"),
		Breaker:        Breaker{Share: Share(rapid.IntRange(0, 10000).Draw(t, "share")), Floor: rapid.IntRange(0, 50).Draw(t, "floor"), Window: time.Hour},
		Approval:       rapid.SampledFrom([]Approval{Automatic, Manual}).Draw(t, "approval"),
	}
	all := []Requirement{{X, Followers, 500}, {Instagram, Followers, 500}, {Facebook, Friends, 500}, {X, Friends, 501}}
	p.Requirements = rapid.Permutation(all).Draw(t, "requirements")[:rapid.IntRange(1, len(all)).Draw(t, "how many")]
	p.Match = rapid.SampledFrom([]Match{{Mode: MatchAny}, {Mode: MatchAll},
		{Mode: MatchAtLeast, N: rapid.IntRange(1, len(p.Requirements)).Draw(t, "n")}}).Draw(t, "match")
	if err := p.Validate(); err != nil {
		t.Fatalf("generated a bad policy: %v", err)
	}
	return p
}

// genAge draws how long ago something was, often at a limit.
func genAge(t *rapid.T, what string) time.Duration {
	near := []time.Duration{0, time.Minute, time.Hour, 90 * time.Minute, day, 2 * day, 14 * day, 30 * day, 35 * day, 90 * day}
	age := rapid.SampledFrom(near).Draw(t, what)
	return max(0, age+time.Duration(rapid.IntRange(-2, 2).Draw(t, what+" off"))*time.Second)
}

func genTime(t *rapid.T, what string) time.Time {
	if rapid.IntRange(0, 5).Draw(t, what+" known") == 0 {
		return time.Time{}
	}
	return at.Add(-genAge(t, what))
}

func genNumber(t *rapid.T, what string) *int64 {
	if rapid.IntRange(0, 4).Draw(t, what+" known") == 0 {
		return nil
	}
	n := rapid.SampledFrom([]int64{0, 1, 100, 449, 450, 451, 499, 500, 501, 10000}).Draw(t, what)
	return &n
}

// genReadings draws readings newest first, whose times do not overlap.
func genReadings(t *rapid.T) []Reading {
	n := rapid.IntRange(0, 5).Draw(t, "readings")
	var times []time.Time
	for range 2*n + rapid.IntRange(0, 3).Draw(t, "between") {
		times = append(times, at.Add(-genAge(t, "seen")))
	}
	slices.SortFunc(times, func(a, b time.Time) int { return b.Compare(a) })
	times = slices.CompactFunc(times, time.Time.Equal)
	var readings []Reading
	for len(times) > 0 && len(readings) < n {
		k := min(len(times), rapid.IntRange(1, 4).Draw(t, "reads"))
		r := Reading{LastSeenAt: times[0], ObservedAt: times[k-1], Reads: k}
		if k > 2 {
			r.Between = slices.Clone(times[1 : k-1])
			slices.Reverse(r.Between)
		}
		r.Counts = Counts{Followers: genNumber(t, "followers"), Friends: genNumber(t, "friends"), Posts: genNumber(t, "posts"), LastActiveAt: genTime(t, "posted")}
		r.Suspect = rapid.IntRange(0, 4).Draw(t, "suspect") == 0
		readings, times = append(readings, r), times[k:]
	}
	return readings
}

func genEvidence(t *rapid.T) Evidence {
	e := Evidence{Standing: genStanding(t)}
	if rapid.IntRange(0, 3).Draw(t, "frozen") == 0 {
		e.FrozenUntil = at.Add(genAge(t, "frozen until") - time.Hour)
	}
	for i := range rapid.IntRange(0, 4).Draw(t, "accounts") {
		e.Accounts = append(e.Accounts, AccountEvidence{
			AccountID: int64(i + 1), Handle: "h",
			Platform:   rapid.SampledFrom([]Platform{X, X, Instagram, Facebook, "tiktok"}).Draw(t, "platform"),
			State:      rapid.SampledFrom(append(AccountStates(), StateOK, StateOK, StateOK)).Draw(t, "state"),
			StateSince: genTime(t, "state since"),
			Readings:   genReadings(t),
		})
	}
	return e
}

func genStanding(t *rapid.T) Standing {
	s := Standing{Status: rapid.SampledFrom(Statuses()).Draw(t, "status"), Since: at.Add(-genAge(t, "since"))}
	if s.Status == StatusSuspended || s.Status == StatusBlocked {
		s.HeldBefore = rapid.SampledFrom([]Status{StatusNone, StatusPending, StatusActive, StatusGrace, StatusRevoked}).Draw(t, "held before")
		s.Until = genTime(t, "until")
	}
	if rapid.IntRange(0, 4).Draw(t, "left") == 0 {
		s = genLeaver(t, s)
	}
	under := s.Underlying()
	if under.Holds() || under == StatusRevoked || under == StatusPending && rapid.Bool().Draw(t, "held once") {
		s.FirstGrantedAt = s.Since.Add(-100 * day)
	}
	if under == StatusGrace {
		s.GraceSince = at.Add(-genAge(t, "grace since"))
	}
	return s
}

// genLeaver lets a person of this standing have left the service.
func genLeaver(t *rapid.T, s Standing) Standing {
	s.Left, s.LeftAt = rapid.SampledFrom(Leavings()).Draw(t, "why left"), at.Add(-genAge(t, "left at"))
	former := rapid.SampledFrom([]Status{StatusNone, StatusRevoked}).Draw(t, "former")
	if s.Status == StatusBlocked {
		s.HeldBefore = former
		return s
	}
	s.Status, s.HeldBefore, s.Until = former, "", time.Time{}
	return s
}

// genAction draws an act that is whole in itself.
func genAction(t *rapid.T, kind ActionKind, now time.Time) Action {
	a := Action{Kind: kind}
	switch kind {
	case ActionSuspend:
		if rapid.Bool().Draw(t, "dated") {
			a.Until = now.Add(time.Hour)
		}
	case ActionBlock:
		a.Basis, a.Decree = "PP 94/2021", "SK-1"
	case ActionLeave:
		a.Why = rapid.SampledFrom(Leavings()).Draw(t, "why")
	}
	return a
}
