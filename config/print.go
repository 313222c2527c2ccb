package config

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Setting is one option as it may be printed: secrets are masked.
type Setting struct {
	Name  string // the environment's spelling
	Value string // "" where nothing is set
	From  string // "default", "environment", or a file's name
}

// Table lists every option, in the order of the documentation.
func (c Config) Table() []Setting {
	var rows []Setting
	for _, o := range c.options(anyText) {
		rows = append(rows, Setting{Name: prefix + o.name, Value: o.show(), From: c.from[o.name]})
	}
	return rows
}

// String lists every option, one a line, with secrets masked.
func (c Config) String() string {
	var b strings.Builder
	for _, s := range c.Table() {
		fmt.Fprintf(&b, "%s=%s\n", s.Name, s.Value)
	}
	return b.String()
}

// GoString is String, so that %#v shows no more.
func (c Config) GoString() string { return c.String() }

// Warnings lists what is allowed and yet likely a mistake.
func (c Config) Warnings() []string {
	var w []string
	for _, b := range [][2]string{{"X_BASE_URL", c.X.BaseURL}, {"GRAPH_BASE_URL", c.Graph.BaseURL}} {
		if u, err := url.Parse(b[1]); err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
			w = append(w, prefix+b[0]+" is http and leaves this machine: tokens travel in clear text")
		}
	}
	if host, _, err := net.SplitHostPort(c.Listen); err == nil && !loopback(host) {
		w = append(w, prefix+"LISTEN is open beyond this machine: put TLS in front of it")
	}
	return w
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
