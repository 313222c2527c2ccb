package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// exportFlags say what to export, and how.
type exportFlags struct{ since, agency, platform, out, lang, separator string }

func (a *app) exportCommand() *cobra.Command {
	var f exportFlags
	c := &cobra.Command{
		Use:   "export " + joinedBy(web.ExportKinds(), "|"),
		Short: "Write a CSV that a double click opens right in Excel",
		Long: `Write a CSV that a double click opens right in an Indonesian Excel, and in
LibreOffice: UTF-8 with a byte order mark, cells separated by a semicolon, NIPs as
text, times in WIB. Nothing in it is run as a formula.

  influencers  who holds the status, with the counts that matter
  accounts     every account, its numbers, and why one is not read
  readings     every reading; large`,
		Example: "  pengikut export influencers --out influencer.csv\n  pengikut export readings --since 30d --agency \"Kementerian Kesehatan\" > bacaan.csv",
		Args:    takes(cobra.ExactArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			e, err := f.export(web.ExportKind(args[0]), a.now())
			if err != nil {
				return badUsage(cmd, err)
			}
			return with(cmd.Context(), a, exporters(), func(ctx context.Context, s exporter, now time.Time) error { return a.export(ctx, s, f, e, now) })
		},
	}
	c.Flags().StringVar(&f.since, "since", "", "only what is from then or later: 30d, 2026-11-01 (WIB), or a time as in RFC 3339")
	c.Flags().StringVar(&f.agency, "agency", "", "only this agency")
	c.Flags().StringVar(&f.platform, "platform", "", "only this platform: "+platformNames())
	c.Flags().StringVar(&f.out, "out", "", "write to this file, for its owner alone (default: standard output)")
	addLang(c, &f.lang, influencer.Indonesian, "header and words")
	c.Flags().StringVar(&f.separator, "separator", ";", `between cells: ";", "," or "tab"; Excel in English settings wants ","`)
	return c
}

// addLang adds a choice of language.
func addLang(c *cobra.Command, lang *string, preset influencer.Lang, of string) {
	c.Flags().StringVar(lang, "lang", string(preset), "language of "+of+": id or en")
}

func parseLang(s string) (influencer.Lang, error) {
	lang := influencer.Lang(s)
	if lang != influencer.Indonesian && lang != influencer.English {
		return "", fmt.Errorf("--lang %q is none of: id, en", s)
	}
	return lang, nil
}

func (f exportFlags) export(kind web.ExportKind, now time.Time) (e web.Export, err error) {
	e = web.Export{Kind: kind, Agency: f.agency, Viewer: admin, Platforms: platformMetrics()}
	if !slices.Contains(web.ExportKinds(), kind) {
		return e, fmt.Errorf("%q is none of: %s", kind, joined(web.ExportKinds()))
	}
	var errs [4]error
	e.Platform, errs[0] = parsePlatform(f.platform)
	e.Lang, errs[1] = parseLang(f.lang)
	e.Separator, errs[2] = parseSeparator(f.separator)
	e.Since, errs[3] = parseSince(f.since, now)
	return e, errors.Join(errs[:]...)
}

func parseSeparator(s string) (rune, error) {
	switch s {
	case ";", ",":
		return rune(s[0]), nil
	case "tab", "\t":
		return '\t', nil
	}
	return 0, fmt.Errorf(`--separator %q is none of: ";", ",", "tab"`, s)
}

// platformMetrics are the columns of counts.
func platformMetrics() []web.PlatformMetric {
	var out []web.PlatformMetric
	for _, p := range platforms() {
		out = append(out, web.PlatformMetric{Platform: p.name, Metric: p.metric})
	}
	return out
}

func (a *app) export(ctx context.Context, s exporter, f exportFlags, e web.Export, now time.Time) (err error) {
	e.Actor = a.actor()
	if e.Since, err = parseSince(f.since, now); err != nil {
		return err
	}
	if f.out == "" {
		return s.Export(ctx, a.out, e)
	}
	return writeWhole(f.out, func(w io.Writer) error { return s.Export(ctx, w, e) })
}

// writeWhole makes a file, for its owner alone, that is there whole or not at all.
func writeWhole(path string, write func(io.Writer) error) (err error) {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // with mode 0600
	if err != nil {
		return err
	}
	err = errors.Join(write(file), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}
