package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestExport(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	o := static()
	o.People = 30
	c.register(c.rehearse(o))
	c.want(exitDone, "sync", "--all")
	read := func(args ...string) []string {
		t.Helper()
		text := strings.TrimSuffix(c.want(exitDone, append([]string{"export"}, args...)...).out, "\r\n")
		return strings.Split(text, "\r\n")[1:]
	}
	accounts := read("accounts")
	if len(accounts) != 90 || len(read("readings")) < 60 || len(read("influencers")) != len(items[person](c, "influencers")) {
		t.Errorf("%d accounts, %d readings, %d influencers", len(accounts), len(read("readings")), len(read("influencers")))
	}
	if x := read("accounts", "--platform", "x", "--since", "1d"); len(x) == 0 || len(x) > 30 {
		t.Errorf("%d accounts on X", len(x))
	}
	if none := read("readings", "--agency", "Tidak Ada"); len(none) != 0 {
		t.Errorf("of an agency that is not there: %v", none)
	}
	entries := items[struct {
		Actor, Action, Target string
		After                 struct {
			Rows     int
			NIP      string
			Platform string
			Since    string
		}
	}](c, "audit", "--limit", "2")
	if e := entries[1]; e.Action != "accounts.export" || e.Target != "accounts" || !strings.HasPrefix(e.Actor, "cli:") ||
		e.After.NIP != "whole" || e.After.Platform != "x" || e.After.Rows == 0 || e.After.Since == "" || entries[0].Action != "readings.export" {
		t.Errorf("audit: %+v", entries)
	}
	path := filepath.Join(c.dir, "akun.csv")
	if r := c.want(exitDone, "export", "accounts", "--out", path); r.out != "" {
		t.Errorf("printed %q beside the file", r.out)
	}
	file, err := os.ReadFile(path)
	if err != nil || strings.Count(string(file), "\r\n") != 91 {
		t.Errorf("the file has %d lines, %v", strings.Count(string(file), "\r\n"), err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	c.want(exitFailed, "export", "accounts", "--out", filepath.Join(c.dir, "nowhere", "akun.csv"))
	left, err := os.ReadDir(c.dir)
	if err != nil || len(left) > 3 {
		t.Errorf("files were left behind: %v, %v", left, err)
	}
	for _, bad := range [][]string{{}, {"people"}, {"accounts", "--lang", "fr"}, {"accounts", "--separator", "|"},
		{"readings", "--since", "yesterday"}, {"influencers", "--platform", "myspace"}} {
		c.want(exitUsage, append([]string{"export"}, bad...)...)
	}
}

func TestCoverageAndProblems(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	o := static()
	o.People = 30
	c.register(c.rehearse(o))
	c.want(exitDone, "sync", "--platform", "instagram")
	var report struct {
		Total struct{ Expected, Read, Never, Stale, Unreadable int }
		Items []struct{ Agency, Platform *string }
	}
	if err := json.Unmarshal([]byte(c.want(exitDone, "coverage", "-o", "json", "--by", "platform").out), &report); err != nil {
		t.Fatal(err)
	}
	total := report.Total
	if total.Expected != 90 || total.Never < 60 || total.Read+total.Never+total.Unreadable != 90 || len(report.Items) != 3 || report.Items[0].Agency != nil {
		t.Errorf("%+v", report)
	}
	type account struct {
		Problem struct{ Kind string } `json:"problem"`
	}
	if never := items[account](c, "accounts", "--problem", "never"); len(never) != total.Never || never[0].Problem.Kind != "never" {
		t.Errorf("%d never read, coverage says %d", len(never), total.Never)
	}
	if stale := items[account](c, "accounts", "--problem", "stale"); len(stale) != 0 {
		t.Errorf("%d stale", len(stale))
	}
	c.clock.advance(36 * day)
	if stale := items[account](c, "accounts", "--problem", "stale"); len(stale) != total.Read {
		t.Errorf("%d stale after 36 days, want %d", len(stale), total.Read)
	}
	if out := c.want(exitDone, "summary").out; !strings.Contains(out, "0 of 90 accounts read") {
		t.Errorf("summary after 36 days:\n%s", out)
	}
	for _, bad := range [][]string{{"coverage", "--by", "day"}, {"accounts", "--problem", "other"}, {"summary", "--platform", "myspace"}} {
		c.want(exitUsage, bad...)
	}
}
