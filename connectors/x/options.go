package x

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// Options sets up a connector of either API.
type Options struct {
	// BaseURL is the scheme, host and, for a gateway, path in front of
	// /2/users or /1.1/users. Empty means https://api.x.com for v2 and
	// https://api.twitter.com for v1.1.
	BaseURL string
	// Bearer is an app-only bearer token. Without one, ConsumerKey and
	// ConsumerSecret fetch it, and fetch it again when it dies.
	Bearer         influencer.Secret
	ConsumerKey    influencer.Secret
	ConsumerSecret influencer.Secret
	// HTTP makes the calls; nil means a client of its own.
	HTTP *connectors.Client
	// Now is the clock; nil means HTTP's.
	Now func() time.Time

	// Fields is the spelling of the last post's id to begin with, as an
	// earlier process learned it; v2 only. Empty means FieldsOld.
	Fields Fields
	// FieldsLearned, when set, is told what to begin with next time.
	FieldsLearned func(Fields)

	// ShowPerBatch bounds the users/show calls that find out why v1.1 left
	// accounts out of a batch. Zero means 10, a negative number none.
	ShowPerBatch int
}

func (o Options) app(base string) (*app, error) {
	if o.BaseURL == "" {
		o.BaseURL = base
	}
	u, err := url.Parse(o.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("x: the base address is not an http(s) address")
	}
	if o.Bearer == "" && (o.ConsumerKey == "" || o.ConsumerSecret == "") {
		return nil, errors.New("x: a bearer token, or a consumer key and its secret, are needed")
	}
	if !o.Fields.valid() {
		return nil, fmt.Errorf("x: unknown spelling of fields %q", o.Fields)
	}
	if o.HTTP == nil {
		o.HTTP = connectors.NewClient(connectors.ClientOptions{Now: o.Now})
	}
	if o.Now == nil {
		o.Now = o.HTTP.Now
	}
	a := &app{http: o.HTTP, base: strings.TrimRight(o.BaseURL, "/"), now: o.Now, fixed: o.Bearer,
		key: o.ConsumerKey, secret: o.ConsumerSecret, lock: make(chan struct{}, 1)}
	return a, nil
}
