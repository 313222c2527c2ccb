package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"

	"github.com/pengikut/pengikut/influencer"
)

// MetricsDoor is GET /metrics and says who may read it, besides keys that see all
// agencies. The zero door is walled up. The numbers hold no personal data, but
// tell outsiders how much is read and when nothing is.
type MetricsDoor struct {
	Handler http.Handler
	Token   influencer.Secret // may read them as bearer; "" is no token
	// Open lets everybody in who reaches the listener: one on loopback alone.
	Open bool
}

// metrics mounts the door. It is no route of the API: what it answers is no JSON.
func (a *api) metrics(d MetricsDoor) {
	who := routeSpec{id: "metrics", who: viewers, allAgencies: true}
	a.mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		if !d.Open && !d.admits(bearer(r)) {
			if _, err := a.admit(who, r); err != nil {
				a.writeProblem(w, r, err)
				return
			}
		}
		d.Handler.ServeHTTP(w, r)
	})
}

// admits compares in the same time whatever the token is.
func (d MetricsDoor) admits(token influencer.Secret) bool {
	want, got := sha256.Sum256([]byte(d.Token.Reveal())), sha256.Sum256([]byte(token.Reveal()))
	return d.Token != "" && subtle.ConstantTimeCompare(want[:], got[:]) == 1
}
