package web

import (
	"context"
	"net/http"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Reasoner asks the rule about people now.
type Reasoner interface {
	Reasons(ctx context.Context, p influencer.PersonAccounts) (Reasons, error)
}

// Reasons is why a person stands where the status says, and what would change it.
type Reasons struct {
	PolicyVersion int                    `json:"policy_version" doc:"The rule that was asked"`
	Qualifies     influencer.Answer      `json:"qualifies" enum:"yes,no,unknown" doc:"What the rule says now"`
	Explanation   []influencer.Bilingual `json:"explanation" nullable:"false" doc:"Line by line in both languages: the status, each requirement with its value and line, and what would change it"`
	Block         *Block                 `json:"block" doc:"What a block rests on; null for who is not blocked"`
	FrozenUntil   *time.Time             `json:"frozen_until" doc:"The end of a freeze of new grants; null when there is none"`
}

// Block is what a block rests on.
type Block struct {
	Kind   influencer.ActionKind `json:"kind" format:"act"`
	Basis  string                `json:"basis" doc:"The legal basis"`
	Decree string                `json:"decree" doc:"The number of the decree"`
}

// ReasonsView views what the rule says of a person. A nil block and a zero time are
// none.
func ReasonsView(policy int, qualifies influencer.Answer, explanation []influencer.Bilingual, block *influencer.Action, frozen time.Time) Reasons {
	out := Reasons{PolicyVersion: policy, Qualifies: qualifies, Explanation: append([]influencer.Bilingual{}, explanation...), FrozenUntil: stamp(frozen)}
	if block != nil {
		out.Block = &Block{block.Kind, block.Basis, block.Decree}
	}
	return out
}

func (a *api) reasonRoute(people People, r Reasoner) {
	route(a, routeSpec{
		method: http.MethodGet, path: "/api/v1/people/{id}/reasons", id: "explain-person", tag: "people", who: viewers,
		summary: "Why a person has the status or not, and what would change it", description: "The rule is asked anew, on the evidence already stored.",
	}, func(ctx context.Context, in *PersonPath) (*reply[Reasons], error) {
		p, err := visiblePerson(ctx, people, in.ID)
		if err != nil {
			return nil, err
		}
		out, err := r.Reasons(ctx, p)
		if err != nil {
			return nil, err
		}
		return &reply[Reasons]{out}, nil
	})
}
