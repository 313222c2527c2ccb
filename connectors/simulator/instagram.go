package simulator

import (
	"strconv"
	"strings"
	"time"
)

// ownInstagram answers the institution's own professional account, and through
// its field business_discovery any other professional one. Public fields:
// developers.facebook.com, Instagram Platform, Business Discovery.
func (s *Server) ownInstagram(p *reply, fields []graphField, holder bearer, now time.Time) *graphError {
	if s.o.InstagramToken != "" && holder.token != s.o.InstagramToken {
		return errNoPermission
	}
	b := append(p.body, '{')
	for _, f := range fields {
		switch f.name {
		case "business_discovery":
			b = append(b, `"business_discovery":`...)
			var e *graphError
			if b, e = s.discover(p, b, f, now); e != nil {
				return e
			}
			b = append(b, ',')
		case "username":
			b = append(b, `"username":"kementerian",`...)
		case "name":
			b = append(b, `"name":"Kementerian",`...)
		case "followers_count", "follows_count", "media_count":
			b = append(b, `"`+f.name+`":1000,`...)
		case "id":
		default:
			return errNoField(f.name, "IGUser")
		}
	}
	p.body = append(b, `"id":"`+s.o.InstagramUserID+`"}`...)
	return nil
}

// discover appends one account found by its handle. Missing, suspended and
// personal accounts cannot be told apart.
func (s *Server) discover(p *reply, b []byte, f graphField, now time.Time) ([]byte, *graphError) {
	handle := f.mods["username"]
	p.asked++
	if s.poisoned(p.sky, Instagram, []string{handle}) {
		return b, errPoison
	}
	who, ok := s.byHandle(p.sky, Instagram, handle, now)
	if !ok || who.State == Personal || who.State == Suspended || who.State == Deleted {
		return b, errNoIGUser
	}
	s.bendOne(p.sky, &who)
	b = append(b, '{')
	for _, sub := range f.sub {
		var e *graphError
		if b, e = s.appendInstagram(b, &who, sub, p.sky); e != nil {
			return b, e
		}
	}
	p.profiles = append(p.profiles, who)
	s.count(p, Instagram)
	return append(b, `"id":"`+who.ExternalID()+`"}`...), nil
}

// appendInstagram appends one public field and a comma. follows_count is not
// public, and one unknown field fails the whole request.
func (s *Server) appendInstagram(b []byte, who *Profile, f graphField, y sky) ([]byte, *graphError) {
	silent := s.strikes(y.has(MissingMetrics), who.Index)
	switch f.name {
	case "id":
	case "username":
		b = append(b, `"username":"`+who.Handle+`",`...)
	case "name":
		b = append(b, `"name":"`+who.Name+`",`...)
	case "biography":
		b = append(b, `"biography":"Aparatur Sipil Negara",`...)
	case "website", "profile_picture_url": // empty ones are left out
	case "followers_count":
		if !silent {
			b = s.appendCount(b, f.name, who.Followers, who.Index, y)
		}
	case "media_count":
		if !silent {
			b = append(b, `"media_count":`...)
			b = append(strconv.AppendInt(b, who.Posts, 10), ',')
		}
	case "media":
		b = s.appendMedia(b, who, f)
	default:
		return b, errNoField(f.name, "IGUser")
	}
	return b, nil
}

// appendMedia appends the newest post. An account without posts has no media
// field at all; its media_count tells why.
func (s *Server) appendMedia(b []byte, who *Profile, f graphField) []byte {
	if who.LastPost.IsZero() {
		return b
	}
	b = append(b, `"media":{"data":[`...)
	if f.mods["limit"] != "0" {
		b = append(b, '{')
		for _, sub := range f.sub {
			b = appendMediaField(b, who, sub.name)
		}
		b = append(b, `"id":"`...)
		b = strconv.AppendUint(b, 17_900_000_000_000_000+uint64(who.Posts), 10)
		b = append(b, `"}`...)
	}
	return append(b, `],"paging":{"cursors":{"after":"QVFIUsim"}}},`...)
}

func appendMediaField(b []byte, who *Profile, name string) []byte {
	switch name {
	case "timestamp":
		b = append(b, `"timestamp":"`...)
		return append(appendGraphTime(b, who.LastPost), `",`...)
	case "media_type":
		return append(b, `"media_type":"IMAGE",`...)
	case "permalink":
		return append(b, `"permalink":"https://www.instagram.com/p/`+strings.ToLower(who.Handle)+`/",`...)
	}
	return b
}

// appendGraphTime appends a time as Graph writes it, 2014-08-19T10:00:00+0000:
// without the colon that RFC 3339 wants.
func appendGraphTime(b []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(b, "2006-01-02T15:04:05-0700")
}
