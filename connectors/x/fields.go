package x

import (
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
)

// Fields is a way to ask v2 for the id of a user's newest post. X renamed it
// between OpenAPI 2.166 and 2.167 (xdevplatform/docs, 2026-08-07), and which name
// a server takes is found out by asking.
type Fields string

// The spellings, in the order in which they are tried. The first one costs
// nothing beside the user; an expansion hands out the post as well.
const (
	FieldsOld  Fields = "tweet" // user.fields=most_recent_tweet_id, up to 2.166
	FieldsNew  Fields = "post"  // expansions=most_recent_post_id, since 2.167
	FieldsNone Fields = "none"  // neither: the counts alone, which every server has
)

func (f Fields) valid() bool {
	return f == "" || f == FieldsOld || f == FieldsNew || f == FieldsNone
}

// ParseFields reads a spelling as an earlier process stored it; one that nobody
// knows is "", the one to begin with.
func ParseFields(s string) Fields {
	if f := Fields(s); f.valid() {
		return f
	}
	return ""
}

// after returns what to try once the tried ones were refused.
func after(tried []Fields) Fields {
	for _, f := range []Fields{FieldsOld, FieldsNew} {
		if !slices.Contains(tried, f) {
			return f
		}
	}
	return FieldsNone
}

// query asks for the counts, always, and for the newest post in this spelling.
func (f Fields) query() url.Values {
	q := url.Values{"user.fields": {"public_metrics,protected,username"}}
	switch f {
	case FieldsOld:
		q.Set("user.fields", q.Get("user.fields")+",most_recent_tweet_id")
	case FieldsNew:
		q.Set("expansions", "most_recent_post_id")
	}
	return q
}

// refusal is what a 400 tells of the spelling.
type refusal int

const (
	refusedUnnamed refusal = iota // it names nothing that we asked for
	refusedFields                 // it names the spelling
	refusedItems                  // it names the ids or usernames
)

// refused reads a 400. Its message lists what would be allowed, so that only the
// parameter and value named count, and the message up to that list.
func (f Fields) refused(p problem, list string) refusal {
	named := p.named()
	for _, n := range named {
		if n.parameter == list {
			return refusedItems
		}
		if f.owns(n.parameter) || f.owns(n.value) {
			return refusedFields
		}
	}
	if before, _, _ := strings.Cut(p.words(), "is not one of"); f.owns(before) {
		return refusedFields
	}
	return refusedUnnamed
}

// owns tells whether text holds a name that only this spelling sends.
func (f Fields) owns(text string) bool {
	switch f {
	case FieldsOld:
		return strings.Contains(text, "most_recent_tweet_id")
	case FieldsNew:
		return strings.Contains(text, "most_recent_post_id") || strings.Contains(text, "expansions")
	}
	return false
}

type naming struct{ parameter, value string }

// named lists the parameters and values that a 400 blames: errors[].parameters
// up to 2.166, parameter and value since.
func (p problem) named() []naming {
	var out []naming
	if p.Parameter != "" {
		out = append(out, naming{string(p.Parameter), string(p.Value)})
	}
	for _, d := range p.details() {
		for name, values := range d.Parameters.V {
			out = append(out, naming{name, strings.Join(values, ",")})
		}
	}
	return out
}

// spelling is the connector's memory of which Fields the server takes.
type spelling struct {
	state   atomic.Pointer[spelt]
	learned func(Fields)
}

type spelt struct {
	fields Fields
	tried  []Fields // refused since the last success
	proven bool     // a call with these fields has succeeded
}

func newSpelling(f Fields, learned func(Fields)) *spelling {
	if f == "" {
		f = FieldsOld
	}
	s := &spelling{learned: learned}
	s.state.Store(&spelt{fields: f})
	return s
}

func (s *spelling) load() *spelt { return s.state.Load() }

// works notes that a call with the fields succeeded. FieldsNone is not told on:
// the next process should try for the newest post again.
func (s *spelling) works(used *spelt) {
	if used.proven || !s.state.CompareAndSwap(used, &spelt{fields: used.fields, proven: true}) {
		return
	}
	if s.learned != nil && used.fields != FieldsNone {
		s.learned(used.fields)
	}
}

// refused moves on from a spelling, unless another call has done so already. It
// tells whether there was one to move on to.
func (s *spelling) refused(used *spelt) bool {
	if used.fields == FieldsNone {
		return false
	}
	tried := append(slices.Clone(used.tried), used.fields)
	s.state.CompareAndSwap(used, &spelt{fields: after(tried), tried: tried})
	return true
}
