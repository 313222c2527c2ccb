package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// AppToken is a token of the ministry's own, for a connector.
type AppToken struct {
	ID        int64 // for [Store.MarkCredential]
	Label     string
	Token     influencer.Secret
	ExpiresAt time.Time // zero: not known to expire
}

// sealed is a token as its row holds it.
type sealed struct {
	id                int64
	platform          influencer.Platform
	account           int64 // 0 for the ministry's own
	label             string
	keyID, ciphertext string
	expires           *int64
	created           int64
	state             CredentialState
	detail            string
	failures          int // renewals in a row that failed
}

// place is what the ciphertext is bound to: it opens in no other row.
func (c sealed) place() string {
	return fmt.Sprintf("credentials\x00%s\x00%d\x00%s", c.platform, c.account, c.label)
}

const sealedColumns = "c.id, c.platform, coalesce(c.account_id, 0), c.label, c.key_id, c.ciphertext, c.expires_at, c.created_at, c.state, c.detail, c.renew_failures"

func loadSealed(tx *gorm.DB, query string, args ...any) ([]sealed, error) {
	rows, err := tx.Raw("SELECT "+sealedColumns+" "+query, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []sealed
	for rows.Next() {
		var c sealed
		if err := rows.Scan(&c.id, &c.platform, &c.account, &c.label, &c.keyID, &c.ciphertext, &c.expires, &c.created, &c.state, &c.detail, &c.failures); err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, rows.Err()
}

const usable = " AND c.state = 'ok' AND (c.expires_at IS NULL OR c.expires_at > ?)"

// reveal decrypts one token, and sets it aside, returning "", when it was tampered
// with.
func (s *Store) reveal(tx *gorm.DB, c sealed) (influencer.Secret, error) {
	token, err := s.opts.Keys.unseal(c.keyID, c.ciphertext, c.place())
	if errors.Is(err, ErrTampered) {
		return "", tx.Exec("UPDATE credentials SET state = ?, detail = ? WHERE id = ? AND ciphertext = ?",
			CredentialBroken, ErrTampered.Error(), c.id, c.ciphertext).Error
	}
	if err != nil {
		return "", fmt.Errorf("credential %d under key %q: %w", c.id, c.keyID, err)
	}
	return token, nil
}

// revealEach hands on the tokens that were not tampered with.
func (s *Store) revealEach(tx *gorm.DB, found []sealed, fn func(sealed, influencer.Secret)) error {
	for _, c := range found {
		token, err := s.reveal(tx, c)
		if err != nil {
			return err
		}
		if token != "" {
			fn(c, token)
		}
	}
	return nil
}

// AppTokens are the ministry's own usable tokens for a platform, in the order of
// their labels.
func (s *Store) AppTokens(ctx context.Context, platform influencer.Platform) ([]AppToken, error) {
	var out []AppToken
	err := s.write(ctx, func(tx *gorm.DB) error {
		out = nil
		found, err := loadSealed(tx, "FROM credentials c WHERE c.platform = ? AND c.account_id IS NULL"+usable+" ORDER BY c.label",
			platform, s.now().UnixMicro())
		if err != nil {
			return err
		}
		return s.revealEach(tx, found, func(c sealed, token influencer.Secret) {
			out = append(out, AppToken{ID: c.id, Label: c.label, Token: token, ExpiresAt: timeOfPtr(c.expires)})
		})
	})
	if err != nil {
		return nil, fmt.Errorf("store: tokens for %s: %w", platform, err)
	}
	return out, nil
}

func timeOfPtr(us *int64) time.Time {
	if us == nil {
		return time.Time{}
	}
	return time.UnixMicro(*us).UTC()
}

// RotateCredentials encrypts every token, every key that signs and every webhook's
// secret under the newest key and tells how many it moved. Those whose key is
// missing or that were tampered with stay as they are and are counted in the error.
func (s *Store) RotateCredentials(ctx context.Context) (moved int, err error) {
	stuck, why := 0, error(nil)
	for after := int64(0); ; {
		found, err := loadSealed(s.db.WithContext(ctx), "FROM credentials c WHERE c.id > ? AND c.key_id <> ? ORDER BY c.id LIMIT ?",
			after, s.opts.Keys.Newest(), maxLimit)
		if err != nil {
			return moved, fmt.Errorf("store: rotate credentials: %w", err)
		}
		if len(found) == 0 {
			break
		}
		for _, c := range found {
			after = c.id
			done, err := s.rotate(s.db.WithContext(ctx), c)
			switch {
			case errors.Is(err, ErrUnknownKey) || errors.Is(err, ErrTampered):
				stuck, why = stuck+1, err
			case err != nil:
				return moved, fmt.Errorf("store: rotate credential %d: %w", c.id, err)
			case done:
				moved++
			}
		}
	}
	for _, reseal := range []func(context.Context) (int, int, error){s.resealSigningKeys, s.resealWebhooks} {
		more, left, err := reseal(ctx)
		if moved += more; err != nil {
			return moved, fmt.Errorf("store: rotate credentials: %w", err)
		}
		if left > 0 {
			stuck, why = stuck+left, ErrUnknownKey
		}
	}
	if stuck > 0 {
		return moved, fmt.Errorf("store: rotate credentials: %d stay as they are: %w", stuck, why)
	}
	return moved, nil
}

// rotate re-encrypts one token unless it was replaced meanwhile.
func (s *Store) rotate(db *gorm.DB, c sealed) (bool, error) {
	token, err := s.opts.Keys.unseal(c.keyID, c.ciphertext, c.place())
	if err != nil {
		return false, err
	}
	keyID, ciphertext, err := s.opts.Keys.seal(token, c.place())
	if err != nil {
		return false, err
	}
	done := db.Exec("UPDATE credentials SET key_id = ?, ciphertext = ? WHERE id = ? AND ciphertext = ?",
		keyID, ciphertext, c.id, c.ciphertext)
	return done.RowsAffected == 1, done.Error
}
