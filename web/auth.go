package web

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// Authenticator knows the keys.
type Authenticator interface {
	// Authenticate tells whose key a text is, as things stand at this moment;
	// [influencer.ErrKey] when it opens nothing.
	Authenticate(ctx context.Context, text influencer.Secret) (influencer.Key, error)
}

// Limits of failed tries, in one process.
const (
	maxTries     = 10 // wrong keys from one address in a window
	triesWindow  = time.Minute
	maxAddresses = 10_000
	maxKeyText   = 200 // longer than any key
)

// door lets keys in, and slows down whoever tries keys.
type door struct {
	keys    Authenticator
	trusted []netip.Prefix // proxies
	failed  *limiter       // by address
	good    *limiter       // by address and key: keys that came in from there
}

func newDoor(keys Authenticator, trusted []netip.Prefix) *door {
	return &door{
		keys: keys, trusted: trusted,
		failed: newLimiter(triesWindow, maxAddresses),
		good:   newLimiter(10*time.Minute, maxAddresses),
	}
}

// enter tells who calls. Every key that opens nothing gets the same answer. An
// address with too many of them waits, but for keys that came in from there
// before: a misconfigured dashboard must not shut out its whole office.
func (d *door) enter(r *http.Request) (principal, error) {
	text := bearer(r)
	if text == "" || d.keys == nil {
		return principal{}, refusal(http.StatusUnauthorized, "Send a key as Authorization: Bearer KEY.")
	}
	address := clientAddress(r, d.trusted)
	sum := sha256.Sum256([]byte(text.Reveal()))
	known := address + " " + string(sum[:])
	if n, left := d.failed.count(address); n >= maxTries {
		if good, _ := d.good.count(known); good == 0 {
			return principal{}, tooMany(left, "Too many keys from this address opened nothing.")
		}
	}
	k, err := d.keys.Authenticate(r.Context(), text)
	if errors.Is(err, influencer.ErrKey) {
		d.failed.add(address, 1)
		d.good.forget(known)
		return principal{}, refusal(http.StatusUnauthorized, "The key is not valid.")
	}
	if err != nil {
		return principal{}, err
	}
	d.good.add(known, 1)
	return principal{KeyID: k.ID, Name: k.Name, Role: k.Role, Agency: k.Agency}, nil
}

// bearer is the key in a request, "" when there is none.
func bearer(r *http.Request) influencer.Secret {
	scheme, text, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	text = strings.TrimSpace(text)
	if !strings.EqualFold(scheme, "Bearer") || len(text) > maxKeyText {
		return ""
	}
	return influencer.Secret(text)
}

func tooMany(wait time.Duration, why string) *Problem {
	p := refusal(http.StatusTooManyRequests, "%s", why)
	p.retry = wait
	return p
}

// admit lets a request into a route, or says why not.
func (a *api) admit(s routeSpec, r *http.Request) (*http.Request, error) {
	if s.who == public {
		return r, nil
	}
	p, err := a.door.enter(r)
	if err != nil {
		return r, err
	}
	noteCaller(r.Context(), p)
	switch {
	case s.who == admins && p.Role != influencer.RoleAdmin:
		return r, refusal(http.StatusForbidden, "This needs a key with the role admin.")
	case s.allAgencies && p.Agency != "":
		return r, refusal(http.StatusForbidden, "This concerns all agencies, and the key is for one.")
	}
	if s.perMinute > 0 {
		if n, left := a.calls.add(s.id+" "+strconv.FormatInt(p.KeyID, 10), 1); n > s.perMinute {
			return r, tooMany(left, "No more than "+strconv.Itoa(s.perMinute)+" calls a minute with one key.")
		}
	}
	return r.WithContext(withPrincipal(r.Context(), p)), nil
}
