package connectors

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// ClientOptions sets up a [Client]. The zero value is ready for production.
type ClientOptions struct {
	// Gate is asked before every call. Nil means a [LocalGate].
	Gate Gate
	// Timeout bounds one call from the dial to the body's end. Zero means 30s.
	Timeout time.Duration
	// MaxBody is the most bytes of an answer, after decompression. Zero means 8 MiB.
	MaxBody int64
	// UserAgent names us to the platforms. Empty means "pengikut".
	UserAgent string
	// Transport carries the calls. Nil means one of our own that keeps
	// connections and honours HTTP_PROXY, HTTPS_PROXY and NO_PROXY: institutions
	// often have no other way out. A proxy sees no token of an https:// base
	// address, as that goes through CONNECT.
	Transport http.RoundTripper
	// Now is the clock for rate headers. Nil means time.Now. Timeouts run on
	// the real clock.
	Now func() time.Time
}

// Client makes one HTTP call at a time for a connector, and is where the rules
// of good conduct live: the gate is asked first; the call ends with ctx or its
// timeout; redirects are not followed, so that no credential reaches another
// host; the status decides before anything is decoded; the body is bounded, read
// to its end and closed; what the rate headers say is learned from good and bad
// answers alike; and no error holds an address with a query, a header or a
// secret. It never sleeps and never tries twice. It is safe for concurrent use.
type Client struct {
	o    ClientOptions
	http *http.Client
}

// NewClient returns a client.
func NewClient(o ClientOptions) *Client {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Gate == nil {
		o.Gate = NewLocalGate(o.Now)
	}
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxBody <= 0 {
		o.MaxBody = 8 << 20
	}
	if o.UserAgent == "" {
		o.UserAgent = "pengikut"
	}
	if o.Transport == nil {
		o.Transport = newTransport()
	}
	return &Client{o: o, http: &http.Client{Transport: o.Transport, CheckRedirect: refuseRedirect}}
}

// newTransport keeps enough idle connections to one host for a busy worker.
func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		MaxIdleConns:          64,
		MaxIdleConnsPerHost:   32,
		IdleConnTimeout:       90 * time.Second,
		TLSHandshakeTimeout:   10 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Now reads the client's clock.
func (c *Client) Now() time.Time { return c.o.Now() }

// Learn passes on what a connector found out about limits in a body, where the
// client does not look.
func (c *Client) Learn(ctx context.Context, key Key, limits ...Limit) {
	c.o.Gate.Learn(ctx, key, limits)
}

// Do makes one call. With a nil error the answer has a 2xx status and a body
// that is one whole JSON value, not HTML. Otherwise the error is an
// *influencer.Failure; the answer is not nil when there was one that could be
// read, for a platform that says important things with a 4xx.
func (c *Client) Do(ctx context.Context, call Call) (*Answer, error) {
	if f := c.leave(ctx, call); f != nil {
		return nil, f
	}
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	req, err := call.request(ctx)
	if err != nil {
		c.o.Gate.Lost(ctx, call.Key)
		return nil, Failf(influencer.Malformed, "", "the request could not be built: check the base address")
	}
	req.Header.Set("User-Agent", c.o.UserAgent)
	res, err := c.http.Do(req)
	if err != nil {
		c.o.Gate.Lost(ctx, call.Key)
		return nil, c.broken(ctx, err, call.Secrets)
	}
	defer drain(res.Body)
	return c.answer(ctx, call, res)
}

// leave asks the gate. A gate that does not answer is a closed one.
func (c *Client) leave(ctx context.Context, call Call) *influencer.Failure {
	until, err := c.o.Gate.Take(ctx, call.Ask)
	if err != nil {
		var f *influencer.Failure
		if !errors.As(err, &f) {
			f = &influencer.Failure{Kind: influencer.Unavailable, Detail: "the rate gate did not answer", Err: err}
			if ctx.Err() != nil {
				f.Detail = "cancelled"
			}
		}
		return f
	}
	if !until.IsZero() {
		return &influencer.Failure{Kind: influencer.RateLimited, Until: until, Code: "gate", NotCalled: true,
			Detail: "not called: the limit of " + call.Endpoint + " is used up"}
	}
	return nil
}

// answer reads the body and lets the status decide.
func (c *Client) answer(ctx context.Context, call Call, res *http.Response) (*Answer, error) {
	now := c.o.Now()
	a := &Answer{Status: res.StatusCode, Header: res.Header, At: now, Limits: ParseLimits(res.Header, now)}
	body, bodyErr := readBody(res.Body, c.o.MaxBody)
	a.Body = body
	var f *influencer.Failure
	switch {
	case a.Status/100 != 2:
		f = call.explain(a)
	case bodyErr != nil:
		f = c.broken(ctx, bodyErr, call.Secrets)
	default:
		f = checkJSON(a)
	}
	if f != nil {
		f = a.refused(f, call.Secrets)
	}
	c.o.Gate.Learn(ctx, call.Key, a.Limits)
	if f != nil {
		return a, f
	}
	return a, nil
}
