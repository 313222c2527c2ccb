package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// SigningKey is a key that signs badges, without its private part unless asked for.
type SigningKey struct {
	KID       string // names it in what it signed
	Public    string // as a JSON Web Key
	Private   influencer.Secret
	CreatedAt time.Time
}

func (k SigningKey) place() string { return "signing_keys/" + k.KID + "/private" }

// SigningKeys lists the keys, newest first, without their private parts.
func (s *Store) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	var keys []SigningKey
	err := each(s.db.WithContext(ctx), `SELECT kid, public_key, created_at FROM signing_keys ORDER BY created_at DESC, kid`, nil,
		func(c *cursor) { keys = append(keys, SigningKey{KID: c.text(), Public: c.text(), CreatedAt: c.time()}) })
	if err != nil {
		return nil, fmt.Errorf("store: signing keys: %w", err)
	}
	return keys, nil
}

// NewestSigningKey is the key that signs, with its private part;
// [influencer.ErrNotFound] when there is none yet.
func (s *Store) NewestSigningKey(ctx context.Context) (SigningKey, error) {
	var k SigningKey
	var keyID, ciphertext string
	var created int64
	found, err := scanOne(s.db.WithContext(ctx).Raw(`SELECT kid, public_key, created_at, key_id, ciphertext FROM signing_keys
		ORDER BY created_at DESC, kid LIMIT 1`), &k.KID, &k.Public, &created, &keyID, &ciphertext)
	if err == nil && !found {
		err = influencer.ErrNotFound
	}
	if err == nil {
		k.CreatedAt = time.UnixMicro(created).UTC()
		k.Private, err = s.opts.Keys.unseal(keyID, ciphertext, k.place())
	}
	if err != nil {
		return SigningKey{}, fmt.Errorf("store: signing key: %w", err)
	}
	return k, nil
}

// AddSigningKey adds a key, which signs from now on. With onlyFirst it is added
// only when there is none: processes that start together end up with one that all
// know.
func (s *Store) AddSigningKey(ctx context.Context, k SigningKey, onlyFirst bool, actor string) error {
	keyID, ciphertext, err := s.opts.Keys.seal(k.Private, k.place())
	if err == nil {
		err = s.write(ctx, func(tx *gorm.DB) error { return addSigningKey(tx, k, onlyFirst, actor, keyID, ciphertext, s.now()) })
	}
	if err != nil {
		return fmt.Errorf("store: add signing key: %w", err)
	}
	return nil
}

func addSigningKey(tx *gorm.DB, k SigningKey, onlyFirst bool, actor, keyID, ciphertext string, at time.Time) error {
	if err := lockNamed(tx, "signing keys"); err != nil { // one at a time, or two would both be the first
		return err
	}
	var have int
	if _, err := scanOne(tx.Raw(`SELECT count(*) FROM signing_keys`), &have); err != nil || have > 0 && onlyFirst {
		return err
	}
	c := changes{tx: tx}
	c.add("signing key", 1, `INSERT INTO signing_keys (kid, public_key, key_id, ciphertext, created_at) VALUES (?, ?, ?, ?, CAST(? AS bigint))`,
		k.KID, k.Public, keyID, ciphertext, at.UnixMicro())
	c.audit(influencer.AuditEntry{At: at, Actor: actor, Action: "signing_key.add", Target: "signing_key:" + k.KID})
	return c.run()
}

// resealSigningKeys encrypts the keys anew that are not under the newest secret
// key, and tells how many it moved and how many it could not.
func (s *Store) resealSigningKeys(ctx context.Context) (moved, stuck int, err error) {
	type row struct{ kid, keyID, ciphertext string }
	var rows []row
	db := s.db.WithContext(ctx)
	err = each(db, `SELECT kid, key_id, ciphertext FROM signing_keys WHERE key_id <> ?`, []any{s.opts.Keys.Newest()},
		func(c *cursor) { rows = append(rows, row{c.text(), c.text(), c.text()}) })
	for _, r := range rows {
		place := SigningKey{KID: r.kid}.place()
		plain, e := s.opts.Keys.unseal(r.keyID, r.ciphertext, place)
		if errors.Is(e, ErrUnknownKey) || errors.Is(e, ErrTampered) {
			stuck++
			continue
		}
		keyID, ciphertext, e := s.opts.Keys.seal(plain, place)
		if e == nil {
			e = db.Exec("UPDATE signing_keys SET key_id = ?, ciphertext = ? WHERE kid = ? AND ciphertext = ?", keyID, ciphertext, r.kid, r.ciphertext).Error
		}
		if e != nil {
			return moved, stuck, e
		}
		moved++
	}
	return moved, stuck, err
}
