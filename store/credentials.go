package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

// CredentialState says whether a token is used.
type CredentialState string

// The states of a credential. Only one in CredentialOK, and not past its expiry,
// is handed to a connector.
const (
	CredentialOK      CredentialState = "ok"
	CredentialDead    CredentialState = "dead"    // the platform no longer accepts it
	CredentialBroken  CredentialState = "broken"  // the stored text was changed or moved: add the token again
	CredentialExpired CredentialState = "expired" // past its expiry; never stored, told by the clock
)

// CredentialRef names a credential: an account's own token by its owner's NIP,
// or one of the ministry's own by its label.
type CredentialRef struct {
	Platform influencer.Platform
	NIP      influencer.NIP // "" for a token of the ministry's own
	Handle   string         // which account, when the person has several on the platform
	Label    string         // which of the ministry's own; "" is a name like any other
}

// Credential is a stored token without the token.
type Credential struct {
	ID        int64
	Platform  influencer.Platform
	AccountID int64 // 0 for a token of the ministry's own, and then no NIP and Handle
	NIP       influencer.NIP
	Handle    string
	Label     string
	KeyID     string // of the key in the [KeyRing] that it is encrypted under
	State     CredentialState
	Detail    string // why it is not ok
	CreatedAt time.Time
	ExpiresAt time.Time // zero: not known to expire
}

// AddCredential stores a token, in the place of an earlier one of the same ref.
// A token that an account was waiting for makes the account due at once. A person
// or account that does not exist is [influencer.ErrNotFound].
func (s *Store) AddCredential(ctx context.Context, ref CredentialRef, token influencer.Secret, expires time.Time) error {
	if err := checkToken(token); err != nil {
		return fmt.Errorf("store: add credential: %w", err)
	}
	err := s.write(ctx, func(tx *gorm.DB) error {
		account, err := findAccount(tx, ref)
		if err != nil {
			return err
		}
		label := ref.Label
		if account != 0 {
			label = ""
		}
		return s.putCredential(tx, sealed{platform: ref.Platform, account: account, label: label}, token, expires)
	})
	if err != nil {
		return fmt.Errorf("store: add credential: %w", err)
	}
	return nil
}

func checkToken(token influencer.Secret) error {
	if token == "" {
		return errors.New("the token is empty")
	}
	if strings.ContainsFunc(token.Reveal(), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return errors.New("the token holds a space or a control character")
	}
	return nil
}

func (s *Store) putCredential(tx *gorm.DB, c sealed, token influencer.Secret, expires time.Time) error {
	keyID, ciphertext, err := s.opts.Keys.seal(token, c.place())
	if err != nil {
		return err
	}
	conflict := "(platform, label) WHERE account_id IS NULL"
	if c.account != 0 {
		conflict = "(platform, account_id) WHERE account_id IS NOT NULL"
	}
	now := s.now()
	err = tx.Exec(`INSERT INTO credentials (platform, account_id, label, key_id, ciphertext, created_at, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT `+conflict+` DO UPDATE SET key_id = excluded.key_id,
			ciphertext = excluded.ciphertext, state = 'ok', detail = '', created_at = excluded.created_at,
			expires_at = excluded.expires_at, renew_at = NULL, renew_failures = 0`,
		c.platform, nullID(c.account), c.label, keyID, ciphertext, now.UnixMicro(), micros(expires)).Error
	if err != nil || c.account == 0 {
		return err
	}
	return tx.Exec(`UPDATE schedule SET due_at = ?, batch_id = NULL WHERE account_id = ? AND (due_at IS NULL OR due_at > ?) AND EXISTS (
		SELECT 1 FROM accounts a WHERE a.id = schedule.account_id AND a.state <> 'ok')`,
		now.UnixMicro(), c.account, now.UnixMicro()).Error
}

func nullID(id int64) sql.NullInt64 { return sql.NullInt64{Int64: id, Valid: id != 0} }

// findAccount is the account that a ref names, 0 for the ministry's own.
func findAccount(tx *gorm.DB, ref CredentialRef) (int64, error) {
	if ref.NIP == "" {
		if ref.Handle != "" {
			return 0, errors.New("a handle without a NIP")
		}
		return 0, nil
	}
	query := `SELECT a.id FROM accounts a JOIN people p ON p.id = a.person_id WHERE p.nip = ? AND a.platform = ?`
	args := []any{string(ref.NIP), ref.Platform}
	if ref.Handle != "" {
		query += " AND ? IN (a.handle_key, lower(a.handle))"
		args = append(args, foldHandle(ref.Handle))
	}
	var ids []int64
	if err := tx.Raw(query, args...).Scan(&ids).Error; err != nil {
		return 0, err
	}
	switch len(ids) {
	case 0:
		return 0, fmt.Errorf("this person's account on %s: %w", ref.Platform, influencer.ErrNotFound)
	case 1:
		return ids[0], nil
	default:
		return 0, fmt.Errorf("this person has %d accounts on %s: name the handle", len(ids), ref.Platform)
	}
}

