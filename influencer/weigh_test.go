package influencer

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func n(v int64) *int64 { return &v }

func seen(followers int64) Counts { return Counts{Followers: n(followers), LastActiveAt: at.Add(-day)} }

func row(followers int64, ago time.Duration, suspect bool) *Reading {
	return &Reading{AccountID: 7, ObservedAt: at.Add(-ago), LastSeenAt: at.Add(-ago), Reads: 1, Counts: seen(followers), Suspect: suspect, Source: "x/v2"}
}

// TestWeighCases walks the law of suspect readings case by case. The default
// policy suspects a drop to 0, or by more than half from 100 or more.
func TestWeighCases(t *testing.T) {
	t.Parallel()
	good := row(1000, 5*time.Hour, false)
	for _, c := range []struct {
		name                         string
		newest, good                 *Reading
		followers                    int64
		suspect, extends, vindicated bool
	}{
		{"the first look", nil, nil, 0, false, false, false},
		{"the same numbers", good, good, 1000, false, true, false},
		{"other numbers", good, good, 1001, false, false, false},
		{"exactly half", good, good, 500, false, false, false},
		{"more than half", good, good, 499, true, false, false},
		{"to zero", good, good, 0, true, false, false},
		{"to zero from one", row(1, time.Hour, false), row(1, time.Hour, false), 0, true, false, false},
		{"steep from under the floor", row(99, time.Hour, false), row(99, time.Hour, false), 1, false, false, false},
		{"steep from the floor", row(100, time.Hour, false), row(100, time.Hour, false), 49, true, false, false},
		{"zero after zero", row(0, time.Hour, false), row(0, time.Hour, false), 0, false, true, false},
		{"agrees too early", row(0, 59*time.Minute, true), good, 0, true, true, false},
		{"agrees in time", row(0, time.Hour, true), good, 0, false, true, true},
		{"agrees with other numbers", row(300, time.Hour, true), good, 290, false, false, true},
		{"agrees with other numbers too early", row(300, time.Minute, true), good, 290, true, false, false},
		{"back again", row(0, time.Hour, true), good, 1000, false, false, false},
		{"no such drop after all", row(0, time.Hour, true), good, 600, false, false, false},
		{"falls further", row(300, time.Hour, true), good, 0, true, false, false},
		{"a drop, but another one", row(0, time.Hour, true), good, 300, true, false, false},
		{"a little more than the suspect", row(290, time.Hour, true), good, 300, false, false, true},
		{"suspect with nothing good before", row(0, time.Hour, true), nil, 5, false, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Weigh(DefaultPolicy(), Weighing{Newest: c.newest, Good: c.good, Seen: seen(c.followers), At: at, Source: "x/v2", Metric: Followers})
			if got.Refused != nil {
				t.Fatal(got.Refused)
			}
			if got.Row.Suspect != c.suspect || got.Extends != c.extends || got.Vindicated != c.vindicated {
				t.Errorf("suspect %v, extends %v, vindicated %v", got.Row.Suspect, got.Extends, got.Vindicated)
			}
			if !got.Row.LastSeenAt.Equal(at) || *got.Row.Followers != c.followers {
				t.Errorf("row %+v", got.Row)
			}
		})
	}
}

func TestWeighRefuses(t *testing.T) {
	t.Parallel()
	good := row(1000, time.Hour, false)
	for name, counts := range map[string]Counts{
		"nothing known":       {},
		"the metric vanished": {Friends: n(3), Posts: n(4)},
		"below zero":          {Followers: n(-1)},
		"posts below zero":    {Followers: n(10), Posts: n(-1)},
	} {
		for _, newest := range []*Reading{nil, good} {
			got := Weigh(DefaultPolicy(), Weighing{Newest: newest, Good: newest, Seen: counts, At: at, Metric: Followers})
			if got.Refused == nil || got.Refused.Kind != Malformed {
				t.Errorf("%s: %+v", name, got)
			}
		}
	}
}

