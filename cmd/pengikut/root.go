package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// rootCommand lists every command.
func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "pengikut",
		Short:         "Keep follower counts fresh, and grant or revoke influencer status by rule",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          unknownCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.PersistentFlags().StringVar(&a.configFile, "config", "", "YAML file of options (default: the one PENGIKUT_CONFIG names)")
	root.SetFlagErrorFunc(badUsage)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(
		a.accountsCommand(),
		a.auditCommand(),
		a.badgeCommand(),
		a.breakerCommand(),
		a.checkCommand(),
		a.coverageCommand(),
		a.credentialCommand(),
		a.decisionCommand(),
		a.decisionsCommand(),
		a.demoCommand(),
		a.exportCommand(),
		a.freezeCommand(),
		a.importCommand(),
		a.influencersCommand(),
		a.keyCommand(),
		a.migrateCommand(),
		a.peopleCommand(),
		a.personCommand(),
		a.policyCommand(),
		a.replayCommand(),
		a.resyncCommand(),
		a.resyncsCommand(),
		a.serveCommand(),
		a.benchCommand(),
		a.benchDesignCommand(),
		a.simulateCommand(),
		a.summaryCommand(),
		a.syncCommand(),
		a.versionCommand(),
		a.webhookCommand(),
	)
	root.AddCommand(a.actCommands()...)
	for _, c := range root.Commands() {
		groupNeedsCommand(c)
	}
	return root
}

// groupNeedsCommand makes a command that only holds others show its help.
func groupNeedsCommand(c *cobra.Command) {
	if c.HasSubCommands() && !c.Runnable() {
		c.Args = unknownCommand
		c.RunE = func(cmd *cobra.Command, _ []string) error {
			return badUsage(cmd, errors.New("which one? "+strings.Join(names(cmd), ", ")))
		}
	}
}

// unknownCommand refuses what is no subcommand, and says which one was meant.
func unknownCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command %q", args[0])
	if cmd.SuggestionsMinimumDistance = 2; len(cmd.SuggestionsFor(args[0])) > 0 {
		err = fmt.Errorf("%w, did you mean %s?", err, strings.Join(cmd.SuggestionsFor(args[0]), " or "))
	}
	return badUsage(cmd, err)
}

func names(cmd *cobra.Command) []string {
	var out []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			out = append(out, c.Name())
		}
	}
	return out
}
