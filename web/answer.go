package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

// minGzip is the size below which compressing costs more than it saves.
const minGzip = 1 << 10

// answer holds an answer back until it is whole, so that a fault half way is a
// clean 500, and so that an ETag can stand before it. It has no Unwrap: what it
// wraps is not to be written past it.
type answer struct {
	to     http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.to.Header() }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// send sends what was held back: 304 when the client has it already.
func (a *answer) send(r *http.Request) {
	a.WriteHeader(http.StatusOK)
	h, body := a.to.Header(), a.body.Bytes()
	if a.status == http.StatusOK && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
		tag := etag(body)
		h.Set("ETag", tag)
		if matches(r.Header.Get("If-None-Match"), tag) {
			h.Del("Content-Type")
			a.to.WriteHeader(http.StatusNotModified)
			return
		}
	}
	h.Add("Vary", "Accept-Encoding")
	if len(body) >= minGzip && acceptsGzip(r) {
		h.Set("Content-Encoding", "gzip")
		a.to.WriteHeader(a.status)
		zip := gzip.NewWriter(a.to)
		_, _ = zip.Write(body) // a client that left needs no answer
		_ = zip.Close()
		return
	}
	a.to.WriteHeader(a.status)
	_, _ = a.to.Write(body)
}

// etag names a body by its content. It is weak, because the same tag stands for
// the compressed form too.
func etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `W/"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
}

// matches tells whether If-None-Match names the tag (RFC 9110 13.1.2).
func matches(header, tag string) bool {
	weak := strings.TrimPrefix(tag, "W/")
	for one := range strings.SplitSeq(header, ",") {
		one = strings.TrimSpace(one)
		if one == "*" || strings.TrimPrefix(one, "W/") == weak {
			return true
		}
	}
	return false
}

// acceptsGzip reads Accept-Encoding as far as gzip is concerned: named, or "*",
// and not with q=0.
func acceptsGzip(r *http.Request) bool {
	for one := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, params, _ := strings.Cut(one, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		if name == "gzip" || name == "*" {
			q := strings.ReplaceAll(params, " ", "")
			return q != "q=0" && !strings.HasPrefix(q, "q=0.0") || strings.Trim(q, "q=0.") != ""
		}
	}
	return false
}
