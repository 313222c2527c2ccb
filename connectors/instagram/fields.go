package instagram

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/pengikut/pengikut/connectors/graph"
)

// dropped is the optional fields that the platform refused: bits of the constants
// below. follows_count is never asked for: it is not among the public fields of
// business discovery, and one field too many fails the whole request.
type dropped uint32

const (
	noMedia dropped = 1 << iota
	noMediaCount
)

// expression is the parameter fields for one username, which must have been
// checked.
func (d dropped) expression(username string) string {
	fields := "id,username,followers_count"
	if d&noMediaCount == 0 {
		fields += ",media_count"
	}
	if d&noMedia == 0 {
		fields += ",media.limit(1){timestamp}"
	}
	return "business_discovery.username(" + username + "){" + fields + "}"
}

// refused returns the bit of the optional field that an error is about, 0 when it
// is about none that was asked for. A field that a version does not have is named;
// a missing permission names what it is for.
func (d dropped) refused(e graph.Error) dropped {
	name := e.MissingField()
	if name == "" && (e.Code == 10 || e.Code >= 200 && e.Code <= 299) {
		name = named(string(e.Message))
	}
	switch name {
	case "media", "timestamp":
		return noMedia &^ d
	case "media_count":
		return noMediaCount &^ d
	}
	return 0
}

func named(message string) string {
	words := strings.FieldsFunc(strings.ToLower(message), func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z')
	})
	for _, name := range []string{"media_count", "media"} {
		if slices.Contains(words, name) {
			return name
		}
	}
	return ""
}

// optional remembers what was dropped, for the life of the connector.
type optional struct{ bits atomic.Uint32 }

func (o *optional) load() dropped  { return dropped(o.bits.Load()) }
func (o *optional) drop(d dropped) { o.bits.Or(uint32(d)) }
