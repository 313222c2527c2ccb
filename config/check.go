package config

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseDuration reads Go's form, "90m" or "1h30m", and days: "30d", "1d12h".
func ParseDuration(s string) (time.Duration, error) {
	bad := fmt.Errorf("%q is not a duration such as 90m, 24h or 30d", s)
	days, rest, found := strings.Cut(s, "d")
	if !found {
		days, rest = "0", s
	}
	n, err := strconv.ParseUint(days, 10, 16)
	if err != nil {
		return 0, bad
	}
	if rest == "" && found {
		rest = "0s"
	}
	d, err := time.ParseDuration(rest)
	if err != nil || d < 0 {
		return 0, bad
	}
	return time.Duration(n)*24*time.Hour + d, nil
}

// FormatDuration writes what ParseDuration reads, in days when they are whole
// and more than one.
func FormatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d > day && d%day == 0 {
		return fmt.Sprintf("%dd", d/day)
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = s[:len(s)-2]
	}
	if strings.HasSuffix(s, "h0m") {
		s = s[:len(s)-2]
	}
	return s
}

func oneOf(names ...string) func(string) error {
	return func(s string) error {
		if !slices.Contains(names, s) {
			return fmt.Errorf("%q is none of: %s", s, strings.Join(names, ", "))
		}
		return nil
	}
}

func checkListen(s string) error {
	_, port, err := net.SplitHostPort(s)
	if err != nil {
		return fmt.Errorf("%q is not host:port", s)
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n > 65535 {
		return fmt.Errorf("%q does not end in a port number", s)
	}
	return nil
}

func parsePrefix(s string) (netip.Prefix, error) {
	if at, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(at, at.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	if err != nil {
		return p, fmt.Errorf("%q is neither an address nor a network such as 10.0.0.0/8", s)
	}
	return p.Masked(), nil
}

// onLoopback tells whether only this machine reaches a host:port.
func onLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	return loopback(host)
}

// minMetricsToken keeps a token from being guessed; nothing slows a guesser down.
const minMetricsToken = 20

func checkMetricsToken(s string) error {
	if len(s) < minMetricsToken {
		return fmt.Errorf("is shorter than %d characters: make one with `openssl rand -hex 24`", minMetricsToken)
	}
	return checkToken(s)
}

func anyText(string) error { return nil }

// checkToken refuses what cannot stand in an HTTP header: most often a line end
// that came along when the token was copied.
func checkToken(s string) error {
	for _, r := range s {
		if r <= ' ' || r > '~' {
			return errors.New("holds a space, a line end or another character that no token has")
		}
	}
	return nil
}

func checkDatabaseURL(s string) error {
	switch scheme(s) {
	case "postgres", "postgresql":
		return checkAuthority(s)
	case "sqlite":
		if strings.TrimPrefix(s, "sqlite:") == "" {
			return errors.New("names no file behind sqlite:")
		}
		return nil
	}
	return errors.New("is neither postgres://… nor sqlite:PATH")
}

func checkRedisURL(s string) error {
	switch scheme(s) {
	case "redis", "rediss", "redis-sentinel", "rediss-sentinel", "redis-cluster", "rediss-cluster":
		return checkAuthority(s)
	}
	return errors.New("is none of redis://…, redis-sentinel://…, redis-cluster://…, nor rediss in place of redis")
}

func checkAuthority(s string) error {
	if p := splitURL(s); p.hosts == "" {
		return errors.New("names no host")
	}
	return nil
}

// checkBaseURL reports no more of the URL than its parts by name, in case
// somebody pasted a token into it.
func checkBaseURL(s string) error {
	u, err := url.Parse(s)
	if err != nil {
		return errors.New("is not a URL")
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("is not an http:// or https:// URL")
	case u.Host == "":
		return errors.New("names no host")
	case u.User != nil:
		return errors.New("must not hold a user name or password")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return errors.New("must not hold a query or a fragment")
	}
	return nil
}

func trimSlash(s string) string { return strings.TrimRight(s, "/") }
