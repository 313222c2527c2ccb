package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pengikut/pengikut/influencer"
)

// PolicyReader is what the routes that show the rule need.
type PolicyReader interface {
	Rule
	Policies(ctx context.Context) ([]influencer.PolicyVersion, error)
	// PolicyByVersion is one version; [influencer.ErrNotFound] when there is none.
	PolicyByVersion(ctx context.Context, version int) (influencer.PolicyVersion, error)
}

// PolicyWriter is what the routes that change the rule need.
type PolicyWriter interface {
	PutPolicy(ctx context.Context, p influencer.Policy, o influencer.PolicyOrder, progress func(done, total int)) (influencer.PolicyApplied, error)
	ApplyDraft(ctx context.Context, id int64, o influencer.PolicyOrder, progress func(done, total int)) (influencer.PolicyApplied, error)
	UndoPolicy(ctx context.Context, o influencer.PolicyOrder, progress func(done, total int)) (influencer.PolicyApplied, error)
}

// DraftKeeper is what the routes of drafts need.
type DraftKeeper interface {
	SaveDraft(ctx context.Context, p influencer.Policy, o influencer.PolicyOrder) (influencer.Draft, error)
	Draft(ctx context.Context, id int64) (influencer.Draft, error)
	Drafts(ctx context.Context, states ...influencer.DraftState) ([]influencer.Draft, error)
}

// DraftScheduler is what the routes need that give a policy its date.
type DraftScheduler interface {
	SchedulePolicy(ctx context.Context, p influencer.Policy, o influencer.PolicyOrder, effective time.Time) (influencer.Draft, error)
	ScheduleDraft(ctx context.Context, id int64, o influencer.PolicyOrder, effective time.Time) error
	UnscheduleDraft(ctx context.Context, id int64, o influencer.PolicyOrder) error
}

// Policies is what all routes about the rule need.
type Policies interface {
	PolicyReader
	PolicyWriter
	DraftKeeper
	DraftScheduler
	DiscardDraft(ctx context.Context, id int64, o influencer.PolicyOrder) error
	PreviewPolicy(ctx context.Context, p influencer.Policy, at time.Time, fn func(influencer.PreviewRow) error) (influencer.Preview, error)
	Summary(ctx context.Context, f influencer.SummaryFilter) (influencer.Summary, error)
}

// PolicyFile is a policy as its file has it, in JSON.
type PolicyFile struct{ json.RawMessage }

func policyFile(p influencer.Policy) PolicyFile {
	raw, err := json.Marshal(p)
	if err != nil { // a policy always marshals
		panic(err)
	}
	return PolicyFile{raw}
}

// Schema is the file's form. What a key may be is for the policy's own parser to
// say, which tells all that is wrong at once.
func (PolicyFile) Schema(huma.Registry) *huma.Schema {
	text := func(example string) *huma.Schema {
		return &huma.Schema{Examples: []any{example}}
	}
	return &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true,
		Description: "A policy in the form of its file; see docs/policy.md. A key left out takes the default's value, not that of the version in force.",
		Properties: map[string]*huma.Schema{
			"match": text("any"), "requirements": {}, "leave_below": text("100%"), "confirm": {}, "confirm_gap": text("1h"), "grace": text("7d"),
			"activity": {}, "evidence_max_age": text("35d"), "suspect": {}, "gone_after": text("14d"), "breaker": {}, "approval": text("automatic"),
		},
	}
}

// PolicyOrdered is what became of an order about the rule.
type PolicyOrdered struct {
	State       string     `json:"state" enum:"in_force,unchanged,scheduled" doc:"unchanged: the version in force says the same"`
	Version     *int       `json:"version" doc:"The version in force; null for scheduled"`
	Draft       *int64     `json:"draft" doc:"The draft that waits for its date; null for all else"`
	EffectiveAt *time.Time `json:"effective_at"`
}

// PolicyBody is what an order to put a policy in force has besides the policy.
type PolicyBody struct {
	Note      string     `json:"note,omitempty" maxLength:"1000" doc:"Why, for the history"`
	Effective *time.Time `json:"effective,omitempty" doc:"When it comes into force, in the future; left out for now"`
	Expect    int        `json:"expect_version,omitempty" minimum:"1" doc:"The version that you looked at: another one in force is a conflict"`
}

