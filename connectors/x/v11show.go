package x

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/dghubble/go-twitter/twitter"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// v1.1 codes about single users (developer.x.com, response codes).
const (
	codeNoMatch   = 17 // 404, nobody matched the lookup
	codeNotFound  = 50 // 404, users/show: there is no such user
	codeSuspended = 63 // 403, users/show: the user is suspended
)

// explainSilence asks users/show about accounts that the lookup passed over. It
// stops at the first answer that is about the call and not about the user.
func (c *V11) explainSilence(ctx context.Context, s *connectors.Sheet, byID bool, p influencer.Purpose) {
	silent := s.Silent()
	for _, key := range silent[:min(len(silent), max(c.shows, 0))] {
		if !c.show(ctx, s, byID, p, key) {
			break
		}
	}
	for _, key := range s.Silent() {
		s.Fail(key, connectors.Failf(influencer.Unavailable, "", "left out of users/lookup, and not yet asked why"))
	}
}

// show makes one users/show call, and tells whether another is of use.
func (c *V11) show(ctx context.Context, s *connectors.Sheet, byID bool, p influencer.Purpose, key string) bool {
	params := twitter.UserShowParams{IncludeEntities: twitter.Bool(false)}
	if byID {
		params.UserID, _ = strconv.ParseInt(key, 10, 64) // v11Key has checked it
	} else {
		params.ScreenName = key
	}
	t := &tripper{ctx: ctx, app: c.app, ask: c.app.ask("users/show", p, 1)}
	user, _, err := t.client().Users.Show(&params)
	if t.failure != nil {
		return t.showFailure(s, key)
	}
	list, _ := json.Marshal([]json.RawMessage{t.answer.Body}) // the body is valid JSON
	rows, f := newV11Rows(list, []twitter.User{*user}, err)
	if f == nil && len(rows) == 1 && rows[0].answers(key, byID) {
		s.Answer(key, rows[0].observe(c.app.now()))
	}
	return true
}

func (t *tripper) showFailure(s *connectors.Sheet, key string) bool {
	if t.answer == nil {
		return false
	}
	switch readProblem(t.answer.Body).code() {
	case codeNotFound, codeNoMatch:
		s.Fail(key, connectors.Failf(influencer.Gone, t.failure.Code, "user not found"))
	case codeSuspended:
		s.Fail(key, connectors.Failf(influencer.Suspended, t.failure.Code, "user has been suspended"))
	default:
		return false
	}
	return true
}
