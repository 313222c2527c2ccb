// Package config holds the program's configuration: one [Config], loaded by
// [Load] from defaults, then a YAML file, then the environment, each winning
// over the one before.
//
// Every option has one name. PENGIKUT_X_EVERY in the environment is x_every, or
// pengikut_x_every, in the file. A secret may also be given as the path of a
// file that holds it, by the same name with _FILE behind it, so that it shows
// neither in the environment nor in the file. An empty value is a value left
// out. An unknown name is refused, and all problems are reported at once, by
// name and never with the text of a secret.
//
// A new option is a field here and one line in the table in options.go.
package config

import (
	"net/netip"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Config is everything that an operator can set.
type Config struct {
	// DataDir holds the files of the embedded mode: the SQLite database and
	// the key that encrypts tokens.
	DataDir string
	// DatabaseURL is postgres://… or sqlite:PATH. It is a secret because it may
	// hold a password; printing shows it without.
	DatabaseURL influencer.Secret
	// RedisURL is redis://…, redis-sentinel://… or redis-cluster://…, with
	// rediss in place of redis for TLS. Empty means a Redis inside the process.
	RedisURL influencer.Secret
	// Listen is the host:port of the HTTP server. Port 0 takes a free one.
	Listen string
	// TrustedProxies are the addresses of proxies in front of the HTTP server,
	// whose X-Forwarded-For is believed. None by default.
	TrustedProxies []netip.Prefix
	// SecretKey encrypts tokens at rest: one key or several separated by commas,
	// of which the first encrypts and all decrypt. It may be empty in the
	// embedded mode alone; see [Config.Key].
	SecretKey influencer.Secret

	Badge     Badge
	Metrics   Metrics
	Server    Server
	X         X
	Graph     Graph
	Instagram Instagram
	Facebook  Facebook

	// WebhookAllow are the hosts, "name" or "name:port" in lower case, that webhooks
	// may be sent to though they are in a private network or have no TLS.
	WebhookAllow []string
	// WebhookTimeout is how long a receiver may take to answer.
	WebhookTimeout time.Duration

	from map[string]string // where each option's value came from, by name
}

// Badge is the block of the public badge pages.
type Badge struct {
	On        bool
	PublicURL string // where the public reaches this service, without a slash at the end
	Issuer    string // the institution in whose name badges are issued
}

// Server is a service elsewhere that commands ask through its API, in the place of a
// database here.
type Server struct {
	URL   string            // https://…, without a slash at the end; "" is none
	Key   influencer.Secret // an API key of that service
	Plain bool              // http:// may go to another machine, where everybody on the way can read
}

// Metrics says how Prometheus may read the metrics, besides with an API key at
// Listen of the [Config].
type Metrics struct {
	// Listen is the host:port of a listener of its own, which every role has. Empty
	// is none. Without Token it must be on loopback.
	Listen string
	Token  influencer.Secret // a bearer that may read them
}

// Pace says how often a platform's accounts are read and how many reads may be
// paid for.
type Pace struct {
	Every        time.Duration // longest time between two reads of an account
	MonthlyReads *int64        // spend cap in account reads a month; nil is none
}

// X is the block of X, formerly Twitter.
type X struct {
	Pace
	API            string // "v2" or "v1.1"
	BaseURL        string // without a slash at the end
	BearerToken    influencer.Secret
	ConsumerKey    influencer.Secret
	ConsumerSecret influencer.Secret
}

// Off says why X is not read, "" when it is. Here and below, a token in the
// database counts once it has been put into its field.
func (x X) Off() string {
	if x.BearerToken == "" && x.ConsumerKey == "" {
		return "no PENGIKUT_X_BEARER_TOKEN, nor PENGIKUT_X_CONSUMER_KEY and _SECRET, nor a stored token"
	}
	return ""
}

// Graph is what Instagram and Facebook share: Meta's Graph API.
type Graph struct {
	BaseURL string // without a slash at the end
	Version string // such as "v26.0"
}

// Instagram is the block of Instagram, read by business discovery.
type Instagram struct {
	Pace
	UserID      string // the institution's own professional account
	AccessToken influencer.Secret
}

// Off says why Instagram is not read, "" when it is.
func (i Instagram) Off() string {
	switch {
	case i.UserID == "":
		return "no PENGIKUT_INSTAGRAM_USER_ID and PENGIKUT_INSTAGRAM_ACCESS_TOKEN"
	case i.AccessToken == "":
		return "no PENGIKUT_INSTAGRAM_ACCESS_TOKEN, nor a stored token"
	}
	return ""
}

// Facebook is the block of Facebook. Friend totals are read with each person's
// own token; the app is for the connect page and for appsecret_proof.
type Facebook struct {
	Pace
	AppID     string
	AppSecret influencer.Secret
}

// Off says why Facebook is not read, "" when it is. Tokens added by hand can be
// read without an app, which only the database knows.
func (f Facebook) Off() string {
	if f.AppSecret == "" {
		return "no PENGIKUT_FACEBOOK_APP_ID and PENGIKUT_FACEBOOK_APP_SECRET, and no person's token"
	}
	return ""
}

// Embedded tells whether the database is a SQLite file, so that this program is
// the only one that looks after it.
func (c Config) Embedded() bool { return scheme(c.DatabaseURL.Reveal()) == "sqlite" }

// EmbeddedQueue tells whether Redis runs inside the process.
func (c Config) EmbeddedQueue() bool { return c.RedisURL == "" }
