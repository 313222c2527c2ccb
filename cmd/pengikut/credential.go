package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/store"
)

// credentialFlags name a credential on the command line.
type credentialFlags struct{ platform, nip, handle, label string }

func (f *credentialFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.platform, "platform", "", "which platform: "+platformNames())
	cmd.Flags().StringVar(&f.nip, "nip", "", "whose own token: for Facebook, which is read with each person's")
	cmd.Flags().StringVar(&f.handle, "handle", "", "which of the person's accounts, when there are several")
	cmd.Flags().StringVar(&f.label, "label", "", "a name for the institution's own token, for X and Instagram; they are used in turn, by name")
}

func (f credentialFlags) ref(now time.Time) (store.CredentialRef, error) {
	p, err := parsePlatform(f.platform)
	if err != nil {
		return store.CredentialRef{}, err
	}
	if p == "" {
		return store.CredentialRef{}, errors.New("--platform is missing")
	}
	ref := store.CredentialRef{Platform: p, Handle: f.handle, Label: f.label}
	if f.nip != "" {
		if ref.NIP, err = influencer.ParseNIP(f.nip, now); err != nil {
			return ref, fmt.Errorf("--nip: %w", err)
		}
	}
	return ref, nil
}

// fits refuses a token that no connector would ask with.
func (f credentialFlags) fits(many bool) error {
	shared := slices.ContainsFunc(platforms(), func(l platform) bool { return string(l.name) == strings.ToLower(f.platform) && l.token != nil })
	switch {
	case shared && many:
		return fmt.Errorf("%s is read with the institution's own token: leave out --csv", f.platform)
	case shared && (f.nip != "" || f.handle != ""):
		return fmt.Errorf("%s is read with the institution's own token: leave out --nip and --handle", f.platform)
	case many && (f.nip != "" || f.handle != "" || f.label != ""):
		return errors.New("--csv names the people itself: leave out --nip, --handle and --label")
	case !shared && !many && f.nip == "":
		return fmt.Errorf("%s is read with each person's own token: name the person with --nip, or give many with --csv", f.platform)
	}
	return nil
}

func (a *app) credentialCommand() *cobra.Command {
	c := &cobra.Command{Use: "credential", Short: "Keep tokens, encrypted"}
	c.AddCommand(a.credentialAddCommand(), a.credentialListCommand(), a.credentialRemoveCommand(), a.credentialRotateCommand())
	return c
}

func (a *app) credentialAddCommand() *cobra.Command {
	var f credentialFlags
	var expires string
	var many bool
	c := &cobra.Command{
		Use:   "add",
		Short: "Store the token that stands on standard input",
		Long: `Store a token, in the place of an earlier one. The token is read from standard
input, never from an argument, which others on the machine could see. With --csv
the input has a header nip,token and a row per person.`,
		Example: "  pengikut credential add --platform facebook --nip 198604262009012001 < token.txt",
		Args:    takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ref, err := f.ref(a.now())
			if err == nil {
				err = f.fits(many)
			}
			until, err2 := parseDay(expires)
			if err2 == nil && expires != "" && !until.After(a.now()) {
				err2 = fmt.Errorf("--expires %s lies in the past", expires)
			}
			if err := errors.Join(err, err2); err != nil {
				return badUsage(cmd, err)
			}
			return a.enter(cmd.Context(), founding, func(ctx context.Context, h *house) error {
				if many {
					return a.addTokens(ctx, h, ref.Platform, until)
				}
				return a.addToken(ctx, h, ref, until)
			})
		},
	}
	f.add(c)
	c.Flags().StringVar(&expires, "expires", "", "when the token ends: 2027-01-31, or a time as in RFC 3339")
	c.Flags().BoolVar(&many, "csv", false, "read rows of nip,token")
	return c
}

// parseDay reads a day, which ends at midnight WIB, or a time.
func parseDay(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if d, err := time.ParseInLocation(time.DateOnly, s, influencer.WIB); err == nil {
		return d.AddDate(0, 0, 1), nil
	}
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither a day such as 2027-01-31 nor a time", s)
	}
	return t, nil
}

// maxToken bounds what is read as one token; real ones are below 1 KiB.
const maxToken = 16 << 10

func (a *app) addToken(ctx context.Context, h *house, ref store.CredentialRef, expires time.Time) error {
	if isTerminal(a.in) {
		fmt.Fprintln(a.err, "paste the token, then press Enter:")
	}
	line, err := bufio.NewReader(io.LimitReader(a.in, maxToken)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the token: %w", err)
	}
	token := influencer.Secret(strings.TrimSpace(line))
	if expires.IsZero() {
		expires = a.learnExpiry(ctx, h, ref.Platform, token)
	}
	if err := h.store.AddCredential(ctx, ref, token, expires); err != nil {
		return err
	}
	fmt.Fprintln(a.out, "stored")
	return nil
}

