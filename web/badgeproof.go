package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

// credential answers the signed credential of a badge. A badge that does not hold
// is answered too: its status list says so, which is what a verifier asks.
func (b *badges) credential(w http.ResponseWriter, r *http.Request) error {
	badge, err := b.store.Badge(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	signed, err := b.sign(r.Context(), b.issuer.badge(badge))
	if err != nil {
		return err
	}
	forAll(w, statusListFresh)
	return token(w, signed)
}

func (b *badges) sign(ctx context.Context, credential object) (string, error) {
	key, err := b.keys.BadgeKey(ctx)
	if err != nil {
		return "", err
	}
	return b.issuer.sign(key, credential)
}

func token(w http.ResponseWriter, signed string) error {
	// Compact form as Open Badges says (www.imsglobal.org/spec/ob/v3p0, "getCredentials").
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := io.WriteString(w, signed)
	return err
}

// statusList answers a signed list of bits.
func (b *badges) statusList(w http.ResponseWriter, r *http.Request) error {
	name, err := listOf(r)
	if err != nil {
		return err
	}
	kept := b.kept(name)
	if kept == nil {
		return influencer.ErrNotFound
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	if now := b.now(); kept.signed == "" || now.Sub(kept.made) >= statusListFresh || now.Before(kept.made) {
		if kept.signed, err = b.makeList(r.Context(), name, now); err != nil {
			return err
		}
		kept.made = now
	}
	forAll(w, statusListFresh)
	return token(w, kept.signed)
}

func (b *badges) makeList(ctx context.Context, name listName, at time.Time) (string, error) {
	set, err := b.store.BadgeBits(ctx, name.purpose, name.list)
	if err != nil {
		return "", err
	}
	list, err := b.issuer.statusList(name.purpose, name.list, set, at)
	if err != nil {
		return "", err
	}
	return b.sign(ctx, list)
}

func listOf(r *http.Request) (listName, error) {
	purpose := influencer.StatusPurpose(r.PathValue("purpose"))
	n, err := strconv.ParseInt(r.PathValue("list"), 10, 32)
	if err != nil || n < 0 || n >= maxLists/2 || purpose != influencer.PurposeRevocation && purpose != influencer.PurposeSuspension {
		return listName{}, influencer.ErrNotFound
	}
	return listName{purpose, n}, nil
}

// kept is the place of a list in memory. The number of places is bounded by the
// names that listOf lets through.
func (b *badges) kept(name listName) *keptList {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lists[name] == nil {
		b.lists[name] = &keptList{}
	}
	return b.lists[name]
}

// key answers one public key, which a credential's header names.
func (b *badges) key(w http.ResponseWriter, r *http.Request) error {
	keys, err := b.keys.BadgePublicKeys(r.Context())
	if err != nil {
		return err
	}
	for _, k := range keys {
		if k.KID == r.PathValue("kid") {
			forAll(w, time.Hour)
			return b.json(w, json.RawMessage(k.Public))
		}
	}
	return influencer.ErrNotFound
}

func (b *badges) keySet(w http.ResponseWriter, r *http.Request) error {
	keys, err := b.keys.BadgePublicKeys(r.Context())
	if err != nil {
		return err
	}
	forAll(w, time.Hour)
	return b.json(w, object{"keys": each(keys, func(k BadgeKey) json.RawMessage { return json.RawMessage(k.Public) })})
}

func (b *badges) json(w http.ResponseWriter, v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	_, err = w.Write(text)
	return err
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }
