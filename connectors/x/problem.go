package x

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// problem is every shape in which X says no: v2's problem JSON, v1.1's list of
// codes, and the lone "error" of older endpoints.
type problem struct {
	Title  connectors.Text `json:"title"`
	Detail connectors.Text `json:"detail"`
	Type   connectors.Text `json:"type"`
	Reason connectors.Text `json:"reason"`
	Period connectors.Text `json:"period"`
	Lone   connectors.Text `json:"error"`
	// What a 400 names: since OpenAPI 2.167 here, before it in errors[].
	Parameter connectors.Text                                `json:"parameter"`
	Value     connectors.Text                                `json:"value"`
	Errors    connectors.Record[[]connectors.Record[detail]] `json:"errors"`
}

// detail is one element of errors[].
type detail struct {
	Code       int                                    `json:"code"`
	Message    connectors.Text                        `json:"message"`
	Parameters connectors.Record[map[string][]string] `json:"parameters"`
}

func readProblem(body []byte) problem {
	var p problem
	_ = json.Unmarshal(body, &p) // what is not understood stays empty
	return p
}

// kind is the last segment of a problem's type; its host was api.twitter.com and
// is api.x.com.
func kind(typ connectors.Text) string {
	if typ == "" || typ == "about:blank" {
		return ""
	}
	return path.Base(string(typ))
}

func (p problem) details() []detail {
	var out []detail
	for _, e := range p.Errors.V {
		out = append(out, e.V)
	}
	return out
}

// code is the first v1.1 code, 0 when there is none.
func (p problem) code() int {
	for _, d := range p.details() {
		if d.Code != 0 {
			return d.Code
		}
	}
	return 0
}

func (p problem) words() string {
	for _, t := range []connectors.Text{p.Detail, p.Title, p.Lone} {
		if t != "" {
			return string(t)
		}
	}
	for _, d := range p.details() {
		if d.Message != "" {
			return string(d.Message)
		}
	}
	return ""
}

// The v1.1 codes of a whole call (developer.x.com, response codes; 453 since
// 2023, tweepy issue 2117). 17, 50 and 63 speak of accounts and are read where
// they arise.
var (
	codesRate       = []int{88}
	codesCredential = []int{32, 64, 89, 99, 215, 326} // 64, 326: the token's own account is suspended, or locked
	codesForbidden  = []int{34, 87, 220, 453}
	codesPassing    = []int{130, 131}
)

// explain types an answer that is not 2xx.
func explain(a *connectors.Answer) *influencer.Failure {
	p := readProblem(a.Body)
	f := connectors.ExplainStatus(a)
	switch code := p.code(); {
	case p.budget():
		f.Kind, f.Until = influencer.BudgetSpent, p.periodEnd(a.At)
	case slices.Contains(codesRate, code):
		f.Kind = influencer.RateLimited
	case slices.Contains(codesCredential, code):
		f.Kind = influencer.CredentialDead
	case slices.Contains(codesForbidden, code):
		f.Kind = influencer.Forbidden
	case slices.Contains(codesPassing, code):
		f.Kind = influencer.Unavailable
	}
	f.Code = p.fullCode(a.Status)
	if w := p.words(); w != "" {
		f.Detail = w
	}
	if p.Reason != "" {
		f.Detail = string(p.Reason) + ": " + f.Detail
	}
	return f
}

func (p problem) fullCode(status int) string {
	if c := p.code(); c != 0 {
		return fmt.Sprintf("%d/%d", status, c)
	}
	if k := kind(p.Type); k != "" {
		return fmt.Sprintf("%d/%s", status, k)
	}
	return strconv.Itoa(status)
}

// budget tells money's refusals from the others. They come as 402 in two shapes,
// as 403 and as 429, the last with calls left in the window (xdk issue 25).
func (p problem) budget() bool {
	return slices.Contains([]string{"credits", "credits-depleted", "usage-capped"}, kind(p.Type)) ||
		slices.Contains([]connectors.Text{"CreditsDepleted", "SpendCapReached", "UsageCapExceeded"}, p.Title)
}

// periodEnd is when a cap opens again: a daily one at the next midnight UTC. A
// monthly one follows a billing day that the answer does not tell.
func (p problem) periodEnd(at time.Time) time.Time {
	if p.Period != "Daily" {
		return time.Time{}
	}
	y, m, d := at.UTC().Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
}

func isKind(err error, k influencer.FailureKind) bool {
	f := connectors.AsFailure(err)
	return f != nil && f.Kind == k
}
