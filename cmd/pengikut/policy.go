package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
)

func (a *app) policyCommand() *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "Show, weigh and change the rule"}
	c.AddCommand(a.policyShowCommand(), a.policyHistoryCommand(), a.policyPreviewCommand(), a.policyApplyCommand(),
		a.policyUndoCommand(), a.policyDraftCommand(), a.policyScheduleCommand())
	return c
}

// maxPolicyFile bounds a policy file; a real one is below 2 KiB.
const maxPolicyFile = 1 << 20

// atLeast finds `match: at_least: 2`, which is how it is said, and not YAML.
var atLeast = regexp.MustCompile(`(?m)^(match:[ \t]*)(at_least:[ \t]*[0-9]+)([ \t]*(?:#.*)?)$`)

// readPolicy reads a policy file; - is standard input.
func (a *app) readPolicy(path string) (influencer.Policy, error) {
	in, _, err := a.openInput(path)
	if err != nil {
		return influencer.Policy{}, err
	}
	defer in.Close()
	raw, err := io.ReadAll(io.LimitReader(in, maxPolicyFile))
	if err == nil {
		raw, err = yamlToJSON(atLeast.ReplaceAll(raw, []byte("${1}{${2}}$3")))
	}
	if err != nil {
		return influencer.Policy{}, fmt.Errorf("%s: %w", path, err)
	}
	p, err := influencer.ParsePolicy(raw)
	var all *influencer.PolicyError
	if errors.As(err, &all) {
		return p, fmt.Errorf("%s:\n  %s", path, strings.Join(all.Problems, "\n  "))
	}
	return p, err
}

func (a *app) policyShowCommand() *cobra.Command {
	var output string
	c := &cobra.Command{
		Use:   "show [VERSION]",
		Short: "Print the policy in force, or an older version, as its file",
		Args:  takes(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := policyOutput(cmd, output); err != nil {
				return err
			}
			version := 0
			if len(args) == 1 {
				var err error
				if version, err = strconv.Atoi(args[0]); err != nil || version < 1 {
					return badUsage(cmd, fmt.Errorf("%q is not a version", args[0]))
				}
			}
			return with(cmd.Context(), a, a.policies(existing), func(ctx context.Context, s policyService, _ time.Time) error {
				return a.showPolicy(ctx, s, version, output)
			})
		},
	}
	c.Flags().StringVarP(&output, "output", "o", "yaml", "yaml or json")
	return c
}

func policyOutput(cmd *cobra.Command, output string) error {
	if output != "table" && output != "yaml" && output != "json" {
		return badUsage(cmd, fmt.Errorf("--output %q is none of: yaml, json", output))
	}
	return nil
}

// showPolicy prints a version, 0 for the one in force.
func (a *app) showPolicy(ctx context.Context, s policyBook, version int, output string) error {
	if version == 0 {
		p, err := s.Current(ctx)
		if err != nil {
			return err
		}
		version = p.Version
	}
	v, err := s.Version(ctx, version)
	if errors.Is(err, influencer.ErrNotFound) {
		return fmt.Errorf("there is no version %d", version)
	}
	if err != nil {
		return err
	}
	if output == "json" {
		enc := json.NewEncoder(a.out)
		enc.SetIndent("", "  ")
		return enc.Encode(admin.PolicyVersion(v))
	}
	return a.printPolicy(v.Policy, fmt.Sprintf("version %d, by %s, %s%s", v.Policy.Version, clean(v.Author),
		influencer.English.DateTime(v.CreatedAt), noteTail(v.Note)))
}

// printPolicy prints a policy as its file, with a comment above.
func (a *app) printPolicy(p influencer.Policy, comment string) error {
	raw, err := json.Marshal(p)
	if err != nil {
		return err
	}
	text, err := jsonToYAML(raw)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(a.out, "# %s\n%s", comment, text)
	return err
}

func noteTail(note string) string {
	if note == "" {
		return ""
	}
	return ": " + clean(note)
}

func (a *app) policyHistoryCommand() *cobra.Command {
	var l listFlags
	c := &cobra.Command{
		Use:   "history",
		Short: "List every version and what it changed, newest first",
		Args:  takes(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return with(cmd.Context(), a, a.policies(existing), func(ctx context.Context, s policyService, now time.Time) error {
				versions, err := s.Versions(ctx)
				if err != nil {
					return err
				}
				return show(ctx, a, policyList(now), l, all(versions))
			})
		},
	}
	l.addOutput(c)
	return c
}

func policyList(now time.Time) list[influencer.PolicyVersion] {
	type v = influencer.PolicyVersion
	return list[v]{columns: []column[v]{
		{head: "Version", right: true, cell: func(v v) string { return strconv.Itoa(v.Policy.Version) }},
		{head: "When", cell: func(v v) string { return age(v.CreatedAt, now) }, raw: func(v v) string { return stamp(v.CreatedAt) }},
		{head: "By", cell: func(v v) string { return v.Author }},
		{head: "Note", long: true, cell: func(v v) string { return v.Note }},
		{head: "Changes", long: true, cell: func(v v) string { return strings.Join(v.Changes, "; ") }},
	}, view: func(v v) any { return admin.PolicyVersion(v) }, none: "no versions"}
}
