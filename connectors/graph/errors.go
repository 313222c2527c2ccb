package graph

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// Error is Graph's error object (developers.facebook.com,
// graph-api/guides/error-handling).
type Error struct {
	Message   connectors.Text `json:"message"`
	Code      int             `json:"code"`
	Subcode   int             `json:"error_subcode"`
	Transient connectors.Flag `json:"is_transient"`
}

func readError(body []byte) Error {
	var v struct {
		Error connectors.Record[Error] `json:"error"`
	}
	_ = json.Unmarshal(body, &v) // what is not understood stays zero
	return v.Error.V
}

// Explain types an answer that is not 2xx. HTTP statuses say little here:
// throttles come as 400 or 403 (facebook-nodejs-business-sdk issue 97).
func Explain(a *connectors.Answer) *influencer.Failure { return readError(a.Body).Failure(a) }

// Failure types an error; a zero one is left to the status of its answer.
func (e Error) Failure(a *connectors.Answer) *influencer.Failure {
	f := connectors.ExplainStatus(a)
	if e.Code != 0 {
		f = connectors.Failf(e.kind(a.Status), e.code(), "%s", connectors.Scrub(string(e.Message)))
		if words := e.death(); words != "" {
			f.Detail = words
		}
	}
	if f.Kind == influencer.RateLimited {
		f.Until = opening(a)
	}
	return f
}

// code is "190/463", or "190" without a subcode.
func (e Error) code() string {
	if e.Subcode == 0 {
		return strconv.Itoa(e.Code)
	}
	return fmt.Sprintf("%d/%d", e.Code, e.Subcode)
}

// kind types the codes of all of Graph; what a code means for one account is for
// the platform to say. Subcodes of 190 only word the reason, and expired sessions
// are also seen without one. Throttles carry is_transient too, so they come first.
func (e Error) kind(status int) influencer.FailureKind {
	switch c := e.Code; {
	case c == 4, c == 17, c == 32, c == 613, c >= 80000 && c <= 80014:
		return influencer.RateLimited
	case c == 190, c == 102, c == 104:
		return influencer.CredentialDead
	case c == 1, c == 2, bool(e.Transient):
		return influencer.Unavailable
	case c == 10, c >= 200 && c <= 299, c == 368:
		return influencer.Forbidden
	case c == 100 && aboutProof.MatchString(string(e.Message)):
		return influencer.Forbidden
	case c == 110, c == 803, c == 100 && e.Subcode == 33:
		return influencer.Unreadable
	case status/100 == 5:
		return influencer.Unavailable
	}
	return influencer.Malformed
}

// aboutProof matches a refused signature and a missing reviewable feature, which
// share code 100 with bad parameters. They are the app's affair.
var aboutProof = regexp.MustCompile(`appsecret_proof|reviewable feature`)

// OfOneToken tells a throttle of one user's token from one of the app.
func (e Error) OfOneToken() bool { return e.Code == 17 || e.Code == 613 }

var missingField = regexp.MustCompile(`nonexisting field \(([a-z_]+)\)`)

// MissingField returns the field that a version does not have, "" when the error
// is another. One such field fails the whole request.
func (e Error) MissingField() string {
	if m := missingField.FindStringSubmatch(string(e.Message)); e.Code == 100 && m != nil {
		return m[1]
	}
	return ""
}

// opening is when a throttle ends: as the usage headers say or, without a word
// there, after a pause, as calls made while throttled lengthen it
// (developers.facebook.com, graph-api/overview/rate-limiting).
func opening(a *connectors.Answer) time.Time {
	var until time.Time
	for _, l := range a.Limits {
		if l.Remaining <= 0 && l.Reset.After(until) {
			until = l.Reset
		}
	}
	if until.IsZero() {
		until = a.At.Add(connectors.Cooldown)
	}
	return until.UTC()
}