// RemoveCredential deletes a token; [influencer.ErrNotFound] when there is none.
func (s *Store) RemoveCredential(ctx context.Context, ref CredentialRef) error {
	err := s.write(ctx, func(tx *gorm.DB) error {
		account, err := findAccount(tx, ref)
		if err != nil {
			return err
		}
		query := tx.Exec("DELETE FROM credentials WHERE platform = ? AND account_id = ?", ref.Platform, account)
		if account == 0 {
			query = tx.Exec("DELETE FROM credentials WHERE platform = ? AND account_id IS NULL AND label = ?", ref.Platform, ref.Label)
		}
		if query.Error == nil && query.RowsAffected == 0 {
			return influencer.ErrNotFound
		}
		return query.Error
	})
	if err != nil {
		return fmt.Errorf("store: remove credential: %w", err)
	}
	return nil
}

// CredentialFilter narrows a list of credentials. A zero field narrows nothing.
type CredentialFilter struct {
	Platform influencer.Platform
	NIP      influencer.NIP
	State    CredentialState
}

// Credentials lists tokens without the tokens, oldest first. A token of which the
// platform said so at the account's last attempt is dead.
func (s *Store) Credentials(ctx context.Context, f CredentialFilter, paging influencer.Paging) (influencer.Page[Credential], error) {
	l := newListing("credentials", f)
	l.args = append(l.args, s.now().UnixMicro()) // for listedCredentials
	if f.Platform != "" {
		l.only("c.platform = ?", f.Platform)
	}
	if f.NIP != "" {
		l.only("c.nip = ?", string(f.NIP))
	}
	if f.State != "" {
		l.only("c.state = ?", f.State)
	}
	out, err := list(l, paging, func(after int64, limit int) ([]Credential, error) {
		return loadCredentials(s.db.WithContext(ctx), l, after, limit)
	}, func(c Credential) int64 { return c.ID })
	if err != nil {
		return out, fmt.Errorf("store: credentials: %w", err)
	}
	return out, nil
}

// listedCredentials tells each credential's state as its account and the clock
// tell it. Its one argument is the time.
const listedCredentials = `(SELECT c.id, c.platform, coalesce(c.account_id, 0) AS account_id, coalesce(p.nip, '') AS nip,
		coalesce(a.handle, '') AS handle, c.label, c.key_id, c.created_at, c.expires_at,
		CASE WHEN c.state <> 'ok' THEN c.state
			WHEN a.state = 'credential_dead' AND a.attempted_at > c.created_at THEN 'dead'
			WHEN c.expires_at <= ? THEN 'expired' ELSE 'ok' END AS state,
		CASE WHEN c.state = 'ok' AND a.state = 'credential_dead' AND a.attempted_at > c.created_at THEN a.error ELSE c.detail END AS detail
	FROM credentials c LEFT JOIN accounts a ON a.id = c.account_id LEFT JOIN people p ON p.id = a.person_id) c`

func loadCredentials(db *gorm.DB, l *listing, after int64, limit int) ([]Credential, error) {
	rows, err := db.Raw(`SELECT id, platform, account_id, nip, handle, label, key_id, state, detail, created_at, expires_at
		FROM `+listedCredentials+l.whereSQL("c.id > ?")+` ORDER BY c.id LIMIT ?`, l.with(after, limit)...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Credential
	for rows.Next() {
		var c Credential
		var created, expires sql.NullInt64
		err := rows.Scan(&c.ID, &c.Platform, &c.AccountID, &c.NIP, &c.Handle, &c.Label, &c.KeyID, &c.State, &c.Detail, &created, &expires)
		if err != nil {
			return nil, err
		}
		c.CreatedAt, c.ExpiresAt = timeOf(created), timeOf(expires)
		out = append(out, c)
	}
	return out, rows.Err()
}

// MarkCredential notes what the platform said of a token that was handed out at
// a time. A token added since stays as it is: it is another one.
func (s *Store) MarkCredential(ctx context.Context, id int64, state CredentialState, detail string, handedOut time.Time) error {
	done := s.db.WithContext(ctx).Exec("UPDATE credentials SET state = ?, detail = ? WHERE id = ? AND created_at <= ?",
		state, detail, id, handedOut.UnixMicro())
	if done.Error != nil {
		return fmt.Errorf("store: mark credential %d: %w", id, done.Error)
	}
	return nil
}
