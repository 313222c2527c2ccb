package store

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// oldSecretLife is how long the secret of before stays valid after a change: time
// for a receiver to be told the new one.
const oldSecretLife = 24 * time.Hour

// newSigningSecret makes a secret in the form of Standard Webhooks: 32 random
// bytes in base64 behind whsec_.
func newSigningSecret() influencer.Secret {
	b := make([]byte, 32)
	rand.Read(b) // never fails: it ends the program instead
	return influencer.Secret("whsec_" + base64.StdEncoding.EncodeToString(b))
}

// secretPlace is what a webhook's secret is bound to.
func secretPlace(id int64) string { return fmt.Sprintf("webhooks\x00%d", id) }

func (s *Store) putSecret(tx *gorm.DB, id int64, secret influencer.Secret) error {
	keyID, ciphertext, err := s.opts.Keys.seal(secret, secretPlace(id))
	if err != nil {
		return err
	}
	return tx.Exec(`UPDATE webhooks SET key_id = ?, ciphertext = ? WHERE id = ?`, keyID, ciphertext, id).Error
}

// sealedSecret is a webhook's secret as its row holds it.
type sealedSecret struct {
	webhook           int64
	prefix            string // of its columns: "" or "old_"
	keyID, ciphertext string
}

// resealWebhooks encrypts every secret under the newest key. Those that cannot be
// read stay as they are and are counted.
func (s *Store) resealWebhooks(ctx context.Context) (moved, stuck int, err error) {
	db := s.db.WithContext(ctx)
	var found []sealedSecret
	newest := s.opts.Keys.Newest()
	err = each(db, `SELECT id, '' AS prefix, key_id, ciphertext FROM webhooks WHERE key_id <> ?
		UNION ALL SELECT id, 'old_', old_key_id, old_ciphertext FROM webhooks WHERE old_key_id <> ? AND old_ciphertext <> ''`,
		[]any{newest, newest}, func(c *cursor) {
			found = append(found, sealedSecret{c.int(), c.text(), c.text(), c.text()})
		})
	if err != nil {
		return 0, 0, err
	}
	for _, one := range found {
		err := s.reseal(db, one)
		switch {
		case errors.Is(err, ErrUnknownKey) || errors.Is(err, ErrTampered):
			stuck++
		case err != nil:
			return moved, stuck, err
		default:
			moved++
		}
	}
	return moved, stuck, nil
}

// reseal leaves a secret alone that was replaced meanwhile.
func (s *Store) reseal(db *gorm.DB, one sealedSecret) error {
	secret, err := s.opts.Keys.unseal(one.keyID, one.ciphertext, secretPlace(one.webhook))
	if err != nil {
		return err
	}
	keyID, ciphertext, err := s.opts.Keys.seal(secret, secretPlace(one.webhook))
	if err != nil {
		return err
	}
	return db.Exec(`UPDATE webhooks SET `+one.prefix+`key_id = ?, `+one.prefix+`ciphertext = ? WHERE id = ? AND `+one.prefix+`ciphertext = ?`,
		keyID, ciphertext, one.webhook, one.ciphertext).Error
}
