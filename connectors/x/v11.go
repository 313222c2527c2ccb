package x

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/dghubble/go-twitter/twitter"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

const sourceV11 = "x/v1.1"

// V11 reads X through API v1.1 and go-twitter, for apps that still have
// users/lookup; most are answered 403 with code 453 since 2023.
//
// go-twitter knows no base address, no context and no status: a 500 without a
// body, or a 403 in v2's words, come back as no users and no error, and a count
// that is missing or a string comes back as 0. So every call goes through a
// transport of our own, where anything but a whole good answer is an error
// before go-twitter sees it, and each user's counts are checked against the body
// as it came.
type V11 struct {
	app   *app
	shows int
}

// NewV11 returns a connector for API v1.1. It fails on options that cannot work;
// it calls nothing.
func NewV11(o Options) (*V11, error) {
	a, err := o.app("https://api.twitter.com")
	if err != nil {
		return nil, err
	}
	c := &V11{app: a, shows: o.ShowPerBatch}
	if c.shows == 0 {
		c.shows = 10
	}
	return c, nil
}

// Platform implements connectors.Connector.
func (c *V11) Platform() influencer.Platform { return influencer.X }

// Metric implements connectors.Connector.
func (c *V11) Metric() influencer.Metric { return influencer.Followers }

// BatchSize implements connectors.Connector.
func (c *V11) BatchSize() int { return batchSize }

// Asks implements connectors.Limited. Without users/show the counts can be read.
func (c *V11) Asks() []connectors.Ask {
	return []connectors.Ask{c.app.ask("users/lookup", influencer.PurposePlanned, batchSize)}
}

// Read implements connectors.Connector. users/lookup passes over missing and
// suspended users in silence; users/show tells why, for a bounded number of a
// batch, and the others stay Unavailable until a later batch.
func (c *V11) Read(ctx context.Context, req influencer.Request) ([]influencer.Observation, error) {
	return readGroups(req, func(g group) ([]influencer.Observation, error) {
		s := connectors.NewSheet(sourceV11, g.targets, g.v11Key)
		if len(s.Keys()) == 0 {
			return s.Close(nil)
		}
		empty := false
		err := connectors.Divide(ctx, s.Keys(), func(ctx context.Context, keys []string) error {
			nobody, err := c.lookup(ctx, s, g.byID, req.Purpose, keys)
			empty = empty || nobody
			return err
		}, func(key string, refusal error, proven bool) { s.Fail(key, aloneRefused(refusal, proven)) })
		if err == nil && !(empty && len(s.Silent()) > 1) {
			c.explainSilence(ctx, s, g.byID, req.Purpose)
		}
		return s.Close(err)
	})
}

// v11Key is key for go-twitter, which sends ids as numbers of 64 bits.
func (g group) v11Key(t influencer.Target) (string, *influencer.Failure) {
	key, f := g.key(t)
	if f == nil && g.byID {
		if _, err := strconv.ParseInt(key, 10, 64); err != nil {
			return "", connectors.Failf(influencer.Unreadable, "", "the external id is larger than X's ids")
		}
	}
	return key, f
}

// lookup makes one users/lookup call and files its users. Never ids and names in
// one call: how many of both would be allowed is not documented. A 404 with code
// 17 means that nobody of these exists, suspended ones included (tweepy issue
// 1616). An empty list says the same where X should have answered 404, so that it
// is reported as nobody, and not believed.
func (c *V11) lookup(ctx context.Context, s *connectors.Sheet, byID bool, p influencer.Purpose, keys []string) (nobody bool, err error) {
	params := twitter.UserLookupParams{IncludeEntities: twitter.Bool(false)}
	for _, k := range keys {
		if byID {
			id, _ := strconv.ParseInt(k, 10, 64) // v11Key has checked it
			params.UserID = append(params.UserID, id)
		} else {
			params.ScreenName = append(params.ScreenName, k)
		}
	}
	t := &tripper{ctx: ctx, app: c.app, ask: c.app.ask("users/lookup", p, len(keys))}
	users, _, err := t.client().Users.Lookup(&params)
	if t.failure != nil {
		return false, t.lookupFailure()
	}
	rows, f := newV11Rows(t.answer.Body, users, err)
	if f != nil {
		return false, f
	}
	for _, r := range rows {
		s.Answer(r.key(byID), r.observe(c.app.now()))
	}
	return len(rows) == 0, nil
}

// lookupFailure is nil for the 404 that means nobody, and marks a 400 as the work
// of one item.
func (t *tripper) lookupFailure() error {
	if t.answer == nil {
		return t.failure
	}
	switch status := t.answer.Status; {
	case status == http.StatusNotFound && readProblem(t.answer.Body).code() == codeNoMatch:
		return nil
	case status == http.StatusBadRequest && isKind(t.failure, influencer.Malformed):
		return errors.Join(t.failure, connectors.ErrPoison)
	}
	return t.failure
}
