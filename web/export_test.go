package web

import (
	"context"
	"encoding/csv"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pengikut/pengikut/influencer"
)

// exportable is an Exports of one nasty person, or of an error.
type exportable struct {
	rows int // of each export
	fail error
	// what was asked for
	people   influencer.PeopleFilter
	accounts influencer.AccountFilter
	readings influencer.ReadingFilter

	noted    []influencer.Exported
	noteless error // why nothing can be noted
}

func (e *exportable) AuditExport(ctx context.Context, x influencer.Exported) error {
	e.noted = append(e.noted, x)
	return errOr(e.noteless, ctx.Err())
}

var exportedAt = time.Date(2026, 11, 24, 20, 0, 0, 0, time.UTC)

func (e *exportable) account() influencer.OwnedAccount {
	n := int64(1234)
	return influencer.OwnedAccount{NIP: "198604262009012001", Name: "=1+1", Agency: "Kemenkes;=2", Account: influencer.Account{
		ID: 1, Platform: influencer.Instagram, Handle: "100012345678901234", State: influencer.StateUnreadable, Failures: 1,
		Counts: influencer.Counts{Followers: &n}, SyncedAt: exportedAt}}
}

func (e *exportable) EachPerson(_ context.Context, f influencer.PeopleFilter, fn func(influencer.PersonAccounts) error) error {
	e.people = f
	a := e.account()
	return e.each(func() error {
		return fn(influencer.PersonAccounts{Person: influencer.Person{NIP: a.NIP, Name: a.Name, Agency: a.Agency, Unit: "007",
			Standing: influencer.Standing{Status: influencer.StatusGrace, Since: exportedAt}}, Accounts: []influencer.Account{a.Account}})
	})
}

func (e *exportable) EachAccount(_ context.Context, f influencer.AccountFilter, fn func(influencer.OwnedAccount) error) error {
	e.accounts = f
	return e.each(func() error { return fn(e.account()) })
}

func (e *exportable) EachReading(_ context.Context, f influencer.ReadingFilter, fn func(influencer.OwnedReading) error) error {
	e.readings = f
	a := e.account()
	return e.each(func() error {
		return fn(influencer.OwnedReading{NIP: a.NIP, Platform: a.Platform, Handle: a.Handle,
			Reading: influencer.Reading{ObservedAt: exportedAt, LastSeenAt: exportedAt, Reads: 2, Counts: a.Counts, Suspect: true, Source: "ig"}})
	})
}

func (e *exportable) each(fn func() error) error {
	for range e.rows {
		if err := fn(); err != nil {
			return err
		}
	}
	return e.fail
}

func exported(t *testing.T, from *exportable, e Export) string {
	t.Helper()
	e.Platforms = []PlatformMetric{{influencer.Instagram, influencer.Followers}, {influencer.Facebook, influencer.Friends}}
	var out strings.Builder
	if err := WriteExport(context.Background(), &out, from, e); err != nil {
		t.Fatal(err)
	}
	text, marked := strings.CutPrefix(out.String(), "\ufeff")
	if !marked {
		t.Error("no byte order mark")
	}
	return text
}

