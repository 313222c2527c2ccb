package main

import (
	"context"
	"net/url"
	"time"

	"github.com/pengikut/pengikut/influencer"
	"github.com/pengikut/pengikut/web"
)

// auditLog tells what people ordered.
type auditLog interface {
	entries(f influencer.AuditFilter) source[web.AuditEntry]
	// personID finds the person of a NIP as typed.
	personID(ctx context.Context, typed string, now time.Time) (int64, error)
}

func auditLogs() ways[auditLog] {
	return ways[auditLog]{existing, func(h *house) auditLog { return localAudit{h} }, func(r *remote) auditLog { return remoteAudit{r} }}
}

// localAudit reads the database itself.
type localAudit struct{ house *house }

func (l localAudit) entries(f influencer.AuditFilter) source[web.AuditEntry] {
	return func(ctx context.Context, p influencer.Paging) (influencer.Page[web.AuditEntry], error) {
		page, err := l.house.store.Audit(ctx, f, p)
		return viewed(page, web.AuditView), err
	}
}

func (l localAudit) personID(ctx context.Context, typed string, _ time.Time) (int64, error) {
	return l.house.personID(ctx, typed)
}

// remoteAudit asks a service elsewhere.
type remoteAudit struct{ remote *remote }

func (r remoteAudit) entries(f influencer.AuditFilter) source[web.AuditEntry] {
	return pages[web.AuditEntry](r.remote, "/api/v1/audit", url.Values{
		"actor": {f.Actor}, "action": {f.Action}, "target": {f.Target}, "agency": {f.Agency}, "since": {timeText(f.Since)}})
}

func (r remoteAudit) personID(ctx context.Context, typed string, now time.Time) (int64, error) {
	nip, err := influencer.ParseNIP(typed, now)
	if err != nil {
		return 0, err
	}
	return r.remote.personID(ctx, nip)
}

// timeText is a time in a query, "" for none.
func timeText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339Nano)
}

func auditOf(v web.AuditEntry) influencer.AuditEntry {
	e := influencer.AuditEntry{ID: v.ID, At: timeOr(v.At), Actor: v.Actor, Action: v.Action, Target: v.Target, Agency: v.Agency, Note: v.Note}
	if string(v.Before) != "null" {
		e.Before = v.Before
	}
	if string(v.After) != "null" {
		e.After = v.After
	}
	return e
}
