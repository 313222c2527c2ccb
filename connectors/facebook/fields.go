package facebook

import (
	"regexp"
	"sync/atomic"

	"github.com/pengikut/pengikut/connectors/graph"
)

// refused is what the platform would not take: bits of the constants below.
type refused uint32

const (
	noPosts refused = 1 << iota
	noPermissions
	noZeroLimit
)

// fields asks for the total of friends, the newest post, and which permissions the
// token has. Of the friends themselves none is wanted, and where a limit of 0 is
// refused the one that comes is not looked at.
func (r refused) fields() string {
	out := "id,friends.limit(0).summary(true)"
	if r&noZeroLimit != 0 {
		out = "id,friends.limit(1).summary(true)"
	}
	if r&noPosts == 0 {
		out += ",posts.limit(1){created_time}"
	}
	if r&noPermissions == 0 {
		out += ",permissions{permission,status}"
	}
	return out
}

// about returns the bit that an error speaks of and that was asked for, 0 when it
// speaks of none, and whether it holds for every token: a field or a limit that
// the version does not know, unlike a permission that one person withheld.
func (r refused) about(e graph.Error) (bit refused, everyone bool) {
	message := string(e.Message)
	switch field := e.MissingField(); {
	case field == "posts", field == "created_time":
		return noPosts &^ r, true
	case field == "permissions", field == "permission", field == "status":
		return noPermissions &^ r, true
	case field != "":
		return 0, false
	case e.Code == 100 && aboutLimit.MatchString(message):
		return noZeroLimit &^ r, true
	case permission(e.Code) && aboutPosts.MatchString(message):
		return noPosts &^ r, false
	}
	return 0, false
}

var (
	aboutLimit = regexp.MustCompile(`(?i)\blimit\b`)
	aboutPosts = regexp.MustCompile(`(?i)\b(user_)?posts\b`)
)

// refusals remembers what holds for everyone, for the life of the connector.
type refusals struct{ bits atomic.Uint32 }

func (o *refusals) load() refused { return refused(o.bits.Load()) }
func (o *refusals) add(r refused) { o.bits.Or(uint32(r)) }
