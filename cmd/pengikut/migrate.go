package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/store"
)

func (a *app) migrateCommand() *cobra.Command {
	c := &cobra.Command{Use: "migrate", Short: "Bring the database to this program's schema"}
	c.AddCommand(a.migrateUpCommand(), a.migrateStatusCommand())
	return c
}

func (a *app) migrateUpCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "up",
		Short: "Take every step that is missing",
		Args:  takes(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.migrateUp(cmd.Context()) },
	}
}

func (a *app) migrateUp(ctx context.Context) error {
	c, err := a.localConfig()
	if err != nil {
		return err
	}
	if err := prepareDatabase(c, founding); err != nil {
		return err
	}
	applied, err := store.Migrate(ctx, c.DatabaseURL.Reveal())
	for _, name := range applied {
		fmt.Fprintln(a.out, "applied", name)
	}
	if err == nil && len(applied) == 0 {
		fmt.Fprintln(a.out, "nothing to do")
	}
	return err
}

// migration is one step as JSON shows it.
type migrationView struct {
	Version   int64  `json:"version"`
	Name      string `json:"name"`
	AppliedAt string `json:"applied_at"` // "" while it waits
}

func (a *app) migrateStatusCommand() *cobra.Command {
	var f listFlags
	c := &cobra.Command{
		Use:   "status",
		Short: "List the steps, done and waiting; exit 1 when one waits",
		Args:  takes(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.migrateStatus(cmd.Context(), f) },
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error { return a.migrateStatus(cmd.Context(), f) }
	f.addOutput(c)
	return c
}

func (a *app) migrateStatus(ctx context.Context, f listFlags) error {
	c, err := a.localConfig()
	if err != nil {
		return err
	}
	if err := prepareDatabase(c, existing); err != nil {
		return err
	}
	steps, err := store.MigrationStatus(ctx, c.DatabaseURL.Reveal())
	if err != nil {
		return err
	}
	now := a.now()
	l := list[store.Migration]{
		columns: []column[store.Migration]{
			{head: "Version", right: true, cell: func(m store.Migration) string { return fmt.Sprint(m.Version) }},
			{head: "Name", cell: func(m store.Migration) string { return m.Name }},
			{head: "Applied", cell: func(m store.Migration) string {
				if m.AppliedAt.IsZero() {
					return "waits"
				}
				return age(m.AppliedAt, now)
			}, raw: func(m store.Migration) string { return stamp(m.AppliedAt) }},
		},
		view: func(m store.Migration) any { return migrationView{m.Version, m.Name, stamp(m.AppliedAt)} },
		none: "no steps",
	}
	if err := show(ctx, a, l, f, all(steps)); err != nil {
		return err
	}
	for _, m := range steps {
		if m.AppliedAt.IsZero() {
			return errReported
		}
	}
	return nil
}
