package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/connectors/simulator"
	"github.com/pengikut/pengikut/influencer"
)

func (a *app) webhookListenCommand() *cobra.Command {
	var address string
	c := &cobra.Command{
		Use:   "listen",
		Short: "Receive events on this machine, check their signatures and show them",
		Long: `A receiver for rehearsals. The secret is read from standard input, as pengikut
webhook add prints it. The service that sends must have
PENGIKUT_WEBHOOK_ALLOW=127.0.0.1:9000, or where else you listen.`,
		Example: "  pengikut webhook add http://127.0.0.1:9000/ > secret.txt && pengikut webhook listen < secret.txt",
		Args:    takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			line, err := bufio.NewReader(io.LimitReader(a.in, maxToken)).ReadString('\n')
			if err != nil && !errors.Is(err, io.EOF) {
				return fmt.Errorf("read the secret: %w", err)
			}
			r, err := simulator.NewReceiver(influencer.Secret(strings.TrimSpace(line)), a.now, a.received)
			if err != nil {
				return badUsage(cmd, err)
			}
			return a.listen(cmd.Context(), r, address)
		},
	}
	c.Flags().StringVar(&address, "listen", "127.0.0.1:9000", "host:port")
	return c
}

func (a *app) received(m simulator.Message) {
	again := ""
	if m.Seen {
		again = " (again)"
	}
	fmt.Fprintf(a.out, "%s%s\n%s\n", m.ID, again, clean(string(m.Body)))
}

func (a *app) listen(ctx context.Context, r *simulator.Receiver, address string) error {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.err, "listening at http://%s/ until Ctrl-C\n", l.Addr())
	return r.Serve(ctx, l)
}
