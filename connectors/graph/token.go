package graph

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
	"time"

	"github.com/pengikut/pengikut/connectors"
	"github.com/pengikut/pengikut/influencer"
)

// proof is the parameter appsecret_proof of a token: the hex HMAC-SHA256 of the
// token, keyed by the app secret (developers.facebook.com,
// graph-api/guides/secure-requests). It is empty without a secret, and for the
// app's own token, which contains the secret.
func (a *API) proof(token influencer.Secret) url.Values {
	if a.o.AppSecret == "" || token == "" || strings.Contains(token.Reveal(), "|") {
		return nil
	}
	mac := hmac.New(sha256.New, []byte(a.o.AppSecret.Reveal()))
	mac.Write([]byte(token.Reveal()))
	return url.Values{"appsecret_proof": {hex.EncodeToString(mac.Sum(nil))}}
}

// Time reads a time as Graph writes it, 2014-08-19T10:00:00+0000 without the
// colon of RFC 3339, or with it. Anything else, and what cannot be a last
// activity, is the zero time.
func Time(s string, now time.Time) time.Time {
	for _, form := range []string{"2006-01-02T15:04:05-0700", time.RFC3339} {
		if t, err := time.Parse(form, s); err == nil {
			return connectors.Activity(t, now)
		}
	}
	return time.Time{}
}
