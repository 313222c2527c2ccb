package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"code.dny.dev/ssrf"
)

// Allowed lists the hosts, "name" or "name:port", to which the operator lets
// webhooks go whatever network they are in, and without TLS. They are in lower case.
type Allowed []string

// has tells whether a host and port are allowed by name.
func (a Allowed) has(host, port string) bool {
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return slices.Contains(a, host) || slices.Contains(a, "["+host+"]") || slices.Contains(a, net.JoinHostPort(host, port))
}

// maxURL bounds an address; real ones are below 500 characters.
const maxURL = 2000

// Check refuses an address that would never be sent to, and says why. A name that
// stands for a private address is only found out when it is called.
func (a Allowed) Check(address string) error {
	u, err := url.Parse(address)
	switch {
	case len(address) > maxURL:
		return fmt.Errorf("the address has more than %d characters", maxURL)
	case err != nil || u.Opaque != "" || u.Hostname() == "":
		return errors.New("the address is not a whole one, such as https://example.org/hook")
	case u.Scheme != "https" && u.Scheme != "http":
		return errors.New("the address begins neither with https:// nor with http://")
	case u.User != nil:
		return errors.New("the address holds a user name: a receiver knows us by the signature instead")
	case u.Fragment != "":
		return errors.New("the address holds a #")
	case a.has(u.Hostname(), portOf(u)):
		return nil
	case u.Scheme != "https":
		return errors.New("the address has no TLS: use https://, or let the operator allow the host in PENGIKUT_WEBHOOK_ALLOW")
	}
	return checkLiteral(u.Hostname())
}

// checkLiteral refuses a host that is itself an address that is not public.
func checkLiteral(host string) error {
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return nil //nolint:nilerr // not an address but a name, which is looked up when it is called
	}
	network := "tcp4"
	if ip.Is6() {
		network = "tcp6"
	}
	if guard().Safe(network, netip.AddrPortFrom(ip, 443).String(), nil) != nil {
		return errPrivate
	}
	return nil
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "http":
		return "80"
	}
	return "443"
}

// errPrivate is what is said of an address that is not public.
var errPrivate = errors.New("the address is not in a public network: the operator can allow the host in PENGIKUT_WEBHOOK_ALLOW")

// guard refuses addresses of loopback, private, link-local, shared, reserved and
// translated networks: the special-purpose registries of IANA.
func guard() *ssrf.Guardian { return ssrf.New(ssrf.WithAnyPort()) }

// dial connects to a host: by name where that is allowed, and else only to a
// public address. The check is the dialer's last step before it connects, so that
// a name that is looked up again cannot lead elsewhere.
func (a Allowed) dial(resolver *net.Resolver) func(context.Context, string, string) (net.Conn, error) {
	free := &net.Dialer{Timeout: dialTimeout, Resolver: resolver}
	guarded := &net.Dialer{Timeout: dialTimeout, Resolver: resolver, Control: guard().Safe}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(address)
		if err != nil {
			return nil, err
		}
		if a.has(host, port) {
			return free.DialContext(ctx, network, address)
		}
		return guarded.DialContext(ctx, network, address)
	}
}

const dialTimeout = 5 * time.Second

// prohibited tells whether a connection was refused by the guard.
func prohibited(err error) bool {
	return errors.Is(err, ssrf.ErrProhibitedIP) || errors.Is(err, ssrf.ErrProhibitedNetwork) || errors.Is(err, ssrf.ErrInvalidHostPort)
}
