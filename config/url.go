package config

import "strings"

// urlParts is a URL cut without judging it: net/url refuses the host lists of
// Sentinel and Cluster, and quotes the whole URL, password and all, in its errors.
type urlParts struct {
	scheme, user, hosts, path, query string
}

func splitURL(s string) urlParts {
	var p urlParts
	p.scheme, s, _ = strings.Cut(s, "://")
	s, p.query, _ = strings.Cut(s, "?")
	if i := strings.LastIndex(s, "@"); i >= 0 {
		p.user, s = s[:i], s[i+1:]
	}
	p.hosts, p.path, _ = strings.Cut(s, "/")
	return p
}

// scheme returns what stands before the first colon.
func scheme(s string) string {
	before, _, found := strings.Cut(s, ":")
	if !found {
		return ""
	}
	return before
}

// maskURL shows scheme, hosts and path. User name and query go whole: a token
// often stands in place of the name, and drivers take passwords in the query.
func maskURL(s string) string {
	if s == "" || scheme(s) == "sqlite" {
		return s
	}
	p := splitURL(s)
	out := p.scheme + "://"
	if p.user != "" {
		out += "****@"
	}
	out += p.hosts
	if p.path != "" {
		out += "/" + p.path
	}
	if p.query != "" {
		out += "?****"
	}
	return out
}
