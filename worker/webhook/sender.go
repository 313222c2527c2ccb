package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Options sets up a [Sender]. The zero value is ready for production.
type Options struct {
	Allow     Allowed
	Timeout   time.Duration // of one attempt, from the dial to the answer's end; 15 s
	UserAgent string        // "pengikut"
	// Resolver looks up names; nil is the system's.
	Resolver *net.Resolver
	// Roots are the authorities that receivers' certificates are checked against;
	// nil are the system's.
	Roots *x509.CertPool
	// Now is the clock of what is written down; nil means time.Now.
	Now func() time.Time
	// Wall is the clock that messages are stamped with, always the real one: a
	// receiver refuses a message that is some minutes old. Nil means time.Now.
	Wall func() time.Time
}

// Sender makes one attempt to send one message at a time, and says how it went.
// It never tries twice. It is safe for concurrent use.
type Sender struct {
	o    Options
	http *http.Client
}

const (
	maxAnswer     = 64 << 10 // bytes of an answer's body that are read, to keep the connection
	maxRetryAfter = 24 * time.Hour
	perHost       = 16 // connections
)

// NewSender returns a sender.
func NewSender(o Options) *Sender {
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	if o.UserAgent == "" {
		o.UserAgent = "pengikut"
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Wall == nil {
		o.Wall = time.Now
	}
	return &Sender{o: o, http: &http.Client{CheckRedirect: refuseRedirect, Transport: &http.Transport{
		Proxy:                  nil, // the guard must see where the connection goes
		DialContext:            o.Allow.dial(o.Resolver),
		TLSClientConfig:        &tls.Config{RootCAs: o.Roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    dialTimeout,
		MaxConnsPerHost:        perHost,
		MaxIdleConnsPerHost:    perHost,
		MaxIdleConns:           8 * perHost,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
		ForceAttemptHTTP2:      true,
	}}}
}

func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close lets go of idle connections.
func (s *Sender) Close() { s.http.CloseIdleConnections() }

// Timeout is the longest that [Sender.Send] takes.
func (s *Sender) Timeout() time.Duration { return s.o.Timeout }

// Send makes one attempt. When ctx ends the attempt is interrupted, and nobody can
// say whether the receiver has the message.
func (s *Sender) Send(ctx context.Context, o influencer.Outgoing) influencer.Outcome {
	out := s.try(ctx, o)
	out.At = s.o.Now()
	if out.wait > 0 {
		out.NotBefore = out.At.Add(out.wait)
	}
	return out.Outcome
}

// result is an outcome before it has its times.
type result struct {
	influencer.Outcome
	wait time.Duration // that the receiver asks for
}

func (s *Sender) try(ctx context.Context, o influencer.Outgoing) (out result) {
	one, cancel := context.WithTimeout(ctx, s.o.Timeout)
	defer cancel()
	req, err := s.request(one, o)
	if err != nil {
		out.Error = err.Error()
		return out
	}
	res, err := s.http.Do(req)
	if err != nil {
		out.Interrupted, out.Error = ctx.Err() != nil, explain(err)
		return out
	}
	defer res.Body.Close()
	// An answer is an answer when its head has come; the rest is read so that the
	// connection can be used again.
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer)
	out.Status = res.StatusCode
	s.judge(&out, res)
	return out
}

func (s *Sender) request(ctx context.Context, o influencer.Outgoing) (*http.Request, error) {
	if err := s.o.Allow.Check(o.URL); err != nil {
		return nil, err
	}
	body, contentType, err := Body(o)
	if err != nil {
		return nil, err
	}
	now := s.o.Wall()
	signed, err := signature(o.Secrets, o.MessageID(), now, body)
	if err != nil {
		return nil, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, o.URL, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("the address cannot be called")
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("User-Agent", s.o.UserAgent)
	req.Header.Set("webhook-id", o.MessageID())
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("webhook-signature", signed)
	return req, nil
}

// judge says what an answer means.
func (s *Sender) judge(out *result, res *http.Response) {
	switch {
	case out.Status/100 == 2:
		return
	case out.Status/100 == 3:
		out.Error = fmt.Sprintf("%d: redirects are not followed", out.Status)
	case out.Status == http.StatusGone:
		out.Gone, out.Error = true, "410 Gone: the receiver wants nothing more"
	default:
		out.Error = fmt.Sprintf("%d %s", out.Status, http.StatusText(out.Status))
	}
	out.wait = s.retryAfter(res.Header.Get("Retry-After"))
}

// retryAfter reads the header in both its forms, up to a day.
func (s *Sender) retryAfter(header string) time.Duration {
	if seconds, err := strconv.ParseInt(header, 10, 32); err == nil && seconds > 0 {
		return min(time.Duration(seconds)*time.Second, maxRetryAfter)
	}
	if t, err := http.ParseTime(header); err == nil {
		return min(t.Sub(s.o.Wall()), maxRetryAfter)
	}
	return 0
}
