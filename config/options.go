package config

import (
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// option ties one name to one field.
type option struct {
	name   string // without PENGIKUT_, for example "X_EVERY"
	def    string // "" leaves the field at its zero value
	secret bool   // may also come from <name>_FILE, and is never part of a problem
	set    func(string) error
	show   func() string // safe to print
}

// options is the whole table, in the order in which it is documented.
func (c *Config) options(checkKey func(string) error) []option {
	return []option{
		text("DATA_DIR", "./data", &c.DataDir),
		secretText("DATABASE_URL", &c.DatabaseURL, checkDatabaseURL, maskURL),
		secretText("REDIS_URL", &c.RedisURL, checkRedisURL, maskURL),
		checked("LISTEN", "127.0.0.1:8080", &c.Listen, checkListen),
		prefixes("TRUSTED_PROXIES", &c.TrustedProxies),
		secretText("SECRET_KEY", &c.SecretKey, checkKey, mask),
		onOff("BADGE", &c.Badge.On),
		baseURL("BADGE_URL", "", &c.Badge.PublicURL),
		text("BADGE_ISSUER", "Kementerian Komunikasi dan Digital", &c.Badge.Issuer),
		baseURL("SERVER", "", &c.Server.URL),
		token("KEY", &c.Server.Key),
		onOff("SERVER_PLAIN", &c.Server.Plain),
		checked("METRICS_LISTEN", "", &c.Metrics.Listen, checkListen),
		secretText("METRICS_TOKEN", &c.Metrics.Token, checkMetricsToken, mask),
		checked("X_API", "v2", &c.X.API, oneOf("v2", "v1.1")),
		baseURL("X_BASE_URL", "", &c.X.BaseURL),
		token("X_BEARER_TOKEN", &c.X.BearerToken),
		token("X_CONSUMER_KEY", &c.X.ConsumerKey),
		token("X_CONSUMER_SECRET", &c.X.ConsumerSecret),
		every("X_EVERY", &c.X.Every),
		reads("X_MONTHLY_READS", &c.X.MonthlyReads),
		baseURL("GRAPH_BASE_URL", "https://graph.facebook.com", &c.Graph.BaseURL),
		checked("GRAPH_VERSION", "v26.0", &c.Graph.Version, checkGraphVersion),
		checked("INSTAGRAM_USER_ID", "", &c.Instagram.UserID, checkDigits),
		token("INSTAGRAM_ACCESS_TOKEN", &c.Instagram.AccessToken),
		every("INSTAGRAM_EVERY", &c.Instagram.Every),
		reads("INSTAGRAM_MONTHLY_READS", &c.Instagram.MonthlyReads),
		checked("FACEBOOK_APP_ID", "", &c.Facebook.AppID, checkDigits),
		token("FACEBOOK_APP_SECRET", &c.Facebook.AppSecret),
		every("FACEBOOK_EVERY", &c.Facebook.Every),
		reads("FACEBOOK_MONTHLY_READS", &c.Facebook.MonthlyReads),
		hosts("WEBHOOK_ALLOW", &c.WebhookAllow),
		within("WEBHOOK_TIMEOUT", "15s", &c.WebhookTimeout, time.Second, 20*time.Second),
	}
}

func text(name, def string, p *string) option {
	return checked(name, def, p, anyText)
}

// checked is a text that must pass check, whose error may quote it.
func checked(name, def string, p *string, check func(string) error) option {
	return option{name: name, def: def, show: func() string { return *p }, set: func(s string) error {
		if err := check(s); err != nil {
			return err
		}
		*p = s
		return nil
	}}
}

// onOff is a switch that is off unless it is turned on.
func onOff(name string, p *bool) option {
	show := func() string {
		if *p {
			return "on"
		}
		return "off"
	}
	return option{name: name, def: "off", show: show, set: func(s string) error {
		*p = s == "on"
		return oneOf("on", "off")(s)
	}}
}

func token(name string, p *influencer.Secret) option {
	return secretText(name, p, checkToken, mask)
}

// secretText is a text that must pass check, whose error may not quote it, and
// that prints as show makes it.
func secretText(name string, p *influencer.Secret, check func(string) error, show func(string) string) option {
	set := func(s string) error {
		if err := check(s); err != nil {
			return err
		}
		*p = influencer.Secret(s)
		return nil
	}
	return option{name: name, secret: true, set: set, show: func() string { return show(p.Reveal()) }}
}

func mask(s string) string { return influencer.Secret(s).String() }

func baseURL(name, def string, p *string) option {
	o := checked(name, def, p, checkBaseURL)
	check := o.set
	o.set = func(s string) error { return check(trimSlash(s)) }
	return o
}

// prefixes are networks and addresses, separated by commas.
func prefixes(name string, p *[]netip.Prefix) option {
	show := func() string {
		texts := make([]string, len(*p))
		for i, one := range *p {
			texts[i] = one.String()
		}
		return strings.Join(texts, ",")
	}
	return option{name: name, show: show, set: func(s string) error {
		var all []netip.Prefix
		for text := range strings.SplitSeq(s, ",") {
			one, err := parsePrefix(strings.TrimSpace(text))
			if err != nil {
				return err
			}
			all = append(all, one)
		}
		*p = all
		return nil
	}}
}

func every(name string, p *time.Duration) option {
	return duration(name, "24h", p, func(d time.Duration) string {
		if d <= 0 {
			return "is not longer than nothing"
		}
		return ""
	})
}

// within is a duration that has bounds.
func within(name, def string, p *time.Duration, least, most time.Duration) option {
	return duration(name, def, p, func(d time.Duration) string {
		if d < least || d > most {
			return fmt.Sprintf("is not between %v and %v", least, most)
		}
		return ""
	})
}

// duration is a length of time of which wrong says what is wrong, "" for nothing.
func duration(name, def string, p *time.Duration, wrong func(time.Duration) string) option {
	show := func() string { return FormatDuration(*p) }
	return option{name: name, def: def, show: show, set: func(s string) error {
		d, err := ParseDuration(s)
		if err != nil {
			return err
		}
		if why := wrong(d); why != "" {
			return fmt.Errorf("%q %s", s, why)
		}
		*p = d
		return nil
	}}
}

func reads(name string, p **int64) option {
	show := func() string {
		if *p == nil {
			return "none"
		}
		return strconv.FormatInt(**p, 10)
	}
	return option{name: name, show: show, set: func(s string) error {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return fmt.Errorf("%q is not a whole number of reads", s)
		}
		*p = &n
		return nil
	}}
}

// hosts is a list of host or host:port, separated by commas, kept in lower case.
func hosts(name string, p *[]string) option {
	show := func() string { return strings.Join(*p, ",") }
	return option{name: name, show: show, set: func(s string) error {
		var list []string
		for part := range strings.SplitSeq(s, ",") {
			part = strings.ToLower(strings.TrimSpace(part))
			if !hostForm.MatchString(part) {
				return fmt.Errorf("%q is neither a host nor host:port", part)
			}
			list = append(list, part)
		}
		*p = list
		return nil
	}}
}

var (
	hostForm     = regexp.MustCompile(`^([a-z0-9_.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?$`)
	graphVersion = regexp.MustCompile(`^v[0-9]+\.[0-9]+$`)
	digits       = regexp.MustCompile(`^[0-9]+$`)
)

func checkGraphVersion(s string) error {
	if !graphVersion.MatchString(s) {
		return fmt.Errorf("%q is not a version such as v26.0", s)
	}
	return nil
}

func checkDigits(s string) error {
	if !digits.MatchString(s) {
		return fmt.Errorf("%q is not an id: only digits", s)
	}
	return nil
}
