package web

import (
	"context"
	"net/http"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// PreviewRow is one person whom a policy would move, or who would stay only just.
type PreviewRow struct {
	PersonID int64                 `json:"person_id"`
	NIP      string                `json:"nip"`
	Name     string                `json:"name"`
	Agency   string                `json:"agency"`
	Effect   string                `json:"effect" enum:"gain,lose,grace,unconfirmed,otherwise,near"`
	Status   influencer.Status     `json:"status" format:"status"`
	To       *influencer.Status    `json:"to" format:"status" doc:"What it becomes, or would when reads confirm it; null for who stays"`
	Reason   *influencer.Reason    `json:"reason" format:"reason"`
	Platform []influencer.Platform `json:"platforms"`
	Since    *time.Time            `json:"since" doc:"When the status began"`
	Near     *PreviewNear          `json:"near" doc:"For a person who stays: the line that they are close to; null for all others"`
}

// PreviewNear is the line that somebody is near to.
type PreviewNear struct {
	Platform influencer.Platform `json:"platform" format:"platform"`
	Metric   influencer.Metric   `json:"metric"`
	Value    int64               `json:"value" doc:"The person's count"`
	Line     int64               `json:"line" doc:"What the policy asks for, as the person stands"`
}

// PreviewBreaker is what the breaker of the policy would say to its losses.
type PreviewBreaker struct {
	Losses  int   `json:"losses" doc:"People who would lose the status at once"`
	Made    int   `json:"made" doc:"Losses already made within the window"`
	Holders int   `json:"holders" doc:"Who held the status within the window"`
	Allowed int   `json:"allowed" doc:"How many of them may lose it within the window"`
	Open    int64 `json:"open_trip" doc:"An alarm that is open already and holds every loss; 0 when there is none"`
}

// PolicyPreview tells what a policy would do. People has at most as many people of
// each effect as were asked for.
type PolicyPreview struct {
	At       *time.Time `json:"at"`
	AsOf     *time.Time `json:"as_of" doc:"The newest read that it rests on"`
	Oldest   *time.Time `json:"oldest" doc:"The oldest read that it rests on"`
	Expected int        `json:"expected" doc:"Accounts registered"`
	Read     int        `json:"read" doc:"Of these, read recently enough for the policy"`
	People   int        `json:"people" doc:"All that were looked at"`
	PreviewCounts
	BreakerHolds bool           `json:"breaker_holds" doc:"Applied now, the breaker would hold all of the losses back"`
	Changes      []string       `json:"changes" doc:"Against the policy in force"`
	Breaker      PreviewBreaker `json:"breaker"`
	Groups       []PreviewGroup `json:"groups" doc:"By agency or platform, whom it costs most first; empty unless asked for"`
	Rows         []PreviewRow   `json:"rows"`
}

var effectNames = [influencer.Effects]string{"gain", "lose", "grace", "unconfirmed", "otherwise", "near"}

// PreviewRow views a row of a preview.
func (v Viewer) PreviewRow(r influencer.PreviewRow) PreviewRow {
	out := PreviewRow{PersonID: r.ID, NIP: v.nip(r.NIP), Name: r.Name, Agency: r.Agency, Effect: effectNames[r.Effect()], Status: r.Status,
		Platform: append([]influencer.Platform{}, r.Platforms...), Since: stamp(r.Since)}
	if n := r.Near; n != nil {
		out.Near = &PreviewNear{n.Platform, n.Metric, n.Value, n.Line}
	}
	move := r.Move
	if move == nil {
		move = r.Unconfirmed
	}
	if move != nil {
		out.To, out.Reason = &move.To, &move.Reason
	}
	return out
}

type previewInput struct {
	Body struct {
		Policy *PolicyFile `json:"policy,omitempty" doc:"Either this or draft"`
		Draft  int64       `json:"draft,omitempty" minimum:"1"`
		By     string      `json:"by,omitempty" enum:"agency,platform" doc:"Group by; by platform a person counts once for each platform with an account"`
		Limit  int         `json:"limit,omitempty" minimum:"1" maximum:"500" default:"20" doc:"People of each effect in rows"`
	}
}

func (a *api) previewRoute(p Policies) {
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/policy/preview", id: "preview-policy", tag: "policy", who: admins, allAgencies: true, perMinute: 10,
		summary: "What a policy would do to whom, on the evidence already stored", description: "Nothing is written and no platform is called. pengikut policy preview -o csv lists everybody.",
	}, func(ctx context.Context, in *previewInput) (*reply[PolicyPreview], error) {
		policy, err := previewed(ctx, p, in)
		if err != nil {
			return nil, err
		}
		out, err := a.preview(ctx, p, policy, influencer.CoverageBy(in.Body.By), max(1, in.Body.Limit))
		if err != nil {
			return nil, err
		}
		return &reply[PolicyPreview]{out}, nil
	})
}

func previewed(ctx context.Context, p Policies, in *previewInput) (influencer.Policy, error) {
	if (in.Body.Policy == nil) == (in.Body.Draft == 0) {
		return influencer.Policy{}, refusal(http.StatusUnprocessableEntity, "Give either a policy or a draft.")
	}
	if in.Body.Policy != nil {
		return influencer.ParsePolicy(in.Body.Policy.RawMessage)
	}
	d, err := p.Draft(ctx, in.Body.Draft)
	return d.Policy, err
}

func (a *api) preview(ctx context.Context, p Policies, policy influencer.Policy, by influencer.CoverageBy, limit int) (PolicyPreview, error) {
	out := PolicyPreview{At: stamp(a.now()), Changes: []string{}, Groups: []PreviewGroup{}, Rows: []PreviewRow{}}
	now, err := p.CurrentPolicy(ctx)
	if err != nil {
		return out, err
	}
	out.Changes = append(out.Changes, influencer.Diff(now, policy)...)
	summary, err := p.Summary(ctx, influencer.SummaryFilter{FreshWithin: policy.EvidenceMaxAge})
	if err != nil {
		return out, err
	}
	out.AsOf, out.Oldest, out.Expected, out.Read = stamp(summary.AsOf), stamp(summary.Oldest), summary.Expected, summary.Read
	var shown [influencer.Effects]int
	groups := influencer.NewPreviewGroups(by)
	viewer := principalOf(ctx).viewer()
	totals, err := p.PreviewPolicy(ctx, policy, a.now(), func(r influencer.PreviewRow) error {
		groups.Add(r)
		if e := r.Effect(); shown[e] < limit {
			shown[e]++
			out.Rows = append(out.Rows, viewer.PreviewRow(r))
		}
		return nil
	})
	if err != nil {
		return out, err
	}
	out.People, out.PreviewCounts, out.BreakerHolds = totals.People, previewCounts(totals.Effects()), totals.Breaker.Holds()
	out.Breaker = PreviewBreaker(totals.Breaker)
	if by != "" {
		out.Groups = each(groups.Groups(summary), func(g influencer.PreviewGroup) PreviewGroup { return PreviewGroupView(by, g) })
	}
	return out, nil
}