// addTokens stores a token a row. A row that cannot be stored is reported by
// its line and the rest go in.
func (a *app) addTokens(ctx context.Context, h *house, p influencer.Platform, expires time.Time) error {
	in := csv.NewReader(a.in)
	in.FieldsPerRecord = 2
	header, err := in.Read()
	if err != nil || header[0] != "nip" || header[1] != "token" {
		return errors.New("the input does not begin with the header nip,token")
	}
	stored, failed := 0, 0
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			err = storeToken(ctx, h, p, record, expires)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			line, _ := in.FieldPos(0)
			fmt.Fprintf(a.err, "line %d: %v\n", line, err)
			failed++
			continue
		}
		stored++
	}
	fmt.Fprintf(a.out, "%s stored, %s left out\n", plural(stored, "token", "tokens"), number(failed))
	if failed > 0 {
		return errReported
	}
	return nil
}

func storeToken(ctx context.Context, h *house, p influencer.Platform, record []string, expires time.Time) error {
	nip, err := influencer.ParseNIP(record[0], h.now())
	if err != nil {
		return err
	}
	return h.store.AddCredential(ctx, store.CredentialRef{Platform: p, NIP: nip}, influencer.Secret(strings.TrimSpace(record[1])), expires)
}

func (a *app) credentialListCommand() *cobra.Command {
	var f credentialFlags
	var l listFlags
	c := &cobra.Command{
		Use:   "list",
		Short: "List tokens without the tokens",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := f.filter(a.now())
			if err != nil {
				return badUsage(cmd, err)
			}
			return a.within(cmd.Context(), func(ctx context.Context, h *house) error {
				get := func(ctx context.Context, p influencer.Paging) (influencer.Page[store.Credential], error) {
					return h.store.Credentials(ctx, filter, p)
				}
				return show(ctx, a, credentialList(h.now()), l, get)
			})
		},
	}
	c.Flags().StringVar(&f.platform, "platform", "", "only this platform: "+platformNames())
	c.Flags().StringVar(&f.nip, "nip", "", "only this person's")
	l.add(c)
	return c
}

func (f credentialFlags) filter(now time.Time) (c store.CredentialFilter, err error) {
	if c.Platform, err = parsePlatform(f.platform); err != nil {
		return c, err
	}
	if f.nip != "" {
		if c.NIP, err = influencer.ParseNIP(f.nip, now); err != nil {
			return c, fmt.Errorf("--nip: %w", err)
		}
	}
	return c, nil
}

// credentialView is a credential in JSON.
type credentialView struct {
	ID        int64                 `json:"id"`
	Platform  influencer.Platform   `json:"platform"`
	NIP       *string               `json:"nip"` // null for the institution's own
	Handle    string                `json:"handle"`
	Label     string                `json:"label"`
	State     store.CredentialState `json:"state"`
	Detail    string                `json:"detail"`
	KeyID     string                `json:"key_id"`
	CreatedAt *time.Time            `json:"created_at"`
	ExpiresAt *time.Time            `json:"expires_at"`
}

func credentialList(now time.Time) list[store.Credential] {
	type c = store.Credential
	return list[c]{
		columns: []column[c]{
			{head: "Platform", cell: func(c c) string { return string(c.Platform) }},
			{head: "NIP", cell: func(c c) string { return c.NIP.Grouped() }, raw: func(c c) string { return string(c.NIP) }},
			{head: "Handle", cell: func(c c) string { return c.Handle }},
			{head: "Label", cell: func(c c) string { return c.Label }},
			{head: "State", cell: func(c c) string { return string(c.State) }},
			{head: "Key", cell: func(c c) string { return c.KeyID }},
			{head: "Added", cell: func(c c) string { return age(c.CreatedAt, now) }, raw: func(c c) string { return stamp(c.CreatedAt) }},
			{head: "Expires", cell: func(c c) string { return age(c.ExpiresAt, now) }, raw: func(c c) string { return stamp(c.ExpiresAt) }},
			{head: "Detail", cell: func(c c) string { return c.Detail }},
		},
		view: func(c c) any { return viewCredential(c) },
		none: "no tokens",
	}
}

func viewCredential(c store.Credential) credentialView {
	v := credentialView{ID: c.ID, Platform: c.Platform, Handle: c.Handle, Label: c.Label, State: c.State, Detail: c.Detail,
		KeyID: c.KeyID, CreatedAt: timePtr(c.CreatedAt), ExpiresAt: timePtr(c.ExpiresAt)}
	if nip := string(c.NIP); nip != "" {
		v.NIP = &nip
	}
	return v
}

func timePtr(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (a *app) credentialRemoveCommand() *cobra.Command {
	var f credentialFlags
	c := &cobra.Command{
		Use:   "remove",
		Short: "Delete a token",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			ref, err := f.ref(a.now())
			if err != nil {
				return badUsage(cmd, err)
			}
			return a.within(cmd.Context(), func(ctx context.Context, h *house) error {
				if err := h.store.RemoveCredential(ctx, ref); err != nil {
					return err
				}
				fmt.Fprintln(a.out, "removed")
				return nil
			})
		},
	}
	f.add(c)
	return c
}
