package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
)

func (a *app) badgeCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "badge",
		Short: "Public badges: their addresses, and who shows one",
		Long: `Public badges: a page, an image and a signed credential for each influencer, behind
an address that nobody can guess. They are off unless PENGIKUT_BADGE is on.`,
	}
	c.AddCommand(a.badgeListCommand(), a.badgeLinkCommand(), a.badgeNewKeyCommand(),
		a.badgeChangeCommand(store.BadgeHide, "Take a person's badge off the public pages"),
		a.badgeChangeCommand(store.BadgeShow, "Show a hidden badge again, at the same address"),
		a.badgeChangeCommand(store.BadgeRotate, "Give a badge a new address; the old one is not found any more"))
	groupNeedsCommand(c)
	return c
}

// withBadges opens the house, and refuses when badges are off.
func (a *app) withBadges(ctx context.Context, fn func(context.Context, *house) error) error {
	return a.within(ctx, func(ctx context.Context, h *house) error {
		if !h.config.Badge.On {
			return errors.New("badges are off: set PENGIKUT_BADGE=on and PENGIKUT_BADGE_URL")
		}
		return fn(ctx, h)
	})
}

func (a *app) badgeListCommand() *cobra.Command {
	var l listFlags
	var agency string
	c := &cobra.Command{
		Use:   "list",
		Short: "List badges with their addresses, to send them to their owners",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withBadges(cmd.Context(), func(ctx context.Context, h *house) error {
				if err := h.keepBadges(ctx); err != nil {
					return err
				}
				return show(ctx, a, badgeList(h.config.Badge.PublicURL), l, func(ctx context.Context, p influencer.Paging) (influencer.Page[store.OwnedBadge], error) {
					return h.store.Badges(ctx, agency, p)
				})
			})
		},
	}
	c.Flags().StringVar(&agency, "agency", "", "only this agency")
	l.add(c)
	return c
}

// badgeView is a badge in JSON.
type badgeView struct {
	PersonID int64                 `json:"person_id"`
	NIP      string                `json:"nip"`
	Name     string                `json:"name"`
	Agency   string                `json:"agency"`
	Since    string                `json:"since"`
	State    influencer.BadgeState `json:"state"`
	Hidden   bool                  `json:"hidden"`
	URL      string                `json:"url"`
}

func badgeList(base string) list[store.OwnedBadge] {
	type b = store.OwnedBadge
	address := func(b b) string { return badgeURL(base, b.PublicID) }
	return list[b]{columns: []column[b]{
		{head: "NIP", cell: func(b b) string { return b.NIP.Grouped() }, raw: func(b b) string { return string(b.NIP) }},
		{head: "Name", long: true, cell: func(b b) string { return b.Name }},
		{head: "Agency", long: true, cell: func(b b) string { return b.Agency }},
		{head: "Since", cell: func(b b) string { return influencer.English.Date(b.AwardedAt) }, raw: func(b b) string { return stamp(b.AwardedAt) }},
		{head: "State", cell: func(b b) string { return stateText(b) }},
		{head: "URL", cell: address},
	}, view: func(b b) any {
		return badgeView{PersonID: b.PersonID, NIP: string(b.NIP), Name: b.Name, Agency: b.Agency, Since: stamp(b.AwardedAt),
			State: b.State, Hidden: b.Hidden, URL: address(b)}
	}, none: "no badges yet"}
}

func stateText(b store.OwnedBadge) string {
	if b.Hidden {
		return string(b.State) + ", hidden"
	}
	return string(b.State)
}

func badgeURL(base, id string) string { return base + "/badge/" + id }

func (a *app) badgeLinkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "link NIP",
		Short: "Print the address of one person's badge",
		Args:  takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			nip, err := influencer.ParseNIP(args[0], a.now())
			if err != nil {
				return badUsage(cmd, err)
			}
			return a.withBadges(cmd.Context(), func(ctx context.Context, h *house) error {
				if err := h.keepBadges(ctx); err != nil {
					return err
				}
				b, err := h.store.BadgeOf(ctx, nip)
				if errors.Is(err, influencer.ErrNotFound) {
					return errors.New("nobody with that NIP ever held the status")
				}
				if err == nil {
					fmt.Fprintf(a.out, "%s\n%s, %s, since %s: %s\n", badgeURL(h.config.Badge.PublicURL, b.PublicID), clean(b.Name), clean(b.Agency),
						influencer.English.Date(b.AwardedAt), b.State)
				}
				return err
			})
		},
	}
}

func (a *app) badgeChangeCommand(change store.BadgeChange, short string) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:   string(change) + " NIP",
		Short: short,
		Args:  takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			nip, err := influencer.ParseNIP(args[0], a.now())
			if err == nil && reason == "" {
				err = errors.New("--reason is needed: it is kept with the act")
			}
			if err != nil {
				return badUsage(cmd, err)
			}
			return a.withBadges(cmd.Context(), func(ctx context.Context, h *house) error {
				err := h.store.ChangeBadge(ctx, nip, change, a.actor(), reason)
				if errors.Is(err, influencer.ErrNotFound) {
					return errors.New("nobody with that NIP has a badge")
				}
				return err
			})
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "why; kept with the act")
	return c
}

func (a *app) badgeNewKeyCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "new-key",
		Short: "Sign with a new key from now on; what older keys signed can still be checked",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withBadges(cmd.Context(), func(ctx context.Context, h *house) error {
				kid, err := badgeKeys{h.store}.add(ctx, false, a.actor())
				if err == nil {
					fmt.Fprintf(a.out, "signing with %s\n", kid)
				}
				return err
			})
		},
	}
}
