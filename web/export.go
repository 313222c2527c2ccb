package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Exports walk over everything that an export holds, in flat memory. fn's error
// ends a walk.
type Exports interface {
	EachPerson(ctx context.Context, f influencer.PeopleFilter, fn func(influencer.PersonAccounts) error) error
	EachAccount(ctx context.Context, f influencer.AccountFilter, fn func(influencer.OwnedAccount) error) error
	EachReading(ctx context.Context, f influencer.ReadingFilter, fn func(influencer.OwnedReading) error) error
}

// ExportLog keeps who was handed what.
type ExportLog interface {
	AuditExport(context.Context, influencer.Exported) error
}

// ExportSource is what it takes to hand out files.
type ExportSource interface {
	Exports
	ExportLog
}

// ExportKind names an export.
type ExportKind string

// The exports.
const (
	ExportInfluencers ExportKind = "influencers" // who holds the status, a row each
	ExportAccounts    ExportKind = "accounts"    // every account, and why one is not read
	ExportReadings    ExportKind = "readings"    // every reading
)

// ExportKinds lists every export.
func ExportKinds() []ExportKind {
	return []ExportKind{ExportInfluencers, ExportAccounts, ExportReadings}
}

// Export says what to write and for whom. A zero Agency, Platform or Since narrows
// nothing.
type Export struct {
	Kind     ExportKind
	Agency   string
	Platform influencer.Platform
	// Since leaves only what is from then or later: holders by the day their status
	// began, accounts and readings by the last read.
	Since     time.Time
	Lang      influencer.Lang // of the header, and of words that are not codes
	Separator rune            // between cells; 0 means a semicolon
	Viewer    Viewer
	Actor     string // who gets it, as the audit log names them
	// Platforms are the columns of counts in the export of influencers, each with the
	// metric that the rule looks at.
	Platforms []PlatformMetric
	// StaleBefore is since when an account must have been read to need no advice.
	StaleBefore time.Time
}

// PlatformMetric is a platform and the count that the rule looks at there.
type PlatformMetric struct {
	Platform influencer.Platform
	Metric   influencer.Metric
}

// flushRows is how many rows go out at a time.
const flushRows = 500

// WriteExport writes an export as a sheet that a double click opens right in
// Excel. In Indonesian settings a semicolon parts cells, since the comma is the
// decimal sign there. No line "sep=;" says so: it makes Excel forget the byte
// order mark, and other programs take it for data.
//
// It stands in the audit log before its last rows are handed out, and so does one
// that broke off: what cannot be written down is not handed out whole. When the last
// rows do not arrive, a second entry says that it broke off.
func WriteExport(ctx context.Context, w io.Writer, from ExportSource, e Export) error {
	if e.Separator == 0 {
		e.Separator = ';'
	}
	s, err := influencer.NewSheet(w, e.Separator)
	if err != nil {
		return err
	}
	rows := &exportedRows{log: from, sheet: s, e: e}
	switch e.Kind {
	case ExportInfluencers:
		err = exportRows(ctx, rows, influencerColumns(e), func(fn func(influencer.PersonAccounts) error) error {
			f := influencer.PeopleFilter{Agency: e.Agency, Platform: e.Platform,
				Statuses: []influencer.Status{influencer.StatusActive, influencer.StatusGrace}}
			return from.EachPerson(ctx, f, onlySince(e.Since, func(p influencer.PersonAccounts) time.Time { return p.Since }, fn))
		})
	case ExportAccounts:
		err = exportRows(ctx, rows, accountColumns(e), func(fn func(influencer.OwnedAccount) error) error {
			return from.EachAccount(ctx, influencer.AccountFilter{Agency: e.Agency, Platform: e.Platform},
				onlySince(e.Since, func(a influencer.OwnedAccount) time.Time { return a.SyncedAt }, fn))
		})
	case ExportReadings:
		err = exportRows(ctx, rows, readingColumns(e), func(fn func(influencer.OwnedReading) error) error {
			return from.EachReading(ctx, influencer.ReadingFilter{Agency: e.Agency, Platform: e.Platform, Since: e.Since}, fn)
		})
	default:
		return fmt.Errorf("web: export %q is none of: %s", e.Kind, strings.Join(kindNames(), ", "))
	}
	return err
}

func kindNames() []string {
	return each(ExportKinds(), func(k ExportKind) string { return string(k) })
}

// onlySince passes on what is from a time or later.
func onlySince[T any](since time.Time, when func(T) time.Time, fn func(T) error) func(T) error {
	if since.IsZero() {
		return fn
	}
	return func(row T) error {
		if when(row).Before(since) {
			return nil
		}
		return fn(row)
	}
}

// sheetColumn is one column of an export.
type sheetColumn[T any] struct {
	head influencer.Bilingual
	cell func(T) string
}

// exportedRows are the rows of one export on their way out.
type exportedRows struct {
	log   ExportLog
	sheet *influencer.Sheet
	e     Export
	n     int // written so far; who asked has fewer when it breaks off
}

// exportRows writes the header and then a row for each of walk's.
func exportRows[T any](ctx context.Context, out *exportedRows, columns []sheetColumn[T], walk func(fn func(T) error) error) error {
	cells := make([]string, len(columns))
	for i, c := range columns {
		cells[i] = c.head.In(out.e.Lang)
	}
	if err := out.sheet.Row(cells); err != nil {
		return err
	}
	return out.end(ctx, walk(func(row T) error {
		for i, c := range columns {
			cells[i] = c.cell(row)
		}
		return out.row(cells)
	}))
}

func (x *exportedRows) row(cells []string) error {
	if err := x.sheet.Row(cells); err != nil {
		return err
	}
	if x.n++; x.n%flushRows == 0 {
		return x.sheet.Flush()
	}
	return nil
}

// auditTime is how long writing down an export may take when who asked for it has
// gone.
const auditTime = 10 * time.Second

// end writes the export down, and hands out its last rows.
func (x *exportedRows) end(ctx context.Context, walked error) error {
	if walked != nil && x.n == 0 { // nobody has got anything
		return walked
	}
	err := x.note(ctx, walked != nil)
	if err != nil || walked != nil {
		return errors.Join(walked, err)
	}
	if err = x.sheet.Flush(); err != nil {
		err = errors.Join(err, x.note(ctx, true))
	}
	return err
}

// note writes the export down, whoever has gone meanwhile.
func (x *exportedRows) note(ctx context.Context, brokeOff bool) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), auditTime)
	defer cancel()
	nip := influencer.NIPMasked
	if x.e.Viewer.WholeNIP {
		nip = influencer.NIPWhole
	}
	return x.log.AuditExport(ctx, influencer.Exported{Actor: x.e.Actor, Kind: string(x.e.Kind), Agency: x.e.Agency, Platform: x.e.Platform,
		Since: x.e.Since, NIP: nip, Rows: x.n, BrokeOff: brokeOff})
}
