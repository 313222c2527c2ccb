package simulator

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// xNames is one generation of the names that X v2 accepts, from the
// enumerations of its OpenAPI description (xdevplatform/docs, openapi.json).
type xNames struct {
	posts      string // the parameter for the fields of posts
	mostRecent string
	userFields []string
	expansions []string
	postFields []string
}

var xOld = xNames{ // version 2.166
	posts: "tweet.fields", mostRecent: "most_recent_tweet_id",
	userFields: append([]string{"affiliation", "most_recent_tweet_id", "pinned_tweet_id"}, xUserFields...),
	expansions: []string{"affiliation.user_id", "most_recent_tweet_id", "pinned_tweet_id"},
	postFields: append([]string{"author_id", "edit_history_tweet_ids", "in_reply_to_user_id", "note_tweet", "referenced_tweets"},
		xPostFields...),
}

var xNew = xNames{ // version 2.167
	posts: "post.fields", mostRecent: "most_recent_post_id",
	userFields: append([]string{"subscribes_to_you"}, xUserFields...),
	expansions: []string{"affiliation", "most_recent_post_id", "pinned_post_id"},
	postFields: append([]string{"article_title", "note_post"}, xPostFields...),
}

// xUserFields and xPostFields are what both generations share.
var xUserFields = []string{
	"confirmed_email", "connection_status", "created_at", "description", "entities", "id",
	"is_identity_verified", "location", "name", "parody", "profile_banner_url", "profile_image_url",
	"protected", "public_metrics", "receives_your_dm", "subscription", "subscription_type", "url",
	"username", "verified", "verified_followers_count", "verified_type", "withheld",
}

var xPostFields = []string{
	"article", "attachments", "card_uri", "community_id", "context_annotations", "conversation_id",
	"created_at", "display_text_range", "edit_controls", "entities", "geo", "id", "lang",
	"matched_media_notes", "media_metadata", "non_public_metrics", "note_request_suggestions",
	"organic_metrics", "paid_partnership", "possibly_sensitive", "promoted_metrics", "public_metrics",
	"reply_settings", "scopes", "source", "suggested_source_links",
	"suggested_source_links_with_counts", "text", "withheld",
}

// xAsk is what one call wants to see of each user.
type xAsk struct {
	names        *xNames
	created      bool
	description  bool
	location     bool
	metrics      bool
	protected    bool
	url          bool
	verified     bool
	verifiedType bool
	mostRecent   bool
	includes     bool // most recent posts, in full
	postCreated  bool
	postAuthor   bool
}

// badParameter is a 400 that names what X did not understand.
type badParameter struct{ parameter, value, message string }

// readAsk reads fields and expansions. list is "ids" or "usernames".
func (s *Server) readAsk(q url.Values, list string) (xAsk, *badParameter) {
	names := s.spellingOf(q)
	if !s.o.Lenient {
		if bad := names.check(q, list); bad != nil {
			return xAsk{}, bad
		}
	}
	a := xAsk{names: names}
	for _, f := range splitList(q.Get("user.fields")) {
		a.field(f)
	}
	for _, e := range splitList(q.Get("expansions")) {
		if e == names.mostRecent {
			a.mostRecent, a.includes = true, true
		}
	}
	for _, f := range splitList(q.Get(names.posts)) {
		a.postCreated = a.postCreated || f == "created_at"
		a.postAuthor = a.postAuthor || f == "author_id"
	}
	return a, nil
}

// spellingOf picks the generation of names a call is read in.
func (s *Server) spellingOf(q url.Values) *xNames {
	switch s.o.Spelling {
	case SpellingOld:
		return &xOld
	case SpellingNew:
		return &xNew
	}
	if q.Has(xNew.posts) || strings.Contains(q.Get("expansions"), "_post_id") {
		return &xNew
	}
	return &xOld
}

func (a *xAsk) field(name string) {
	switch name {
	case "created_at":
		a.created = true
	case "description":
		a.description = true
	case "location":
		a.location = true
	case "public_metrics":
		a.metrics = true
	case "protected":
		a.protected = true
	case "url":
		a.url = true
	case "verified":
		a.verified = true
	case "verified_type":
		a.verifiedType = true
	case a.names.mostRecent:
		a.mostRecent = a.names == &xOld
	}
}

// check finds the first name in a query that this generation does not know.
func (n *xNames) check(q url.Values, list string) *badParameter {
	for p := range q {
		if p != list && p != "expansions" && p != n.posts && p != "user.fields" {
			known := list + ",expansions," + n.posts + ",user.fields"
			return &badParameter{p, q.Get(p), "The query parameter [" + p + "] is not one of [" + known + "]"}
		}
	}
	if bad := checkNames(q, "user.fields", n.userFields); bad != nil {
		return bad
	}
	if bad := checkNames(q, "expansions", n.expansions); bad != nil {
		return bad
	}
	return checkNames(q, n.posts, n.postFields)
}

func checkNames(q url.Values, parameter string, allowed []string) *badParameter {
	for _, v := range splitList(q.Get(parameter)) {
		if !slices.Contains(allowed, v) {
			return &badParameter{parameter, v, fmt.Sprintf("The `%s` query parameter value [%s] is not one of [%s]",
				parameter, v, strings.Join(allowed, ","))}
		}
	}
	return nil
}

func splitList(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
