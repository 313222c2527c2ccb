package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

// writeUsers appends the answer of a v2 lookup by hand: this is the path that
// a benchmark spends its time on. Nothing in it needs escaping, as names and
// handles are ours and the echoed items were checked.
func (s *Server) writeUsers(p *reply, a *xAsk, list string) {
	b := append(p.body, '{')
	for i := range p.profiles {
		b = append(b, sep(i == 0, `"data":[`)...)
		b = s.appendUser(b, &p.profiles[i], a, p.sky)
	}
	if len(p.profiles) > 0 {
		b = append(b, ']')
	}
	if a.includes {
		b = s.appendIncludes(b, p, a)
	}
	b = s.appendErrors(b, p, a, list)
	p.body = append(b, '}')
}

// sep returns the opening of a list before its first element, a comma before
// every other.
func sep(first bool, opening string) string {
	if first {
		return opening
	}
	return ","
}

func (s *Server) appendUser(b []byte, f *Profile, a *xAsk, y sky) []byte {
	b = append(b, `{"id":"`...)
	b = strconv.AppendUint(b, f.ID, 10)
	b = append(b, `","name":"`...)
	b = append(b, f.Name...)
	b = append(b, `","username":"`...)
	b = append(b, f.Handle...)
	b = append(b, '"')
	if a.created {
		b = append(b, `,"created_at":"`...)
		b = appendMillis(b, s.people.created(f.Index))
		b = append(b, '"')
	}
	b = a.appendPlain(b, f)
	if a.metrics && !s.strikes(y.has(MissingMetrics, Hydration), f.Index) {
		b = s.appendMetrics(b, f, a, y)
	}
	if a.mostRecent && f.showsPosts() {
		b = append(b, `,"`...)
		b = append(b, a.names.mostRecent...)
		b = append(b, `":"`...)
		b = strconv.AppendUint(b, s.people.postID(f), 10)
		b = append(b, '"')
	}
	return append(b, '}')
}

// appendPlain appends the fields that say the same of nearly everybody.
func (a *xAsk) appendPlain(b []byte, f *Profile) []byte {
	if a.description {
		b = append(b, `,"description":"Aparatur Sipil Negara"`...)
	}
	if a.location {
		b = append(b, `,"location":"Indonesia"`...)
	}
	if a.protected {
		b = append(b, `,"protected":`...)
		b = strconv.AppendBool(b, f.State == Protected)
	}
	if a.url {
		b = append(b, `,"url":""`...)
	}
	if a.verified {
		b = append(b, `,"verified":false`...)
	}
	if a.verifiedType {
		b = append(b, `,"verified_type":"none"`...)
	}
	return b
}

// showsPosts tells whether the newest post can be seen: a protected account
// hides it, and one that never posted has none.
func (f *Profile) showsPosts() bool { return f.State != Protected && !f.LastPost.IsZero() }

func (s *Server) appendMetrics(b []byte, f *Profile, a *xAsk, y sky) []byte {
	b = append(b, `,"public_metrics":{`...)
	b = s.appendCount(b, "followers_count", f.Followers, f.Index, y)
	b = append(b, `"following_count":`...)
	b = strconv.AppendInt(b, f.Following, 10)
	if a.names == &xOld {
		b = append(b, `,"tweet_count":`...)
	} else {
		b = append(b, `,"media_count":0,"post_count":`...)
	}
	b = strconv.AppendInt(b, f.Posts, 10)
	return append(b, `,"listed_count":3,"like_count":120}`...)
}

// appendCount appends the count that matters and a comma, as today's faults want it.
func (s *Server) appendCount(b []byte, name string, n int64, index int, y sky) []byte {
	if s.strikes(y.has(MissingCount), index) {
		return b
	}
	if s.strikes(y.has(RenamedCount), index) {
		name = "total_" + name
	}
	b = append(b, '"')
	b = append(b, name...)
	b = append(b, `":`...)
	if s.strikes(y.has(StringCount), index) {
		b = append(b, '"')
		b = strconv.AppendInt(b, n, 10)
		return append(b, `",`...)
	}
	b = strconv.AppendInt(b, n, 10)
	return append(b, ',')
}

