package simulator

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// appTokenPrefix is how the bearers that /oauth2/token gives out begin.
const appTokenPrefix = "AAAAAAAAAAAAAAAAAAAAAsim"

// AppToken returns the app-only bearer that POST /oauth2/token gives out now.
func (s *Server) AppToken() string {
	n := int(s.revoked.Load())
	return appTokenPrefix + strconv.FormatUint(s.people.hash(saltToken, -1-n), 36)
}

// RevokeAppToken makes the bearer given out so far invalid: it is answered
// with 401, and /oauth2/token gives out another.
func (s *Server) RevokeAppToken() { s.revoked.Add(1) }

// bearerOK checks the Authorization header of app-only auth.
func (s *Server) bearerOK(r *http.Request) bool {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !ok || token == "":
		return false
	case strings.HasPrefix(token, appTokenPrefix):
		return token == s.AppToken()
	}
	return s.o.BearerToken == "" || token == s.o.BearerToken
}

// appToken answers POST /oauth2/token: key and secret as Basic auth or in the
// form, grant_type=client_credentials. The answer carries no expires_in.
func (s *Server) appToken(r *http.Request, p *reply) {
	p.endpoint = XToken
	p.sky = s.faults.draw(s.o.Now(), X, XToken)
	if wireFault(p, v11Speech) {
		return
	}
	dead := p.sky.has(TokenDead)
	if r.Method != http.MethodPost || r.PostFormValue("grant_type") != "client_credentials" ||
		!s.appOK(r) || dead != nil && dead.Endpoint == XToken {
		p.answer(http.StatusForbidden, `{"errors":[{"code":99,"message":"Unable to verify your credentials","label":"authenticity_token_error"}]}`)
		return
	}
	p.answer(http.StatusOK, `{"token_type":"bearer","access_token":"`+s.AppToken()+`"}`)
}

func (s *Server) appOK(r *http.Request) bool {
	key, secret, ok := r.BasicAuth()
	if ok {
		key, secret = unescape(key), unescape(secret)
	} else {
		key, secret = r.PostFormValue("client_id"), r.PostFormValue("client_secret")
	}
	return key != "" && secret != "" &&
		(s.o.ConsumerKey == "" || key == s.o.ConsumerKey) &&
		(s.o.ConsumerSecret == "" || secret == s.o.ConsumerSecret)
}

// unescape undoes the URL encoding that RFC 6749 2.3.1 puts inside Basic auth.
func unescape(s string) string {
	if out, err := url.QueryUnescape(s); err == nil {
		return out
	}
	return s
}
