package simulator

import "sync/atomic"

// Endpoint names one road into the simulator, for stats and faults.
type Endpoint string

// The endpoints.
const (
	XUsers        Endpoint = "x.users"        // GET /2/users
	XUsersBy      Endpoint = "x.users_by"     // GET /2/users/by
	XToken        Endpoint = "x.oauth2_token" // POST /oauth2/token
	XLookup       Endpoint = "x.v11_lookup"   // GET, POST /1.1/users/lookup.json
	XShow         Endpoint = "x.v11_show"     // GET /1.1/users/show.json
	XRateStatus   Endpoint = "x.v11_limits"   // GET /1.1/application/rate_limit_status.json
	GraphBatch    Endpoint = "graph.batch"    // POST /{version}/
	GraphItem     Endpoint = "graph.item"     // one request inside a batch
	GraphNode     Endpoint = "graph.node"     // any single GET of a node or an edge
	GraphDebug    Endpoint = "graph.debug"    // GET /{version}/debug_token
	GraphExchange Endpoint = "graph.exchange" // GET /{version}/oauth/access_token
	Elsewhere     Endpoint = "elsewhere"      // everything else: 404
)

func endpoints() []Endpoint {
	return []Endpoint{
		XUsers, XUsersBy, XToken, XLookup, XShow, XRateStatus,
		GraphBatch, GraphItem, GraphNode, GraphDebug, GraphExchange, Elsewhere,
	}
}

// Count is what happened on one endpoint.
type Count struct {
	// Calls arrived, whatever became of them.
	Calls int64 `json:"calls"`
	// OverLimit are the calls made though the window was used up: a client
	// that minds the headers makes none.
	OverLimit int64 `json:"over_limit"`
	// Faulted are the calls that a fault answered or bent.
	Faulted int64 `json:"faulted"`
	// Asked and Accounts are the accounts asked for and handed out; X charges
	// for those handed out. An answer cut short by a fault counts as handed out.
	Asked    int64 `json:"asked"`
	Accounts int64 `json:"accounts"`
}

// Stats is what a server has counted since New.
type Stats struct {
	Endpoints map[Endpoint]Count `json:"endpoints"`
	Total     Count              `json:"total"`
}

type counter struct {
	calls, overLimit, faulted, asked, accounts atomic.Int64
}

func (c *counter) read() Count {
	return Count{
		Calls: c.calls.Load(), OverLimit: c.overLimit.Load(), Faulted: c.faulted.Load(),
		Asked: c.asked.Load(), Accounts: c.accounts.Load(),
	}
}

func (c *Count) add(o Count) {
	c.Calls += o.Calls
	c.OverLimit += o.OverLimit
	c.Faulted += o.Faulted
	c.Asked += o.Asked
	c.Accounts += o.Accounts
}

// Stats returns the counts so far. Endpoints that were never called are left
// out. Items of a Graph batch have their own entry and are not in the total's
// calls, which counts HTTP calls.
func (s *Server) Stats() Stats {
	out := Stats{Endpoints: map[Endpoint]Count{}}
	for e, c := range s.counters {
		n := c.read()
		if n == (Count{}) {
			continue
		}
		out.Endpoints[e] = n
		if e == GraphItem {
			n.Calls = 0
		}
		out.Total.add(n)
	}
	return out
}

// reads counts how often each account was handed out.
type reads map[Platform][]atomic.Uint32

func newReads(people int) reads {
	r := reads{}
	for _, pf := range Platforms() {
		r[pf] = make([]atomic.Uint32, people)
	}
	return r
}

func (r reads) count(pf Platform, index int) {
	if list := r[pf]; index < len(list) {
		list[index].Add(1)
	}
}

// Reads returns how often an account was handed out, or 0 without
// Options.TrackReads.
func (s *Server) Reads(pf Platform, index int) int {
	if list := s.reads[pf]; index < len(list) {
		return int(list[index].Load())
	}
	return 0
}

// MaxReads returns how often the account read most was handed out, so that
// "no account twice" is MaxReads(X) == 1.
func (s *Server) MaxReads(pf Platform) int {
	most := uint32(0)
	for i := range s.reads[pf] {
		most = max(most, s.reads[pf][i].Load())
	}
	return int(most)
}
