package web

import (
	"context"
	"crypto"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/pengikut/pengikut/influencer"
)

const crypto256 = crypto.SHA256

const (
	// statusListFresh is how long a status list may be kept: a revocation is seen
	// by everybody this long after it was made, twice it behind a cache.
	statusListFresh = time.Minute
	// statusListAge is when a status list that was kept is to be thrown away.
	statusListAge = time.Hour
	// maxLists bounds the status lists kept in memory: six million awards.
	maxLists = 96
)

// BadgeStore is what badges are made of.
type BadgeStore interface {
	// Badge is the badge behind a public id; influencer.ErrNotFound when there is none.
	Badge(ctx context.Context, publicID string) (influencer.Badge, error)
	// BadgeBits lists the awards of a status list whose bit is set.
	BadgeBits(ctx context.Context, purpose influencer.StatusPurpose, list int64) ([]int64, error)
}

// BadgeKeys gives the keys that sign.
type BadgeKeys interface {
	// BadgeKey is the key that signs, with its private part.
	BadgeKey(context.Context) (BadgeKey, error)
	// BadgePublicKeys are all keys that ever signed, as JSON Web Keys.
	BadgePublicKeys(context.Context) ([]BadgeKey, error)
}

// BadgeOptions switches the public pages on.
type BadgeOptions struct {
	Store  BadgeStore
	Keys   BadgeKeys
	Base   string // the public address of this service, without a slash at the end
	Issuer string // the name of the institution that issues
	Now    func() time.Time
}

// badges serves the public pages. It is the only part that asks for no key: who
// knows an address may see what is behind it.
type badges struct {
	store  BadgeStore
	keys   BadgeKeys
	issuer issuer
	now    func() time.Time
	log    *slog.Logger

	mu    sync.Mutex
	lists map[listName]*keptList
}

type listName struct {
	purpose influencer.StatusPurpose
	list    int64
}

// keptList is a signed status list. Its lock lets one request make it while the
// others wait, so that a crowd costs no more than one.
type keptList struct {
	mu     sync.Mutex
	signed string
	made   time.Time
}

func newBadges(o BadgeOptions, log *slog.Logger) *badges {
	if o.Now == nil {
		o.Now = time.Now
	}
	return &badges{store: o.Store, keys: o.Keys, issuer: issuer{o.Base, o.Issuer}, now: o.Now, log: log, lists: map[listName]*keptList{}}
}

// mount adds the routes.
func (b *badges) mount(mux *http.ServeMux) {
	mux.Handle("GET /badge/{file}", b.answer(b.page))
	mux.Handle("GET /badge/credential/{id}", b.answer(b.credential))
	mux.Handle("GET /badge/status/{purpose}/{list}", b.answer(b.statusList))
	mux.Handle("GET /badge/key/{kid}", b.answer(b.key))
	mux.Handle("GET /badge/jwks.json", b.answer(b.keySet))
	mux.Handle("GET /badge/issuer", b.answer(b.profile))
	mux.Handle("GET /badge/achievement", b.answer(b.achievement))
	mux.Handle("GET /badge/badge.css", b.answer(b.style))
}

// answer turns an error into an answer that tells no more than it must.
func (b *badges) answer(do func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Robots-Tag", "noindex")
		switch err := do(w, r); {
		case err == nil:
		case errors.Is(err, influencer.ErrNotFound):
			b.unknown(w, r)
		default:
			b.log.ErrorContext(r.Context(), "badge", "error", err)
			http.Error(w, "internal error", http.StatusInternalServerError)
		}
	})
}

func (b *badges) profile(w http.ResponseWriter, _ *http.Request) error {
	forAll(w, time.Hour)
	return b.json(w, b.issuer.profile())
}

func (b *badges) achievement(w http.ResponseWriter, _ *http.Request) error {
	forAll(w, time.Hour)
	return b.json(w, b.issuer.achievement())
}

// forAll lets caches keep the answer, and other sites' programs read it.
func forAll(w http.ResponseWriter, age time.Duration) {
	w.Header().Set("Cache-Control", "public, max-age="+seconds(age))
	w.Header().Set("Access-Control-Allow-Origin", "*")
}
