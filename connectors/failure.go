package connectors

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"github.com/pengikut/pengikut/influencer"
)

// Failf makes a typed failure. The text must hold nothing that a platform said:
// use [Scrub] for that.
func Failf(kind influencer.FailureKind, code, format string, args ...any) *influencer.Failure {
	return &influencer.Failure{Kind: kind, Code: code, Detail: fmt.Sprintf(format, args...)}
}

// AsFailure returns err as the typed failure that it is or wraps. Any other
// error becomes Unavailable with the error as its hidden cause. Nil stays nil.
func AsFailure(err error) *influencer.Failure {
	if err == nil {
		return nil
	}
	var f *influencer.Failure
	if errors.As(err, &f) {
		return f
	}
	return &influencer.Failure{Kind: influencer.Unavailable, Detail: "the call failed", Err: err}
}

// perAccount turns a failure of the whole batch into one that may stand on a
// single account without moving its state: a passing kind, with the same time.
func perAccount(f *influencer.Failure) *influencer.Failure {
	switch f.Kind {
	case influencer.RateLimited, influencer.Unavailable:
		return f
	}
	g := *f
	g.Kind, g.Detail = influencer.Unavailable, "not reached: "+f.Detail
	return &g
}

const maxDetail = 200 // characters of a platform's message that are kept

// tokenLike matches what looks like a credential: a token parameter with its
// value, and the long runs of letters and digits that tokens are. Graph's own
// message "Malformed access token EAAB..." repeats the token.
var tokenLike = regexp.MustCompile(`(?i)(access_token|appsecret_proof|client_secret|bearer)(=|%3D|"?\s*:\s*"?|\s+)[^\s&"]{8,}|[A-Za-z0-9_\-|%]{32,}`)

// Scrub makes a platform's own words fit to be logged and shown: every given
// secret and all that looks like one is masked, line breaks and control
// characters are gone, and the length is bounded.
func Scrub(text string, secrets ...influencer.Secret) string {
	for _, s := range secrets {
		if s != "" {
			text = strings.ReplaceAll(text, s.Reveal(), s.String())
		}
	}
	text = tokenLike.ReplaceAllString(text, "********")
	text = strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r)
	}), " ")
	if r := []rune(text); len(r) > maxDetail {
		text = string(r[:maxDetail]) + "..."
	}
	return text
}
