package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// auditFlags narrow a list of audit entries.
type auditFlags struct{ actor, action, target, nip, agency, since string }

func (a *app) auditCommand() *cobra.Command {
	var f auditFlags
	var l listFlags
	c := &cobra.Command{
		Use:   "audit",
		Short: "List what people ordered, newest first",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter(a.now())
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, auditLogs(), func(ctx context.Context, log auditLog, now time.Time) error {
				if f.nip != "" {
					id, err := log.personID(ctx, f.nip, now)
					if err != nil {
						return err
					}
					filter.Target = fmt.Sprintf("person:%d", id)
				}
				return show(ctx, a, asked(auditList(now), auditOf), l, log.entries(filter))
			})
		},
	}
	c.Flags().StringVar(&f.actor, "actor", "", "only what this one ordered, such as cli:siti or \"key:3 HRIS\"")
	c.Flags().StringVar(&f.action, "action", "", "only this act, such as person.suspend or policy.apply")
	c.Flags().StringVar(&f.target, "target", "", "only on this, such as person:12")
	c.Flags().StringVar(&f.nip, "nip", "", "only on this person")
	c.Flags().StringVar(&f.agency, "agency", "", "only what concerns this agency")
	c.Flags().StringVar(&f.since, "since", "", "only of the last, such as 24h or 7d, or since a day such as 2026-11-01")
	l.add(c)
	return c
}

func (f auditFlags) filter(now time.Time) (influencer.AuditFilter, error) {
	out := influencer.AuditFilter{Actor: f.actor, Action: f.action, Target: f.target, Agency: f.agency}
	if f.nip != "" {
		if f.target != "" {
			return out, fmt.Errorf("either --nip or --target")
		}
		if _, err := influencer.ParseNIP(f.nip, now); err != nil {
			return out, fmt.Errorf("--nip: %w", err)
		}
	}
	var err error
	out.Since, err = parseSince(f.since, now)
	return out, err
}

func auditList(now time.Time) list[influencer.AuditEntry] {
	type e = influencer.AuditEntry
	return list[e]{
		columns: []column[e]{
			{head: "ID", raw: func(e e) string { return fmt.Sprint(e.ID) }},
			{head: "When", cell: func(e e) string { return age(e.At, now) }, raw: func(e e) string { return stamp(e.At) }},
			{head: "By", long: true, cell: func(e e) string { return e.Actor }},
			{head: "Action", cell: func(e e) string { return e.Action }},
			{head: "Target", cell: func(e e) string { return e.Target }},
			{head: "Agency", long: true, cell: func(e e) string { return e.Agency }},
			{head: "Note", long: true, cell: func(e e) string { return e.Note }},
			{head: "Change", long: true, cell: change},
			{head: "Before", raw: func(e e) string { return oneLine(e.Before) }},
			{head: "After", raw: func(e e) string { return oneLine(e.After) }},
		},
		view: func(e e) any { return web.AuditView(e) },
		none: "nothing was ordered",
	}
}

// change tells what an act changed, from the facts before and after it.
func change(e influencer.AuditEntry) string {
	var before, after map[string]any
	if len(e.Before) > 0 && json.Unmarshal(e.Before, &before) != nil || json.Unmarshal(e.After, &after) != nil {
		return ""
	}
	var said []string
	for _, key := range slices.Sorted(maps.Keys(after)) {
		switch was, is := before[key], after[key]; {
		case fmt.Sprint(was) == fmt.Sprint(is) || is == nil || is == "":
		case was == nil || was == "":
			said = append(said, fmt.Sprintf("%s %v", key, is))
		default:
			said = append(said, fmt.Sprintf("%s %v -> %v", key, was, is))
		}
	}
	return strings.Join(said, ", ")
}

// oneLine is JSON without the spaces and line ends that a database may put in.
func oneLine(raw []byte) string {
	var out bytes.Buffer
	if json.Compact(&out, raw) != nil {
		return strings.Join(strings.Fields(string(raw)), " ")
	}
	return out.String()
}