// appendIncludes appends the newest posts: includes.tweets, or includes.posts
// since 2.167.
func (s *Server) appendIncludes(b []byte, p *reply, a *xAsk) []byte {
	opening := `,"includes":{"posts":[`
	if a.names == &xOld {
		opening = `,"includes":{"tweets":[`
	}
	if len(p.profiles) == 0 {
		return b
	}
	first := true
	for i := range p.profiles {
		if f := &p.profiles[i]; f.showsPosts() {
			b = append(b, sep(first, opening)...)
			b = s.appendPost(b, f, a)
			first = false
		}
	}
	if first {
		return b
	}
	return append(b, `]}`...)
}

func (s *Server) appendPost(b []byte, f *Profile, a *xAsk) []byte {
	id := s.people.postID(f)
	b = append(b, `{"id":"`...)
	b = strconv.AppendUint(b, id, 10)
	b = append(b, `","text":"Selamat pagi dari kantor."`...)
	if a.names == &xOld {
		b = append(b, `,"edit_history_tweet_ids":["`...)
		b = strconv.AppendUint(b, id, 10)
		b = append(b, `"]`...)
	}
	if a.postCreated {
		b = append(b, `,"created_at":"`...)
		b = appendMillis(b, f.LastPost)
		b = append(b, '"')
	}
	if a.postAuthor {
		b = append(b, `,"author_id":"`...)
		b = strconv.AppendUint(b, f.ID, 10)
		b = append(b, '"')
	}
	return append(b, '}')
}

// appendErrors appends the partial errors. Missing and suspended accounts
// carry the same type; only title and detail tell them apart. Field captures
// of both are public, among them in the HunterLarco/twitter-v2 issues.
func (s *Server) appendErrors(b []byte, p *reply, a *xAsk, list string) []byte {
	first := len(p.profiles) == 0
	opening := `"errors":[`
	if !first {
		opening = `,"errors":[`
	}
	n := 0
	for _, miss := range p.absent {
		b = append(b, sep(n == 0, opening)...)
		b = appendAbsence(b, miss, list)
		n++
	}
	if y := p.sky.has(Hydration); y != nil && a.metrics {
		for i := range p.profiles {
			if f := &p.profiles[i]; s.strikes(y, f.Index) {
				b = append(b, sep(n == 0, opening)...)
				b = appendHydration(b, f)
				n++
			}
		}
	}
	if n > 0 {
		b = append(b, ']')
	}
	return b
}

func appendAbsence(b []byte, miss absence, list string) []byte {
	title, detail := `"Not Found Error","detail":"Could not find user with `, list+`: [`
	if miss.suspended {
		title, detail = `"Forbidden","detail":"User has been suspended: [`, ""
	}
	b = append(b, `{"value":"`...)
	b = append(b, miss.value...)
	b = append(b, `","title":`...)
	b = append(b, title...)
	b = append(b, detail...)
	b = append(b, miss.value...)
	b = append(b, `].","resource_type":"user","parameter":"`...)
	b = append(b, list...)
	b = append(b, `","resource_id":"`...)
	b = append(b, miss.value...)
	return append(b, `","type":"https://api.x.com/2/problems/resource-not-found"}`...)
}

func appendHydration(b []byte, f *Profile) []byte {
	b = append(b, `{"title":"Field Hydration Failure","detail":"Could not load public_metrics.","resource_type":"user",`...)
	b = append(b, `"parameter":"id","field":"public_metrics","resource_id":"`...)
	b = strconv.AppendUint(b, f.ID, 10)
	return append(b, `","type":"https://api.x.com/2/problems/field-hydration-failure"}`...)
}

// appendMillis appends a time as X v2 writes it, 2013-12-14T04:35:55.000Z.
func appendMillis(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
}

// badRequest answers 400 and names the parameter, in the shape of
// InvalidRequestProblem: errors[] until 2.166, parameter and value since.
func (s *Server) badRequest(p *reply, bad *badParameter) {
	problem := map[string]any{
		"title": "Invalid Request", "detail": "One or more parameters to your request was invalid.",
		"type": "https://api.x.com/2/problems/invalid-request",
		"errors": []any{map[string]any{
			"parameters": map[string][]string{bad.parameter: {bad.value}}, "message": bad.message,
		}},
	}
	if s.o.Spelling == SpellingNew {
		delete(problem, "errors")
		problem["detail"], problem["status"] = bad.message, http.StatusBadRequest
		problem["parameter"], problem["value"] = bad.parameter, bad.value
	}
	body, _ := json.Marshal(problem) // strings alone cannot fail
	p.answer(http.StatusBadRequest, string(body))
}
