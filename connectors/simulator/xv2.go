package simulator

import (
	"net/http"
	"strconv"
	"time"
)

// xBatch is the most users in one call of X, v2 and v1.1 alike.
const xBatch = 100

// absence is an asked-for item without an account to show.
type absence struct {
	value     string
	suspended bool
}

// xv2 answers GET /2/users and GET /2/users/by.
func (s *Server) xv2(w http.ResponseWriter, r *http.Request, p *reply, e Endpoint) {
	now := s.o.Now()
	p.endpoint = e
	p.sky = s.faults.draw(now, X, e)
	if wireFault(p, xSpeech) {
		return
	}
	if !s.bearerOK(r) || p.sky.has(TokenDead) != nil {
		p.answer(http.StatusUnauthorized, `{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}`)
		return
	}
	if !s.xWindow(w, p, e, false, now) {
		p.answer(http.StatusTooManyRequests, tooManyRequests)
		return
	}
	if xRefusal(p) {
		return
	}
	s.xv2Lookup(r, p, e, now)
}

const tooManyRequests = `{"title":"Too Many Requests","detail":"Too Many Requests","type":"about:blank","status":429}`

// xWindow counts the call and writes the headers of the windows it falls in.
// The fault Throttle uses the window up; ThrottleBare hides it as well.
func (s *Server) xWindow(w http.ResponseWriter, p *reply, e Endpoint, user bool, now time.Time) bool {
	key := string(e)
	if user {
		key += "/user"
	}
	short, day := s.windows[key].take(now, 1), s.windows["day"].take(now, 1)
	if !short.ok || !day.ok {
		s.counters[e].overLimit.Add(1)
	}
	if p.sky.has(ThrottleBare) != nil {
		return false
	}
	full := p.sky.has(Throttle) != nil
	if full {
		short = rate{limit: max(short.limit, 1), reset: laterOf(short.reset, wholeSecond(now.Add(s.o.XWindow)))}
	}
	short.headers(w.Header(), "x-rate-limit")
	day.headers(w.Header(), "x-app-limit-24hour")
	return short.ok && day.ok && !full
}

func laterOf(a, b time.Time) time.Time {
	if a.IsZero() {
		return b
	}
	return a
}

// xRefusal answers the stops of X v2 that are neither auth nor window, in the
// shapes seen in the field and in X's OpenAPI description.
func xRefusal(p *reply) bool {
	for _, f := range p.sky {
		status, body := f.xProblem()
		if body == "" {
			continue
		}
		p.answer(status, body)
		return true
	}
	return false
}

func (f *Fault) xProblem() (int, string) {
	switch f.Kind {
	case Credits:
		return http.StatusPaymentRequired, `{"account_id":1234567890,"title":"CreditsDepleted","detail":"Your enrolled account ` +
			`does not have any credits to fulfill this request.","type":"https://api.twitter.com/2/problems/credits"}`
	case CreditsNew:
		return http.StatusPaymentRequired, `{"title":"Payment Required","detail":"credits depleted","status":402,` +
			`"type":"https://api.x.com/2/problems/credits-depleted"}`
	case SpendCap:
		return http.StatusForbidden, `{"title":"SpendCapReached","detail":"Your enrolled account has reached its spend cap ` +
			`for the current billing cycle.","status":403,"type":"https://api.x.com/2/problems/credits"}`
	case UsageCap:
		return http.StatusTooManyRequests, `{"account_id":1234567890,"product_name":"standard-basic","title":"UsageCapExceeded",` +
			`"period":"Monthly","scope":"Product","detail":"Usage cap exceeded: Monthly product cap",` +
			`"type":"https://api.twitter.com/2/problems/usage-capped"}`
	case Forbidden:
		return http.StatusForbidden, `{"client_id":"12345678","reason":"client-not-enrolled","registration_url":` +
			`"https://developer.x.com/en/docs/projects/overview","required_enrollment":"Appropriate Level of API Access",` +
			`"title":"Client Forbidden","detail":"When authenticating requests to the X API v2 endpoints, you must use keys ` +
			`and tokens from a developer App that is attached to a Project.","type":"https://api.twitter.com/2/problems/client-forbidden"}`
	}
	return 0, ""
}

// xv2Lookup answers a call that nothing stands in the way of.
func (s *Server) xv2Lookup(r *http.Request, p *reply, e Endpoint, now time.Time) {
	list, valid := "ids", validID
	if e == XUsersBy {
		list, valid = "usernames", validUsername
	}
	q := r.URL.Query()
	ask, bad := s.readAsk(q, list)
	items := splitList(q.Get(list))
	if bad == nil {
		bad = checkItems(list, items, valid)
	}
	if bad != nil {
		s.badRequest(p, bad)
		return
	}
	p.asked = len(items)
	if s.poisoned(p.sky, X, items) {
		p.answer(http.StatusBadRequest, `{"title":"Invalid Request","detail":"One or more parameters to your request was invalid.",`+
			`"type":"https://api.x.com/2/problems/invalid-request"}`)
		return
	}
	s.find(p, X, items, e == XUsersBy, now)
	s.bend(p, X, now)
	s.count(p, X)
	s.writeUsers(p, &ask, list)
}

// checkItems refuses the whole call for one bad item, as X does.
func checkItems(list string, items []string, valid func(string) bool) *badParameter {
	if len(items) == 0 {
		return &badParameter{list, "", "The `" + list + "` query parameter can not be empty"}
	}
	if len(items) > xBatch {
		return &badParameter{list, "", "The number of values in the `" + list + "` query parameter list [" +
			strconv.Itoa(len(items)) + "] is not between 1 and 100"}
	}
	for _, it := range items {
		if !valid(it) {
			return &badParameter{list, it, "The `" + list + "` query parameter value [" + it + "] is not valid"}
		}
	}
	return nil
}

func validID(s string) bool {
	if len(s) < 1 || len(s) > 19 {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func validUsername(s string) bool {
	if len(s) < 1 || len(s) > 15 {
		return false
	}
	for i := range len(s) {
		c := s[i] | 0x20 // small letters; digits stay, the underscore moves
		if (c < 'a' || c > 'z') && (s[i] < '0' || s[i] > '9') && s[i] != '_' {
			return false
		}
	}
	return true
}