func (a *api) policyOrder(ctx context.Context, b PolicyBody) influencer.PolicyOrder {
	return influencer.PolicyOrder{Author: principalOf(ctx).actor(), Note: b.Note, At: a.now(), Expect: b.Expect, Later: true}
}

func applied(done influencer.PolicyApplied, err error) (*reply[PolicyOrdered], error) {
	if err != nil {
		return nil, err
	}
	out := PolicyOrdered{State: "unchanged", Version: &done.Version.Policy.Version}
	if done.New {
		out.State = "in_force"
	}
	return &reply[PolicyOrdered]{out}, nil
}

func scheduled(id int64, at time.Time) *reply[PolicyOrdered] {
	return &reply[PolicyOrdered]{PolicyOrdered{State: "scheduled", Draft: &id, EffectiveAt: stamp(at)}}
}

const decidedSoon = "People are decided again within the next minutes: decided_at of the version says when that was done."

func (a *api) policyRoutes(p Policies) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/policy", id: "get-policy", tag: "policy", who: viewers, summary: "The rule in force",
	}, func(ctx context.Context, _ *struct{}) (*reply[PolicyVersion], error) {
		now, err := p.CurrentPolicy(ctx)
		if err != nil {
			return nil, err
		}
		v, err := p.PolicyByVersion(ctx, now.Version)
		if err != nil {
			return nil, err
		}
		return &reply[PolicyVersion]{principalOf(ctx).viewer().PolicyVersion(v)}, nil
	})
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/policies", id: "list-policies", tag: "policy", who: viewers,
		summary: "Every version of the rule and what it changed, newest first",
	}, func(ctx context.Context, _ *struct{}) (*reply[Page[PolicyVersion]], error) {
		all, err := p.Policies(ctx)
		if err != nil {
			return nil, err
		}
		return &reply[Page[PolicyVersion]]{Page[PolicyVersion]{Items: each(all, principalOf(ctx).viewer().PolicyVersion)}}, nil
	})
	type putInput struct {
		Body struct {
			PolicyBody
			Policy PolicyFile `json:"policy"`
		}
	}
	route(a, routeSpec{
		method: http.MethodPut, path: "/api/v1/policy", id: "put-policy", tag: "policy", who: admins, allAgencies: true, status: http.StatusAccepted, perMinute: 30,
		errors: []int{http.StatusConflict}, summary: "Put a policy in force, now or on a date", description: decidedSoon,
	}, func(ctx context.Context, in *putInput) (*reply[PolicyOrdered], error) {
		policy, err := influencer.ParsePolicy(in.Body.Policy.RawMessage)
		if err != nil {
			return nil, err
		}
		o := a.policyOrder(ctx, in.Body.PolicyBody)
		if at := timeIn(in.Body.Effective); !at.IsZero() {
			d, err := p.SchedulePolicy(ctx, policy, o, at)
			if err != nil {
				return nil, err
			}
			return scheduled(d.ID, d.EffectiveAt), nil
		}
		return applied(p.PutPolicy(ctx, policy, o, nil))
	})
	type undoInput struct {
		Body struct {
			Reason string `json:"reason" minLength:"1" maxLength:"1000" pattern:"\\S" doc:"Why, for the history"`
			Expect int    `json:"expect_version,omitempty" minimum:"1" doc:"The version to be undone: another one in force is a conflict"`
		}
	}
	route(a, routeSpec{
		method: http.MethodPost, path: "/api/v1/policy/undo", id: "undo-policy", tag: "policy", who: admins, allAgencies: true, status: http.StatusAccepted,
		errors: []int{http.StatusConflict}, summary: "Put the version before the one in force in force again, as a new version", description: decidedSoon, perMinute: 30,
	}, func(ctx context.Context, in *undoInput) (*reply[PolicyOrdered], error) {
		return applied(p.UndoPolicy(ctx, a.policyOrder(ctx, PolicyBody{Note: in.Body.Reason, Expect: in.Body.Expect}), nil))
	})
	a.previewRoute(p)
	a.draftRoutes(p)
}
