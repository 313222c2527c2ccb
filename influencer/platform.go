package influencer

import (
	"fmt"
	"regexp"
	"strings"
)

// Platform names a social network, in lower case: "x", "instagram", "facebook".
type Platform string

// The platforms that the default policy names.
const (
	X         Platform = "x"
	Instagram Platform = "instagram"
	Facebook  Platform = "facebook"
)

var platformForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,19}$`)

// ParsePlatform checks the form of a platform's name. Whether a connector
// exists for it is for the caller to know.
func ParsePlatform(s string) (Platform, error) {
	if !platformForm.MatchString(s) {
		return "", fmt.Errorf("platform %q is not a lower-case name", s)
	}
	return Platform(s), nil
}

// Title is the platform's name as people write it.
func (p Platform) Title() string {
	switch p {
	case X, "":
		return strings.ToUpper(string(p))
	default:
		return strings.ToUpper(string(p[:1])) + string(p[1:])
	}
}

// Metric is the count of an account that a rule looks at.
type Metric string

// Followers counts who follows the account, Friends mutual friends. On X and
// Instagram the rule counts followers, on Facebook friends.
const (
	Followers Metric = "followers"
	Friends   Metric = "friends"
)

// Valid tells whether m is one of the two metrics.
func (m Metric) Valid() bool { return m == Followers || m == Friends }
