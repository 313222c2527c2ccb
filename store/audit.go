package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// Audit lists what people ordered, newest first.
func (s *Store) Audit(ctx context.Context, f influencer.AuditFilter, paging influencer.Paging) (influencer.Page[influencer.AuditEntry], error) {
	l := auditListing(f)
	out, err := list(l, paging, s.auditBefore(ctx, l), func(e influencer.AuditEntry) int64 { return e.ID })
	if err != nil {
		return out, fmt.Errorf("store: audit: %w", err)
	}
	return out, nil
}

func auditListing(f influencer.AuditFilter) *listing {
	sum := f
	sum.Since = timeless(f.Since)
	l := newListing("audit", sum)
	for column, want := range map[string]string{"actor": f.Actor, "action": f.Action, "target": f.Target, "agency": f.Agency} {
		if want != "" {
			l.only(column+" = ?", want)
		}
	}
	if !f.Since.IsZero() {
		l.only("at >= ?", f.Since.UnixMicro())
	}
	return l
}

func (s *Store) auditBefore(ctx context.Context, l *listing) func(before int64, limit int) ([]influencer.AuditEntry, error) {
	db := s.db.WithContext(ctx)
	return func(before int64, limit int) ([]influencer.AuditEntry, error) {
		if before == 0 {
			before = math.MaxInt64
		}
		return loadAudit(db, `SELECT id, at, actor, action, target, agency, note, before, after FROM audit`+
			l.whereSQL("id < ?")+` ORDER BY id DESC LIMIT ?`, l.with(before, limit)...)
	}
}

func loadAudit(db *gorm.DB, query string, args ...any) ([]influencer.AuditEntry, error) {
	rows, err := db.Raw(query, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []influencer.AuditEntry
	for rows.Next() {
		var e influencer.AuditEntry
		var at int64
		var before, after sql.NullString
		if err := rows.Scan(&e.ID, &at, &e.Actor, &e.Action, &e.Target, &e.Agency, &e.Note, &before, &after); err != nil {
			return nil, err
		}
		e.At = time.UnixMicro(at).UTC()
		e.Before, e.After = rawOf(before), rawOf(after)
		out = append(out, e)
	}
	return out, rows.Err()
}

func rawOf(text sql.NullString) json.RawMessage {
	if !text.Valid {
		return nil
	}
	return json.RawMessage(text.String)
}

// AuditExport writes down that somebody was handed a file.
func (s *Store) AuditExport(ctx context.Context, x influencer.Exported) error {
	entry, err := x.Audit(s.now())
	if err == nil {
		err = s.write(ctx, func(tx *gorm.DB) error {
			c := changes{tx: tx}
			c.audit(entry)
			return c.run()
		})
	}
	if err != nil {
		return fmt.Errorf("store: audit export of %s: %w", x.Kind, err)
	}
	return nil
}

// audit adds entries to what a transaction writes, so that no act is without its
// entry and no entry without its act.
func (c *changes) audit(entries ...influencer.AuditEntry) {
	if len(entries) == 0 {
		return
	}
	type row = influencer.AuditEntry
	set := new(rowSet).
		times("at", pick(entries, func(e *row) time.Time { return e.At })).
		texts("actor", pick(entries, func(e *row) string { return e.Actor })).
		texts("action", pick(entries, func(e *row) string { return e.Action })).
		texts("target", pick(entries, func(e *row) string { return e.Target })).
		texts("agency", pick(entries, func(e *row) string { return e.Agency })).
		texts("note", pick(entries, func(e *row) string { return e.Note })).
		texts("before", pick(entries, func(e *row) string { return string(e.Before) })).
		texts("after", pick(entries, func(e *row) string { return string(e.After) }))
	kind := "text"
	if onPostgres(c.tx) {
		kind = "json"
	}
	c.add("audit", len(entries), `INSERT INTO audit (at, actor, action, target, agency, note, before, after)
		SELECT at, actor, action, target, agency, note, CAST(nullif(before, '') AS `+kind+`), CAST(nullif(after, '') AS `+kind+`) FROM ?`,
		set.as(c.tx, "t"))
}
