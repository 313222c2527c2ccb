package influencer

import (
	"cmp"
	"slices"
)

// Effect is what a policy does to a person.
type Effect int

// The effects, in the order in which they are told.
const (
	EffectGain        Effect = iota
	EffectLose               // at once
	EffectGrace              // begins a grace, and loses at its end
	EffectUnconfirmed        // stays until further reads confirm the loss
	EffectOtherwise          // moves, and neither gains nor loses
	EffectNear               // stays, but only just
	Effects                  // how many there are
)

// Effect says what a move means for the person.
func (m Move) Effect() Effect {
	switch {
	case m.To.Holds() && !m.From.Holds():
		return EffectGain
	case m.From.Holds() && !m.To.Holds():
		return EffectLose
	case m.To == StatusGrace:
		return EffectGrace
	}
	return EffectOtherwise
}

// Effect says what the policy does to the person of the row.
func (r PreviewRow) Effect() Effect {
	switch {
	case r.Move != nil:
		return r.Move.Effect()
	case r.Unconfirmed != nil:
		return EffectUnconfirmed
	}
	return EffectNear
}

// Effects counts people by what the policy does to them.
func (p Preview) Effects() (counts [Effects]int) {
	for m, n := range p.Moves {
		counts[m.Effect()] += n
	}
	for _, n := range p.Unconfirmed {
		counts[EffectUnconfirmed] += n
	}
	counts[EffectNear] = p.Near
	return counts
}

// PreviewGroup counts one agency's or platform's people by what a policy does to
// them, and says on how much data that rests.
type PreviewGroup struct {
	Name    string
	Effects [Effects]int
	Coverage
}

// PreviewGroups gathers a preview's rows in groups: by agency, or by platform. By
// platform a person counts once for every platform that the person has an account
// on, so those groups add up to more than all.
type PreviewGroups struct {
	by     CoverageBy
	counts map[string]*[Effects]int
}

// NewPreviewGroups begins with no rows.
func NewPreviewGroups(by CoverageBy) *PreviewGroups {
	return &PreviewGroups{by: by, counts: map[string]*[Effects]int{}}
}

// Add takes a row in.
func (g *PreviewGroups) Add(r PreviewRow) {
	names := []string{r.Agency}
	if g.by == ByPlatform {
		names = names[:0]
		for _, p := range r.Platforms {
			names = append(names, string(p))
		}
	}
	for _, name := range names {
		if g.counts[name] == nil {
			g.counts[name] = new([Effects]int)
		}
		g.counts[name][r.Effect()]++
	}
}

// Groups are all of them, whom the policy costs most first. The summary says on
// how much data each rests; groups without a row are left out.
func (g *PreviewGroups) Groups(s Summary) []PreviewGroup {
	cover := map[string]Coverage{}
	if g.by == ByAgency {
		for _, a := range s.Agencies {
			cover[a.Agency] = a.Coverage
		}
	} else {
		for _, p := range s.Platforms {
			cover[string(p.Platform)] = p.Coverage
		}
	}
	out := make([]PreviewGroup, 0, len(g.counts))
	for name, counts := range g.counts {
		out = append(out, PreviewGroup{Name: name, Effects: *counts, Coverage: cover[name]})
	}
	slices.SortFunc(out, func(a, b PreviewGroup) int {
		return cmp.Or(cmp.Compare(b.cost(), a.cost()), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// cost is how many people lose, now or later.
func (g PreviewGroup) cost() int {
	return g.Effects[EffectLose] + g.Effects[EffectGrace] + g.Effects[EffectUnconfirmed]
}
