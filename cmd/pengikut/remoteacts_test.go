package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// same runs a command here and from afar: both end with the code and say the same.
func (c *cli) same(far *cli, code int, args ...string) {
	c.t.Helper()
	near, there := c.want(code, args...), far.want(code, args...)
	if diff := cmp.Diff(near, there, cmp.AllowUnexported(result{})); diff != "" {
		c.t.Errorf("%v (-near +afar):\n%s", args, diff)
	}
}

// TestAfarActs tells the same of a dry run, and then does what it says.
func TestAfarActs(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		nips := c.holders(3)
		nip := nips[0]
		far := c.afar()
		c.clock.stand()
		for _, output := range outputs {
			c.same(far, exitDone, "suspend", nip, "--reason", "ditinjau", "--until", "2099-12-01", "--dry-run", "-o", output)
			c.same(far, exitDone, "move", nip, "--agency", "Badan Baru", "--new-agency", "--unit", "Humas", "--dry-run", "-o", output)
		}
		c.same(far, exitDone, "move", nip, "--unit", "Humas", "--dry-run")
		c.same(far, exitFailed, "move", nip, "--agency", "Badan Baru", "--dry-run")
		c.same(far, exitFailed, "reinstate", nip, "--reason", "x", "--dry-run")
		c.same(far, exitFailed, "approve", "199001012015011001", "--reason", "x")
		for _, step := range []struct{ args, want string }{
			{"suspend NIP --reason ditinjau --until 2099-12-01", "active to suspended (suspended), until 2 Dec 2099 00:00 WIB"},
			{"reinstate NIP --reason selesai", "suspended to active (reinstated)"},
			{"block NIP --reason x --basis PP-94/2021 --decree SK-1", "active to blocked (blocked)"},
			{"unblock NIP --reason x", "blocked to active (unblocked)"},
			{"leave NIP --why deceased", "active to revoked (left)"},
			{"rejoin NIP --reason salah", "revoked to active (returned)"},
			{"move NIP --unit Humas", "Humas"},
		} {
			args := strings.Fields(strings.Replace(step.args, "NIP", nip, 1))
			if got := said(far.want(exitDone, args...)); !strings.HasSuffix(got, step.want) {
				t.Errorf("%s: %q", step.args, got)
			}
		}
		for _, e := range items[struct{ Actor string }](c, "audit", "--nip", nip) {
			if e.Actor != "key:1 afar" {
				t.Errorf("by %q", e.Actor)
			}
		}
		viewer := far.with(strings.TrimSpace(c.want(exitDone, "key", "create", "--name", "v", "--role", "viewer").out))
		viewer.says("This needs a key with the role admin", exitFailed, "suspend", nip, "--reason", "x")
		if got := c.want(exitDone, "replay").err; !strings.Contains(got, " 0 differences") {
			t.Errorf("replay: %s", got)
		}
	})
}

// TestAfarActsOnAFile tells of each row what became of it, also over more rows than
// one request takes.
func TestAfarActsOnAFile(t *testing.T) {
	t.Parallel()
	c := newCLI(t)
	nips := c.holders(3)
	far := c.afar()
	small := c.file("b.csv", "nip;Reason;until;colour\n"+nips[0]+";;2099-12-31;\n"+nips[1]+";Khusus;;\n123;;;\n"+nips[0]+";;;\n199001012015011001;;;\n")
	var rows strings.Builder
	fmt.Fprintf(&rows, "nip\n%s\n", nips[0])
	for i := range actsAtOnce {
		fmt.Fprintf(&rows, "19900101201501%d%03d\n", 1+i/500, 1+i%500)
	}
	fmt.Fprintf(&rows, "%s\n%s\n", nips[0], nips[1])
	large := c.file("large.csv", rows.String())
	badWhy := c.file("why.csv", "nip,why\n"+nips[0]+",retired\n"+nips[1]+",bosan\n")
	for _, output := range outputs {
		c.same(far, exitFailed, "suspend", "--file", small, "--reason", "Pemilu", "--dry-run", "-o", output)
		c.same(far, exitFailed, "suspend", "--file", large, "--reason", "Pemilu", "--dry-run", "-o", output)
	}
	c.same(far, exitFailed, "leave", "--file", badWhy, "--dry-run")
	r := far.want(exitFailed, "suspend", "--file", small, "--reason", "Pemilu")
	if !strings.HasSuffix(r.out, "2 of 5 rows done, 1 not found, 1 duplicate, 1 unreadable\n  2: active to suspended (suspended)\n") {
		t.Error(r.out)
	}
	notes := map[string]string{nips[0]: "Pemilu", nips[1]: "Khusus"}
	for _, d := range items[struct{ NIP, Note string }](c, "decisions", "--status", "suspended") {
		if d.Note != notes[d.NIP] {
			t.Errorf("%s: reason %q", d.NIP, d.Note)
		}
	}
}

