package web

import (
	"context"
	"fmt"
	"net/http"

	"github.com/pengikut/pengikut/influencer"
)

// principal is who calls: the key, without the key.
type principal struct {
	KeyID  int64
	Name   string
	Role   influencer.Role
	Agency string // the only one it sees, "" for all
}

// Keys of what a request's context holds.
type (
	principalKey struct{}
	requestKey   struct{}
)

// principalOf is who calls. On a public route it is nobody: no role, no name.
func principalOf(ctx context.Context) principal {
	p, _ := ctx.Value(principalKey{}).(principal)
	return p
}

func withPrincipal(ctx context.Context, p principal) context.Context {
	return context.WithValue(ctx, principalKey{}, p)
}

// requestID names a request in the log and in a problem, "" outside of one.
func requestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// actor is who calls, as an audit entry names it.
func (p principal) actor() string { return fmt.Sprintf("key:%d %s", p.KeyID, p.Name) }

// viewer shows NIPs whole to admins alone.
func (p principal) viewer() Viewer { return Viewer{WholeNIP: p.Role == influencer.RoleAdmin} }

// sees tells whether the key may see what belongs to an agency.
func (p principal) sees(agency string) bool { return p.Agency == "" || p.Agency == agency }

// agency is the agency that a filter must have: the wanted one, or the key's own.
// Another agency than the key's is refused, for an empty list would be a lie.
func (p principal) agency(wanted string) (string, error) {
	switch {
	case p.Agency == "" || wanted == p.Agency:
		return wanted, nil
	case wanted == "":
		return p.Agency, nil
	}
	return "", refusal(http.StatusForbidden, "This key sees only its own agency.")
}

// mustSee refuses what belongs to an agency that the key may not see, in the words
// of what does not exist.
func (p principal) mustSee(agency string) error {
	if !p.sees(agency) {
		return influencer.ErrNotFound
	}
	return nil
}
