package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"unicode/utf8"

	"github.com/pengikut/pengikut/influencer"
)

const (
	secretBytes   = 32 // of a key given as bytes
	minPassphrase = 32 // characters
)

// The keys may be missing or wrong in two ways that call for different acts.
var (
	// ErrUnknownKey means that what was read is under a key that the ring does not
	// hold: bring the old key back, after the first one, and rotate.
	ErrUnknownKey = errors.New("the secret key that encrypted this is not among those configured")
	// ErrTampered means that the key is right and the text is not: it was changed,
	// or moved from another row.
	ErrTampered = errors.New("the encrypted text does not belong to this row or was changed")
)

// KeyRing encrypts tokens at rest: AES-256-GCM with a random nonce. The first
// key encrypts, every key decrypts, so that a key can be replaced while the old
// one is still needed. The zero KeyRing holds no key and refuses both. A KeyRing
// prints as a mask.
type KeyRing struct {
	ring *ring // behind a pointer, so that not even %+v of a struct around it shows a key
}

type ring struct {
	newest string
	open   map[string]cipher.AEAD
}

// ParseKeyRing reads one or more secret keys, separated by commas or line ends,
// the newest first. A key is 32 bytes in base64 or hex, as NewSecretKey makes
// them, or a passphrase of at least 32 characters. Errors name a key by its
// place and never hold it.
func ParseKeyRing(s string) (KeyRing, error) {
	r := ring{open: map[string]cipher.AEAD{}}
	for i, text := range strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == '\n' || c == '\r' }) {
		if text = strings.TrimSpace(text); text == "" {
			continue
		}
		secret, err := parseKey(text)
		if err != nil {
			return KeyRing{}, fmt.Errorf("secret key %d: %w", i+1, err)
		}
		if err := r.add(secret); err != nil {
			return KeyRing{}, fmt.Errorf("secret key %d: %w", i+1, err)
		}
	}
	if r.newest == "" {
		return KeyRing{}, errors.New("secret key: none given")
	}
	return KeyRing{&r}, nil
}

// NewSecretKey makes a key for ParseKeyRing: 32 random bytes in base64.
func NewSecretKey() influencer.Secret {
	b := make([]byte, secretBytes)
	rand.Read(b) // never fails: it ends the program instead
	return influencer.Secret(base64.StdEncoding.EncodeToString(b))
}

func parseKey(text string) ([]byte, error) {
	if b, err := hex.DecodeString(text); err == nil && len(b) == secretBytes {
		return b, nil
	}
	bare := strings.TrimRight(text, "=")
	for _, enc := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := enc.DecodeString(bare); err == nil && len(b) == secretBytes {
			return b, nil
		}
	}
	if n := utf8.RuneCountInString(text); n < minPassphrase {
		return nil, fmt.Errorf("%d characters: want 32 bytes in base64 or hex, or a passphrase of at least %d characters", n, minPassphrase)
	}
	return []byte(text), nil
}

// add derives the key and its id from the secret. They come from HKDF under
// different labels, so the id, which is stored in plain text, tells nothing.
func (r *ring) add(secret []byte) error {
	id, err := hkdf.Key(sha256.New, secret, nil, "pengikut key id", 6)
	if err != nil {
		return err
	}
	key, err := hkdf.Key(sha256.New, secret, nil, "pengikut credentials aes-256-gcm", secretBytes)
	if err != nil {
		return err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return err
	}
	name := hex.EncodeToString(id)
	if r.newest == "" {
		r.newest = name
	}
	r.open[name] = aead
	return nil
}

// Newest is the id of the key that encrypts, "" when there is none. An id is no
// secret.
func (k KeyRing) Newest() string {
	if k.ring == nil {
		return ""
	}
	return k.ring.newest
}

// seal encrypts plain under the newest key. place is what the text is bound to.
func (k KeyRing) seal(plain influencer.Secret, place string) (keyID, ciphertext string, err error) {
	if k.ring == nil {
		return "", "", ErrUnknownKey
	}
	sealed := k.ring.open[k.ring.newest].Seal(nil, nil, []byte(plain.Reveal()), []byte(place))
	return k.ring.newest, base64.StdEncoding.EncodeToString(sealed), nil
}

func (k KeyRing) unseal(keyID, ciphertext, place string) (influencer.Secret, error) {
	if k.ring == nil || k.ring.open[keyID] == nil {
		return "", ErrUnknownKey
	}
	sealed, err := base64.StdEncoding.DecodeString(ciphertext)
	if err != nil {
		return "", ErrTampered
	}
	plain, err := k.ring.open[keyID].Open(nil, nil, sealed, []byte(place))
	if err != nil {
		return "", ErrTampered
	}
	return influencer.Secret(plain), nil
}

// String tells how many keys there are and which one encrypts.
func (k KeyRing) String() string {
	if k.ring == nil {
		return "no keys"
	}
	return fmt.Sprintf("%d keys, newest %s", len(k.ring.open), k.ring.newest)
}

// GoString is String, for %#v.
func (k KeyRing) GoString() string { return k.String() }

// LogValue is String, for slog.
func (k KeyRing) LogValue() slog.Value { return slog.StringValue(k.String()) }
