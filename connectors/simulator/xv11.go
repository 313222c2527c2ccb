package simulator

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// v11Error is the error body of X v1.1.
func v11Error(code int, message string) string {
	return `{"errors":[{"code":` + strconv.Itoa(code) + `,"message":"` + message + `"}]}`
}

// v11 answers the roads of X v1.1 behind /1.1/.
func (s *Server) v11(w http.ResponseWriter, r *http.Request, p *reply) {
	switch r.URL.Path {
	case "/1.1/users/lookup.json":
		s.v11Guard(w, r, p, XLookup, s.v11Lookup)
	case "/1.1/users/show.json":
		s.v11Guard(w, r, p, XShow, s.v11Show)
	case "/1.1/application/rate_limit_status.json":
		s.v11Guard(w, r, p, XRateStatus, s.v11Status)
	default:
		p.endpoint = Elsewhere
		p.answer(http.StatusNotFound, v11Error(34, "Sorry, that page does not exist."))
	}
}

// v11Guard lets a call through to its road unless a fault, the token or the
// window is in the way. Codes and statuses: developer.twitter.com, response codes.
func (s *Server) v11Guard(w http.ResponseWriter, r *http.Request, p *reply, e Endpoint,
	next func(*http.Request, *reply, time.Time)) {
	now := s.o.Now()
	p.endpoint = e
	p.sky = s.faults.draw(now, X, e)
	if wireFault(p, v11Speech) {
		return
	}
	// The signature of OAuth 1.0a is not checked: it proves who calls, and a
	// rehearsal believes everybody.
	user := strings.HasPrefix(r.Header.Get("Authorization"), "OAuth ")
	switch {
	case r.Header.Get("Authorization") == "":
		p.answer(http.StatusBadRequest, v11Error(215, "Bad Authentication data."))
	case !user && !s.bearerOK(r), p.sky.has(TokenDead) != nil:
		p.answer(http.StatusUnauthorized, v11Error(89, "Invalid or expired token."))
	case !s.xWindow(w, p, e, user, now):
		p.answer(http.StatusTooManyRequests, v11Error(88, "Rate limit exceeded"))
	case p.sky.has(Forbidden) != nil:
		p.answer(http.StatusForbidden, v11Error(453, "You currently have access to a subset of X API V2 endpoints "+
			"and limited v1.1 endpoints (e.g. media post, oauth) only."))
	case xRefusal(p):
	default:
		next(r, p, now)
	}
}

// v11Query returns the parameters, from the address and from the form of a POST.
func v11Query(r *http.Request) url.Values {
	if err := r.ParseForm(); err != nil {
		return r.URL.Query()
	}
	return r.Form
}

// v11Lookup answers users/lookup: whoever is not there is not mentioned, and
// if nobody is there the answer is 404 with code 17, suspended or not.
func (s *Server) v11Lookup(r *http.Request, p *reply, now time.Time) {
	q := v11Query(r)
	ids, names := splitList(q.Get("user_id")), splitList(q.Get("screen_name"))
	p.asked = len(ids) + len(names)
	switch {
	case p.asked == 0:
		p.answer(http.StatusBadRequest, v11Error(25, "Query parameters are missing."))
		return
	case p.asked > xBatch:
		p.answer(http.StatusForbidden, v11Error(18, "Too many terms specified in query."))
		return
	case s.poisoned(p.sky, X, ids), s.poisoned(p.sky, X, names):
		p.answer(http.StatusBadRequest, v11Error(44, "parameter is invalid."))
		return
	}
	s.find(p, X, ids, false, now)
	s.find(p, X, names, true, now)
	s.bend(p, X, now)
	s.count(p, X)
	if len(p.profiles) == 0 {
		p.answer(http.StatusNotFound, v11Error(17, "No user matches for specified terms."))
		return
	}
	b := append(p.body, '[')
	for i := range p.profiles {
		b = append(b, sep(i == 0, "")...)
		b = s.appendV11(b, &p.profiles[i], p.sky)
	}
	p.body = append(b, ']')
}

// v11Show answers users/show, which alone tells suspended from missing.
func (s *Server) v11Show(r *http.Request, p *reply, now time.Time) {
	q := v11Query(r)
	p.asked = 1
	if id := q.Get("user_id"); id != "" {
		s.find(p, X, []string{id}, false, now)
	} else {
		s.find(p, X, []string{q.Get("screen_name")}, true, now)
	}
	switch {
	case len(p.absent) > 0 && p.absent[0].suspended:
		p.answer(http.StatusForbidden, v11Error(63, "User has been suspended."))
	case len(p.absent) > 0:
		p.answer(http.StatusNotFound, v11Error(50, "User not found."))
	default:
		s.bendOne(p.sky, &p.profiles[0])
		s.count(p, X)
		p.body = s.appendV11(p.body, &p.profiles[0], p.sky)
	}
}

// v11Status answers application/rate_limit_status, which the windows of the
// app-only token fill.
func (s *Server) v11Status(_ *http.Request, p *reply, now time.Time) {
	b := append(p.body, `{"rate_limit_context":{"application":"simulator"},"resources":{"application":{`...)
	b = s.appendLimit(b, "/application/rate_limit_status", XRateStatus, now)
	b = append(b, `},"users":{`...)
	b = s.appendLimit(b, "/users/lookup", XLookup, now)
	b = append(b, ',')
	b = s.appendLimit(b, "/users/show/:id", XShow, now)
	p.body = append(b, `}}}`...)
}

func (s *Server) appendLimit(b []byte, name string, e Endpoint, now time.Time) []byte {
	w := s.windows[string(e)].peek(now)
	b = append(b, `"`+name+`":{"limit":`...)
	b = strconv.AppendInt(b, int64(w.limit), 10)
	b = append(b, `,"remaining":`...)
	b = strconv.AppendInt(b, int64(w.remaining), 10)
	b = append(b, `,"reset":`...)
	b = strconv.AppendInt(b, w.reset.Unix(), 10)
	return append(b, '}')
}

// appendV11 appends a user object of v1.1. Its status, the newest post, is
// absent when there is none or when it is protected.
func (s *Server) appendV11(b []byte, f *Profile, y sky) []byte {
	id := f.ExternalID()
	b = append(b, `{"id":`+id+`,"id_str":"`+id+`","name":"`+f.Name+`","screen_name":"`+f.Handle+`",`...)
	b = append(b, `"location":"Indonesia","description":"Aparatur Sipil Negara","url":null,"protected":`...)
	b = strconv.AppendBool(b, f.State == Protected)
	b = append(b, ',')
	if !s.strikes(y.has(MissingMetrics, Hydration), f.Index) {
		b = s.appendCount(b, "followers_count", f.Followers, f.Index, y)
		b = append(b, `"friends_count":`...)
		b = strconv.AppendInt(b, f.Following, 10)
		b = append(b, `,"listed_count":3,"favourites_count":120,"statuses_count":`...)
		b = strconv.AppendInt(b, f.Posts, 10)
		b = append(b, ',')
	}
	b = append(b, `"verified":false,"created_at":"`...)
	b = s.people.created(f.Index).AppendFormat(b, time.RubyDate)
	b = append(b, '"')
	if f.showsPosts() {
		post := strconv.FormatUint(s.people.postID(f), 10)
		b = append(b, `,"status":{"created_at":"`...)
		b = f.LastPost.AppendFormat(b, time.RubyDate)
		b = append(b, `","id":`+post+`,"id_str":"`+post+`","text":"Selamat pagi dari kantor."}`...)
	}
	return append(b, '}')
}
