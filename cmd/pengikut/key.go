package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/config"
	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

func (a *app) keyCommand() *cobra.Command {
	c := &cobra.Command{Use: "key", Short: "Keep the keys of the API"}
	c.AddCommand(a.keyCreateCommand(), a.keyListCommand(), a.keyRevokeCommand())
	return c
}

// keyFlags ask for a new key.
type keyFlags struct{ name, role, agency, expires string }

func (a *app) keyCreateCommand() *cobra.Command {
	var f keyFlags
	c := &cobra.Command{
		Use:   "create",
		Short: "Make a key and show it, once",
		Long: `Make a key for the API and show it. It is shown this once: the database keeps a
hash. A viewer reads, with NIPs masked; an admin reads them whole, and orders.`,
		Example: "  pengikut key create --name dashboard --role viewer --agency \"Kementerian Kesehatan\" --expires 90d",
		Args:    takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			order, err := f.order(a.now(), a.actor())
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, a.keyOrders(founding), func(ctx context.Context, s keyOrders, _ time.Time) error { return a.createKey(ctx, s, order) })
		},
	}
	c.Flags().StringVar(&f.name, "name", "", "who or what will use it")
	c.Flags().StringVar(&f.role, "role", "", joined(influencer.Roles()))
	c.Flags().StringVar(&f.agency, "agency", "", "the only agency it sees, by its whole name (default: all)")
	c.Flags().StringVar(&f.expires, "expires", "", "when it ends: 90d, 2027-01-31, or a time as in RFC 3339 (default: never)")
	return c
}

func (f keyFlags) order(now time.Time, actor string) (influencer.KeyOrder, error) {
	o := influencer.KeyOrder{Name: f.name, Role: influencer.Role(f.role), Agency: f.agency, Actor: actor}
	var err error
	if o.ExpiresAt, err = parseExpiry(f.expires, now); err != nil {
		return o, fmt.Errorf("--expires: %w", err)
	}
	return o, o.Check(now)
}

// parseExpiry reads a time from now on, such as 90d, or what [parseDay] reads.
func parseExpiry(s string, now time.Time) (time.Time, error) {
	if d, err := config.ParseDuration(s); err == nil {
		return now.Add(d), nil
	}
	t, err := parseDay(s)
	if err != nil {
		return t, fmt.Errorf("%q is neither a time from now on such as 90d, nor a day such as 2027-01-31, nor a time", s)
	}
	return t, nil
}

// createKey prints the key alone on standard output, so that a script can take it.
func (a *app) createKey(ctx context.Context, s keyOrders, o influencer.KeyOrder) error {
	k, text, err := s.Create(ctx, o)
	if errors.Is(err, influencer.ErrNoAgency) {
		return fmt.Errorf("nobody of the agency %q is registered: write its name as it stands in the roster", o.Agency)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "key %d, shown this once:\n", k.ID)
	fmt.Fprintln(a.out, text.Reveal())
	return nil
}

// firstKey gives an embedded service its way in: an admin's key, when there was
// never one. With Postgres somebody with access to the database makes the first.
func (a *app) firstKey(ctx context.Context, h *house) error {
	if !h.config.Embedded() {
		return nil
	}
	_, text, err := h.store.CreateFirstKey(ctx, influencer.KeyOrder{Name: "first admin", Role: influencer.RoleAdmin, Actor: a.actor()})
	if err == nil && text != "" {
		fmt.Fprintf(a.out, "admin key, shown this once: %s\n", text.Reveal())
	}
	return err
}

func (a *app) keyListCommand() *cobra.Command {
	var l listFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List the keys without the keys",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return with(cmd.Context(), a, keys(), func(ctx context.Context, rows source[web.Key], now time.Time) error {
				return show(ctx, a, asked(keyList(now), keyOf), l, rows)
			})
		},
	}
	l.add(c)
	return c
}

func keyList(now time.Time) list[influencer.Key] {
	type k = influencer.Key
	moment := func(head string, get func(k) time.Time) column[k] {
		return column[k]{
			head: head,
			cell: func(k k) string { return age(get(k), now) },
			raw:  func(k k) string { return stamp(get(k)) },
		}
	}
	return list[k]{
		columns: []column[k]{
			{head: "ID", right: true, cell: func(k k) string { return strconv.FormatInt(k.ID, 10) }},
			{head: "Name", long: true, cell: func(k k) string { return k.Name }},
			{head: "Role", cell: func(k k) string { return string(k.Role) }},
			{head: "Agency", long: true, cell: func(k k) string { return k.Agency }},
			{head: "State", cell: func(k k) string { return string(k.State(now)) }, paint: func(k k) text.Color { return keyColour(k.State(now)) }},
			moment("Created", func(k k) time.Time { return k.CreatedAt }),
			{head: "Created by", cell: func(k k) string { return k.CreatedBy }},
			moment("Expires", func(k k) time.Time { return k.ExpiresAt }),
			moment("Last used", func(k k) time.Time { return k.LastUsedAt }),
			{head: "Revoked", raw: func(k k) string { return stamp(k.RevokedAt) }},
		},
		none: "no keys",
	}
}

func keyColour(s influencer.KeyState) text.Color {
	if s == influencer.KeyValid {
		return text.FgGreen
	}
	return text.Faint
}

func (a *app) keyRevokeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "revoke ID",
		Short: "End a key at once, in every process",
		Args:  takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseInt(args[0], 10, 64)
			if err != nil || id < 1 {
				return badUsage(cmd, fmt.Errorf("%q is no id of a key: see pengikut key list", args[0]))
			}
			return with(cmd.Context(), a, a.keyOrders(existing), func(ctx context.Context, s keyOrders, _ time.Time) error {
				k, err := s.Revoke(ctx, id)
				if errors.Is(err, influencer.ErrNotFound) {
					return fmt.Errorf("there is no key %d", id)
				}
				if err != nil {
					return err
				}
				fmt.Fprintf(a.out, "revoked key %d, %s\n", k.ID, k.Name)
				return nil
			})
		},
	}
}
