package store

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"gorm.io/gorm"

	"github.com/pengikut/pengikut/influencer"
)

const (
	keyPrefix   = "pk"
	keyBytes    = 32          // random bytes of a key
	touchEvery  = time.Minute // how exact last_used_at is
	touchWithin = time.Second
)

// CreateKey makes a key. Its text, pk_ID_SECRET, is handed out here and never
// again: the database keeps a hash. [influencer.ErrNoAgency] when the key is for
// an agency of which nobody is registered.
func (s *Store) CreateKey(ctx context.Context, o influencer.KeyOrder) (influencer.Key, influencer.Secret, error) {
	var made newKey
	err := s.write(ctx, func(tx *gorm.DB) (err error) {
		made, err = s.insertKey(tx, o)
		return err
	})
	if err != nil {
		return influencer.Key{}, "", fmt.Errorf("store: create key: %w", err)
	}
	return made.Key, made.text, nil
}

// CreateFirstKey is [Store.CreateKey] on a database that never had a key; on any
// other it does nothing and hands out an empty text.
func (s *Store) CreateFirstKey(ctx context.Context, o influencer.KeyOrder) (influencer.Key, influencer.Secret, error) {
	var made newKey
	err := s.write(ctx, func(tx *gorm.DB) error {
		var id int64
		found, err := scanOne(tx.Raw("SELECT id FROM api_keys LIMIT 1"), &id)
		if made = (newKey{}); err != nil || found {
			return err
		}
		made, err = s.insertKey(tx, o)
		return err
	})
	if err != nil {
		return influencer.Key{}, "", fmt.Errorf("store: create first key: %w", err)
	}
	return made.Key, made.text, nil
}

type newKey struct {
	influencer.Key
	text influencer.Secret
}

func (s *Store) insertKey(tx *gorm.DB, o influencer.KeyOrder) (newKey, error) {
	now := s.now()
	if err := o.Check(now); err != nil {
		return newKey{}, err
	}
	if err := mustHavePeople(tx, o.Agency); err != nil {
		return newKey{}, err
	}
	secret := make([]byte, keyBytes)
	rand.Read(secret) // never fails: it ends the program instead
	text := base64.RawURLEncoding.EncodeToString(secret)
	k := influencer.Key{Name: o.Name, Role: o.Role, Agency: o.Agency, CreatedAt: now, CreatedBy: o.Actor, ExpiresAt: o.ExpiresAt}
	found, err := scanOne(tx.Raw(`INSERT INTO api_keys (name, role, agency, hash, created_at, created_by, expires_at)
		VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id`, k.Name, k.Role, k.Agency, hashOfKey(text), now.UnixMicro(), k.CreatedBy, micros(k.ExpiresAt)), &k.ID)
	if err != nil || !found {
		return newKey{}, fmt.Errorf("insert: %w", err)
	}
	err = auditKey(tx, "key.create", k, now, o.Actor, nil, keyFacts(k))
	return newKey{k, influencer.Secret(keyPrefix + "_" + strconv.FormatInt(k.ID, 10) + "_" + text)}, err
}

// mustHavePeople refuses an agency that a typing error made up: its key would see
// nothing, and nobody would know why.
func mustHavePeople(tx *gorm.DB, agency string) error {
	if agency == "" {
		return nil
	}
	var id int64
	found, err := scanOne(tx.Raw("SELECT id FROM people WHERE agency = ? LIMIT 1", agency), &id)
	if err == nil && !found {
		err = influencer.ErrNoAgency
	}
	return err
}

// RevokeKey ends a key at once, everywhere. One that is revoked already stays as
// it is. [influencer.ErrNotFound] when there is none.
func (s *Store) RevokeKey(ctx context.Context, id int64, actor string) (influencer.Key, error) {
	var k influencer.Key
	err := s.write(ctx, func(tx *gorm.DB) error {
		found, err := loadKeys(tx, "WHERE id = ?"+forUpdate(tx, "api_keys"), id)
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return influencer.ErrNotFound
		}
		if k = found[0].Key; !k.RevokedAt.IsZero() {
			return nil
		}
		k.RevokedAt = s.now()
		if err := tx.Exec("UPDATE api_keys SET revoked_at = ? WHERE id = ?", k.RevokedAt.UnixMicro(), id).Error; err != nil {
			return err
		}
		return auditKey(tx, "key.revoke", k, k.RevokedAt, actor, map[string]any{"revoked_at": nil}, map[string]any{"revoked_at": k.RevokedAt})
	})
	if err != nil {
		return influencer.Key{}, fmt.Errorf("store: revoke key %d: %w", id, err)
	}
	return k, nil
}