func TestWeighKeepsLastActive(t *testing.T) {
	t.Parallel()
	good := row(1000, 5*time.Hour, false)
	good.LastActiveAt = at.Add(-2 * day)
	doubted := row(0, 2*time.Hour, true)
	doubted.LastActiveAt = at.Add(-time.Hour)
	for _, c := range []struct {
		name         string
		newest       *Reading
		followers    int64
		posted, want time.Time
	}{
		{"a newer post", good, 1000, at.Add(-day), at.Add(-day)},
		{"a deleted post", good, 1000, at.Add(-9 * day), at.Add(-2 * day)},
		{"a field left out", good, 1000, time.Time{}, at.Add(-2 * day)},
		{"a post from the future", good, 1000, at.Add(day), at.Add(-2 * day)},
		{"a clock a little ahead", good, 1000, at.Add(time.Minute), at.Add(time.Minute)},
		{"a suspect reading's post is not believed", doubted, 1000, time.Time{}, at.Add(-2 * day)},
		{"unless it is vindicated", doubted, 0, time.Time{}, at.Add(-time.Hour)},
	} {
		counts := Counts{Followers: n(c.followers), LastActiveAt: c.posted}
		got := Weigh(DefaultPolicy(), Weighing{Newest: c.newest, Good: good, Seen: counts, At: at, Metric: Followers})
		if !got.Row.LastActiveAt.Equal(c.want) {
			t.Errorf("%s: %v, want %v", c.name, got.Row.LastActiveAt, c.want)
		}
	}
}

// account replays looks the way the store does.
type account struct {
	rows  []Reading   // oldest first
	reads []time.Time // of the newest row, all of them
}

func (a *account) weighing(seen Counts, now time.Time) Weighing {
	w := Weighing{Seen: seen, At: now, Source: "x/v2", Metric: Followers}
	for i := range a.rows {
		w.Newest = &a.rows[i]
		if !a.rows[i].Suspect {
			w.Good = &a.rows[i]
		}
	}
	return w
}

func (a *account) apply(w Weighed, now time.Time) {
	if w.Vindicated {
		a.rows[len(a.rows)-1].Suspect = false
	}
	if w.Extends {
		a.rows[len(a.rows)-1] = w.Row
		a.reads = append(a.reads, now)
		return
	}
	a.rows, a.reads = append(a.rows, w.Row), []time.Time{w.Row.ObservedAt}
}

// TestWeighInvariants replays random lives of an account.
func TestWeighInvariants(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, a, now := genPolicy(t), &account{}, at
		for range rapid.IntRange(1, 20).Draw(t, "looks") {
			now = now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 20 * time.Minute, time.Hour, day}).Draw(t, "pause"))
			counts := Counts{Followers: n(rapid.SampledFrom([]int64{0, 3, 100, 300, 450, 1000, 1000, 1000}).Draw(t, "followers"))}
			if rapid.Bool().Draw(t, "posts known") {
				counts.LastActiveAt = now.Add(-genAge(t, "posted"))
			}
			before := slices.Clone(a.rows)
			w := a.weighing(counts, now)
			got := Weigh(p, w)
			if diff := cmp.Diff(before, a.rows); diff != "" {
				t.Fatalf("weighing changed what was stored:\n%s", diff)
			}
			checkSteepness(t, p, w, got)
			a.apply(got, now)
			checkRows(t, p, a)
		}
	})
}

// checkSteepness: a look far below the newest good reading is good only when it
// agrees with a suspect reading at least ConfirmGap older.
func checkSteepness(t *rapid.T, p Policy, w Weighing, got Weighed) {
	steep := w.Good != nil && p.suspectDrop(w.Good.Followers, w.Seen.Followers)
	if got.Row.Suspect && !steep {
		t.Fatal("suspected without a steep drop")
	}
	if steep && !got.Row.Suspect {
		s := w.Newest
		agree := s.Suspect && !p.suspectDrop(s.Followers, w.Seen.Followers) && !p.suspectDrop(w.Seen.Followers, s.Followers)
		if !agree || !got.Vindicated || w.At.Sub(s.ObservedAt) < p.ConfirmGap {
			t.Fatalf("believed a drop from %d to %d at once", *w.Good.Followers, *w.Seen.Followers)
		}
	}
}

func checkRows(t *rapid.T, p Policy, a *account) {
	var last time.Time
	for i, r := range a.rows {
		if i > 0 && !r.ObservedAt.After(a.rows[i-1].LastSeenAt) {
			t.Fatal("rows overlap")
		}
		if r.LastSeenAt.Before(r.ObservedAt) || r.Reads < 1 || len(r.Between) > maxBetween {
			t.Fatalf("bad row %+v", r)
		}
		times := readTimes(r)
		if !slices.IsSortedFunc(times, time.Time.Compare) {
			t.Fatalf("times out of order: %v", times)
		}
		if !r.Suspect {
			if r.LastActiveAt.Before(last) {
				t.Fatal("the newest post moved back")
			}
			last = r.LastActiveAt
		}
	}
	newest := a.rows[len(a.rows)-1]
	if newest.Reads != len(a.reads) {
		t.Fatalf("%d reads, want %d", newest.Reads, len(a.reads))
	}
	// Whatever was thinned out, as many spaced reads are left as a policy can ask for.
	kept, all := spacedCount(readTimes(newest), p.ConfirmGap), spacedCount(a.reads, p.ConfirmGap)
	if kept < min(all, maxConfirm) {
		t.Fatalf("%d spaced reads kept of %d", kept, all)
	}
}

