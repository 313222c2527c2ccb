package simulator

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// person answers a Facebook user's node or one of its edges, to the person's
// own token only.
func (s *Server) person(p *reply, id, edge string, fields []graphField, q url.Values, holder bearer, now time.Time) *graphError {
	if !validID(id) && id != "me" {
		return &graphError{status: 404, code: 803, message: "(#803) Cannot query users by their username (" + id + ")"}
	}
	p.asked++
	if holder.person < 0 {
		return errNoObject(id)
	}
	who := s.people.Profile(Facebook, holder.person, now)
	if id != "me" && id != who.ExternalID() {
		return errNoObject(id)
	}
	if s.poisoned(p.sky, Facebook, []string{who.ExternalID()}) {
		return errPoison
	}
	s.bendOne(p.sky, &who)
	p.profiles = append(p.profiles, who)
	s.count(p, Facebook)
	if edge == "" {
		return s.personNode(p, &who, fields)
	}
	f := graphField{name: edge, mods: map[string]string{"limit": q.Get("limit"), "summary": q.Get("summary")}, sub: fields}
	body, ok := s.appendEdge(p.body, &who, f, p.sky)
	if !ok {
		return errNoField(edge, "User")
	}
	p.body = body
	return nil
}

// personNode appends a node with the fields asked for; without any, id and name.
func (s *Server) personNode(p *reply, who *Profile, fields []graphField) *graphError {
	if len(fields) == 0 {
		fields = []graphField{{name: "name"}}
	}
	b := append(p.body, '{')
	for _, f := range fields {
		switch {
		case f.name == "id":
			continue
		case f.name == "name":
			b = append(b, `"name":"`+who.Name+`",`...)
			continue
		case f.name == "friends" && s.strikes(p.sky.has(MissingMetrics), who.Index):
			continue
		}
		body, ok := s.appendEdge(append(b, `"`+f.name+`":`...), who, f, p.sky)
		if !ok {
			return errNoField(f.name, "User")
		}
		b = append(body, ',')
	}
	p.body = append(b, `"id":"`+who.ExternalID()+`"}`...)
	return nil
}

// appendEdge appends one of the edges friends, posts and permissions.
func (s *Server) appendEdge(b []byte, who *Profile, f graphField, y sky) ([]byte, bool) {
	switch f.name {
	case "friends":
		return s.appendFriends(b, who, f, y), true
	case "posts", "feed":
		return s.appendPosts(b, who, f), true
	case "permissions":
		return s.appendPermissions(b, who.Index), true
	}
	return b, false
}

// friendsInApp is how many friends use the app themselves: they alone are
// listed, so that the length of the list is never the number of friends.
const friendsInApp = 3

// appendFriends appends the friends edge. Without user_friends it is empty and
// has no summary, and that is no error
// (developers.facebook.com, user/friends; restfb issue 280).
func (s *Server) appendFriends(b []byte, who *Profile, f graphField, y sky) []byte {
	b = append(b, `{"data":[`...)
	if !s.people.permits(who.Index, "user_friends") {
		return append(b, `]}`...)
	}
	for i := range min(limitOf(f, 25), friendsInApp) {
		friend := (who.Index + 1 + i) % s.people.people
		b = append(b, sep(i == 0, "")...)
		b = append(b, `{"name":"`+s.people.Name(friend)+`","id":"`...)
		b = strconv.AppendUint(b, s.people.ID(Facebook, friend), 10)
		b = append(b, `"}`...)
	}
	b = append(b, ']')
	switch f.mods["summary"] {
	case "", "0", "false":
		return append(b, '}')
	}
	b = append(b, `,"summary":{`...)
	b = s.appendCount(b, "total_count", who.Friends, who.Index, y)
	if b[len(b)-1] == ',' {
		b = b[:len(b)-1]
	}
	return append(b, `}}`...)
}

// appendPosts appends the newest post. Whoever has none and whoever withheld
// user_posts look alike; only the permissions edge tells them apart.
func (s *Server) appendPosts(b []byte, who *Profile, f graphField) []byte {
	if who.LastPost.IsZero() || !s.people.permits(who.Index, "user_posts") || limitOf(f, 25) == 0 {
		return append(b, `{"data":[]}`...)
	}
	b = append(b, `{"data":[{`...)
	for _, sub := range f.sub {
		if sub.name == "created_time" {
			b = append(appendGraphTime(append(b, `"created_time":"`...), who.LastPost), `",`...)
		}
	}
	b = append(b, `"id":"`+who.ExternalID()+`_`...)
	b = strconv.AppendInt(b, 10_000_000+who.Posts, 10)
	return append(b, `"}],"paging":{"cursors":{"after":"QVFIUsim"}}}`...)
}

func (s *Server) appendPermissions(b []byte, index int) []byte {
	b = append(b, `{"data":[`...)
	for i, name := range []string{"public_profile", "user_friends", "user_posts"} {
		status := "granted"
		if !s.people.permits(index, name) {
			status = "declined"
		}
		b = append(b, sep(i == 0, "")...)
		b = append(b, `{"permission":"`+name+`","status":"`+status+`"}`...)
	}
	return append(b, `]}`...)
}

// limitOf reads the modifier limit, or returns standard when there is none.
func limitOf(f graphField, standard int) int {
	n, err := strconv.Atoi(strings.TrimSpace(f.mods["limit"]))
	if err != nil || n < 0 {
		return standard
	}
	return n
}