// Keys lists the keys without the keys, oldest first, those that are no longer
// valid among them.
func (s *Store) Keys(ctx context.Context, paging influencer.Paging) (influencer.Page[influencer.Key], error) {
	out, err := list(newListing("keys", nil), paging, func(after int64, limit int) ([]influencer.Key, error) {
		rows, err := loadKeys(s.db.WithContext(ctx), "WHERE id > ? ORDER BY id LIMIT ?", after, limit)
		return pick(rows, func(k *storedKey) influencer.Key { return k.Key }), err
	}, func(k influencer.Key) int64 { return k.ID })
	if err != nil {
		return out, fmt.Errorf("store: keys: %w", err)
	}
	return out, nil
}

// Authenticate tells whose key a text is, with one look into the database, so
// that a revoked key opens nothing anywhere from the next request on.
// [influencer.ErrKey] when it opens nothing.
func (s *Store) Authenticate(ctx context.Context, text influencer.Secret) (influencer.Key, error) {
	id, secret := parseKeyText(text.Reveal())
	found, err := loadKeys(s.db.WithContext(ctx), "WHERE id = ?", id)
	if err != nil {
		return influencer.Key{}, fmt.Errorf("store: authenticate: %w", err)
	}
	k := storedKey{hash: hashOfKey("")}
	if len(found) == 1 {
		k = found[0]
	}
	now := s.now()
	same := subtle.ConstantTimeCompare([]byte(k.hash), []byte(hashOfKey(secret))) == 1
	if !same || secret == "" || k.ID == 0 || k.State(now) != influencer.KeyValid {
		return influencer.Key{}, influencer.ErrKey
	}
	s.touchKey(ctx, k.Key, now)
	return k.Key, nil
}

// parseKeyText parts pk_ID_SECRET; the secret is "" when the text is none.
func parseKeyText(text string) (id int64, secret string) {
	parts := strings.SplitN(text, "_", 3) // base64url may hold an underscore
	if len(parts) != 3 || parts[0] != keyPrefix {
		return 0, ""
	}
	id, err := strconv.ParseInt(parts[1], 10, 64)
	if err != nil || id <= 0 {
		return 0, ""
	}
	return id, parts[2]
}

// touchKey notes that a key was used, once a minute. It is a help for whoever
// tidies up keys: when the database has no time for it, a later request does it,
// and meanwhile one request at a time waits.
func (s *Store) touchKey(ctx context.Context, k influencer.Key, now time.Time) {
	if now.Sub(k.LastUsedAt) < touchEvery {
		return
	}
	for _, turn := range []chan struct{}{s.touching, s.writing} {
		if turn == nil { // writing, on Postgres
			continue
		}
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		default:
			return
		}
	}
	ctx, cancel := context.WithTimeout(ctx, touchWithin)
	defer cancel()
	_ = s.db.WithContext(ctx).Exec("UPDATE api_keys SET last_used_at = ? WHERE id = ? AND coalesce(last_used_at, 0) < ?",
		now.UnixMicro(), k.ID, now.UnixMicro()).Error
}

func hashOfKey(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

type storedKey struct {
	influencer.Key
	hash string
}

func loadKeys(db *gorm.DB, where string, args ...any) ([]storedKey, error) {
	rows, err := db.Raw(`SELECT id, name, role, agency, hash, created_at, created_by, expires_at, revoked_at, last_used_at
		FROM api_keys `+where, args...).Rows()
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []storedKey
	for rows.Next() {
		var k storedKey
		var created, expires, revoked, used sql.NullInt64
		err := rows.Scan(&k.ID, &k.Name, &k.Role, &k.Agency, &k.hash, &created, &k.CreatedBy, &expires, &revoked, &used)
		if err != nil {
			return nil, err
		}
		k.CreatedAt, k.ExpiresAt, k.RevokedAt, k.LastUsedAt = timeOf(created), timeOf(expires), timeOf(revoked), timeOf(used)
		out = append(out, k)
	}
	return out, rows.Err()
}

func keyFacts(k influencer.Key) map[string]any {
	facts := map[string]any{"name": k.Name, "role": k.Role, "agency": k.Agency, "expires_at": nil}
	if !k.ExpiresAt.IsZero() {
		facts["expires_at"] = k.ExpiresAt
	}
	return facts
}

func auditKey(tx *gorm.DB, action string, k influencer.Key, at time.Time, actor string, before, after map[string]any) error {
	e := influencer.AuditEntry{At: at, Actor: actor, Action: action, Target: "key:" + strconv.FormatInt(k.ID, 10), Agency: k.Agency}
	var err error
	if before != nil {
		if e.Before, err = json.Marshal(before); err != nil {
			return err
		}
	}
	if e.After, err = json.Marshal(after); err != nil {
		return err
	}
	c := changes{tx: tx}
	c.audit(e)
	return c.run()
}