func readTimes(r Reading) []time.Time {
	times := append([]time.Time{r.ObservedAt}, r.Between...)
	if r.Reads > 1 {
		times = append(times, r.LastSeenAt)
	}
	return times
}

// spacedCount takes the earliest time that is far enough from the one before,
// which is the most there can be on a line.
func spacedCount(times []time.Time, gap time.Duration) int {
	count, taken := 0, time.Time{}
	for _, t := range times {
		if count == 0 || t.After(taken) && t.Sub(taken) >= gap {
			count, taken = count+1, t
		}
	}
	return count
}

// TestSameNumbersKeepSpacedReads reads the same numbers over and over, often
// closer than the gap, under a gap that changes once: as many spaced reads are
// left as a policy can ask for.
func TestSameNumbersKeepSpacedReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, reads := DefaultPolicy(), []time.Time{at}
		newest := Weigh(p, Weighing{Seen: seen(400), At: at, Metric: Followers}).Row
		pauses := rapid.SliceOfN(rapid.SampledFrom([]time.Duration{time.Minute, 20 * time.Minute, 59 * time.Minute, time.Hour, 5 * time.Hour}), 1, 40).Draw(t, "pauses")
		for _, pause := range pauses {
			reads = append(reads, reads[len(reads)-1].Add(pause))
			stored := newest
			stored.Between = slices.Clone(newest.Between)
			got := Weigh(p, Weighing{Newest: &newest, Good: &newest, Seen: seen(400), At: reads[len(reads)-1], Metric: Followers})
			if !got.Extends || len(got.Row.Between) > maxBetween {
				t.Fatalf("%+v", got)
			}
			if diff := cmp.Diff(stored, newest); diff != "" {
				t.Fatalf("the stored reading changed:\n%s", diff)
			}
			newest = got.Row
			if kept, all := spacedCount(readTimes(newest), p.ConfirmGap), spacedCount(reads, p.ConfirmGap); kept < min(all, maxConfirm) {
				t.Fatalf("%d spaced reads kept of %d", kept, all)
			}
		}
	})
}

// TestThinAfterAWiderGap: reads kept under a narrow gap make room for those that
// a new policy with a wider one can use.
func TestThinAfterAWiderGap(t *testing.T) {
	t.Parallel()
	narrow, wide := DefaultPolicy(), DefaultPolicy()
	wide.ConfirmGap = day
	newest := Weigh(narrow, Weighing{Seen: seen(400), At: at, Metric: Followers}).Row
	extend := func(p Policy, ago time.Duration) {
		newest = Weigh(p, Weighing{Newest: &newest, Good: &newest, Seen: seen(400), At: at.Add(ago), Metric: Followers}).Row
	}
	for hour := range time.Duration(6) {
		extend(narrow, (hour+1)*time.Hour)
	}
	for n := range time.Duration(5) {
		extend(wide, (n+1)*day)
	}
	if got := spacedCount(readTimes(newest), day); got != maxConfirm {
		t.Errorf("%d reads a day apart are kept: %v", got, readTimes(newest))
	}
}

// Steepness without overflow, against what fits 64 bits.
func TestExceeds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.Int64Range(0, 1<<40).Draw(t, "whole")
		part := rapid.Int64Range(0, whole).Draw(t, "part")
		share := Share(rapid.IntRange(0, 10000).Draw(t, "share"))
		if got, want := exceeds(part, whole, share), part*10000 > whole*int64(share); got != want {
			t.Fatalf("%d of %d exceeds %s: %v", part, whole, share, got)
		}
		big := int64(1)<<62 + part
		if !exceeds(big, big, Whole-1) || exceeds(big, big, Whole) {
			t.Fatal("overflow")
		}
	})
}

// TestExtendOutOfOrder: a look that arrives late adds a read and moves no time.
func TestExtendOutOfOrder(t *testing.T) {
	t.Parallel()
	newest := row(1000, 0, false)
	late := Weigh(DefaultPolicy(), Weighing{Newest: newest, Good: newest, Seen: seen(1000), At: at.Add(-time.Minute), Metric: Followers})
	if !late.Extends || !late.Row.LastSeenAt.Equal(at) || late.Row.Reads != 2 || late.Row.Between != nil {
		t.Errorf("same numbers: %+v", late.Row)
	}
	other := Weigh(DefaultPolicy(), Weighing{Newest: newest, Good: newest, Seen: seen(1001), At: at.Add(-time.Minute), Metric: Followers})
	if other.Extends || !other.Row.ObservedAt.After(at) {
		t.Errorf("other numbers: %+v", other.Row)
	}
}
