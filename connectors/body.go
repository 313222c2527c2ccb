package connectors

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"

	"github.com/pengikut/pengikut/influencer"
)

var errTooLong = errors.New("the answer is too long")

func readBody(r io.Reader, most int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, most+1))
	if err == nil && int64(len(body)) > most {
		return nil, errTooLong
	}
	return body, err
}

// drainMost bounds what is read of a body that nobody wants, so that its
// connection can be used again.
const drainMost = 64 << 10

func drain(body io.ReadCloser) {
	_, _ = io.CopyN(io.Discard, body, drainMost)
	_ = body.Close()
}

// HTML tells whether the answer is a page instead of JSON: a proxy's outage or
// login page, whatever its status says.
func (a *Answer) HTML() bool {
	return strings.Contains(strings.ToLower(a.Header.Get("Content-Type")), "text/html") ||
		bytes.HasPrefix(bytes.TrimSpace(a.Body), []byte("<"))
}

// checkJSON refuses a good status without a good body. A body cut short is the
// platform's bad day; one that is no JSON is not what it should be.
func checkJSON(a *Answer) *influencer.Failure {
	switch {
	case len(bytes.TrimSpace(a.Body)) == 0:
		return Failf(influencer.Unavailable, fmt.Sprint(a.Status), "an empty answer")
	case a.HTML():
		return Failf(influencer.Unavailable, fmt.Sprint(a.Status), "a page of HTML instead of data")
	case json.Valid(a.Body):
		return nil
	}
	if err := json.Unmarshal(a.Body, new(json.RawMessage)); strings.Contains(err.Error(), "unexpected end") {
		return Failf(influencer.Unavailable, fmt.Sprint(a.Status), "half an answer")
	}
	return Failf(influencer.Malformed, fmt.Sprint(a.Status), "an answer that is not JSON")
}

// broken types a call that got no whole answer. Of a *url.Error only the cause
// is kept: its text holds the address and the query.
func (c *Client) broken(ctx context.Context, err error, secrets []influencer.Secret) *influencer.Failure {
	var ue *url.Error
	for errors.As(err, &ue) {
		err = ue.Err
	}
	f := &influencer.Failure{Kind: influencer.Unavailable, Err: err}
	var timeout net.Error
	switch {
	case errors.Is(err, errTooLong):
		f.Kind, f.Detail = influencer.Malformed, "the answer is longer than any good one"
	case errors.Is(ctx.Err(), context.Canceled):
		f.Detail, f.Err = "cancelled", ctx.Err()
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		f.Detail = "no whole answer in time"
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		f.Detail = "the connection was cut in the middle of the answer"
	default:
		f.Detail = Scrub("no connection: "+err.Error(), secrets...)
	}
	return f
}