// TestAfarPerson shows the same screen, to a viewer with a masked NIP.
func TestAfarPerson(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		nips := c.holders(3)
		c.want(exitDone, "move", nips[0], "--agency", "Badan Baru", "--new-agency", "--unit", "Humas")
		c.want(exitDone, "block", nips[0], "--reason", "x", "--basis", "PP 94/2021", "--decree", "SK-7")
		c.want(exitDone, "freeze", "add", "--agency", "Badan Baru", "--until", "2099-02-14", "--reason", "Pilkada")
		c.want(exitDone, "leave", nips[1], "--why", "retired")
		far := c.afar()
		c.clock.stand()
		for _, nip := range nips {
			for _, output := range []string{"table", "json"} {
				c.agrees(far, "person", nip, "-o", output)
			}
		}
		far.says("nobody with this NIP", exitFailed, "person", "199001012015011001")
		viewer := far.with(strings.TrimSpace(c.want(exitDone, "key", "create", "--name", "v", "--role", "viewer").out))
		for _, output := range []string{"table", "json"} {
			if seen := viewer.want(exitDone, "person", nips[0], "-o", output).out; strings.Contains(seen, nips[0]) || !strings.Contains(seen, nips[0][:4]+"**** ****** * "+nips[0][15:]) {
				t.Errorf("a viewer sees:\n%s", seen)
			}
		}
	})
}

// TestAfarImportAndExport sends files both ways.
func TestAfarImportAndExport(t *testing.T) {
	both(t, func(t *testing.T, c *cli) {
		c.holders(1)
		far := c.afar()
		c.clock.stand()
		file := c.file("more.csv", "nip,name,agency,unit,platform,handle,external_id,colour\n"+
			"199001012015011001,Ani,Badan Baru,,x,ani_baru,,\n123,Budi,Badan Baru,,x,budi,,\n199001012015011002,Cici,Badan Baru,,myspace,cici,,\n")
		c.same(far, exitDone, "import", file, "--dry-run")
		dry := far.want(exitDone, "import", file, "--dry-run")
		for _, part := range []string{"more.csv:3: ", "more.csv:4: ", "columns that mean nothing here: colour"} {
			if !strings.Contains(dry.err, part) {
				t.Errorf("%q is not in %s", part, dry.err)
			}
		}
		far.says("2 problems reported", exitDone, "import", file)
		c.same(far, exitDone, "import", file) // changes nothing any more
		far.says("the header", exitFailed, "import", c.file("bad.csv", "colour\nred\n"))
		for _, args := range [][]string{{"influencers"}, {"accounts"}, {"readings"}, {"influencers", "--since", "30d", "--lang", "en", "--separator", ","}, {"accounts", "--platform", "x", "--separator", "tab", "--agency", "Badan Baru"}} {
			c.agrees(far, append([]string{"export"}, args...)...)
		}
		out := filepath.Join(t.TempDir(), "x.csv")
		far.want(exitDone, "export", "influencers", "--out", out)
		if raw, err := os.ReadFile(out); err != nil || string(raw) != c.want(exitDone, "export", "influencers").out {
			t.Errorf("%v: %.200s", err, raw)
		}
		viewer := far.with(strings.TrimSpace(c.want(exitDone, "key", "create", "--name", "v", "--role", "viewer").out))
		viewer.says("This needs a key with the role admin", exitFailed, "import", file)
		viewer.says("1990**** ****** * 001", exitDone, "export", "accounts")
		far.with("pk_9_wrong").says("No valid key", exitFailed, "export", "accounts", "--out", out)
	})
}

// TestAfarBrokenOff: half an export is an error, and no file.
func TestAfarBrokenOff(t *testing.T) {
	t.Parallel()
	cut := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "accounts") {
			return // another program that says 200 to all
		}
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		fmt.Fprint(w, "NIP;Nama\n")
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}))
	t.Cleanup(cut.Close)
	c := newCLI(t)
	c.env["PENGIKUT_SERVER"], c.env["PENGIKUT_KEY"] = cut.URL, "pk_1_x"
	out := filepath.Join(c.dir, "x.csv")
	c.says("the export broke off", exitFailed, "export", "influencers", "--out", out)
	c.says("does not answer as a Pengikut service does", exitFailed, "export", "accounts", "--out", out)
	c.env["PENGIKUT_SERVER"] = "http://127.0.0.1:1"
	for _, args := range [][]string{
		{"export", "influencers", "--out", out}, {"import", c.file("x.csv.in", "nip\n")}, {"person", "199001012015011001"}, {"freeze", "list"},
		{"suspend", "199001012015011001", "--reason", "x"}, {"decision", "1"}, {"audit"}, {"webhook", "list"}, {"breaker", "list"}, {"key", "revoke", "1"},
		{"policy", "show"}, {"policy", "apply", c.file("p.yaml", "confirm: 1\n"), "--yes"}, {"policy", "draft", "list"}, {"resyncs"},
	} {
		if r := c.want(exitFailed, args...); !strings.Contains(r.err, "http://127.0.0.1:1 cannot be asked: ") || strings.Contains(r.err, "1990") {
			t.Errorf("%v: %s", args, r.err)
		}
	}
	if files, _ := filepath.Glob(filepath.Join(c.dir, "*x.csv*")); slices.ContainsFunc(files, func(f string) bool { return !strings.HasSuffix(f, ".in") }) {
		t.Errorf("left behind: %v", files)
	}
}
