package simulator

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Message is one message that a [Receiver] was sent and found to be genuine.
type Message struct {
	ID   string
	Body []byte
	Seen bool // it was sent before, and this is the same one again
}

// Receiver takes webhooks as a careful receiver does: it checks the signature as
// standardwebhooks.com tells, refuses what is older than five minutes, and knows
// again what it has had.
type Receiver struct {
	key []byte
	now func() time.Time
	got func(Message)

	mu   sync.Mutex
	seen map[string]bool
}

const (
	messageAge = 5 * time.Minute
	maxMessage = 1 << 20
)

// NewReceiver makes one that hands genuine messages to got, one at a time.
func NewReceiver(secret influencer.Secret, now func() time.Time, got func(Message)) (*Receiver, error) {
	text, prefixed := strings.CutPrefix(secret.Reveal(), "whsec_")
	key, err := base64.StdEncoding.DecodeString(text)
	if !prefixed || err != nil || len(key) == 0 {
		return nil, errors.New("a webhook's secret begins with whsec_ and goes on in base64")
	}
	return &Receiver{key: key, now: now, got: got, seen: map[string]bool{}}, nil
}

// Serve answers on l until ctx ends.
func (r *Receiver) Serve(ctx context.Context, l net.Listener) error { return serveUntil(ctx, l, r) }

func (r *Receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(io.LimitReader(req.Body, maxMessage))
	if err == nil {
		err = r.verify(req.Header, body)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	id := req.Header.Get("webhook-id")
	r.got(Message{ID: id, Body: body, Seen: r.seen[id]})
	r.seen[id] = true
	w.WriteHeader(http.StatusNoContent)
}

// verify checks that the message was signed with the secret, and lately.
func (r *Receiver) verify(h http.Header, body []byte) error {
	stamp := h.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return errors.New("no webhook-timestamp")
	}
	if age := r.now().Sub(time.Unix(seconds, 0)); age.Abs() > messageAge {
		return fmt.Errorf("the message is %s old", age.Round(time.Second))
	}
	mac := hmac.New(sha256.New, r.key)
	fmt.Fprintf(mac, "%s.%s.%s", h.Get("webhook-id"), stamp, body)
	want := mac.Sum(nil)
	for one := range strings.FieldsSeq(h.Get("webhook-signature")) {
		text, _ := strings.CutPrefix(one, "v1,")
		got, err := base64.StdEncoding.DecodeString(text)
		if err == nil && hmac.Equal(got, want) {
			return nil
		}
	}
	return errors.New("no signature of this secret")
}
