package simulator

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// graphVersion is what answers a call without a version in its path.
const graphVersion = "v26.0"

const graphType = "application/json; charset=UTF-8"

// graphCall is one request to Graph, alone or inside a batch.
type graphCall struct {
	path  string // without the version: "me/friends"
	query url.Values
	token string
	proof string
}

// graph answers everything behind a version, and whatever is nobody else's.
func (s *Server) graph(w http.ResponseWriter, r *http.Request, p *reply) {
	version, path := splitVersion(r.URL.Path)
	w.Header().Set("Facebook-API-Version", version)
	p.ctype = graphType
	if r.Method == http.MethodPost && path == "" {
		s.graphBatch(w, r, p, version)
		return
	}
	q := r.URL.Query()
	c := graphCall{path: path, query: q, token: q.Get("access_token"), proof: q.Get("appsecret_proof")}
	if c.token == "" {
		c.token, _ = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	}
	now := s.o.Now()
	p.endpoint = c.endpoint()
	p.sky = s.faults.draw(now, c.platform(), p.endpoint)
	if wireFault(p, graphSpeech) {
		return
	}
	if r.Method != http.MethodGet {
		p.refuse(&graphError{status: 400, code: 100, message: "Unsupported " + strings.ToLower(r.Method) + " request."})
		return
	}
	s.graphGet(p, c, now)
	p.usage.write(w.Header(), s.o.InstagramUserID)
}

// splitVersion cuts /v26.0/me into v26.0 and me.
func splitVersion(path string) (version, rest string) {
	path = strings.Trim(path, "/")
	first, rest, _ := strings.Cut(path, "/")
	if len(first) > 1 && first[0] == 'v' && first[1] >= '0' && first[1] <= '9' {
		return first, rest
	}
	return graphVersion, path
}

func (c *graphCall) endpoint() Endpoint {
	switch c.path {
	case "debug_token":
		return GraphDebug
	case "oauth/access_token":
		return GraphExchange
	}
	return GraphNode
}

// platform is Instagram for business discovery, Facebook for all else.
func (c *graphCall) platform() Platform {
	if strings.Contains(c.query.Get("fields"), "business_discovery") {
		return Instagram
	}
	return Facebook
}

// graphGet answers one request: window, faults, token and proof come first.
func (s *Server) graphGet(p *reply, c graphCall, now time.Time) {
	if e := s.graphWindow(p, now); e != nil {
		p.refuse(e)
		return
	}
	if e := p.sky.graphRefusal(); e != nil {
		p.refuse(e)
		return
	}
	if c.path == "oauth/access_token" {
		s.exchange(p, c, now) // its token is in another parameter
		return
	}
	holder, e := s.holder(c.token, now)
	if e == nil {
		e = s.checkProof(c.token, c.proof)
	}
	if e == nil {
		e = s.graphNode(p, c, holder, now)
	}
	if e != nil {
		p.refuse(e)
	}
}

// graphWindow counts the request and tells how full the window is.
func (s *Server) graphWindow(p *reply, now time.Time) *graphError {
	r := s.windows["graph"].take(now, 1)
	p.usage = usage{sent: r.limit > 0, percent: r.usedPercent()}
	if f := p.sky.has(Throttle); f != nil {
		p.usage = usage{sent: true, percent: 100, business: f.Code >= 80000}
	}
	if r.ok {
		return nil
	}
	s.counters[p.endpoint].overLimit.Add(1)
	return throttled(http.StatusForbidden, 4)
}

// usage is how much of its quota the app has used, in percent.
type usage struct {
	sent     bool
	business bool
	percent  int
}

// write sets X-App-Usage or X-Business-Use-Case-Usage. In the latter the time
// to regain access is in minutes (developers.facebook.com, rate limiting).
func (u usage) write(h http.Header, account string) {
	n := strconv.Itoa(u.percent)
	switch {
	case u.sent && u.business:
		h.Set("X-Business-Use-Case-Usage", `{"`+account+`":[{"type":"instagram","call_count":`+n+
			`,"total_cputime":20,"total_time":20,"estimated_time_to_regain_access":19}]}`)
	case u.sent:
		h.Set("X-App-Usage", `{"call_count":`+n+`,"total_time":`+n+`,"total_cputime":`+n+`}`)
	}
}

// graphNode finds the node or the edge that a path means.
func (s *Server) graphNode(p *reply, c graphCall, holder bearer, now time.Time) *graphError {
	if c.path == "debug_token" {
		s.debugToken(p, c, now)
		return nil
	}
	id, edge, _ := strings.Cut(c.path, "/")
	fields, ok := parseGraphFields(c.query.Get("fields"))
	switch {
	case !ok:
		return errSyntax
	case c.path == "": // GET /?ids= is gone from every version since October 2026
		return &graphError{status: 400, code: 100, message: "Unsupported get request."}
	case id == s.o.InstagramUserID && edge == "":
		return s.ownInstagram(p, fields, holder, now)
	case id == "me" && holder.person < 0 && edge == "":
		p.answer(http.StatusOK, `{"id":"122100000000000001","name":"Akun Sistem"}`)
		return nil
	}
	return s.person(p, id, edge, fields, c.query, holder, now)
}
