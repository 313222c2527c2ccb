package main

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// accountFlags narrow a list of accounts.
type accountFlags struct{ platform, state, agency, nip, stale, problem, lang string }

func (a *app) accountsCommand() *cobra.Command {
	var f accountFlags
	var l listFlags
	c := &cobra.Command{
		Use:   "accounts",
		Short: "List accounts with their state, numbers and next read",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if _, err := f.filter(a.now()); err != nil {
				return badUsage(cmd, err)
			}
			return withAnswer(cmd.Context(), a, a.accounts(f), func(ctx context.Context, rows source[web.OwnedAccount], now time.Time) error {
				shown := accountList(now)
				if f.problem != "" {
					shown = problemList(shown, influencer.Lang(f.lang), influencer.Problem(f.problem))
				}
				return show(ctx, a, asked(shown, ownedOf), l, rows)
			})
		},
	}
	c.Flags().StringVar(&f.platform, "platform", "", "only on this platform: "+platformNames())
	c.Flags().StringVar(&f.state, "state", "", "only in this state: "+joined(influencer.AccountStates()))
	c.Flags().StringVar(&f.agency, "agency", "", "only of this agency")
	c.Flags().StringVar(&f.nip, "nip", "", "only this person's")
	c.Flags().StringVar(&f.stale, "stale", "", "only those not read for this long, such as 48h or 7d")
	c.Flags().StringVar(&f.problem, "problem", "", "only those with this problem, its cause and the next step: "+joined(influencer.Problems()))
	addLang(c, &f.lang, influencer.English, "cause and next step")
	l.add(c)
	return c
}

func (f accountFlags) filter(now time.Time) (out influencer.AccountFilter, err error) {
	out = influencer.AccountFilter{State: influencer.AccountState(f.state), Agency: f.agency}
	if f.state != "" && !slices.Contains(influencer.AccountStates(), out.State) {
		return out, fmt.Errorf("--state %q is none of: %s", f.state, joined(influencer.AccountStates()))
	}
	out.Problem = influencer.Problem(f.problem)
	if f.problem != "" && !slices.Contains(influencer.Problems(), out.Problem) {
		return out, fmt.Errorf("--problem %q is none of: %s", f.problem, joined(influencer.Problems()))
	}
	if _, err := parseLang(f.lang); err != nil {
		return out, err
	}
	if f.stale != "" {
		d, err := config.ParseDuration(f.stale)
		if err != nil {
			return out, fmt.Errorf("--stale: %w", err)
		}
		out.StaleBefore = now.Add(-d)
	}
	if f.nip != "" {
		if _, err := influencer.ParseNIP(f.nip, now); err != nil {
			return out, fmt.Errorf("--nip: %w", err)
		}
	}
	out.Platform, err = parsePlatform(f.platform)
	return out, err
}

func (a *app) accounts(f accountFlags) ways[query[source[web.OwnedAccount]]] {
	type rows = query[source[web.OwnedAccount]]
	return ways[rows]{existing, func(h *house) rows {
		return func(ctx context.Context, now time.Time) (source[web.OwnedAccount], error) {
			return a.accountsHere(ctx, h, f, now)
		}
	}, func(r *remote) rows {
		return func(ctx context.Context, now time.Time) (source[web.OwnedAccount], error) {
			return r.accounts(ctx, f, now)
		}
	}}
}

// accountsHere lists the accounts in this machine's database, after a word on which
// platform has to wait.
func (a *app) accountsHere(ctx context.Context, h *house, f accountFlags, now time.Time) (source[web.OwnedAccount], error) {
	filter, err := f.filter(now)
	if err != nil {
		return nil, err
	}
	if f.nip != "" {
		if filter.PersonID, err = h.personID(ctx, f.nip); err != nil {
			return nil, err
		}
	}
	if err := a.tellWaiting(ctx, h, filter.Platform); err != nil {
		return nil, err
	}
	policy, err := h.store.CurrentPolicy(ctx)
	if err != nil {
		return nil, err
	}
	view := func(a influencer.OwnedAccount) web.OwnedAccount {
		return admin.AdvisedAccount(a, now.Add(-policy.EvidenceMaxAge))
	}
	return func(ctx context.Context, p influencer.Paging) (influencer.Page[web.OwnedAccount], error) {
		page, err := h.store.Accounts(ctx, filter, p)
		return viewed(page, view), err
	}, nil
}

// accounts lists the accounts of a service.
func (r *remote) accounts(ctx context.Context, f accountFlags, now time.Time) (source[web.OwnedAccount], error) {
	filter, err := f.filter(now)
	if err != nil {
		return nil, err
	}
	query := url.Values{"platform": {string(filter.Platform)}, "state": {string(filter.State)}, "agency": {filter.Agency}, "problem": {string(filter.Problem)}}
	if err := r.about(ctx, query, f.nip, now); err != nil {
		return nil, err
	}
	if !filter.StaleBefore.IsZero() {
		query.Set("stale_before", filter.StaleBefore.UTC().Format(time.RFC3339Nano))
	}
	return pages[web.OwnedAccount](r, "/api/v1/accounts", query), nil
}

