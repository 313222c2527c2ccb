package simulator

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// A person's token names the person and when it was issued, so that it can be
// judged without a table. It looks like the real ones: they begin with EAA.
const userTokenPrefix = "EAASIM"

// UserToken returns a Facebook token of one person. It has no end of its own;
// see Mix.DeadToken for those that are refused all the same.
func (s *Server) UserToken(index int) string { return s.people.token(index, 0) }

// UserTokenAt returns a token of one person issued at a time: it ends
// Options.TokenLife later.
func (s *Server) UserTokenAt(index int, issued time.Time) string {
	return s.people.token(index, issued.Unix())
}

func (p *Population) token(index int, issued int64) string {
	named := strconv.FormatInt(int64(index), 36) + "Z" + strconv.FormatInt(issued, 36)
	seal := mix64(p.on(Facebook, saltToken, index) + uint64(issued))
	return userTokenPrefix + named + "Z" + strconv.FormatUint(seal, 36)
}

// bearer is what a Graph token stands for.
type bearer struct {
	token   string
	person  int // -1: the institution itself
	issued  int64
	expires time.Time // zero: never
}

// readToken undoes token; ok is false for a token of nobody.
func (p *Population) readToken(token string) (index int, issued int64, ok bool) {
	rest, _ := strings.CutPrefix(token, userTokenPrefix)
	parts := strings.Split(rest, "Z")
	if len(parts) != 3 {
		return 0, 0, false
	}
	n, err := strconv.ParseInt(parts[0], 36, 64)
	issued, err2 := strconv.ParseInt(parts[1], 36, 64)
	if err != nil || err2 != nil || n < 0 || n >= int64(p.people) {
		return 0, 0, false
	}
	return int(n), issued, p.token(int(n), issued) == token
}

// holder judges a token: whose it is, or why it is refused.
func (s *Server) holder(token string, now time.Time) (bearer, *graphError) {
	if token == "" {
		return bearer{}, errNoToken
	}
	if !strings.HasPrefix(token, userTokenPrefix) {
		if s.o.InstagramToken != "" && token != s.o.InstagramToken && token != s.appAccessToken() {
			return bearer{}, errBadToken
		}
		return bearer{token: token, person: -1}, nil
	}
	index, issued, ok := s.people.readToken(token)
	if !ok {
		return bearer{}, errBadToken
	}
	b := bearer{token: token, person: index, issued: issued}
	if issued > 0 {
		b.expires = time.Unix(issued, 0).Add(s.o.TokenLife)
	}
	if subcode, dead := s.tokenFate(b, now); dead {
		return b, tokenDeath(subcode)
	}
	return b, nil
}

// tokenFate tells whether a person's token is refused, and the subcode.
func (s *Server) tokenFate(b bearer, now time.Time) (subcode int, dead bool) {
	day := s.people.days(now)
	switch state := s.people.state(Facebook, b.person, day); {
	case state == Suspended:
		return 459, true
	case state == Deleted:
		return 467, true
	case !b.expires.IsZero() && !now.Before(b.expires):
		return 463, true
	}
	h := s.people.on(Facebook, saltToken, b.person)
	since := day - (unit(h, 2)*2-1)*onsetSpan
	if unit(h, 1) >= s.people.mix.DeadToken || since < 0 {
		return 0, false
	}
	return [...]int{458, 460, 463, 467, 0}[h%5], true
}

// appAccessToken is the app's own token, id and secret with a bar between.
func (s *Server) appAccessToken() string { return s.o.AppID + "|" + s.o.AppSecret }

// checkProof demands appsecret_proof, the hex HMAC-SHA256 of the token keyed
// by the app secret, when a secret is set (developers.facebook.com, secure requests).
func (s *Server) checkProof(token, proof string) *graphError {
	if s.o.AppSecret == "" || token == s.appAccessToken() {
		return nil
	}
	if proof == "" {
		return errNoProof
	}
	mac := hmac.New(sha256.New, []byte(s.o.AppSecret))
	mac.Write([]byte(token))
	if !hmac.Equal([]byte(hex.EncodeToString(mac.Sum(nil))), []byte(proof)) {
		return errBadProof
	}
	return nil
}

// permits tells whether a person granted a permission to the app.
func (p *Population) permits(index int, permission string) bool {
	h := p.on(Facebook, saltPermission, index)
	switch permission {
	case "user_friends":
		return unit(h, 0) >= p.mix.NoFriendsPermission
	case "user_posts":
		return unit(h, 1) >= p.mix.NoPostsPermission
	}
	return true
}
