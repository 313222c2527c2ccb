package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// previewGroups counts a preview by agency or platform.
func (a *app) previewGroups(ctx context.Context, s policyService, p influencer.Policy, by influencer.CoverageBy, l listFlags, now time.Time) error {
	told := a.err
	if l.output == "table" {
		told = a.out
		if _, err := a.tellChanges(ctx, s, p); err != nil {
			return err
		}
	}
	totals, err := s.Weigh(ctx, p, weighing{by: by, known: a.tellEvidence(told, p, now)})
	if err != nil {
		return err
	}
	if l.output == "table" {
		a.tellPreview(totals)
		fmt.Fprintln(a.out)
	}
	l.limit = 0
	return show(ctx, a, groupList(by, now), l, all(totals.groups))
}

func groupList(by influencer.CoverageBy, now time.Time) list[influencer.PreviewGroup] {
	type g = influencer.PreviewGroup
	name := map[influencer.CoverageBy]string{influencer.ByAgency: "Agency", influencer.ByPlatform: "Platform"}[by]
	count := func(head string, get func(g) int) column[g] {
		return column[g]{head: head, right: true, cell: func(g g) string { return number(get(g)) }, raw: func(g g) string { return fmt.Sprint(get(g)) }}
	}
	of := func(e effect) func(g) int { return func(g g) int { return g.Effects[e] } }
	return list[g]{columns: []column[g]{
		{head: name, long: true, cell: func(g g) string { return g.Name }},
		count("Gain", of(gains)), count("Lose", of(loses)), count("Grace", of(warned)), count("Unconfirmed", of(unconfirmed)),
		count("Otherwise", of(otherwise)), count("Near", of(near)),
		count("Expected", func(g g) int { return g.Expected }), count("Read", func(g g) int { return g.Read }),
		{head: "As of", cell: func(g g) string { return ageOrBlank(g.AsOf, now) }, raw: func(g g) string { return stamp(g.AsOf) }},
	}, view: func(g g) any { return web.PreviewGroupView(by, g) }, none: "nobody would move"}
}