func TestExports(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		e    Export
		want string
	}{
		"influencers, to an admin": {Export{Kind: ExportInfluencers, Lang: influencer.Indonesian, Viewer: Viewer{WholeNIP: true}},
			"NIP / NI PPPK;Nama;Instansi;Unit kerja;Status;Status sejak (WIB);Pertama diberikan (WIB);Akun Instagram;Pengikut Instagram;Instagram terakhir dibaca (WIB);Akun Facebook;Teman Facebook;Facebook terakhir dibaca (WIB)\r\n" +
				"19860426 200901 2 001;'=1+1;\"Kemenkes;'=2\";'007;masa tenggang;2026-11-25 03:00:00;;'100012345678901234;1234;2026-11-25 03:00:00;;;\r\n"},
		"accounts, to a viewer, in English": {Export{Kind: ExportAccounts, Lang: influencer.English, Separator: ','},
			"NIP,Name,Agency,Platform,Account,State,Followers,Friends,Following,Posts,Newest post (WIB),Last read (WIB),Last tried (WIB),Problem,Next step\r\n" +
				"1986**** ****** * 001,'=1+1,Kemenkes;'=2,Instagram,'100012345678901234,unreadable,1234,,,,,2026-11-25 03:00:00,,A personal Instagram account cannot be read,Turn it into a professional account (business or creator) in Instagram's settings\r\n"},
		"readings": {Export{Kind: ExportReadings, Lang: influencer.Indonesian},
			"NIP / NI PPPK;Platform;Akun;Pertama terlihat (WIB);Terakhir terlihat (WIB);Jumlah pembacaan;Pengikut;Teman;Mengikuti;Unggahan;Unggahan terakhir (WIB);Meragukan;Sumber\r\n" +
				"1986**** ****** * 001;Instagram;'100012345678901234;2026-11-25 03:00:00;2026-11-25 03:00:00;2;1234;;;;;ya;ig\r\n"},
	} {
		if got := exported(t, &exportable{rows: 1}, c.e); got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestExportsNarrow(t *testing.T) {
	t.Parallel()
	from := &exportable{rows: 3}
	e := Export{Agency: "Kemenkes", Platform: influencer.X, Since: exportedAt}
	for kind, rows := range map[ExportKind]int{ExportInfluencers: 3, ExportAccounts: 3, ExportReadings: 3} {
		e.Kind = kind
		if got := strings.Count(exported(t, from, e), "\r\n"); got != rows+1 {
			t.Errorf("%s: %d lines, want %d", kind, got, rows+1)
		}
	}
	e.Since = exportedAt.Add(time.Second)
	for _, kind := range []ExportKind{ExportInfluencers, ExportAccounts} {
		e.Kind = kind
		if got := strings.Count(exported(t, from, e), "\r\n"); got != 1 {
			t.Errorf("%s since later: %d lines, want the header alone", kind, got)
		}
	}
	if len(from.people.Statuses) != 2 || from.people.Agency != "Kemenkes" || from.accounts.Platform != influencer.X || from.readings.Since != exportedAt {
		t.Errorf("asked for %+v, %+v, %+v", from.people, from.accounts, from.readings)
	}
}

// meter is a writer that counts how much is handed to it at a time.
type meter struct{ writes, most int }

func (m *meter) Write(b []byte) (int, error) {
	m.writes++
	m.most = max(m.most, len(b))
	return len(b), nil
}

// A large export goes out as it is made, and holds little at any time.
func TestExportsStream(t *testing.T) {
	t.Parallel()
	m := &meter{}
	if err := WriteExport(context.Background(), m, &exportable{rows: 20_000}, Export{Kind: ExportAccounts}); err != nil {
		t.Fatal(err)
	}
	if m.writes < 20_000/flushRows || m.most > 128<<10 {
		t.Errorf("%d writes of up to %d bytes", m.writes, m.most)
	}
}

func TestAnExportEndsWithTheError(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	var out strings.Builder
	err := WriteExport(context.Background(), &out, &exportable{rows: 1, fail: broken}, Export{Kind: ExportReadings})
	if !errors.Is(err, broken) {
		t.Errorf("%v", err)
	}
	if err := WriteExport(context.Background(), &out, &exportable{}, Export{Kind: "other"}); err == nil {
		t.Error("an export that is none was written")
	}
}

var errHungUp = errors.New("hung up")

// hangsUp takes nothing.
type hangsUp struct{}

func (hangsUp) Write([]byte) (int, error) { return 0, errHungUp }

// Who was handed what is written down before the last of it goes out, also when it
// broke off, and when who asked has gone meanwhile.
func TestExportsAreAudited(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	e := Export{Kind: ExportAccounts, Agency: "Kemenkes", Platform: influencer.X, Since: exportedAt.Add(-time.Hour), Actor: "key:2 siti", Viewer: Viewer{WholeNIP: true}}
	want := influencer.Exported{Actor: "key:2 siti", Kind: "accounts", Agency: "Kemenkes", Platform: influencer.X, Since: e.Since, NIP: influencer.NIPWhole, Rows: 3}
	cut := want
	cut.BrokeOff = true
	for _, tt := range []struct {
		name string
		from *exportable
		want []influencer.Exported
		err  error
		rows bool // anything is handed out
	}{
		{"whole", &exportable{rows: 3}, []influencer.Exported{want}, nil, true},
		{"broken off", &exportable{rows: 3, fail: broken}, []influencer.Exported{cut}, broken, false},
		{"nothing was handed out", &exportable{fail: broken}, nil, broken, false},
		{"it cannot be written down", &exportable{rows: 3, noteless: broken}, []influencer.Exported{want}, broken, false},
	} {
		var out strings.Builder
		err := WriteExport(gone, &out, tt.from, e)
		if !errors.Is(err, tt.err) || (out.Len() > 0) != tt.rows {
			t.Errorf("%s: %v, and %d bytes went out", tt.name, err, out.Len())
		}
		if diff := cmp.Diff(tt.want, tt.from.noted); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	hungUp := &exportable{rows: 3}
	if err := WriteExport(gone, hangsUp{}, hungUp, e); !errors.Is(err, errHungUp) {
		t.Errorf("nobody takes it: %v", err)
	}
	if diff := cmp.Diff([]influencer.Exported{want, cut}, hungUp.noted); diff != "" {
		t.Errorf("nobody takes it (-want +got):\n%s", diff)
	}
	masked := &exportable{rows: 1}
	exported(t, masked, Export{Kind: ExportInfluencers})
	if n := masked.noted; len(n) != 1 || n[0].NIP != influencer.NIPMasked {
		t.Errorf("a viewer's: %+v", n)
	}
}

// What is written comes apart again as it went together, whatever the names hold.
func TestExportsReadBack(t *testing.T) {
	t.Parallel()
	r := csv.NewReader(strings.NewReader(exported(t, &exportable{rows: 2}, Export{Kind: ExportInfluencers, Viewer: Viewer{WholeNIP: true}})))
	r.Comma = ';'
	rows, err := r.ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	if nip, err := influencer.ParseNIP(rows[1][0], exportedAt); err != nil || nip != "198604262009012001" {
		t.Errorf("NIP %q, %v", nip, err)
	}
}
