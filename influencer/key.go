package influencer

import (
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Role says what the holder of a key may do.
type Role string

// The roles. An admin may all that a viewer may.
const (
	RoleViewer Role = "viewer" // reads, with NIPs masked
	RoleAdmin  Role = "admin"  // reads NIPs whole, and orders
)

// Roles are all roles, the least powerful first.
func Roles() []Role { return []Role{RoleViewer, RoleAdmin} }

// What a key may be refused for.
var (
	// ErrKey is any key that opens nothing: unknown, misspelt, revoked or expired.
	// Which of them is told to nobody.
	ErrKey = errors.New("the key is not valid")
	// ErrKeyOrder means that no key can be made as ordered; its text says why.
	ErrKeyOrder = errors.New("no key can be made")
	// ErrNoAgency means that nobody of the agency is registered.
	ErrNoAgency = errors.New("nobody of this agency is registered")
)

// Key is an API key without the key.
type Key struct {
	ID         int64
	Name       string
	Role       Role
	Agency     string // the only agency it sees, "" for all
	CreatedAt  time.Time
	CreatedBy  string    // the actor, as in [AuditEntry]
	ExpiresAt  time.Time // zero for never
	RevokedAt  time.Time // zero while it is valid
	LastUsedAt time.Time // to the minute; zero for never
}

// KeyState tells whether a key opens anything.
type KeyState string

// The states of a key.
const (
	KeyValid   KeyState = "valid"
	KeyExpired KeyState = "expired"
	KeyRevoked KeyState = "revoked"
)

// State is the key's state at a time.
func (k Key) State(now time.Time) KeyState {
	switch {
	case !k.RevokedAt.IsZero():
		return KeyRevoked
	case !k.ExpiresAt.IsZero() && !k.ExpiresAt.After(now):
		return KeyExpired
	}
	return KeyValid
}

// KeyOrder asks for a new key.
type KeyOrder struct {
	Name      string // who or what will use it
	Role      Role
	Agency    string    // "" for all
	ExpiresAt time.Time // zero for never
	Actor     string    // who asks, as in [AuditEntry]
}

// maxKeyName is the longest name of a key, in characters.
const maxKeyName = 100

// Check tells what is wrong with an order, an [ErrKeyOrder], nil when nothing is.
func (o KeyOrder) Check(now time.Time) error {
	switch {
	case strings.TrimSpace(o.Name) == "":
		return fmt.Errorf("%w: it has no name", ErrKeyOrder)
	case utf8.RuneCountInString(o.Name) > maxKeyName:
		return fmt.Errorf("%w: its name is longer than %d characters", ErrKeyOrder, maxKeyName)
	case strings.ContainsFunc(o.Name, unicode.IsControl):
		return fmt.Errorf("%w: its name holds a control character", ErrKeyOrder)
	case o.Role != RoleViewer && o.Role != RoleAdmin:
		return fmt.Errorf("%w: role %q is none of: %s, %s", ErrKeyOrder, o.Role, RoleViewer, RoleAdmin)
	case !o.ExpiresAt.IsZero() && !o.ExpiresAt.After(now):
		return fmt.Errorf("%w: it would expire in the past", ErrKeyOrder)
	}
	return nil
}
