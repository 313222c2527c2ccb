package simulator

import (
	"net/http"
	"strconv"
	"time"
)

// debugToken answers GET /debug_token?input_token=: whose a token is, and its
// two clocks, that of the token and that of the access to data. A dead token
// is reported, not refused (developers.facebook.com, debug_token).
func (s *Server) debugToken(p *reply, c graphCall, now time.Time) {
	holder, e := s.holder(c.query.Get("input_token"), now)
	b := append(p.body, `{"data":{`...)
	if e != nil {
		b = append(b, `"error":{"code":`...)
		b = strconv.AppendInt(b, int64(e.code), 10)
		b = append(b, `,"message":"`+e.message+`","subcode":`...)
		b = strconv.AppendInt(b, int64(e.subcode), 10)
		b = append(b, `},`...)
	}
	b = append(b, `"app_id":"`+s.o.AppID+`","type":"USER","application":"Pengikut","is_valid":`...)
	b = strconv.AppendBool(b, e == nil)
	b = append(b, `,"expires_at":`...)
	b = strconv.AppendInt(b, unixOrZero(holder.expires), 10)
	b = append(b, `,"data_access_expires_at":`...)
	b = strconv.AppendInt(b, now.Add(90*24*time.Hour).Unix(), 10)
	b = s.appendScopes(b, holder, e)
	p.body = append(b, `}}`...)
}

func unixOrZero(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.Unix()
}

func (s *Server) appendScopes(b []byte, holder bearer, e *graphError) []byte {
	b = append(b, `,"scopes":[`...)
	switch {
	case holder.token == "" || e != nil:
	case holder.person < 0:
		b = append(b, `"instagram_basic","instagram_manage_insights","pages_read_engagement"`...)
	default:
		b = append(b, `"public_profile"`...)
		for _, name := range []string{"user_friends", "user_posts"} {
			if s.people.permits(holder.person, name) {
				b = append(b, `,"`+name+`"`...)
			}
		}
	}
	b = append(b, ']')
	if holder.token != "" && holder.person >= 0 {
		b = append(b, `,"user_id":"`...)
		b = strconv.AppendUint(b, s.people.ID(Facebook, holder.person), 10)
		b = append(b, '"')
	}
	return b
}

// exchange answers GET /oauth/access_token?grant_type=fb_exchange_token: a
// living token becomes one that ends Options.TokenLife from now.
func (s *Server) exchange(p *reply, c graphCall, now time.Time) {
	q := c.query
	switch {
	case q.Get("grant_type") != "fb_exchange_token":
		p.refuse(&graphError{status: 400, code: 1, message: "Missing or invalid grant_type."})
		return
	case q.Get("client_id") == "" || s.o.AppID != "" && q.Get("client_id") != s.o.AppID:
		p.refuse(&graphError{status: 400, code: 101, message: "Error validating application. Cannot get application info due to a system error."})
		return
	case q.Get("client_secret") == "" || s.o.AppSecret != "" && q.Get("client_secret") != s.o.AppSecret:
		p.refuse(&graphError{status: 400, code: 1, message: "Error validating client secret."})
		return
	}
	holder, e := s.holder(q.Get("fb_exchange_token"), now)
	if e != nil {
		p.refuse(e)
		return
	}
	token := holder.token
	if holder.person >= 0 {
		token = s.UserTokenAt(holder.person, now)
	}
	p.answer(http.StatusOK, `{"access_token":"`+token+`","token_type":"bearer","expires_in":`+
		strconv.FormatInt(int64(s.o.TokenLife/time.Second), 10)+`}`)
}
