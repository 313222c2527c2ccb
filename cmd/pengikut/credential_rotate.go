package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func (a *app) credentialRotateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "rotate",
		Short: "Encrypt every token under the newest key",
		Long: `Encrypt every stored token under the first key of PENGIKUT_SECRET_KEY. The service
may run meanwhile, if it has both keys. Tokens whose key is missing stay as they
are, and the command fails; run it again once the key is back.`,
		Example: "  PENGIKUT_SECRET_KEY=NEW,OLD pengikut credential rotate",
		Args:    takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.within(cmd.Context(), func(ctx context.Context, h *house) error {
				n, err := h.store.RotateCredentials(ctx)
				fmt.Fprintf(a.out, "%s encrypted anew\n", plural(n, "token", "tokens"))
				return err
			})
		},
	}
}
