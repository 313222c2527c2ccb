package connectors

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Call is one HTTP call to make.
type Call struct {
	Ask
	Method string // "" means GET, or POST when there is a Form
	URL    string // without a query
	Query  url.Values
	Form   url.Values // the body of a POST, which is where Graph's tokens travel
	Header http.Header
	// Secrets are masked wherever a platform's words are kept.
	Secrets []influencer.Secret
	// Explain translates an answer that is not 2xx; nil, or a nil result,
	// leaves it to the status alone.
	Explain func(*Answer) *influencer.Failure
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	At     time.Time // when the answer had arrived
	Limits []Limit   // what its headers, or its refusal, say of the limits
}

func (c Call) request(ctx context.Context) (*http.Request, error) {
	target := c.URL
	if len(c.Query) > 0 {
		target += "?" + c.Query.Encode()
	}
	method := c.Method
	var body io.Reader
	if c.Form != nil {
		body = strings.NewReader(c.Form.Encode())
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return nil, err
	}
	for k, v := range c.Header {
		req.Header[k] = v
	}
	req.Header.Set("Accept", "application/json")
	if c.Form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return req, nil
}

// explain asks the platform's own translation first.
func (c Call) explain(a *Answer) *influencer.Failure {
	if c.Explain != nil && !a.HTML() {
		if f := c.Explain(a); f != nil {
			return f
		}
	}
	return ExplainStatus(a)
}

// ExplainStatus types an answer by its HTTP status alone, for bodies that say
// nothing: empty ones, HTML, another gateway's JSON.
func ExplainStatus(a *Answer) *influencer.Failure {
	code := strconv.Itoa(a.Status)
	switch s := a.Status; {
	case s == http.StatusTooManyRequests || s == 420: // 420 is X's older code for the same
		return Failf(influencer.RateLimited, code, "too many requests")
	case s == http.StatusUnauthorized && !a.HTML(): // a page is a proxy's, and says nothing of the token
		return Failf(influencer.CredentialDead, code, "the credential is not accepted")
	case s == http.StatusPaymentRequired:
		return Failf(influencer.BudgetSpent, code, "payment required")
	case s/100 == 5 || a.HTML():
		return Failf(influencer.Unavailable, code, "the platform is out of order")
	case s/100 == 3:
		return Failf(influencer.Unavailable, code, "a redirect was answered, and is not followed")
	case s == http.StatusForbidden:
		return Failf(influencer.Forbidden, code, "the app may not make this call")
	case s == http.StatusNotFound || s == http.StatusGone:
		return Failf(influencer.Forbidden, code, "there is no such call at this address: check the base address and version")
	case s == http.StatusRequestTimeout:
		return Failf(influencer.Unavailable, code, "the platform did not wait")
	}
	return Failf(influencer.Malformed, code, "the call was refused")
}

// refused completes a failure: when trying again is of use, in the failure and
// for the gate, and words without secrets.
func (a *Answer) refused(f *influencer.Failure, secrets []influencer.Secret) *influencer.Failure {
	f.Detail = Scrub(f.Detail, secrets...)
	if f.Until.IsZero() && f.Kind != influencer.BudgetSpent {
		f.Until = retryAfter(a.Header, a.At)
	}
	if f.Kind != influencer.RateLimited {
		return f
	}
	if f.Until.IsZero() {
		f.Until = opening(a.Limits)
	}
	if f.Until.IsZero() {
		f.Until = a.At.Add(Cooldown).UTC()
	}
	// Headers may be missing, or speak of another limit than the one refused.
	a.Limits = append(a.Limits, Limit{Name: limitRefusal, Reset: f.Until})
	return f
}
