package webhook

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pengikut/pengikut/influencer"
)

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	allow := Allowed{"penerima.internal", "127.0.0.1:9000", "[::1]"}
	for address, want := range map[string]string{
		"https://example.org/hook?token=x":            "",
		"https://example.org:8443/hook":               "",
		"https://8.8.8.8/":                            "",
		"http://penerima.internal/hook":               "",
		"http://PENERIMA.internal:8080":               "",
		"http://127.0.0.1:9000/":                      "",
		"https://[::1]/":                              "",
		"http://127.0.0.1:9001/":                      "no TLS",
		"https://127.0.0.1:9001/":                     "not in a public network",
		"http://example.org/":                         "no TLS",
		"ftp://example.org/":                          "neither with https",
		"//example.org":                               "neither with https",
		"https:///hook":                               "not a whole one",
		"example.org/hook":                            "not a whole one",
		"https://a:b@example.org/":                    "user name",
		"https://example.org/#a":                      "#",
		"https://10.1.2.3/":                           "not in a public network",
		"https://100.64.0.1/":                         "not in a public network",
		"https://169.254.169.254/latest":              "not in a public network",
		"https://172.16.0.1/":                         "not in a public network",
		"https://192.168.1.1/":                        "not in a public network",
		"https://0.0.0.0/":                            "not in a public network",
		"https://[::]/":                               "not in a public network",
		"https://[fe80::1]/":                          "not in a public network",
		"https://[fd00::1]/":                          "not in a public network",
		"https://[::ffff:127.0.0.1]/":                 "not in a public network",
		"https://[64:ff9b::7f00:1]/":                  "not in a public network",
		"https://[64:ff9b:1::7f00:1]/":                "not in a public network",
		"https://[2002:7f00:1::]/":                    "not in a public network",
		"https://[2001:0:7f00:1::]/":                  "not in a public network",
		"https://224.0.0.1/":                          "not in a public network",
		"https://e.org/" + string(make([]byte, 2000)): "characters",
	} {
		err := allow.Check(address)
		switch {
		case want == "" && err != nil:
			t.Errorf("%s: %v", address, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%.60s: %v, want %q", address, err, want)
		}
	}
}

// dns answers every question for an A record with the next of the addresses, the
// last one for ever, and knows no other.
func dns(t *testing.T, asked *atomic.Int32, answers ...netip.Addr) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { _ = conn.Close(); <-done })
	go func() {
		defer close(done)
		for {
			question := make([]byte, 512)
			n, from, err := conn.ReadFrom(question)
			if err != nil {
				return
			}
			_, _ = conn.WriteTo(reply(question[:n], asked, answers), from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// reply makes the answer of a question (RFC 1035 section 4).
func reply(question []byte, asked *atomic.Int32, answers []netip.Addr) []byte {
	end := 12
	for question[end] != 0 {
		end += int(question[end]) + 1
	}
	kind := binary.BigEndian.Uint16(question[end+1:])
	out := append([]byte{}, question[:end+5]...)
	out[2], out[3] = 0x81, 0x80
	clear(out[6:12])
	if kind != 1 {
		return out
	}
	i := min(int(asked.Add(1)), len(answers)) - 1
	out[7] = 1
	out = append(out, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	ip := answers[i].As4()
	return append(out, ip[:]...)
}

// nowhere looks up no name.
func nowhere() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		return nil, errors.New("no name server")
	}}
}

// A name that stood for a public address when it was looked at, and stands for
// this machine when it is called, leads nowhere.
func TestRebinding(t *testing.T) {
	t.Parallel()
	var reached atomic.Bool
	s, _ := receiver(t, func(http.ResponseWriter, *http.Request) { reached.Store(true) })
	address, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	var asked atomic.Int32
	resolver := dns(t, &asked, netip.MustParseAddr("93.184.215.14"), netip.MustParseAddr("127.0.0.1"))
	if ips, err := resolver.LookupNetIP(t.Context(), "ip4", "ganti.example"); err != nil || !ips[0].IsGlobalUnicast() {
		t.Fatalf("the first look: %v, %v", ips, err)
	}
	sender := to(t, s, func(o *Options) { o.Allow, o.Resolver = Allowed{"lain.example"}, resolver })
	o := event(s)
	o.URL = "https://ganti.example:" + address.Port() + "/"
	out := sender.Send(t.Context(), o)
	if out.Error != errPrivate.Error() || reached.Load() || asked.Load() < 2 {
		t.Errorf("%+v, reached %v, asked %d times", out, reached.Load(), asked.Load())
	}
	// The same name, allowed, gets there: what stops it is the guard and nothing else.
	sender = to(t, s, func(o *Options) { o.Allow, o.Resolver = Allowed{"ganti.example"}, resolver })
	if out := sender.Send(t.Context(), o); out.Error == errPrivate.Error() || asked.Load() < 3 {
		t.Errorf("allowed: %+v", out)
	}
}

// The environment's proxy is not used: behind one, nobody would see where a
// connection goes.
func TestNoProxy(t *testing.T) {
	var proxied atomic.Bool
	s, _ := receiver(t, says(200))
	proxy, _ := receiver(t, func(http.ResponseWriter, *http.Request) { proxied.Store(true) })
	t.Setenv("HTTPS_PROXY", proxy.URL)
	if out := to(t, s, nil).Send(t.Context(), event(s)); out.Error != "" || proxied.Load() {
		t.Errorf("%+v, through the proxy: %v", out, proxied.Load())
	}
	if out := NewSender(Options{}).Send(t.Context(), influencer.Outgoing{URL: s.URL}); out.Error != errPrivate.Error() {
		t.Errorf("%+v", out)
	}
}
