package store

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

const (
	renewAhead   = 7 * 24 * time.Hour // before the end
	renewAge     = 24 * time.Hour     // younger tokens are not exchanged
	lookAgain    = 7 * 24 * time.Hour // for the end of a token that names none
	firstRenewal = time.Hour          // until the second try; doubled with each failure
	lastRenewal  = 24 * time.Hour
)

// Renewal is a token to be exchanged for a newer one, or, without an end, one
// whose end is to be asked for.
type Renewal struct {
	Token     influencer.Secret
	ExpiresAt time.Time // zero: not known

	row sealed
}

// ClaimRenewals leases tokens of a platform that end within seven days and are a
// day old, those that end first before others, and tokens whose end is not known.
// Nobody else gets them until the lease ends; a claim that nobody finishes is
// taken up again after that, and the token of before is still there.
func (s *Store) ClaimRenewals(ctx context.Context, p influencer.Platform, limit int, lease time.Duration) ([]Renewal, error) {
	var out []Renewal
	err := s.write(ctx, func(tx *gorm.DB) error {
		out = nil
		now := s.now()
		skip := ""
		if onPostgres(tx) {
			skip = " FOR UPDATE SKIP LOCKED"
		}
		found, err := loadSealed(tx, `FROM credentials c WHERE c.platform = ? AND c.state = 'ok' AND (c.renew_at IS NULL OR c.renew_at <= ?)
			AND (c.expires_at IS NULL OR c.expires_at > ? AND c.expires_at <= ? AND c.created_at <= ?)
			ORDER BY c.expires_at IS NULL, c.expires_at, c.id LIMIT ?`+skip,
			p, now.UnixMicro(), now.UnixMicro(), now.Add(renewAhead).UnixMicro(), now.Add(-renewAge).UnixMicro(), limit)
		if err != nil || len(found) == 0 {
			return err
		}
		err = s.revealEach(tx, found, func(c sealed, token influencer.Secret) {
			out = append(out, Renewal{Token: token, ExpiresAt: timeOfPtr(c.expires), row: c})
		})
		if err != nil {
			return err
		}
		return tx.Exec(`UPDATE credentials SET renew_at = ? WHERE id ?`, now.Add(lease).UnixMicro(),
			anyOf(tx, pick(found, func(c *sealed) int64 { return c.id }))).Error
	})
	if err != nil {
		return nil, fmt.Errorf("store: claim renewals of %s: %w", p, err)
	}
	return out, nil
}

// StoreRenewed puts the newer token in the place of the older one, in one
// statement. It reports false, and writes nothing, when the token was replaced
// meanwhile: what a person stored is not overwritten.
func (s *Store) StoreRenewed(ctx context.Context, r Renewal, token influencer.Secret, expires time.Time) (stored bool, err error) {
	err = checkToken(token)
	var keyID, ciphertext string
	if err == nil {
		keyID, ciphertext, err = s.opts.Keys.seal(token, r.row.place())
	}
	if err != nil {
		return false, fmt.Errorf("store: renewed credential %d: %w", r.row.id, err)
	}
	return s.finishRenewal(ctx, r, `key_id = ?, ciphertext = ?, created_at = ?, expires_at = ?, detail = '', renew_at = NULL, renew_failures = 0`,
		keyID, ciphertext, s.now().UnixMicro(), micros(expires))
}

// LearnExpiry notes the end of a token; a zero time means that it names none,
// and it is asked again after a week.
func (s *Store) LearnExpiry(ctx context.Context, r Renewal, expires time.Time) error {
	next := micros(time.Time{})
	if expires.IsZero() {
		next = micros(s.now().Add(lookAgain))
	}
	_, err := s.finishRenewal(ctx, r, `expires_at = ?, detail = '', renew_at = ?, renew_failures = 0`, micros(expires), next)
	return err
}

// RenewalFailed keeps the older token and notes why there is no newer one. It is
// tried again after an hour, twice as long with each failure in a row and a day
// at most, or when the failure says. Only [influencer.CredentialDead] marks the
// token dead.
func (s *Store) RenewalFailed(ctx context.Context, r Renewal, f *influencer.Failure) error {
	if f.Kind == influencer.CredentialDead {
		_, err := s.finishRenewal(ctx, r, `state = ?, detail = ?, renew_at = NULL`, string(CredentialDead), tellFailure(f))
		return err
	}
	if f.NotCalled {
		_, err := s.finishRenewal(ctx, r, `renew_at = ?`, micros(latest(s.now(), f.Until)))
		return err
	}
	wait := min(firstRenewal<<min(r.row.failures, 5), lastRenewal)
	_, err := s.finishRenewal(ctx, r, `renew_failures = renew_failures + 1, renew_at = ?, detail = ?`,
		micros(latest(s.now().Add(wait), f.Until)), "not renewed: "+tellFailure(f))
	return err
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// finishRenewal changes the row of a token that is still the one claimed.
func (s *Store) finishRenewal(ctx context.Context, r Renewal, set string, args ...any) (bool, error) {
	done := s.db.WithContext(ctx).Exec(`UPDATE credentials SET `+set+` WHERE id = ? AND created_at = ? AND state = 'ok'`,
		append(args, r.row.id, r.row.created)...)
	if done.Error != nil {
		return false, fmt.Errorf("store: renewal of credential %d: %w", r.row.id, done.Error)
	}
	return done.RowsAffected == 1, nil
}
