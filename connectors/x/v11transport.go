package x

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	"github.com/dghubble/go-twitter/twitter"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// tripper carries one call of go-twitter through our own client: to the base
// address, under the call's context, with the bearer, and with everything but a
// whole good answer turned into an error. It keeps the answer, since go-twitter
// drains the body and forgets what was not in it.
type tripper struct {
	ctx     context.Context // go-twitter's calls take none
	app     *app
	ask     connectors.Ask
	answer  *connectors.Answer
	failure *influencer.Failure
}

func (t *tripper) client() *twitter.Client { return twitter.NewClient(&http.Client{Transport: t}) }

// v11Root is the path of go-twitter's built-in address.
const v11Root = "/1.1/"

// RoundTrip implements http.RoundTripper.
func (t *tripper) RoundTrip(req *http.Request) (*http.Response, error) {
	path := strings.TrimPrefix(req.URL.Path, v11Root)
	ans, err := t.app.do(t.ctx, connectors.Call{Ask: t.ask, URL: t.app.base + v11Root + path, Query: req.URL.Query()})
	t.answer = ans
	if err != nil {
		t.failure = connectors.AsFailure(err)
		return nil, t.failure
	}
	return &http.Response{
		Status: http.StatusText(ans.Status), StatusCode: ans.Status, Header: ans.Header, Request: req,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Body: io.NopCloser(bytes.NewReader(ans.Body)), ContentLength: int64(len(ans.Body)),
	}, nil
}