// personID finds a person by a NIP as typed.
func (h *house) personID(ctx context.Context, typed string) (int64, error) {
	nip, err := influencer.ParseNIP(typed, h.now())
	if err != nil {
		return 0, err
	}
	p, err := h.store.PersonByNIP(ctx, nip)
	return p.ID, err
}

func accountList(now time.Time) list[influencer.OwnedAccount] {
	type c = influencer.OwnedAccount
	owner := []column[c]{
		{head: "NIP", cell: func(a c) string { return a.NIP.Grouped() }, raw: func(a c) string { return string(a.NIP) }},
		{head: "Name", long: true, cell: func(a c) string { return a.Name }},
		{head: "Agency", raw: func(a c) string { return a.Agency }},
	}
	var columns []column[c]
	for _, col := range accountColumns(now) {
		columns = append(columns, onAccount(col))
	}
	return list[c]{columns: append(owner, columns...), none: "no accounts"}
}

// problemList adds the cause and the next step of a problem that all have, and
// leaves out of a table what that makes plain.
func problemList(l list[influencer.OwnedAccount], lang influencer.Lang, p influencer.Problem) list[influencer.OwnedAccount] {
	type c = influencer.OwnedAccount
	for i, column := range l.columns {
		if slices.Contains([]string{"Followers", "Friends", "Last post", "Trouble"}, column.head) {
			if column.raw == nil {
				l.columns[i].raw = column.cell
			}
			l.columns[i].cell = nil
		}
	}
	l.columns = append(l.columns,
		column[c]{head: "Cause", cell: func(a c) string { return influencer.Advise(lang, a.Account, p).Cause }},
		column[c]{head: "Next step", long: true, cell: func(a c) string { return influencer.Advise(lang, a.Account, p).NextStep }})
	l.none = "no accounts with this problem"
	return l
}

// onAccount lets a column of accounts stand in a list of owned ones.
func onAccount(col column[influencer.Account]) column[influencer.OwnedAccount] {
	out := column[influencer.OwnedAccount]{head: col.head, right: col.right, long: col.long}
	if col.cell != nil {
		out.cell = func(a influencer.OwnedAccount) string { return col.cell(a.Account) }
	}
	if col.raw != nil {
		out.raw = func(a influencer.OwnedAccount) string { return col.raw(a.Account) }
	}
	if col.paint != nil {
		out.paint = func(a influencer.OwnedAccount) text.Color { return col.paint(a.Account) }
	}
	return out
}

func accountColumns(now time.Time) []column[influencer.Account] {
	type c = influencer.Account
	num := func(head string, get func(c) *int64) column[c] {
		return column[c]{head: head, right: true, cell: func(a c) string { return count(get(a)) }, raw: func(a c) string { return plainCount(get(a)) }}
	}
	when := func(head string, words func(t, now time.Time) string, get func(c) time.Time) column[c] {
		return column[c]{head: head, cell: func(a c) string { return words(get(a), now) }, raw: func(a c) string { return stamp(get(a)) }}
	}
	return []column[c]{
		{head: "Platform", cell: func(a c) string { return string(a.Platform) }},
		{head: "Handle", long: true, cell: func(a c) string { return a.Handle }},
		{head: "External ID", raw: func(a c) string { return a.ExternalID }},
		{head: "State", cell: func(a c) string { return stateWord(a.State) }, raw: func(a c) string { return string(a.State) },
			paint: func(a c) text.Color { return stateColour(a.State) }},
		num("Followers", func(a c) *int64 { return a.Followers }),
		num("Friends", func(a c) *int64 { return a.Friends }),
		{head: "Following", raw: func(a c) string { return plainCount(a.Following) }},
		{head: "Posts", raw: func(a c) string { return plainCount(a.Posts) }},
		when("Last post", postAge, func(a c) time.Time { return a.LastActiveAt }),
		when("Read", age, func(a c) time.Time { return a.SyncedAt }),
		{head: "Attempted at", raw: func(a c) string { return stamp(a.AttemptedAt) }},
		when("Next read", dueAge, func(a c) time.Time { return a.NextDueAt }),
		{head: "Trouble", long: true, cell: func(a c) string { return a.Error }},
	}
}

// postAge is the age of the newest post; one never seen is unknown, not never.
func postAge(t, now time.Time) string {
	if t.IsZero() {
		return unknown
	}
	return age(t, now)
}

func dueAge(t, now time.Time) string {
	switch {
	case t.IsZero():
		return unknown
	case !t.After(now):
		return "due"
	}
	return age(t, now)
}

func stateColour(s influencer.AccountState) text.Color {
	switch s {
	case influencer.StateOK:
		return text.FgGreen
	case influencer.StatePending:
		return text.Faint
	}
	return text.FgYellow
}
