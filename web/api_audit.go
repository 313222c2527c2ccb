package web

import (
	"context"
	"net/http"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// AuditLog keeps what people ordered.
type AuditLog interface {
	Audit(ctx context.Context, f influencer.AuditFilter, p influencer.Paging) (influencer.Page[influencer.AuditEntry], error)
}

type listAuditInput struct {
	PageQuery
	Actor  string    `query:"actor" maxLength:"200" doc:"Only what this one ordered" example:"cli:siti"`
	Action string    `query:"action" maxLength:"100" doc:"Only this act" example:"person.suspend"`
	Target string    `query:"target" maxLength:"100" doc:"Only on this" example:"person:12"`
	Agency string    `query:"agency" maxLength:"200" doc:"Only what concerns this agency"`
	Since  time.Time `query:"since" doc:"Only then or later"`
}

func (a *api) auditRoutes(log AuditLog) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/audit", id: "list-audit", tag: "audit", who: admins,
		summary: "What people ordered, newest first", description: "A key of one agency sees what concerns that one.",
	}, func(ctx context.Context, in *listAuditInput) (*reply[Page[AuditEntry]], error) {
		agency, err := principalOf(ctx).agency(in.Agency)
		if err != nil {
			return nil, err
		}
		f := influencer.AuditFilter{Actor: in.Actor, Action: in.Action, Target: in.Target, Agency: agency, Since: in.Since}
		page, err := log.Audit(ctx, f, in.paging())
		if err != nil {
			return nil, err
		}
		return &reply[Page[AuditEntry]]{PageOf(page, AuditView)}, nil
	})
}
